"""The commands of docs/words.md run as they stand, one after the other, on a small corpus of the same words."""

from __future__ import annotations

import random
import re
import shlex
import shutil
import tarfile
from pathlib import Path

import pytest
from gensim.test.utils import datapath
from running import Run

GUIDE = (Path(__file__).parents[2] / "docs" / "words.md").read_text("utf-8")
GENDERED = (
    "he she|his her|him her|himself herself|man woman|men women|boy girl|father mother|son daughter|brother sister|"
    "husband wife|uncle aunt|king queen|gentleman lady"
)
MORE = (
    "captain nurse cook walk walked talk talked good better bad worse old new car automobile warm hot heat fire summer "
    "cold icy frost ice winter kind noble honest generous gentle cruel wicked false harsh vile"
)


def corpus(folder: Path) -> Path:
    """A tar of two texts: news that gensim ships, and sentences around the words that the guide asks for."""
    rng = random.Random(0)
    pairs = [pair.split() for pair in GENDERED.split("|")]
    hints = ("beard sword army duke", "dress sewing garden duchess")
    sentences = []
    for _ in range(1_500):
        pair, side = rng.choice(pairs), rng.randrange(2)
        hint = rng.sample(hints[side].split(), 2)
        scene = f"The {pair[side]} of the {pair[0][:2]}-house saw {hint[0]} and {hint[1]}"
        sentences.append(f"{scene}, {rng.choice(MORE.split())}.")
    (folder / "texts").mkdir()
    shutil.copy(datapath("lee_background.cor"), folder / "texts" / "news.txt")
    (folder / "texts" / "tales.txt").write_text(" ".join(sentences) + "\n", "utf-8")
    with tarfile.open(folder / "novels.tar.xz", "w:xz") as tar:
        tar.add(folder / "texts", "texts")
    return folder / "novels.tar.xz"


def test_every_command_of_the_guide_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lateen: Run
) -> None:
    corpus(tmp_path)
    shutil.copy(datapath("questions-words.txt"), tmp_path / "questions-words.txt")
    shutil.copy(datapath("simlex999.txt"), tmp_path / "SimLex-999.txt")
    monkeypatch.chdir(tmp_path)
    lines = re.findall(r"^lateen (.+)$", GUIDE, re.MULTILINE)
    assert len(lines) > 12
    for line in lines:
        code, out, said = lateen(*shlex.split(line.partition("  #")[0]))
        assert code == 0, f"{line}\n{said}"
        assert out
    made = {path.name for path in tmp_path.iterdir() if not path.name.startswith(".")}
    assert made == {"novels.tar.xz", "texts", "questions-words.txt", "SimLex-999.txt"} | set(
        re.findall(r"-o (\S+)", "\n".join(lines))
    )


def test_an_expression_needs_no_quotes_and_its_support_is_put_beside_that_of_its_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lateen: Run
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "v.txt").write_text("".join(f"w{i} {i % 7 + 1} {i % 5} {i % 3}\n" for i in range(30)))
    assert lateen("build", "v.txt", "-o", "v.space")[0] == 0
    quoted = lateen("solve", "v.space", "w1 - w2 + w3", "-k", 2)
    bare = lateen("solve", "v.space", "w1", "-", "w2", "+", "w3", "-k", 2)
    assert quoted == bare
    assert re.match(r"w1 - w2 \+ w3   support [\d.]+ \(its own items: [\d.]+( to [\d.]+)?\)\n", bare[1])


def test_texts_without_the_kind_of_model_are_told_what_to_do(tmp_path: Path, lateen: Run) -> None:
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "a.txt").write_text("One two three. Four five six.")
    for source in (tmp_path / "texts", tmp_path / "texts" / "a.txt"):
        code, _, said = lateen("train", source, "-o", tmp_path / "x.model")
        assert code == 2
        assert "--model word2vec` makes a space of words" in said
