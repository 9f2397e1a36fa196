"""The whole Google set on 400,000 words of 300 numbers, beside gensim's `evaluate_word_analogies`.

    python benchmarks/analogies.py                        # gensim is asked 600 questions, some of each section
    python benchmarks/analogies.py --gensim-questions 0   # gensim is asked all 19,544: minutes

The vectors are random (seeded): the set's 905 words stand among the first 100,000, and the right word of each pair is
its left one moved by its section's offset, blurred, so that most answers are right. Each step runs in a process of its
own; seconds are those of the questions alone (imports, and opening the vectors, are before them; reading the
vocabulary is among them). CPU seconds, of all threads, matter where other work shares the machine. Peak is the
process's resident memory. The first run ever on a machine compiles; the second is what is compared.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from resource import RUSAGE_SELF, getrusage

import numpy as np


def make(folder: str, questions: str, words: int, dim: int) -> None:
    """A vocabulary in word2vec's binary format, and the space of it."""
    import lateen as lt
    from lateen.arithmetic.analogies import read_questions

    sections = read_questions(questions).sections
    asked = sorted({word for s in sections for p in s.pairs for word in (p.left, *p.answers)})
    random = np.random.default_rng(0)
    rows = random.choice(min(words, 100_000), len(asked), replace=False)
    at = dict(zip(asked, rows.tolist(), strict=True))
    ids = [f"word{i}" for i in range(words)]
    for word, row in at.items():
        ids[row] = word
    vectors = random.standard_normal((words, dim), dtype=np.float32)
    for section in sections:
        offset = 0.5 * random.standard_normal(dim)
        for pair in section.pairs:
            right = at[pair.answers[0]]
            vectors[right] = 0.45 * vectors[at[pair.left]] + offset + 0.75 * vectors[right]
    path = Path(folder) / "words.bin"
    with path.open("wb") as file:
        file.write(b"%d %d\n" % (words, dim))
        for id, vector in zip(ids, vectors, strict=True):
            file.write(id.encode() + b" " + vector.tobytes() + b"\n")
    lt.build(path, out=path.with_suffix(".space"))


def some_of(questions: str, folder: Path, n: int) -> Path:
    """Evenly chosen questions, so that each section has its share."""
    lines = Path(questions).read_text("utf-8").splitlines()
    asked = [i for i, line in enumerate(lines) if not line.startswith(":")]
    kept = set(asked if n == 0 else np.array(asked)[np.linspace(0, len(asked) - 1, n).astype(int)].tolist())
    path = folder / "some.txt"
    path.write_text("\n".join(line for i, line in enumerate(lines) if i in kept or line.startswith(":")), "utf-8")
    return path


def measured(work: Callable[[], object]) -> dict[str, float]:
    began, cpu = time.perf_counter(), time.process_time()
    work()
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    return {"seconds": seconds, "cpu": cpu, "peak": getrusage(RUSAGE_SELF).ru_maxrss * 1024}


def lateen(space: str, questions: str, methods: str, answers: str) -> dict[str, object]:
    import scipy.sparse  # noqa: F401  imported with the first interval

    import lateen as lt
    import lateen.arithmetic.analogies.measuring  # the questions' own part of lateen

    words, found = lt.open(space), []
    figures = measured(lambda: found.append(words.analogies(questions, methods.split(","), vocabulary=0)))
    result = found[0]
    reached = {name: m.total.score.accuracy for name, m in result.methods.items()}
    if answers:
        rows = {" ".join(map(str, row[2:5])).upper(): str(row[6]).upper() for row in result.answers()}
        Path(answers).write_text(json.dumps(rows))
    total = next(iter(result.methods.values())).total.score.total
    return {**figures, "questions": total, "accuracy": reached}


def gensim(vectors: str, questions: str, answers: str) -> dict[str, object]:
    from gensim.models import KeyedVectors

    heard = {}

    class Listening(KeyedVectors):
        def most_similar(self, *args: object, **options: object) -> object:
            found = super().most_similar(*args, **options)
            b, c, a = *options["positive"], *options["negative"]
            words = [word.upper() for word, _ in found]
            heard[f"{a} {b} {c}"] = next((word for word in words if word not in (a, b, c)), words[-1])
            return found

    words = Listening.load_word2vec_format(vectors, binary=True)
    words.fill_norms()
    figures = measured(lambda: words.evaluate_word_analogies(questions, restrict_vocab=len(words)))
    Path(answers).write_text(json.dumps(heard))
    return {**figures, "questions": len(heard)}


def child(*arguments: str) -> dict[str, object]:
    command = [sys.executable, __file__, "--child", *arguments]
    printed = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    return dict(json.loads(printed.splitlines()[-1]))


def said(who: str, figures: dict[str, object], size: int) -> None:
    each = 1000 * figures["seconds"] / figures["questions"]  # type: ignore[operator]
    print(
        f"{who:24} {figures['seconds']:8.1f} s  ({figures['cpu']:.1f} CPU)  {figures['questions']:,} questions, "
        f"{each:.3f} ms each; peak {figures['peak'] / 1e6:,.0f} MB = {figures['peak'] / size:.2f} x the vectors",  # type: ignore[operator]
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--words", type=int, default=400_000)
    parser.add_argument("--dim", type=int, default=300)
    parser.add_argument("--questions", help="a file in Google's format; gensim's copy of the set otherwise")
    parser.add_argument("--gensim-questions", type=int, default=600)
    parser.add_argument("--child", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        name, *given = options.child
        if name == "make":
            make(*given, options.words, options.dim)
            return
        print(json.dumps({"lateen": lateen, "gensim": gensim}[name](*given)))
        return
    from gensim.test.utils import datapath

    questions, size = options.questions or datapath("questions-words.txt"), options.words * options.dim * 4
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        space, ours, other = str(folder / "words.space"), str(folder / "ours.json"), str(folder / "theirs.json")
        sizes = ["--words", str(options.words), "--dim", str(options.dim)]
        # in a process of its own, for the peak of a process is at least that of the one that starts it
        subprocess.run([sys.executable, __file__, *sizes, "--child", "make", name, questions], check=True)
        said("lateen add, first time", child("lateen", space, questions, "add", ours), size)
        add = child("lateen", space, questions, "add", ours)
        said("lateen add", add, size)
        everything = child("lateen", space, questions, "add,mul,pair,avg,lrcos", "")
        said("lateen all five methods", everything, size)
        print("accuracy", everything["accuracy"])
        some = some_of(questions, folder, options.gensim_questions)
        theirs = child("gensim", str(folder / "words.bin"), str(some), other)
        said("gensim", theirs, size)
        rows, heard = (json.loads(Path(path).read_text()) for path in (ours, other))
        same = sum(rows[question] == answer for question, answer in heard.items())
        print(f"same answer to {same:,} of {len(heard):,} questions")
        for measure in ("seconds", "cpu"):
            ratio = theirs[measure] / theirs["questions"] / (add[measure] / add["questions"])  # type: ignore[operator]
            print(f"gensim takes {ratio:,.0f} times as long for a question ({measure})")


if __name__ == "__main__":
    main()
