"""The commands and the Python of docs/manifold.md run as they stand, one after the other."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from running import Run

PAGE = Path(__file__).parents[2] / "docs" / "manifold.md"
GUIDE = PAGE.read_text("utf-8")


def test_every_block_of_the_guide_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lateen: Run) -> None:
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```(sh|python)\n(.+?)```", GUIDE, re.DOTALL)
    assert {language for language, _ in blocks} == {"sh", "python"}
    for language, block in blocks:
        if language == "python":
            exec(compile(block, PAGE.name, "exec"), {})
            continue
        for line in block.strip().splitlines():
            name, *words = shlex.split(line.partition("  #")[0])
            assert name == "lateen"
            code, out, said = lateen(*words)
            assert code == 0, f"{line}\n{said}"
            assert out
    made = {path.name for path in tmp_path.iterdir()}
    assert made == set(re.findall(r"-o (\S+)", "".join(block for language, block in blocks if language == "sh")))


def test_every_picture_it_shows_is_there() -> None:
    shown = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", GUIDE)
    assert shown
    for path in shown:
        assert (PAGE.parent / path).is_file(), path
