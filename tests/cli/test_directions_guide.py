"""The commands and the Python of docs/directions.md run as they stand, one after the other, on fewer portraits."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from running import Run

from lateen.models.reader import train as training

PAGE = Path(__file__).parents[2] / "docs" / "directions.md"
GUIDE = PAGE.read_text("utf-8")
BLOCKS = re.findall(r"```(sh|python)\n(.+?)```", GUIDE, re.DOTALL)


@pytest.mark.slow
def test_every_block_of_the_guide_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lateen: Run) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(training, "FEWEST_STEPS", 20)
    monkeypatch.setattr(training, "MOST_STEPS", 20)
    assert {language for language, _ in BLOCKS} == {"sh", "python"}
    for language, block in BLOCKS:
        if language == "python":
            exec(compile(block, PAGE.name, "exec"), {})
            continue
        for line in block.strip().splitlines():
            name, *words = shlex.split(line.partition("  #")[0].replace("portraits:2000", "portraits:400"))
            assert name == "lateen"
            code, out, said = lateen(*words)
            assert code == 0, f"{line}\n{said}"
            assert out
    text = "".join(block for _, block in BLOCKS)
    named = set(re.findall(r"-o (\S+)", text)) | set(re.findall(r'(?:save|open|all)\((?:{[^}]*}, )?"([^"]+)"', text))
    assert {path.name for path in tmp_path.iterdir()} == named


def test_every_picture_it_shows_is_there() -> None:
    shown = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", GUIDE)
    assert shown
    for path in shown:
        assert (PAGE.parent / path).is_file(), path
