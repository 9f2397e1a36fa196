"""The two ways of a map: their laws, what they are worth on held-out items, and maps that are hardly any."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lateen.core.errors import InputError
from lateen.core.geometry import Euclidean, Gaussian, Geometry, Sphere
from lateen.core.threads import one_thread
from lateen.projection.chart import MapChart
from lateen.projection.forward import Forward, require_rows
from lateen.projection.inverse import Inverse

SPACES = [Euclidean(), Sphere(), Gaussian()]


def curved(n: int, dim: int = 8, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """A bent sheet in a space of `dim` dimensions, and its true map."""
    random = np.random.default_rng(seed)
    places = random.uniform(-1, 1, (n, 2)).astype(np.float32)
    x, y = places.T
    bent = np.stack([x, y, x**2 - y**2, np.sin(2 * x), np.cos(2 * y), 1 + x * y], axis=1)
    return (bent @ random.standard_normal((6, dim))).astype(np.float32), places


def of_space(geometry: Geometry, n: int = 400) -> tuple[np.ndarray, np.ndarray]:
    vectors, places = curved(n)
    return geometry.project(vectors), places


@pytest.mark.parametrize("geometry", SPACES, ids=lambda g: g.name)
def test_items_land_exactly_on_their_places(geometry: Geometry) -> None:
    vectors, places = of_space(geometry)
    np.testing.assert_array_equal(Forward.fit(vectors, places, geometry)(vectors), places)


@pytest.mark.parametrize("geometry", SPACES, ids=lambda g: g.name)
def test_a_row_alone_is_the_row_in_a_batch(geometry: Geometry) -> None:
    vectors, places = of_space(geometry)
    new = geometry.project(vectors[:60] + np.random.default_rng(1).normal(0, 0.1, (60, 8)).astype(np.float32))
    forward, inverse = Forward.fit(vectors, places, geometry), Inverse.fit(vectors, places, geometry)
    together, made = forward(new), inverse(places[:60] * 1.3)
    for i in range(60):
        np.testing.assert_allclose(forward(new[i : i + 1])[0], together[i], atol=1e-6)
        np.testing.assert_allclose(inverse(places[i : i + 1] * 1.3)[0], made[i], atol=1e-6)
    np.testing.assert_array_equal(forward(new[::-1])[::-1], together)


def test_the_same_bytes_for_any_threads() -> None:
    vectors, places = curved(2_000, 40)
    new = vectors[:500] + 0.01
    forward = Forward.fit(vectors, places, Euclidean())
    one = MapChart.fit(vectors, places, Euclidean())
    with one_thread():
        np.testing.assert_array_equal(Forward.fit(vectors, places, Euclidean())(new), forward(new))
        other = MapChart.fit(vectors, places, Euclidean())
    assert one.quality == other.quality
    np.testing.assert_array_equal(one.honesty.signs, other.honesty.signs)


@pytest.mark.parametrize("geometry", SPACES, ids=lambda g: g.name)
def test_an_item_dragged_nowhere_is_that_item(geometry: Geometry) -> None:
    vectors, places = of_space(geometry)
    inverse = Inverse.fit(vectors, places, geometry)
    for row in (0, 17, 399):
        np.testing.assert_array_equal(inverse.drag(row, places[row]), vectors[row])
        there = inverse.drag(row, places[row] + 0.05, alpha=0)
        np.testing.assert_allclose(there, inverse(places[row][None] + 0.05)[0], atol=1e-5)


def test_the_residual_goes_along() -> None:
    vectors, places = curved(400)
    inverse = Inverse.fit(vectors, places, Euclidean())
    moved = inverse.drag(3, np.float32([0.2, 0.1]))
    expected = inverse(np.float32([[0.2, 0.1]]))[0] + inverse.residual(3)
    np.testing.assert_allclose(moved, expected, atol=1e-5)


def test_a_plane_is_remade_and_a_ridge_holds_it() -> None:
    """On a linear map the points come back, up to what the ridge takes off the slope inside a neighbourhood."""
    random = np.random.default_rng(0)
    places = random.uniform(-1, 1, (2_000, 2)).astype(np.float32)
    vectors = (places @ random.standard_normal((2, 12))).astype(np.float32)
    inside = random.uniform(-0.9, 0.9, (200, 2)).astype(np.float32)
    made = Inverse.fit(vectors, places, Euclidean())(inside)
    true = inside @ np.linalg.lstsq(places, vectors, rcond=None)[0]
    assert np.abs(made - true).max() < 0.05 * np.abs(vectors).max()


def test_a_place_of_an_item_gives_what_is_near_it() -> None:
    vectors, places = curved(2_000)
    made = Inverse.fit(vectors, places, Euclidean())(places)
    apart = np.linalg.norm(made - vectors, axis=1)
    assert np.median(apart) < 0.05 * np.linalg.norm(vectors - vectors.mean(axis=0), axis=1).mean()


def test_it_beats_simpler_ways_on_held_out_items() -> None:
    vectors, places = curved(3_000)
    classes = {"side": (places[:, 0] > 0).astype(int), "rare": np.arange(3_000)}
    q = MapChart.fit(vectors, places, Euclidean(), classes=classes).quality
    assert q.held_out == 300
    assert q.inverse_error < min(q.nearest_error, q.pca_error, q.class_error)
    assert q.forward_error < q.class_place_error
    assert q.forward_error <= q.neighbour_mean_error
    assert q.class_field == "side"
    assert q.map_round_trip < 0.02
    assert q.latent_round_trip < 0.1
    assert q.forward_recall > 0.7


def test_a_torn_neighbourhood_goes_to_one_side() -> None:
    """Ten neighbours at one end of a map and five at the other: the mean falls between, the median doesn't."""
    vectors = np.random.default_rng(0).standard_normal((16, 30)).astype(np.float32)
    places = np.float32([[-1, 0]] * 10 + [[1, 0]] * 6)
    placed = Forward.fit(vectors, places, Euclidean())(np.zeros((1, 30), np.float32))
    assert placed[0, 0] < -0.95


