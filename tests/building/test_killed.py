"""kill -9 at any moment, ^C and a full disk: afterwards `resume` gives the same rows, once each."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from child import BAD, ITEMS
from standins import Noise, RandomProjection, all_of

import lateen.building.plan
from lateen.building import BuildResult, build
from lateen.store import SpaceFolder
from lateen.store.folder import POINTS, THUMBS

HERE = Path(__file__).parent


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(lateen.building.plan.SHARD_ROWS, "image", (32, 32))


def start(out: Path, name: str = "none", call: int = 0, when: str = "before", shell: str = "") -> subprocess.Popen[str]:
    """Start a child; `shell` is run in its process before it."""
    child = [sys.executable, str(HERE / "child.py"), str(out), name, str(call), when]
    command = ["sh", "-c", f'{shell}exec "$@"', "sh", *child]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def resume(out: Path) -> BuildResult:
    return build(Noise(ITEMS, BAD), encoder=RandomProjection(), out=out, resume=True)


def assert_whole(out: Path) -> None:
    space, expected = SpaceFolder.open(out), all_of(Noise(ITEMS, BAD))
    assert space.ids() == expected.ids
    vectors = RandomProjection().encode(expected.items)
    assert abs(space.vectors() - vectors).max() < 1e-3
    assert len(space.thumbnails(expected.ids)) == len(expected.ids)
    assert len((out / "rejected.jsonl").read_text().splitlines()) == ITEMS // BAD
    assert space.codec_path is not None
    assert (space.codec_path / "matrix.npy").is_file()
    for name in (POINTS, THUMBS):
        assert len(list((out / name / "data").glob("*.lance"))) == ITEMS // 32
    assert not list(out.rglob(".tmp-*"))


@pytest.mark.parametrize(
    ("name", "call", "when"),
    [
        ("write_meta", 1, "before"),
        ("create_table", 1, "after"),
        ("save_codec", 1, "after"),
        ("write_meta", 2, "before"),
        ("encode", 7, "before"),
        ("write_fragments", 9, "after"),
        ("write_fragments", 10, "after"),
        ("put", 4, "after"),
        ("append", 1, "after"),
        ("append", 2, "after"),
        ("forget", 1, "before"),
        ("write_meta", 3, "before"),
    ],
)
def test_kill_9_at_exact_moments(tmp_path: Path, name: str, call: int, when: str) -> None:
    child = start(tmp_path / "a", name, call, when)
    _, error = child.communicate(timeout=60)
    assert child.returncode == -signal.SIGKILL, error
    resume(tmp_path / "a")
    assert_whole(tmp_path / "a")


def stop_after(child: subprocess.Popen[str], lines: int, how: signal.Signals) -> str:
    assert child.stdout is not None
    for _ in range(lines):
        child.stdout.readline()
    child.send_signal(how)
    return child.communicate(timeout=60)[1]


def test_kill_9_again_and_again_from_outside(tmp_path: Path) -> None:
    out = tmp_path / "a"
    child = start(out, "slow")
    stop_after(child, 6, signal.SIGKILL)
    assert child.returncode == -signal.SIGKILL
    assert 0 < resume(out).resumed < ITEMS
    assert_whole(out)


def test_interrupt_says_how_to_resume(tmp_path: Path) -> None:
    out = tmp_path / "a"
    child = start(out, "slow")
    message = stop_after(child, 6, signal.SIGINT)
    assert child.returncode == 130
    assert "Stopped. " in message
    assert "of 640 items are finished and kept in" in message
    assert "run the same command with --resume" in message
    assert "Traceback" not in message
    assert resume(out).resumed > 0
    assert_whole(out)


def assert_disk_full(out: Path, error: str, code: int) -> None:
    assert code == 2, error
    assert "of 640 items are finished and kept in" in error
    assert "--resume" in error
    assert "Traceback" not in error
    assert "Writing" in error


def test_a_write_that_fails_is_told_and_resumed(tmp_path: Path) -> None:
    child = start(tmp_path / "a", shell="ulimit -f 16; ")  # files of 8 kB at most
    _, error = child.communicate(timeout=60)
    assert_disk_full(tmp_path / "a", error, child.returncode)
    assert "File too large" in error
    resume(tmp_path / "a")
    assert_whole(tmp_path / "a")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 200 kB, where the system lets us mount one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", str(disk)]
    if (
        os.geteuid() != 0
        or shutil.which("mount") is None
        or subprocess.run(mount, capture_output=True, check=False).returncode
    ):
        pytest.skip("a disk can't be mounted here")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_a_full_disk_is_told_and_resumed_elsewhere(small_disk: Path, tmp_path: Path) -> None:
    child = start(small_disk / "a")
    _, error = child.communicate(timeout=60)
    assert_disk_full(small_disk / "a", error, child.returncode)
    assert "No space left on device" in error
    shutil.copytree(small_disk / "a", tmp_path / "a")
    assert resume(tmp_path / "a").resumed > 0
    assert_whole(tmp_path / "a")
