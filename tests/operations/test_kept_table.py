"""The table of a space is computed once, and again where the file lacks what is asked for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import lateen as lt
from lateen.operations import kept_table as module
from lateen.space import Space


def file_of(space: Space) -> Path:
    (file,) = (space.folder / "derived").glob("neighbours-*.npz")
    return file


def test_it_is_computed_once(faces: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    first = faces._opened.table(15)

    def fail(*given: object, **named: object) -> None:
        raise AssertionError("computed again")

    monkeypatch.setattr(module, "neighbour_table", fail)
    again = lt.open(faces.folder)._opened.table(20)
    assert again.rows[:, :15].tolist() == first.rows.tolist()
    with pytest.raises(AssertionError, match="computed again"):
        faces._opened.table(50)


def test_more_neighbours_replace_fewer(faces: Space) -> None:
    faces._opened.table(15)
    before = file_of(faces).stat().st_size
    assert faces._opened.table(100).k == 100
    assert file_of(faces).stat().st_size > 2 * before


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 nothing", b"\x00" * 4000], ids=["empty", "cut", "zeros"])
def test_a_damaged_file_is_made_anew(faces: Space, damage: bytes) -> None:
    whole = faces._opened.table(15)
    file_of(faces).write_bytes(damage)
    assert lt.open(faces.folder)._opened.table(15).rows.tolist() == whole.rows.tolist()


def test_rows_beyond_the_space_are_damage(faces: Space) -> None:
    whole, file = faces._opened.table(15), file_of(faces)
    with np.load(file) as kept:
        parts = dict(kept)
    parts["rows"] = parts["rows"] + 10_000
    np.savez(file, **parts)
    assert lt.open(faces.folder)._opened.table(15).rows.tolist() == whole.rows.tolist()
