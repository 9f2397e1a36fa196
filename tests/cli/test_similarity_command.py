from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from running import Run

import lateen as lt

SCORES = {("sun", "moon"): 6.5, ("sun", "cat"): 1.0, ("cat", "dog"): 8.0, ("moon", "dog"): 2.0, ("sun", "New"): 3.0}


@pytest.fixture
def words(tmp_path: Path) -> Path:
    """A space of a few words."""
    vectors = np.random.default_rng(0).normal(size=(5, 6)).tolist()
    names = ("sun", "moon", "cat", "dog", "Xu")
    lines = [f"{name} {' '.join(map(str, vector))}" for name, vector in zip(names, vectors, strict=True)]
    (tmp_path / "words.vec").write_text("5 6\n" + "\n".join(lines) + "\n")
    lt.build(tmp_path / "words.vec", out=tmp_path / "words.space")
    return tmp_path / "words.space"


@pytest.fixture
def simlex(tmp_path: Path) -> Path:
    """Judgements in the layout of SimLex-999."""
    rows = "".join(f"{a}\t{b}\tN\t{score}\t{9 - score}\n" for (a, b), score in SCORES.items())
    (tmp_path / "set.txt").write_text("word1\tword2\tPOS\tSimLex999\tSD(SimLex)\n" + rows)
    return tmp_path / "set.txt"


def test_json_is_the_only_thing_on_stdout(lateen: Run, words: Path, simlex: Path) -> None:
    code, out, err = lateen("similarity", words, simlex, "--json")
    told = json.loads(out)
    assert code == 0
    assert (told["n"], told["total"], told["coverage"], told["unknown"]) == (4, 5, 0.8, ["New"])
    assert told == lt.open(words).similarity(simlex).to_dict()
    assert "Scores are read from column SimLex999" in err


def test_the_summary(lateen: Run, words: Path, simlex: Path) -> None:
    code, out, _ = lateen("similarity", words, simlex, "--unknown", "wrong", "--vocabulary", 0, "--seed", 3)
    found = lt.open(words).similarity(simlex, unknown="wrong", vocabulary=0, seed=3)
    assert code == 0
    assert out.startswith("set   rho ")
    assert "5 of 5 count; 80.0% have both words in the space" in out
    assert "unknown    New\n" in out
    for said in ("vocabulary: 5", "case: folded", "unknown: cosine 0", "percentile", "seed: 3"):
        assert said in out
    for pair in found.disagreements():
        assert f"{pair.first} – {pair.second}" in out


def test_every_pair_goes_to_a_file_and_nothing_is_overwritten(
    lateen: Run, words: Path, simlex: Path, tmp_path: Path
) -> None:
    target = tmp_path / "pairs.csv"
    code, _, err = lateen("similarity", words, simlex, "-o", target)
    assert (code, f"wrote {target}" in err) == (0, True)
    with target.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {(row["word1"], row["word2"]): float(row["judgement"]) for row in rows} == SCORES
    assert [row["known"] for row in rows] == ["True"] * 4 + ["False"]
    before = target.read_bytes()
    code, out, err = lateen("similarity", words, simlex, "-o", target, "--column", "sd (simlex)")
    assert (code, out, target.read_bytes()) == (2, "", before)
    assert "exists already" in err
    assert lateen("similarity", words, simlex, "-o", target, "--column", "sd (simlex)", "--force")[0] == 0
    assert target.read_bytes() != before
    assert "suffix" in lateen("similarity", words, simlex, "-o", tmp_path / "pairs.png")[2]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--column", "SimLex"), "Did you mean 'SimLex999'"),
        (("--unknown", "maybe"), "expected skip or wrong"),
        (("--vocabulary", -3), "vocabulary of -3 words"),
        (("--vocabulary", 1), "widen the vocabulary"),
        (("--seed", -1), "seed -1"),
    ],
)
def test_bad_options_are_one_message(
    lateen: Run, words: Path, simlex: Path, options: tuple[object, ...], said: str
) -> None:
    code, out, err = lateen("similarity", words, simlex, *options)
    assert (code, out) == (2, "")
    assert said in err
    assert len(err.splitlines()) == 1


def test_a_file_without_scores(lateen: Run, words: Path, tmp_path: Path) -> None:
    (tmp_path / "pairs.txt").write_text("sun moon\ncat dog\nsun cat\n")
    code, out, err = lateen("similarity", words, tmp_path / "pairs.txt")
    assert (code, out) == (2, "")
    assert "has no scores; it starts with 'sun moon'" in err


def test_letter_case_can_count(lateen: Run, words: Path, tmp_path: Path) -> None:
    (tmp_path / "set.txt").write_text("sun moon 3\ncat dog 2\nsun cat 1\nSun dog 5\n")
    folded = json.loads(lateen("similarity", words, tmp_path / "set.txt", "--json")[1])
    exact = json.loads(lateen("similarity", words, tmp_path / "set.txt", "--match-case", "--json")[1])
    assert (folded["n"], exact["n"], exact["unknown"]) == (4, 3, ["Sun"])
