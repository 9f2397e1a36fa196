"""`lateen analogies`, from a file of vectors to a table, a file of answers and JSON."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from running import Run

import lateen as lt


@pytest.fixture
def words(tmp_path: Path) -> Path:
    """A space of words, and questions beside it."""
    rng = np.random.default_rng(0)
    lines = [f"w{i} {' '.join(f'{x:.4f}' for x in rng.normal(size=6))}" for i in range(60)]
    (tmp_path / "words.txt").write_text("\n".join(lines))
    lt.build(tmp_path / "words.txt", out=tmp_path / "words.space")
    pairs = [(i, j) for i in range(6) for j in range(6) if i != j]
    asked = "\n".join(f"w{i} w{i + 10} w{j} w{j + 10}" for i, j in pairs)
    (tmp_path / "set.txt").write_text(f": first\n{asked}\nw1 w2 w3\n: second\nW1 w2 w3 none\n")
    return tmp_path / "words.space"


def test_one_method(lateen: Run, words: Path) -> None:
    code, out, err = lateen("analogies", words, words.parent / "set.txt")
    assert code == 0
    lines = out.splitlines()
    assert lines[0] == "set.txt, add"
    assert [line.split()[0] for line in lines[2:5]] == ["first", "second", "total"]
    assert lines[4].split()[2] == "30"
    assert any(line.startswith("  vocabulary: the first 60 of 60 words") for line in lines)
    assert "1 line is left out, which holds not four words (line 32: 3 words)" in err


def test_all_methods_and_a_file(lateen: Run, words: Path, tmp_path: Path) -> None:
    options = ("--method", "all", "-o", tmp_path / "answers.csv", "--json")
    command = ("analogies", words, words.parent / "set.txt", *options)
    code, out, err = lateen(*command)
    assert code == 0
    found = json.loads(out)
    assert set(found["methods"]) == {"add", "mul", "pair", "avg", "lrcos"}
    assert f"wrote {tmp_path / 'answers.csv'}" in err
    assert (tmp_path / "answers.csv").read_text().startswith("method,section,a,b,c,expected,answer,correct")
    assert lateen(*command)[0] == 2
    assert lateen(*command, "--force")[0] == 0
    code, out, _ = lateen(*command[:5], "--vocabulary", 0, "-m", "avg")
    assert [line.split()[0] for line in out.splitlines()[2:7]] == ["add", "mul", "pair", "avg", "lrcos"]


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (("--method", "cos"), "There is no method 'cos'"),
        (("--match-case", "--vocabulary", "3"), "can be asked none of the 31 questions of set.txt"),
        (("-o", "answers.png"), "use .csv or .tsv"),
    ],
)
def test_bad_input(lateen: Run, words: Path, option: tuple[str, ...], message: str) -> None:
    code, out, err = lateen("analogies", words, words.parent / "set.txt", *option)
    assert (code, out) == (2, "")
    assert message in err
    assert "Traceback" not in err
