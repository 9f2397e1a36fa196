"""kill -9 at fifty random moments of a build by the command line, each followed by `--resume`."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lateen.store import SpaceFolder

KILLS, PICTURES = 50, 5_000
LATEEN = [sys.executable, "-c", "from lateen.cli.main import run; run()"]


def command(photos: Path, out: Path, *options: str) -> list[str]:
    words = ["build", str(photos), "--encoder", "pixels:8", "--workers", "2", "-o", str(out), *options]
    return [*LATEEN, *words]


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kills") / "photos"
    noise = np.random.default_rng(0)
    for i in range(PICTURES):
        path = folder / str(i % 7) / f"{i}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(noise.integers(0, 256, (24, 24, 3), np.uint8)).save(path)
        if i % 400 == 399:
            path.write_bytes(path.read_bytes()[:200])
    return folder


def content(space: Path) -> tuple[list[str], bytes, str, dict[str, bytes]]:
    folder = SpaceFolder.open(space)
    ids = list(folder.ids())
    return ids, folder.vectors().tobytes(), (space / "rejected.jsonl").read_text(), folder.thumbnails(ids)


@pytest.mark.slow
def test_rows_ids_and_vectors_are_those_of_the_undisturbed_build(photos: Path, tmp_path: Path) -> None:
    begun = time.monotonic()
    subprocess.run(command(photos, tmp_path / "whole.space"), check=True, capture_output=True)
    seconds, whole = time.monotonic() - begun, content(tmp_path / "whole.space")
    assert len(whole[0]) == PICTURES - PICTURES // 400
    moments, out, unfinished = random.Random(0), tmp_path / "a.space", 0
    for _ in range(KILLS):
        child = subprocess.Popen(command(photos, out), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(moments.uniform(0, seconds))
        child.kill()
        child.wait()
        unfinished += not (out / "space.json").exists() or '"complete": false' in (out / "space.json").read_text()
        done = subprocess.run(command(photos, out, "--resume"), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert content(out) == whole
        shutil.rmtree(out)
    assert unfinished >= KILLS // 2, "the kills came too late to mean anything"
