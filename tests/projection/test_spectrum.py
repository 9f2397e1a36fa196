"""lateen's layout: exact forces, the same bytes for any number of threads, and a balance that can be set."""

from __future__ import annotations

import numpy as np
import pytest

import lateen.core.threads as threads_module
from lateen.core.errors import InputError
from lateen.core.geometry import Euclidean
from lateen.neighbors import Table, neighbour_table
from lateen.projection import layout, map_quality
from lateen.projection.spectrum import spectrum
from lateen.projection.spectrum.all_pairs import AllPairs
from lateen.projection.spectrum.descent import Edges
from lateen.projection.spectrum.kernels import pull
from lateen.projection.spectrum.mesh import Mesh
from lateen.projection.spectrum.start import SPREAD, start_of


def blobs(n: int, d: int = 20, groups: int = 5, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    centres = rng.normal(scale=4, size=(groups, d))
    return (centres[np.arange(n) % groups] + rng.normal(size=(n, d))).astype(np.float32)


def table_of(x: np.ndarray) -> Table:
    return neighbour_table(x, 15, geometry=Euclidean())


@pytest.mark.parametrize(("dims", "width", "error"), [(2, 60, 0.02), (2, 3, 0.02), (3, 12, 0.1), (3, 2, 0.1)])
def test_the_mesh_pushes_as_all_pairs_do(dims: int, width: float, error: float) -> None:
    positions = np.random.default_rng(0).normal(scale=width / 4, size=(3_000, dims)).astype(np.float32)
    with threads_module.team() as each:
        total, add = Mesh(dims, each).push(positions)
        pushed = np.zeros_like(positions)
        add(pushed, 0.0, 1.0, 0, len(positions))
    wide = positions.astype(np.float64)
    gaps = wide[:, None] - wide[None]
    similar = 1 / (1 + (gaps**2).sum(axis=2))
    true = (similar[:, :, None] ** 2 * gaps).sum(axis=1)
    assert np.linalg.norm(pushed - true) < error * np.linalg.norm(true)
    assert total == pytest.approx(similar.sum() - len(positions), rel=error)


@pytest.mark.parametrize("dims", [2, 3])
def test_pairs_push_as_their_formula_says(dims: int) -> None:
    positions = np.random.default_rng(0).normal(scale=3, size=(400, dims)).astype(np.float32)
    with threads_module.team() as each:
        total, add = AllPairs(each, 3).push(positions)
        pushed = np.ones_like(positions)
        add(pushed, 0.5, 2.0, 0, len(positions))
    wide = positions.astype(np.float64)
    gaps = wide[:, None] - wide[None]
    similar = 1 / (1 + (gaps**2).sum(axis=2))
    np.testing.assert_allclose(pushed, 0.5 + 2 * (similar[:, :, None] ** 2 * gaps).sum(axis=1), rtol=1e-3, atol=1e-4)
    assert total == pytest.approx(similar.sum() - len(positions), rel=1e-5)


def test_edges_go_both_ways_and_count_twice_where_both_want_them() -> None:
    edges = Edges.of(np.array([[1], [0], [1]], np.int32))
    assert edges.starts.tolist() == [0, 1, 3, 4]
    assert edges.ends.tolist() == [1, 0, 2, 1]
    assert edges.weights.tolist() == [2, 2, 1, 1]


@pytest.mark.parametrize("dims", [2, 3])
def test_edges_pull_as_their_formula_says(dims: int) -> None:
    rng = np.random.default_rng(1)
    positions = rng.normal(size=(40, dims)).astype(np.float32)
    edges = Edges.of(table_of(positions).first(3).rows)
    forces = np.empty_like(positions)
    pull(positions, edges.starts, edges.ends, edges.weights, forces, 0, 40)
    for i in range(40):
        there = edges.ends[edges.starts[i] : edges.starts[i + 1]]
        gaps = positions[there].astype(np.float64) - positions[i]
        weights = edges.weights[edges.starts[i] : edges.starts[i + 1]] / (1 + (gaps**2).sum(axis=1))
        np.testing.assert_allclose(forces[i], weights @ gaps, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("dims", [2, 3])
def test_the_same_bytes_for_any_number_of_threads(dims: int, monkeypatch: pytest.MonkeyPatch) -> None:
    x, made = blobs(3_200), []  # fewer are laid out by one thread
    table = table_of(x)
    for count in (1, 2, 5):
        monkeypatch.setattr(threads_module, "cores", lambda count=count: count)
        made.append(spectrum(x, table, attraction=2.0, dims=dims)[0].tobytes())
    assert made[0] == made[1] == made[2]


def test_attraction_walks_from_fine_neighbourhoods_to_few_clumps() -> None:
    x = np.random.default_rng(0).normal(size=(1_500, 3)).astype(np.float32)
    table = table_of(x)
    made = [spectrum(x, table, attraction=a) for a in (1.0, 4.0, 8.0)]
    assert [used for _, used in made] == [1.0, 4.0, 8.0]
    maps = [positions for positions, _ in made]
    widths = [float(np.ptp(y, axis=0).max()) for y in maps]
    recalls = [map_quality(x, y).neighbour_recall for y in maps]
    assert widths == sorted(widths, reverse=True)
    assert recalls == sorted(recalls, reverse=True)
    assert recalls[0] > 1.3 * recalls[2]


@pytest.mark.parametrize("d", [8, 30])
def test_a_cloud_without_structure_is_not_pulled_into_one_point(d: int) -> None:
    x = np.random.default_rng(0).normal(size=(1_200, d)).astype(np.float32)
    table = table_of(x)
    usual, used = spectrum(x, table)
    strong, most = spectrum(x, table, attraction=30.0)
    assert 0.5 <= used < 1.5
    assert used <= most < 2
    assert map_quality(x, usual).trustworthiness > map_quality(x, layout(x, method="umap", table=table)).trustworthiness
    assert np.ptp(strong, axis=0).max() > 0.5  # units of the similarity's width


def test_structured_data_bears_the_usual_attraction() -> None:
    x = blobs(1_000)
    assert spectrum(x, table_of(x))[1] == 2.0


def test_groups_come_apart_and_neighbours_stay() -> None:
    x = blobs(1_000)
    y = layout(x)
    centres = np.stack([y[i::5].mean(axis=0) for i in range(5)])
    own = np.linalg.norm(y - centres[np.arange(1_000) % 5], axis=1)
    others = np.linalg.norm(y[:, None] - centres[None], axis=2)
    others[np.arange(1_000), np.arange(1_000) % 5] = np.inf
    assert (own < others.min(axis=1)).mean() > 0.99
    assert map_quality(x, y).trustworthiness > 0.9


def test_a_cluster_far_away_does_not_shrink_the_rest() -> None:
    near, far = blobs(1_000), blobs(40, groups=1, seed=3) + np.float32(1e6)
    y = layout(np.vstack([near, far]))
    alone = layout(near)
    assert np.isfinite(y).all()
    assert y[:1_000].std(axis=0).max() > 0.5 * alone.std(axis=0).max()
    assert map_quality(near, y[:1_000]).trustworthiness > map_quality(near, alone).trustworthiness - 0.02
    assert np.ptp(y[1_000:], axis=0).max() < 0.5


@pytest.mark.parametrize(
    "x",
    [
        np.repeat(blobs(3), 1_000, axis=0),
        np.vstack([blobs(200), np.repeat(blobs(1, seed=5), 3_000, axis=0)]),
        np.linspace(0, 1, 500, dtype=np.float32)[:, None],
        np.hstack([blobs(200), np.ones((200, 3), np.float32)]),
        np.vstack([blobs(100, groups=1), blobs(100, groups=1, seed=8) + np.float32(500)]),
    ],
    ids=["three points", "one of thousands", "a line", "constant columns", "two parts"],
)
@pytest.mark.parametrize("dims", [2, 3])
def test_odd_data_stays_finite_and_fills_the_map(x: np.ndarray, dims: int) -> None:
    y = layout(x, dims=dims)
    assert y.shape == (len(x), dims)
    assert np.isfinite(y).all()
    assert np.abs(y).max() == pytest.approx(1, abs=1e-6)


def test_a_line_stays_in_order() -> None:
    x = np.linspace(0, 1, 400, dtype=np.float32)[:, None]
    steps = np.linalg.norm(np.diff(layout(x), axis=0), axis=1)
    assert steps.max() < 0.1


def test_the_start_has_the_seed_and_is_not_ruled_by_one_row() -> None:
    x = blobs(500)
    assert start_of(x, 2, 0).tobytes() != start_of(x, 2, 1).tobytes()
    lone = np.vstack([x, np.full((1, 20), 1e7, np.float32)])
    assert start_of(lone, 2, 0)[:500].std(axis=0).max() > 0.5 * SPREAD


@pytest.mark.parametrize("attraction", [0, 0.4, 101, float("nan")])
def test_an_attraction_out_of_range_is_refused(attraction: float) -> None:
    with pytest.raises(InputError, match=r"give 0\.5 to 100"):
        layout(blobs(30), attraction=attraction)


def test_only_the_own_layout_has_an_attraction() -> None:
    with pytest.raises(InputError, match="lateen's alone"):
        layout(blobs(30), method="pca", attraction=2)


def test_a_table_of_other_vectors_is_refused() -> None:
    with pytest.raises(InputError, match="30 vectors and the neighbours of 20"):
        layout(blobs(30), table=table_of(blobs(20)))
