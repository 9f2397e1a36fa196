"""Directions, readings and erasures are the same, to the byte, however many threads NumPy has."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

import lateen as lt
from lateen.core.threads import cores, one_thread

PAIRS = [(f"i{row}", f"i{row + 1}") for row in range(0, 40, 2)]


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> lt.Space:
    folder, rng, n = tmp_path_factory.mktemp("threads"), np.random.default_rng(0), 5_003
    x = rng.normal(size=(n, 101)).astype(np.float32)
    np.savez(folder / "x.npz", vectors=x, ids=np.array([f"i{row}" for row in range(n)]), size=x[:, 0] > 0.3)
    lt.build(folder / "x.npz", out=folder / "x.space", geometry="sphere")
    return lt.open(folder / "x.space")


def found(space: lt.Space, out: Path) -> list[object]:
    space.direction("pairs", pairs=PAIRS, force=True)
    space.direction("words", words=[PAIRS[0], PAIRS[1]], force=True)
    space.direction("size", field="size", force=True)
    kept = [file.read_bytes() for file in sorted((space.folder / "directions").iterdir())]
    erased = space.erase("pairs", out, force=True)
    new = lt.open(out)
    return [
        kept,
        [(r.value, r.steps, r.percentile) for r in space.read("size", "i3", "i3 - i4", "i2000").readings],
        space.read("words", k=20).to_dict(),
        new.spec.fingerprint,
        np.asarray(new.vectors).tobytes(),
        {**erased.to_dict(), "seconds": 0},
    ]


def test_the_number_of_threads_changes_nothing(space: lt.Space, tmp_path: Path) -> None:
    by_threads = []
    for threads in (1, 2, 4):
        with threadpool_limits(threads, "blas"):
            by_threads.append(found(space, tmp_path / "e.space"))
    assert len(by_threads[0][0]) == 3  # type: ignore[arg-type]
    assert by_threads[0] == by_threads[1] == by_threads[2]


def test_products_of_one_thread_do_not_depend_on_how_many_there_were() -> None:
    x, v = np.random.default_rng(0).normal(size=(20_011, 101)).astype(np.float32), np.ones(101, np.float32) / 7
    products = set()
    for threads in (1, 2, 3, 4, 7):
        with threadpool_limits(threads, "blas"), one_thread():
            products.add((x @ v).tobytes())
    assert len(products) == 1
    assert cores() >= 1
