"""What is installed is whole: the wheel holds the weights, the templates and the marker of types."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parent.parent
MOST_BYTES = 12_000_000


@pytest.mark.slow
def test_the_wheel_holds_all_that_lateen_needs(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--wheel-dir", str(tmp_path), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("lateen-*.whl")
    with ZipFile(wheel) as archive:
        inside = {info.filename: info.file_size for info in archive.infolist()}
    package = ROOT / "src"
    files = [path.relative_to(package).as_posix() for path in package.rglob("*") if path.is_file()]
    expected = {name for name in files if "__pycache__" not in name and "/.tmp-" not in name}
    assert expected <= inside.keys()
    weights = {name for name in inside if name.startswith("lateen/models/weights/portraits.model/")}
    assert {name.rpartition("/")[2] for name in weights} == {
        "config.json",
        "latents.safetensors",
        "weights.safetensors",
    }
    assert sum(inside[name] for name in weights) <= MOST_BYTES
    assert {"lateen/py.typed", "lateen/plot/templates/map.html", "lateen/demo/templates/index.html"} <= inside.keys()
    assert not [name for name in inside if name.startswith(("tests/", "benchmarks/"))]
    entry_points = next(name for name in inside if name.endswith("entry_points.txt"))
    with ZipFile(wheel) as archive:
        text = archive.read(entry_points).decode()
    assert "lateen = lateen.cli.main:run" in text
    assert "vae = lateen.encoders.trained:load_vae" in text
    assert "pca = lateen.encoders.trained:load_pca" in text
