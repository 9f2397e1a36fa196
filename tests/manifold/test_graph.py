"""Ways over the neighbour graph: laws of a path on many data sets, a roll's true lengths, gaps, copies, few points."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from lateen.core.errors import InputError
from lateen.core.geometry import Euclidean, Gaussian, Geometry, Sphere
from lateen.core.path import Path
from lateen.manifold.bridges import shortest_bridges
from lateen.manifold.graph import Graph, decoded_length, neighbour_graph
from lateen.neighbors import neighbour_table

_RANDOM = np.random.default_rng(0)
_CLOUD = _RANDOM.normal(size=(120, 5)).astype(np.float32)


def graph_of(points: np.ndarray, k: int = 10, geometry: Geometry | None = None, power: float | int = 1) -> Graph:
    geometry = geometry or Euclidean()
    points = geometry.project(points.astype(np.float32))
    return neighbour_graph(points, neighbour_table(points, k, geometry=geometry), geometry=geometry, power=power)


def roll(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A swiss roll, and where its points are on it unrolled: arc length and height."""
    random = np.random.default_rng(seed)
    turn, height = 1.5 * np.pi * (1 + 2 * random.random(n)), 21 * random.random(n)
    arc = (turn * np.sqrt(1 + turn**2) + np.arcsinh(turn)) / 2
    points = np.stack([turn * np.cos(turn), height, turn * np.sin(turn)], axis=1)
    return points.astype(np.float32), np.stack([arc, height], axis=1)


CASES: dict[str, Callable[[], Graph]] = {
    "cloud": lambda: graph_of(_CLOUD),
    "cloud, power 3": lambda: graph_of(_CLOUD, power=3),
    "sphere": lambda: graph_of(_CLOUD, geometry=Sphere()),
    "gaussian": lambda: graph_of(_CLOUD, geometry=Gaussian.fit(_CLOUD)),
    "two parts": lambda: graph_of(np.concatenate([_CLOUD, _CLOUD + 50]), k=4),
    "copies by the thousand": lambda: graph_of(np.concatenate([np.repeat(_CLOUD[:2], 1000, axis=0), _CLOUD]), k=5),
    "all the same": lambda: graph_of(np.ones((40, 3)), k=5),
    "one dimension": lambda: graph_of(_CLOUD[:, :1]),
    "constant columns": lambda: graph_of(np.pad(_CLOUD, ((0, 0), (3, 3)), constant_values=7)),
    "two points": lambda: graph_of(_CLOUD[:2]),
    "fewer points than k": lambda: graph_of(_CLOUD[:6], k=30),
    "far from zero": lambda: graph_of(_CLOUD + 1000),
}


@pytest.fixture(params=CASES, ids=str)
def graph(request: pytest.FixtureRequest) -> Graph:
    return CASES[request.param]()


