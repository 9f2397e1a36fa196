"""Words of forty novels: trained, asked, compared with people's judgements; the tables of docs/words.md.

    python benchmarks/novels.py --novels novels.tar.xz --questions questions-words.txt

The corpus is 100 English Novels (computationalstylistics, 40 of them, public domain; 6 million words), the questions
are Google's (Mikolov et al. 2013). Of judgements, those that gensim ships with its tests are read. The eleven sums
were chosen before they were asked. Training runs with the defaults of `lateen train --model word2vec`, on one thread.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import lateen as lt

SUMS = {
    "king - man + woman": "queen",
    "uncle - man + woman": "aunt",
    "son - father + mother": "daughter",
    "duchess - duke + prince": "princess",
    "paris - france + england": "london",
    "walked - walk + talk": "talked",
    "better - good + bad": "worse",
    "warmer - warm + cold": "colder",
    "quickly - quick + slow": "slowly",
    "mice - mouse + foot": "feet",
    "puppy - dog + cat": "kitten",
}
PAIRS = (
    "he:she", "his:her", "him:her", "himself:herself", "man:woman", "men:women", "boy:girl", "father:mother",
    "son:daughter", "brother:sister", "husband:wife", "uncle:aunt", "king:queen", "gentleman:lady",
)  # fmt: skip
READ = ("captain", "soldier", "doctor", "cook", "teacher", "servant", "dancer", "nurse", "governess")


def sums(space: lt.Space) -> None:
    print("| sum | answers | 3CosMul | where the expected word is | nearest of all |\n|---|---|---|---|---|")
    for text, expected in SUMS.items():
        add = space.solve(text, k=len(space))
        mul = space.solve(text, k=3, method="mul")
        place = [m.id for m in add.matches].index(expected) + 1
        answers, products = (", ".join(m.id for m in found.matches[:3]) for found in (add, mul))
        print(f"| {text} | {answers} | {products} | {expected}: {place} | {add.result.nearest} |")


def analogies(space: lt.Space, questions: Path) -> None:
    result = space.analogies(questions, method="all")
    print("\n| method | right | of | accuracy | 95 % | nearest to c | no exclusion |\n|---|---|---|---|---|---|---|")
    for name, measured in result.methods.items():
        d = measured.to_dict()
        low, high = f"{d['low']:.3f}"[1:], f"{d['high']:.3f}"[1:]
        others = (d["nearest_to_c"]["accuracy"], d["no_exclusion"]["accuracy"])
        figures = " | ".join(f"{value:.3f}"[1:] for value in (d["accuracy"],))
        beside = " | ".join(f"{value:.3f}"[1:] for value in others)
        print(f"| {name} | {d['correct']:,} | {d['total']:,} | {figures} | {low} to {high} | {beside} |")
    sections = {name: m.to_dict()["sections"] for name, m in result.methods.items()}
    print("\n| section | asked | unknown | " + " | ".join(sections) + " |\n|" + "---|" * (3 + len(sections)))
    for section, figures in sections["add"].items():
        shares = [sections[name][section]["accuracy"] for name in sections]
        cells = " | ".join("–" if share is None else f"{share:.3f}".removeprefix("0") for share in shares)
        print(f"| {section} | {figures['total']:,} | {figures['unknown']:,} | {cells} |")
    answers = result["add"].to_dict()["no_exclusion"]["answers"]
    print(f"\nwithout exclusion 3CosAdd answers with {answers}")


def judgements(space: lt.Space) -> None:
    from gensim.test.utils import datapath

    for file in ("simlex999.txt", "wordsim353.tsv"):
        d = space.similarity(datapath(file)).to_dict()
        print(f"{d['name']}: rho {d['rho']} ({d['low']} to {d['high']}), {d['n']} of {d['total']} pairs, p {d['p']}")


def gender(space: lt.Space, folder: Path) -> None:
    fitted = space.direction("gender", pairs=",".join(PAIRS), force=True)
    print(fitted.describe())
    for reading in space.read("gender", *READ).to_dict()["readings"]:
        print(reading)
    for method in ("leace", "hard"):
        print(space.erase("gender", folder / f"{method}.space", method=method, force=True).describe())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--novels", type=Path, required=True)
    parser.add_argument("--questions", type=Path, required=True)
    parser.add_argument("--space", type=Path, help="where to keep the space; one that is there is used")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        out = asked.space or Path(scratch) / "words.space"
        if not out.exists():
            started = time.perf_counter()
            print(repr(lt.train(asked.novels, out, model="word2vec")))
            print(f"in all {time.perf_counter() - started:.0f} s\n")
        space = lt.open(out)
        sums(space)
        analogies(space, asked.questions)
        judgements(space)
        gender(space, Path(scratch))


if __name__ == "__main__":
    main()
