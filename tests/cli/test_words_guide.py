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
    "he she|his her|man woman|men women|boy girl|father mother|king queen|brother sister|uncle aunt|prince princess"
)
MORE = "captain nurse cook warm hot cold icy walk walked talk talked good better bad worse old new car automobile"


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
