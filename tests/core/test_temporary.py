"""Temporary folders: gone with their owner, with what failed, or with the next process after a kill."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from lateen.core.errors import StorageError
from lateen.core.temporary import copied_to_folder, new_folder, remove_with


class Owner:
    pass


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary folders are made."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_a_folder_goes_with_its_owner_or_with_what_failed(room: Path) -> None:
    owner = Owner()
    with copied_to_folder("a.gz") as folder:
        (folder / "a").touch()
    remove_with(owner, folder)
    assert list(room.iterdir()) == [folder]
    with pytest.raises(ZeroDivisionError), copied_to_folder("b.gz"):
        raise ZeroDivisionError
    assert list(room.iterdir()) == [folder]
    del owner
    assert list(room.iterdir()) == []


@pytest.mark.parametrize("reason", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_disk_says_what_to_do(room: Path, reason: int) -> None:
    with pytest.raises(StorageError, match=r"a\.gz is copied to .* is full; set TMPDIR"), copied_to_folder("a.gz"):
        raise OSError(reason, "no room")
    assert list(room.iterdir()) == []


def test_no_place_at_all(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    with pytest.raises(StorageError, match=r"No temporary folder can be made: .* Set TMPDIR"):
        new_folder()


@pytest.mark.skipif(os.name != "posix", reason="asks for processes by signal 0")
def test_what_a_killed_process_left_is_removed_by_the_next(room: Path) -> None:
    code = "from lateen.core.temporary import new_folder; (new_folder() / 'big').touch(); print(1, flush=True); input()"
    child = subprocess.Popen(
        [sys.executable, "-c", code],
        env={**os.environ, "TMPDIR": str(room)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert child.stdout is not None
    assert child.stdin is not None
    assert child.stdout.readline() == b"1\n"
    (left,) = room.iterdir()
    others = {room / "lateen-other.machine-1-x", room / f"{left.name.partition('-')[0]}-notes"}
    for folder in others:
        folder.mkdir()
    first = new_folder()
    assert {*room.iterdir()} == {left, first, *others}
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdin.close()
    child.stdout.close()
    second = new_folder()
    assert {*room.iterdir()} == {first, second, *others}