def test_a_way_is_a_path_from_end_to_end_over_items(graph: Graph) -> None:
    n = len(graph.points)
    for start, end in [(0, n - 1), (n // 2, 1), (n - 1, 0)]:
        way = graph.way(start, end)
        assert isinstance(way, Path)
        assert {way.rows[0], way.rows[-1]} == {start, end}
        np.testing.assert_array_equal(way.start, graph.points[start])
        np.testing.assert_array_equal(way.end, graph.points[end])
        np.testing.assert_allclose(way.evaluate(0.0), graph.points[start], rtol=1e-5, atol=1e-5)
        np.testing.assert_allclose(way.evaluate(1.0), graph.points[end], rtol=1e-5, atol=1e-5)
        assert way.length >= float(graph.geometry.distance(way.start, way.end)) * (1 - 1e-4) - 1e-4


def test_speed_is_constant(graph: Graph) -> None:
    way = graph.way(0, len(graph.points) - 1)
    times = np.sort(np.concatenate([way.bounds / (way.length or 1), np.linspace(0, 1, 23)]))
    points = way.evaluate(times).astype(np.float64)
    gone = np.concatenate([[0], np.cumsum(graph.geometry.distance(points[:-1], points[1:]))])
    np.testing.assert_allclose(gone, times * way.length, rtol=2e-2, atol=max(1e-3, 3e-3 * way.length))


def test_lengths_are_symmetric_and_keep_the_triangle(graph: Graph) -> None:
    rows = np.random.default_rng(1).integers(0, len(graph.points), (8, 3))
    for a, b, c in rows.tolist():
        there, back = (graph.way(*pair, taut=False) for pair in ((a, b), (b, a)))
        assert there.cost == pytest.approx(back.cost, rel=1e-5, abs=1e-6)
        detour = graph.way(a, c, taut=False).cost + graph.way(c, b, taut=False).cost
        assert there.cost <= detour * (1 + 1e-5) + 1e-6


def test_the_same_bytes_twice(graph: Graph) -> None:
    ways = [graph_.way(0, len(graph.points) - 1) for graph_ in (graph, graph)]
    assert ways[0].points.tobytes() == ways[1].points.tobytes()
    assert ways[0].rows == ways[1].rows


def test_no_way_is_shorter_on_a_small_graph() -> None:
    """Every way over edges, by Floyd's algorithm in plain NumPy."""
    points = _CLOUD[:30]
    table = neighbour_table(points, 4, geometry=Euclidean())
    lengths = np.full((30, 30), np.inf)
    for row in range(30):
        lengths[row, table.rows[row]] = table.distances[row]
    lengths = np.minimum(lengths, lengths.T)
    for middle in range(30):
        lengths = np.minimum(lengths, lengths[:, middle, None] + lengths[None, middle])
    graph = neighbour_graph(points, table, geometry=Euclidean())
    assert np.isfinite(lengths[0]).sum() > 20
    for end in range(1, 30):
        if np.isfinite(lengths[0, end]):
            assert graph.way(0, end, taut=False).cost == pytest.approx(lengths[0, end], rel=1e-5)


@pytest.mark.parametrize(("n", "seed"), [(1000, 3), (1000, 4), (2000, 0)])
def test_a_roll_has_its_true_lengths(n: int, seed: int) -> None:
    points, unrolled = roll(n, seed)
    graph = graph_of(points)
    pairs = np.random.default_rng(5).integers(0, n, (15, 2))
    true = np.linalg.norm(unrolled[pairs[:, 0]] - unrolled[pairs[:, 1]], axis=1)
    found = np.array([graph.way(a, b).length for a, b in pairs.tolist()])
    straight = np.linalg.norm(points[pairs[:, 0]] - points[pairs[:, 1]], axis=1)
    assert np.abs(straight / true - 1).max() > 0.5
    assert np.abs(found / true - 1).max() < 0.03


def test_powers_keep_to_where_data_is_dense() -> None:
    random = np.random.default_rng(0)
    line = np.stack([np.linspace(0, 1, 60), np.zeros(60)], axis=1)  # few items straight on, many on an arc
    angle = np.linspace(0, np.pi, 900)
    arc = 0.5 - 0.5 * np.stack([np.cos(angle), -np.sin(angle) + 1], axis=1)
    points = np.concatenate([line, arc + random.normal(0, 1e-4, arc.shape)])
    near, dense = (graph_of(points, k=8, power=power).way(0, 59) for power in (1, 4))
    assert near.length < 1.1 < 1.3 < dense.length
    assert near.evaluate(0.5)[1] == pytest.approx(0, abs=0.05)


def test_two_parts_are_bridged_where_they_are_nearest() -> None:
    points = np.concatenate([_CLOUD, _CLOUD + np.float32(30)])
    graph = graph_of(points, k=6)
    distances = cdist(points[:120], points[120:])
    assert graph.components.max() == 1
    (bridge,) = graph.bridges
    assert bridge.length == pytest.approx(distances.min(), rel=1e-5)
    assert bridge.exact
    way = graph.way(0, 239)
    assert [b.length for b in way.bridges] == [bridge.length]
    assert way.bridges[0].start < 120 <= way.bridges[0].end
    assert graph.way(239, 0).bridges[0].start >= 120
    ((begins, ends),) = way.bridge_times
    assert (ends - begins) * way.length == pytest.approx(bridge.length, rel=1e-4)
    over = way.evaluate((begins + ends) / 2)
    assert cdist(over[None], points).min() == pytest.approx(bridge.length / 2, rel=1e-2)
    assert not graph.way(0, 50).bridges


def test_a_tight_cluster_far_away_is_behind_a_bridge_though_its_neighbours_are_elsewhere() -> None:
    points = np.concatenate([_CLOUD, 1000 + 0.1 * _CLOUD[:5]])
    way = graph_of(points, k=10).way(0, 122)
    assert len(way.bridges) == 1
    assert way.bridges[0].length > 900
    assert way.length < 5 * way.bridges[0].length


@pytest.mark.parametrize("products", [2e11, 1e3], ids=["exact", "of a sample"])
def test_many_parts_become_one_tree(products: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lateen.manifold.bridges.MOST_PRODUCTS", products)
    random = np.random.default_rng(2)
    centres = random.normal(size=(9, 3)) * 100
    sizes = [1, 2, 3, 10, 40, 50, 60, 1, 200]
    parts = np.repeat(np.arange(9), sizes)
    points = (centres[parts] + random.normal(size=(len(parts), 3))).astype(np.float32)
    bridges = shortest_bridges(points, Euclidean(), parts)
    assert len(bridges) == 8
    least = np.array([[cdist(points[parts == a], points[parts == b]).min() for b in range(9)] for a in range(9)])
    reached, total = {0}, 0.0  # Prim's tree over the parts
    while len(reached) < 9:
        length, new = min((least[a, b], b) for a in reached for b in range(9) if b not in reached)
        reached.add(new)
        total += length
    found = sum(b.length for b in bridges)
    assert found == pytest.approx(total, rel=1e-5 if products > 1e4 else 0.05)
    assert found >= total * (1 - 1e-5)


def test_new_points_are_joined_to_their_nearest_items() -> None:
    graph = graph_of(_CLOUD)
    start, end = _CLOUD[3] + 0.01, _CLOUD[70] - 0.01
    way = graph.way(start, end)
    np.testing.assert_array_equal(way.start, start)
    np.testing.assert_array_equal(way.end, end)
    assert all(row < 120 for row in way.rows)
    near = graph.way(start, start + np.float32(1e-3))
    assert near.length == pytest.approx(1e-3 * np.sqrt(5), rel=1e-3)
    assert graph.way(3, end).rows[0] == 3


def test_edges_can_weigh_what_is_decoded_along_them() -> None:
    line = np.linspace(0, 1, 21, dtype=np.float32)
    points = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)

    def decode(vectors: np.ndarray) -> np.ndarray:
        """A wall across the middle, with a way round it at the top."""
        wall = 1000 * np.exp(-(((vectors[:, :1] - 0.5) / 0.03) ** 2)) * (vectors[:, 1:] < 0.8)
        return np.concatenate([vectors, wall], axis=1)

    table = neighbour_table(points, 8, geometry=Euclidean())
    measure = decoded_length(decode, steps=4)
    ways = [neighbour_graph(points, table, geometry=Euclidean(), measure=m).way(0, 20) for m in (None, measure)]
    assert ways[0].evaluate(0.5)[1] < 0.1
    assert ways[1].points[:, 1].max() > 0.75


def test_what_cannot_be_asked_says_why() -> None:
    graph = graph_of(_CLOUD)
    with pytest.raises(InputError, match=r"row 120; there are 120 items, so rows are 0 \.\.\. 119"):
        graph.way(0, 120)
    with pytest.raises(InputError, match=r"shape \(3,\); give a row, or 5 finite numbers"):
        graph.way(0, np.zeros(3, np.float32))
    with pytest.raises(InputError, match="finite"):
        graph.way(0, np.full(5, np.nan, np.float32))
    with pytest.raises(InputError, match=r"power 0\.5; use 1"):
        graph_of(_CLOUD, power=0.5)
    with pytest.raises(InputError, match="5 points and a table of 120"):
        neighbour_graph(_CLOUD[:5], neighbour_table(_CLOUD, 3, geometry=Euclidean()), geometry=Euclidean())
    with pytest.raises(InputError, match="steps = 0"):
        decoded_length(lambda vectors: vectors, steps=0)