def test_trust_is_calibrated_and_ends_with_the_map() -> None:
    vectors, places = curved(3_000)
    chart = MapChart.fit(vectors, places, Euclidean())
    inside = np.random.default_rng(5).uniform(-1, 1, (500, 2))
    assert chart.judge(inside).trusted.mean() > 0.9
    outside = np.array([[3.0, 0], [0, -1e6], [1e300, -1e300]])
    judged = chart.judge(outside)
    assert not judged.trusted.any()
    assert np.isfinite(judged.vectors).all()
    np.testing.assert_array_equal(judged.trust, 0)


def test_outside_is_the_nearest_region() -> None:
    vectors, places = curved(1_000)
    far = Inverse.fit(vectors, places, Euclidean())(np.array([[500.0, 0]]))[0]
    right = vectors[places[:, 0] > 0.8]
    assert np.linalg.norm(far - right.mean(axis=0)) < np.linalg.norm(far - vectors.mean(axis=0)) / 2


def test_an_overlay_greys_a_hole() -> None:
    """A ring: nothing is in its middle, and in the corners nothing either."""
    random = np.random.default_rng(0)
    angle = random.uniform(0, 2 * np.pi, 2_000)
    places = (np.stack([np.cos(angle), np.sin(angle)], axis=1) * random.uniform(0.9, 1, (2_000, 1))).astype(np.float32)
    chart = MapChart.fit(places @ random.standard_normal((2, 5)).astype(np.float32), places, Euclidean())
    trusted = chart.overlay.trusted
    assert trusted.shape == (64, 64)
    assert not trusted[32, 32]
    assert not trusted[0, 0]
    assert trusted[32, 63] or trusted[32, 62] or trusted[32, 61]
    assert 0.02 < trusted.mean() < 0.5


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 12])
@pytest.mark.parametrize("dims", [2, 3])
def test_a_handful_of_items(n: int, dims: int) -> None:
    random = np.random.default_rng(n)
    vectors = random.standard_normal((n, 3)).astype(np.float32)
    places = random.uniform(-1, 1, (n, dims)).astype(np.float32)
    chart = MapChart.fit(vectors, places, Euclidean())
    np.testing.assert_array_equal(chart.forward(vectors), places)
    judged = chart.judge(places)
    assert np.isfinite(judged.vectors).all()
    assert np.isnan(judged.trust).all() == (n < 4)
    assert chart.quality.held_out == (0 if n < 4 else n // 4)
    assert set(chart.quality.to_dict()) >= {"forward_error", "inverse_error", "latent_round_trip", "map_round_trip"}


def odd_maps() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    random = np.random.default_rng(0)
    vectors, places = curved(600)
    constant = vectors.copy()
    constant[:, 2:] = 7
    far, far_places = vectors.copy(), places.copy()
    far[:40] += 1e6
    far_places[:40] = 1
    twice = np.repeat(vectors[:3], 2_000, axis=0)
    return {
        "duplicates by the thousand": (twice, np.repeat(places[:3], 2_000, axis=0)),
        "duplicates that are spread": (twice, random.uniform(-1, 1, (6_000, 2)).astype(np.float32)),
        "all in one place": (vectors, np.zeros_like(places)),
        "all the same": (np.ones((500, 4), np.float32), np.zeros((500, 2), np.float32)),
        "constant columns": (constant, places),
        "one dimension": (random.standard_normal((300, 1)).astype(np.float32), places[:300]),
        "a cluster far away": (far, far_places),
        "a line": (vectors, places * np.float32([1, 0])),
    }


@pytest.mark.parametrize("name", list(odd_maps()))
def test_odd_maps(name: str) -> None:
    vectors, places = odd_maps()[name]
    chart = MapChart.fit(vectors, places, Euclidean(), classes={"half": np.arange(len(vectors)) % 2})
    first = np.unique(vectors, axis=0, return_index=True)[1]
    np.testing.assert_array_equal(chart.forward(vectors[first]), places[first])
    between = chart.forward((vectors[:50] + vectors[-50:]) / 2)
    assert np.isfinite(between).all()
    assert np.abs(between).max() <= 1
    made = chart.inverse(np.random.default_rng(1).uniform(-2, 2, (100, 2)))
    assert np.isfinite(made).all()
    assert (made >= vectors.min(axis=0) - np.ptp(vectors, axis=0) - 1e-4).all()
    assert (made <= vectors.max(axis=0) + np.ptp(vectors, axis=0) + 1e-4).all()
    assert np.isfinite(chart.overlay.trust).all()


def test_opposite_points_have_a_middle_all_the_same() -> None:
    vectors = np.float32([[1, 0], [-1, 0]] * 10)
    made = Inverse.fit(vectors, np.zeros((20, 2), np.float32), Sphere())(np.zeros((1, 2)))
    assert abs(np.linalg.norm(made[0]) - 1) < 1e-6
    chart = MapChart.fit(vectors, np.zeros((20, 2), np.float32), Sphere(), classes={"half": np.arange(20) % 2})
    assert chart.quality.held_out == 5


def test_what_is_refused() -> None:
    vectors, places = curved(20)
    holed = places.copy()
    holed[4] = np.nan
    for fit in (Forward.fit, Inverse.fit, MapChart.fit):
        with pytest.raises(InputError, match="position with NaN or infinity in row 4 of 20"):
            fit(vectors, holed, Euclidean())
        with pytest.raises(InputError, match="20 vectors and 19 positions"):
            fit(vectors, places[1:], Euclidean())
        with pytest.raises(InputError, match="without items"):
            fit(vectors[:0], places[:0], Euclidean())
    chart = MapChart.fit(vectors, places, Euclidean())
    with pytest.raises(InputError, match=r"shape \(20, 3\); give \(m, 8\) numbers, a vector in each row"):
        chart.forward(vectors[:, :3])
    with pytest.raises(InputError, match="a vector with NaN or infinity in row 0"):
        chart.forward(vectors[:1] * np.float32(np.nan))
    with pytest.raises(InputError, match=r"shape \(1, 3\); give \(m, 2\) numbers, a position in each row"):
        chart.inverse(np.zeros((1, 3)))
    with pytest.raises(InputError, match="position with NaN or infinity in row 0"):
        chart.judge(np.array([[np.inf, 0]]))
    for length in (1e20, 1e39):
        with pytest.raises(InputError, match=r"a vector of length 1e\+.. in row 1: too far out"):
            chart.forward(np.concatenate([vectors[:1].astype(np.float64), length * np.eye(8)[:1]]))
    with pytest.raises(InputError, match="item 20; the map has items 0 to 19"):
        chart.inverse.drag(20, places[0])


@pytest.mark.parametrize("given", [[1.0, 2.0], "ab", [["a", "b"]], None, 5, [[1], [1, 2]], np.zeros((1, 1, 2))])
def test_what_are_no_rows_is_refused_in_words(given: object) -> None:
    with pytest.raises(InputError, match=r"give \(m, 2\) numbers, a place in each row"):
        require_rows("It", "place", given, 2)
    np.testing.assert_array_equal(require_rows("It", "place", [[1, 2]], 2), [[1, 2]])


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 40), st.integers(1, 5), st.integers(2, 3), st.integers(0, 1000))
def test_a_new_point_is_within_its_neighbours_box(n: int, dim: int, dims: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    vectors = random.standard_normal((n, dim)).astype(np.float32)
    places = random.uniform(-1, 1, (n, dims)).astype(np.float32)
    placed = Forward.fit(vectors, places, Euclidean())(10 * random.standard_normal((5, dim)).astype(np.float32))
    assert (placed >= places.min(axis=0) - 1e-6).all()
    assert (placed <= places.max(axis=0) + 1e-6).all()
