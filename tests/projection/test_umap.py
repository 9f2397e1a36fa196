"""UMAP searches for nothing: it takes the table as umap-learn would have found it."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from lateen.core.geometry import Euclidean
from lateen.neighbors.table import Table, neighbour_table
from lateen.projection import map_quality
from lateen.projection import umap as module
from lateen.projection.umap import umap


def blobs(n: int = 200, d: int = 8) -> np.ndarray:
    rng = np.random.default_rng(0)
    return (rng.normal(scale=4, size=(4, d))[np.arange(n) % 4] + rng.normal(size=(n, d))).astype(np.float32)


def test_the_point_itself_comes_first_as_umap_learn_wants_it() -> None:
    x = blobs()
    rows, distances, _ = module._neighbours(x, 15, None)
    known, known_rows = NearestNeighbors(n_neighbors=15).fit(x).kneighbors(x)
    assert (rows == known_rows).all()
    np.testing.assert_allclose(distances, known, atol=1e-5)
    assert (rows[:, 0] == np.arange(len(x))).all()


def test_the_given_table_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    x = blobs()
    table = neighbour_table(x, 30, geometry=Euclidean())
    alone = umap(x, seed=3)
    searched: list[int] = []
    monkeypatch.setattr(module, "neighbour_table", lambda *a, **k: searched.append(1) or table)
    assert umap(x, seed=3, table=table).tobytes() == alone.tobytes()
    assert not searched
    umap(x, seed=3, table=table.first(13))
    assert searched
    wrong = Table(np.roll(table.rows, 1, axis=0), table.distances, 1.0, "exact")
    given, misled = (map_quality(x, umap(x, table=t)).neighbour_recall for t in (table, wrong))
    assert misled < given / 2
