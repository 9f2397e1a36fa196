"""kill -9 at fifty random moments of a build by the command line, each followed by `--resume`; and of an append."""

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


def timed(command: list[str]) -> float:
    begun = time.monotonic()
    subprocess.run(command, check=True, capture_output=True)
    return time.monotonic() - begun


def killed(command: list[str], seconds: float) -> None:
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(seconds)
    child.kill()
    child.wait()


@pytest.mark.slow
def test_rows_ids_and_vectors_are_those_of_the_undisturbed_build(photos: Path, tmp_path: Path) -> None:
    seconds = min(timed(command(photos, tmp_path / name)) for name in ("first.space", "whole.space"))
    whole = content(tmp_path / "whole.space")
    assert len(whole[0]) == PICTURES - PICTURES // 400
    moments, out, unfinished = random.Random(0), tmp_path / "a.space", 0
    for _ in range(KILLS):
        killed(command(photos, out), moments.uniform(0, seconds))
        unfinished += not (out / "space.json").exists() or '"complete": false' in (out / "space.json").read_text()
        done = subprocess.run(command(photos, out, "--resume"), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert content(out) == whole
        shutil.rmtree(out)
    assert unfinished >= KILLS // 2, "the kills came too late to mean anything"


@pytest.mark.slow
def test_an_append_is_there_whole_or_not_at_all(photos: Path, tmp_path: Path) -> None:
    early = tmp_path / "photos"
    shutil.copytree(photos, early, ignore=lambda folder, names: [n for n in names if n.endswith(("3.png", "7.png"))])
    subprocess.run(command(early, tmp_path / "before.space"), check=True, capture_output=True)
    before = content(tmp_path / "before.space")
    shutil.copytree(photos, early, dirs_exist_ok=True)
    grown = tmp_path / "grown.space"
    shutil.copytree(tmp_path / "before.space", grown)
    begun = time.monotonic()
    subprocess.run(command(early, grown), check=True, capture_output=True)
    seconds, after, moments, unfinished = time.monotonic() - begun, content(grown), random.Random(1), 0
    assert len(before[0]) < len(after[0]) == PICTURES - PICTURES // 400
    out = tmp_path / "a.space"
    for _ in range(KILLS // 2):
        shutil.copytree(tmp_path / "before.space", out)
        killed(command(early, out), moments.uniform(0, seconds))
        now = content(out)
        assert now in (before, after)
        unfinished += now == before
        done = subprocess.run(command(early, out), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert content(out) == after
        shutil.rmtree(out)
    assert unfinished >= KILLS // 4, "the kills came too late to mean anything"
