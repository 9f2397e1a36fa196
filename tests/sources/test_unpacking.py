"""Files that are unpacked or copied to be read, when the temporary disk is full or they are damaged."""

from __future__ import annotations

import gzip
import resource
import struct
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from lateen.core.errors import InputError, StorageError
from lateen.core.temporary import copied_to_folder
from lateen.sources.opening import open_source
from lateen.sources.unpacking import unpack_gzip, unpack_zip


@contextmanager
def files_of(most: int) -> Iterator[None]:
    """Meanwhile no file may have more bytes, as if the disk were full."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def packed(folder: Path, name: str) -> Path:
    """A file that takes more room unpacked than packed."""
    path, vectors = folder / name, np.zeros((500, 3), np.float32)
    if name == "words.npz":
        np.savez_compressed(path, words=np.array([f"w{i}" for i in range(500)]), vectors=vectors)
    elif name == "vectors.npz":
        np.savez_compressed(path, vectors=vectors)
    elif name.endswith("idx2-ubyte.gz"):
        path.write_bytes(gzip.compress(b"\0\0\x0d\2" + struct.pack(">2I", 500, 3) + vectors.tobytes()))
    else:
        path.write_bytes(gzip.compress(b"".join(b"w%d 0 0 0\n" % i for i in range(500))))
    return path


@pytest.mark.parametrize("name", ["words.npz", "vectors.npz", "v-idx2-ubyte.gz", "words.vec.gz"])
def test_a_full_disk_is_no_damage(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, room = packed(tmp_path, name), tmp_path / "room"
    room.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(room))
    assert len(open_source(path)) == 500
    with files_of(1000), pytest.raises(StorageError, match=rf"{name} is copied to {room} .* is full; set TMPDIR"):
        open_source(path)
    assert list(room.iterdir()) == []


def test_what_comes_before_the_damage_is_kept(tmp_path: Path) -> None:
    whole = np.random.default_rng(0).bytes(100_000)
    (tmp_path / "cut.gz").write_bytes(gzip.compress(whole)[:-20_000])
    assert "end-of-stream" in unpack_gzip(tmp_path / "cut.gz", tmp_path / "cut")
    found = (tmp_path / "cut").read_bytes()
    assert len(found) > 50_000
    assert whole.startswith(found)
    (tmp_path / "none.gz").write_bytes(b"no gzip")
    with pytest.raises(InputError, match=r"none\.gz can't be unpacked as gzip"):
        unpack_gzip(tmp_path / "none.gz", tmp_path / "none")


def test_a_damaged_npz(tmp_path: Path) -> None:
    path = packed(tmp_path, "vectors.npz")
    path.write_bytes(path.read_bytes()[:-60])
    with pytest.raises(InputError, match=r"vectors\.npz can't be read as npz"), copied_to_folder("it") as folder:
        unpack_zip(path, folder)
