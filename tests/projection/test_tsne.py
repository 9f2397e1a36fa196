"""t-SNE takes the table it is given, keeps neighbours, and gives the same bytes for one and for two threads."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from lateen.core.errors import MissingExtraError
from lateen.core.geometry import Euclidean
from lateen.neighbors.table import Table, neighbour_table
from lateen.projection import map_quality
from lateen.projection import tsne as module
from lateen.projection.tsne import NEIGHBOURS, tsne


def curve(n: int, d: int = 10) -> np.ndarray:
    """Points of a bent sheet."""
    rng = np.random.default_rng(0)
    sheet = rng.uniform(-2, 2, size=(n, 2))
    bent = np.column_stack([sheet, np.sin(2 * sheet), sheet[:, :1] * sheet[:, 1:]])
    turn, _ = np.linalg.qr(rng.normal(size=(d, d)))
    return (bent @ turn[:5]).astype(np.float32)


@pytest.fixture(autouse=True)
def _installed() -> None:
    pytest.importorskip("openTSNE")


@pytest.mark.parametrize("dims", [2, 3])
def test_neighbours_are_kept(dims: int) -> None:
    x = curve(300)
    y = tsne(x, dims=dims)
    assert y.shape == (300, dims)
    assert y.dtype == np.float32
    assert map_quality(x, y).trustworthiness > 0.98


@pytest.mark.parametrize("n", [4, 5, 12])
def test_few_points(n: int) -> None:
    assert np.isfinite(tsne(curve(n))).all()


def test_the_given_table_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    x = curve(200)
    table = neighbour_table(x, NEIGHBOURS + 5, geometry=Euclidean())
    alone = tsne(x, seed=3)
    searched: list[int] = []
    monkeypatch.setattr(module, "neighbour_table", lambda *a, **k: searched.append(1) or table)
    assert tsne(x, seed=3, table=table).tobytes() == alone.tobytes()
    assert not searched
    tsne(x, seed=3, table=table.first(15))
    assert searched
    wrong = Table(np.roll(table.rows, 50, axis=0), table.distances, 1.0, "exact")
    assert map_quality(x, tsne(x, seed=3, table=wrong)).trustworthiness < 0.8


@pytest.mark.slow  # where the processors are busy, openTSNE's threads wait for each other
def test_threads_and_repeats_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    x = curve(250)
    monkeypatch.setattr(module, "_WORTH_THREADS", 0)
    made = []
    for threads in (1, 2):
        monkeypatch.setattr(module, "cores", lambda threads=threads: threads)
        made.append(tsne(x, seed=1).tobytes())
    assert made[0] == made[1] != tsne(x, seed=2).tobytes()


def test_repeated_points() -> None:
    assert np.isfinite(tsne(np.repeat(curve(3), 100, axis=0))).all()


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openTSNE", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'lateen\[tsne\]'"):
        tsne(curve(10))
