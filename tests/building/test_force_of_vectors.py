"""`--force` over vectors as they come: directions are kept if the items kept their vectors, and only then."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import lateen as lt

RNG = np.random.default_rng(0)
BEFORE = RNG.normal(size=(60, 8)).astype(np.float32)


def made(folder: Path, vectors: np.ndarray, ids: list[str], **options: str) -> tuple[str, ...]:
    np.savez(folder / "x.npz", vectors=vectors, ids=np.array(ids))
    return lt.build(folder / "x.npz", out=folder / "x.space", force=True, **options).notes


@pytest.mark.parametrize(
    ("after", "kept"),
    [
        (BEFORE, True),
        (np.concatenate([BEFORE[::-1], RNG.normal(size=(20, 8)).astype(np.float32)]), True),  # moved, and some new
        (np.where(np.arange(60)[:, None] < 20, 1, BEFORE).astype(np.float32), True),  # a third of the items mended
        (RNG.normal(size=(60, 8)).astype(np.float32), False),  # another training
        (-BEFORE, False),
    ],
    ids=["same", "moved", "mended", "another", "turned"],
)
def test_directions_come_along_if_the_vectors_do(tmp_path: Path, after: np.ndarray, kept: bool) -> None:
    names = [f"w{i}" for i in range(60)]
    made(tmp_path, BEFORE, names)
    lt.open(tmp_path / "x.space").direction("axis", words="w1,w2:w3")
    ids = [*names[::-1], *(f"new{i}" for i in range(20))] if len(after) > 60 else names
    notes = made(tmp_path, after, ids)
    assert (list(lt.open(tmp_path / "x.space").directions()) == ["axis"]) == kept
    assert any("directions of the old space" in note and ("kept" in note) == kept for note in notes)


def test_half_the_bits_are_the_same_vectors_and_other_ids_are_not(tmp_path: Path) -> None:
    names = [f"w{i}" for i in range(60)]
    made(tmp_path, BEFORE, names)
    lt.open(tmp_path / "x.space").direction("axis", words="w1:w3")
    made(tmp_path, BEFORE, names, dtype="float16")
    assert list(lt.open(tmp_path / "x.space").directions()) == ["axis"]
    made(tmp_path, BEFORE, [f"other{i}" for i in range(60)])
    assert not lt.open(tmp_path / "x.space").directions()
