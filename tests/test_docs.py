"""What the documentation shows, works: command lines parse, the plug-in encodes."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

DOCS = sorted((Path(__file__).parents[1] / "docs").glob("*.md"))
GUIDE = next(path for path in DOCS if path.name == "sources-and-encoders.md").read_text("utf-8")


@pytest.mark.parametrize("page", DOCS, ids=lambda path: path.name)
def test_command_lines_parse(page: Path) -> None:
    import typer

    from lateen.cli.main import app

    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    lines = re.findall(r"^lateen (.+)$", page.read_text("utf-8"), re.MULTILINE)
    assert lines
    for line in lines:
        name, *rest = shlex.split(line.partition("  #")[0])
        commands[name].make_context(name, rest)


def plug_in(folder: Path) -> None:
    """What pip makes of the page's package: the module, and metadata with its entry point."""
    code = re.search(r"```python\n# lateen_histogram.py\n(.+?)```", GUIDE, re.DOTALL)
    entry = re.search(r'```toml\n\[project.entry-points."(.+?)"\]\n(\w+) = "(.+?)"\n```', GUIDE)
    assert code
    assert entry
    metadata = folder / "lateen_histogram-0.1.dist-info"
    metadata.mkdir(parents=True)
    (folder / "lateen_histogram.py").write_text(code[1])
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: lateen-histogram\nVersion: 0.1\n")
    (metadata / "entry_points.txt").write_text(f"[{entry[1]}]\n{entry[2]} = {entry[3]}\n")


def test_the_plug_in_has_thirty_lines_and_encodes(tmp_path: Path) -> None:
    plug_in(tmp_path / "site")
    lines = (tmp_path / "site" / "lateen_histogram.py").read_text().strip().splitlines()
    assert len([line for line in lines if line]) <= 30
    for i in range(5):
        path = tmp_path / "photos" / f"{i}.png"
        path.parent.mkdir(exist_ok=True)
        Image.new("RGB", (80, 80), (255, 50 * i, 0)).save(path)

    def lateen(*words: str) -> str:
        program = "from lateen.cli.main import run; run()"
        environment = os.environ | {"PYTHONPATH": str(tmp_path / "site")}
        command = [sys.executable, "-c", program, *words]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "5 items" in lateen("build", "photos", "--encoder", "histogram:8", "-o", "photos.space")
    assert "1.png" in lateen("near", "photos.space", "0.png", "-k", "1")
    listed = lateen("encoders")
    assert "histogram" in listed
    assert "Colour histograms of pictures" in listed
