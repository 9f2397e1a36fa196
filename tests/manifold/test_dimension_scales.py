"""Scales and plateaus: on data that has one, that has two, and that has none."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from scipy.spatial import cKDTree

from lateen.core.geometry import Euclidean
from lateen.manifold.dimension import Plateau, Scale, mle, plateaus, two_nn
from lateen.manifold.dimension.plateau import longest
from lateen.manifold.dimension.scales import across, gride_scales, halves
from lateen.manifold.dimension.subset import Fresh, Part, originals, part, whole
from lateen.neighbors import Table, neighbour_table


def quick_table(vectors: np.ndarray, k: int) -> Table:
    distances, rows = cKDTree(vectors).query(vectors, k + 1)
    return Table(rows[:, 1:].astype(np.int32), distances[:, 1:].astype(np.float32), 1.0, "exact")


def fresh_of(vectors: np.ndarray) -> Fresh:
    return lambda rows, k: quick_table(vectors[rows], k)


def scales_of(vectors: np.ndarray) -> tuple[tuple[Scale, ...], tuple[Scale, ...]]:
    """Those of mle and of two_nn."""
    parts = halves(whole(quick_table(vectors, 32)), 10, 0, fresh_of(vectors))
    return across(parts, lambda p: mle(p.distances, 10), 10), across(parts, lambda p: two_nn(p.distances), 2)


def roll(random: np.random.Generator, n: int) -> np.ndarray:
    t = 1.5 * np.pi * (1 + 2 * random.random(n))
    return np.stack([t * np.cos(t), 21 * random.random(n), t * np.sin(t)], axis=1)


def noisy_curve(random: np.random.Generator, n: int, noise: float) -> np.ndarray:
    t = 2 * np.pi * random.random(n)
    return np.stack([np.cos(t), np.sin(t)], axis=1) + noise * random.normal(size=(n, 2))


def test_a_swiss_roll_has_one_plateau_at_two() -> None:
    for scales in scales_of(roll(np.random.default_rng(0), 10_000)):
        (plateau,) = plateaus(scales)
        assert plateau.estimate == pytest.approx(2, rel=0.03)
        assert plateau.far > 4 * plateau.near
        assert scales[0].estimate == pytest.approx(2.01, abs=0.06)


def test_noise_around_a_curve_has_two_plateaus() -> None:
    vectors = noisy_curve(np.random.default_rng(0), 1 << 18, 0.0015)
    parts = halves(whole(quick_table(vectors, 24)), 10, 0, fresh_of(vectors))
    noise, curve = plateaus(across(parts, lambda p: mle(p.distances, 10), 10))
    assert longest([noise, curve]) is curve
    assert noise.estimate == pytest.approx(2, rel=0.03)
    assert curve.estimate == pytest.approx(1, rel=0.06)
    assert noise.far < curve.near
    assert noise.near < 0.0015 < curve.near


@pytest.mark.parametrize(
    "draw",
    [
        lambda random: random.normal(size=(8000, 20)),
        lambda random: random.random((8000, 10)),
        lambda random: np.c_[roll(random, 8000), np.zeros((8000, 7))] + 0.3 * random.normal(size=(8000, 10)),
        lambda random: random.normal(size=(8000, 30)) * 0.8 ** np.arange(30),
    ],
    ids=["normal in 20", "cube of 10", "thick roll", "falling variances"],
)
def test_drift_is_no_plateau(draw: Callable[[np.random.Generator], np.ndarray]) -> None:
    vectors = draw(np.random.default_rng(0)).astype(np.float32)
    table = neighbour_table(vectors, 30, geometry=Euclidean())
    parts = halves(
        whole(table), 10, 0, lambda rows, k: neighbour_table(vectors[rows], k, geometry=Euclidean())
    )
    for scales in (
        across(parts, lambda p: mle(p.distances, 10), 10),
        across(parts, lambda p: two_nn(p.distances), 2),
    ):
        assert len(scales) >= 5
        assert plateaus(scales) == ()
        assert longest(plateaus(scales)) is None


def made(*estimates: float | int, width: float = 0.02, step: float = 1.3) -> list[Scale]:
    """Scales whose intervals have that half width."""
    return [
        Scale(1000, 1, 10, step**i, float(d), d * (1 - width), d * (1 + width)) for i, d in enumerate(estimates)
    ]


def test_what_is_a_plateau() -> None:
    (found,) = plateaus(made(5, 3, 3, 3.05, 3, 2))
    assert (found.scales, found.near, found.far) == (4, pytest.approx(1.3), pytest.approx(1.3**4))
    assert found.estimate == pytest.approx(3.01, abs=0.01)
    assert plateaus(made(3, 3, 3, step=1.07)) == ()  # too short a way
    assert plateaus(made(3, 3)) == ()
    assert plateaus(made(3, 3, 3, 3, width=0.2)) == ()  # who knows
    assert plateaus(made(3, 2.9, 2.8, 2.7, 2.6, width=0.04)) == ()  # each step is small, the way isn't
    assert [p.scales for p in plateaus(made(6, 6, 6, 6, 4, 2, 2, 2, 2, 2))] == [4, 5]
    assert plateaus([]) == plateaus(made(np.nan, np.nan, np.nan)) == ()


def test_the_longest_way_counts() -> None:
    short, long = Plateau(3.0, 1.0, 2.0, 4), Plateau(2.0, 3.0, 9.0, 3)
    assert longest([short, long]) is long
    assert short.to_dict() == {"estimate": 3.0, "near": 1.0, "far": 2.0, "scales": 4}


def test_parts_from_the_table_are_parts_by_themselves() -> None:
    """What is nearest among some items is the same, found in the table of all or in a new one."""
    vectors = np.random.default_rng(0).normal(size=(2000, 3))
    everything = whole(quick_table(vectors, 40))
    chosen = np.sort(np.random.default_rng(1).permutation(2000)[:1000])
    asked = []

    def fresh(rows: np.ndarray, k: int) -> Table:
        asked.append(len(rows))
        return quick_table(vectors[rows], k)

    kept = part(everything, chosen, 10, fresh)
    new = part(everything, chosen, 35, fresh)
    assert asked == [1000]
    assert kept is not None
    assert new is not None
    known = np.isfinite(kept.distances[:, 0])
    assert known.mean() > 0.95
    assert (kept.neighbours[known] == new.neighbours[known, :10]).all()
    assert kept.distances[known] == pytest.approx(new.distances[known, :10])
    assert (kept.items[kept.places[known]] == kept.neighbours[known]).all()
    assert np.isin(kept.neighbours[known], chosen).all()


def test_halves_share_no_item_and_depend_on_the_seed_alone() -> None:
    vectors = np.random.default_rng(0).normal(size=(2000, 2))
    everything, fresh = whole(quick_table(vectors, 32)), fresh_of(vectors)
    one, again, other = (halves(everything, 10, seed, fresh) for seed in (0, 0, 1))
    assert [len(parts[0]) for parts in one] == [2000, 1000, 500, 250]
    for parts, same in zip(one, again, strict=True):
        drawn = np.concatenate([p.items for p in parts])
        assert len(np.unique(drawn)) == len(drawn)
        assert all(np.array_equal(p.neighbours, q.neighbours) for p, q in zip(parts, same, strict=True))
    assert (one[1][0].items != other[1][0].items).any()


def test_gride_looks_as_far_as_there_are_neighbours() -> None:
    scales = gride_scales(whole(quick_table(np.random.default_rng(0).random((1000, 2)), 20)))
    assert [(s.n, s.near, s.far) for s in scales] == [(1000, 1, 2), (1000, 2, 4), (1000, 4, 8), (1000, 8, 16)]
    assert all(s.distance < t.distance for s, t in pairwise(scales))


def test_copies_are_found_however_many() -> None:
    random = np.random.default_rng(0)
    different = random.normal(size=(200, 3)).astype(np.float32)
    vectors = np.concatenate([different, np.repeat(different[:1], 3000, 0), different[5:8]])
    first = originals(neighbour_table(vectors, 12, geometry=Euclidean()))
    assert (first[:200] == np.arange(200)).all()
    assert (first[200:3200] == 0).all()
    assert first[3200:].tolist() == [5, 6, 7]
    apart = neighbour_table(different, 5, geometry=Euclidean())
    assert (originals(apart) == np.arange(200)).all()


def test_no_new_table_of_too_many() -> None:
    few = Part(np.arange(200_000), np.full((200_000, 2), -1), np.full((200_000, 2), np.nan))
    assert part(few, np.arange(150_000), 2, lambda rows, k: pytest.fail("a table of 150,000")) is None
