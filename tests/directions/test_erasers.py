"""The theorems of erasure."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from lateen.core.errors import InputError
from lateen.directions.areas import auc_of
from lateen.directions.hard_debias import HardDebias
from lateen.directions.leace import MOST_DIM, RIDGE, Leace
from lateen.directions.moments import Moments

SEEDS = st.integers(0, 2**32 - 1)


def labelled(seed: int, n: int = 300, dim: int = 8) -> tuple[np.ndarray, np.ndarray]:
    """Correlated points off the origin whose two sides have different means."""
    rng = np.random.default_rng(seed)
    y = rng.random(n) < rng.uniform(0.2, 0.8)
    y[:2] = [True, False]
    x = rng.normal(size=(n, dim)) @ rng.normal(size=(dim, dim)) + rng.normal(size=dim)
    return x + np.where(y, 1, -1)[:, None] * rng.normal(size=dim), y


def difference(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return x[y].mean(axis=0) - x[~y].mean(axis=0)


def leace(x: np.ndarray, y: np.ndarray) -> Leace:
    return Leace.fit(Moments(x.shape[1]).update(x), difference(x, y))


@settings(deadline=None, max_examples=30)
@given(SEEDS, st.integers(1, 5))
def test_moments_of_blocks_are_those_of_all(seed: int, cuts: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(50, 4)) + 100
    blocks = np.split(x, np.sort(rng.integers(0, 51, cuts)))
    streamed, halves = Moments(4), [Moments(4), Moments(4)]
    for i, block in enumerate(blocks):
        streamed.update(block)
        halves[i % 2].update(block)
    for moments in (streamed, halves[0].merge(halves[1])):
        assert moments.n == 50
        np.testing.assert_allclose(moments.mean, x.mean(axis=0))
        np.testing.assert_allclose(moments.covariance, np.cov(x.T, bias=True), atol=1e-10)


@settings(deadline=None, max_examples=30)
@given(SEEDS)
def test_leace_makes_the_means_of_both_sides_equal(seed: int) -> None:
    x, y = labelled(seed)
    erased = leace(x, y)(x)
    scale = np.linalg.norm(difference(x, y))
    assert np.linalg.norm(difference(erased, y)) < 1e-9 * scale
    np.testing.assert_allclose(erased.mean(axis=0), x.mean(axis=0), atol=1e-9)


@settings(deadline=None, max_examples=30)
@given(SEEDS)
def test_the_means_are_equal_whatever_the_covariance_was_taken_from(seed: int) -> None:
    x, y = labelled(seed)
    others = np.random.default_rng(seed).normal(size=(20, x.shape[1])) * np.arange(1, 9)
    erased = Leace.fit(Moments(8).update(others), difference(x, y))(x)
    assert np.linalg.norm(difference(erased, y)) < 1e-9 * np.linalg.norm(difference(x, y))


@settings(deadline=None, max_examples=30)
@given(SEEDS)
def test_leace_twice_is_leace_once_and_the_change_has_rank_one(seed: int) -> None:
    x, y = labelled(seed)
    eraser = leace(x, y)
    once = eraser(x)
    np.testing.assert_allclose(eraser(once), once, atol=1e-8)
    singular = np.linalg.svd(once - x, compute_uv=False)
    assert singular[1] < 1e-10 * singular[0]


@settings(deadline=None, max_examples=30)
@given(SEEDS)
def test_no_eraser_of_the_same_guarantee_moves_the_points_less(seed: int) -> None:
    """In the Euclidean and in any other inner product: against the orthogonal projection and random oblique ones."""
    x, y = labelled(seed)
    rng, d, center = np.random.default_rng(seed), difference(x, y), x.mean(axis=0)
    root = rng.normal(size=(8, 8))
    moved = leace(x, y)(x) - x
    for w in (d, *rng.normal(size=(5, 8))):
        other = -np.outer((x - center) @ w / (w @ d), d)
        assert np.linalg.norm(difference(x + other, y)) < 1e-8 * np.linalg.norm(d)
        for metric in (np.eye(8), root):
            assert (np.square(moved @ metric)).sum() <= np.square(other @ metric).sum() * (1 + 1e-5)


@settings(deadline=None, max_examples=30)
@given(SEEDS)
def test_leace_is_the_papers(seed: int) -> None:
    """Theorem 4.3: r(x) = x - W^+ P W (x - E x), W = S^-1/2, P the orthogonal projection on W Cov(x, z)."""
    x, y = labelled(seed)
    covariance = np.cov(x.T, bias=True)
    values, axes = np.linalg.eigh(covariance + RIDGE * np.trace(covariance) / len(covariance) * np.eye(len(covariance)))
    w, back = (axes * values**-0.5) @ axes.T, (axes * values**0.5) @ axes.T
    cross = w @ ((x - x.mean(axis=0)).T @ (y - y.mean()))
    projection = back @ np.outer(cross, cross) @ w / (cross @ cross)
    expected = x - (x - x.mean(axis=0)) @ projection.T
    size = np.abs(x - expected).max()
    np.testing.assert_allclose(leace(x, y)(x), expected, atol=1e-4 * size)


def test_a_linear_probe_learns_nothing_after_and_did_before() -> None:
    x, y = labelled(0, n=2000)
    fit, test = np.arange(2000) < 1500, np.arange(2000) >= 1500
    eraser = leace(x[fit], y[fit])
    before = LogisticRegression().fit(x[fit], y[fit])
    after = LogisticRegression(tol=1e-10).fit(eraser(x[fit]), y[fit])
    assert auc_of(before.decision_function(x[test]), y[test]) > 0.95
    assert np.abs(after.coef_).max() < 1e-6 * np.abs(before.coef_).max()
    assert (after.predict(eraser(x[test])) == (y[fit].mean() > 0.5)).all()


@pytest.mark.parametrize("share", [0.5, 0.25])
def test_the_theorem_in_64_numbers_cross_validated(share: float) -> None:
    """A fresh probe is at chance, give or take .02, on points that neither it nor the eraser has seen."""
    rng = np.random.default_rng(0)
    y = rng.random(4000) < share
    x = rng.normal(size=(4000, 64)) @ rng.normal(size=(64, 64)) + 5
    x += 0.6 * y[:, None] * rng.normal(size=64) * x.std(axis=0)
    before, after, chance = [], [], []
    for fit, test in StratifiedKFold(5, shuffle=True, random_state=0).split(x, y):
        eraser, spread = leace(x[fit], y[fit]), x[fit].std(axis=0)
        scaled, erased = x / spread, eraser(x) / spread
        before.append(LogisticRegression(max_iter=1000).fit(scaled[fit], y[fit]).score(scaled[test], y[test]))
        after.append(LogisticRegression(max_iter=1000).fit(erased[fit], y[fit]).score(erased[test], y[test]))
        chance.append(max(y[test].mean(), 1 - y[test].mean()))
    assert np.mean(before) >= 0.95
    assert np.mean(after) == pytest.approx(np.mean(chance), abs=0.02)


def test_points_in_a_plane_and_constant_points() -> None:
    """A singular covariance: fewer points than numbers, or none that differ."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(6, 40)), np.array([True, True, True, False, False, False])
    erased = leace(x, y)(x)
    assert np.linalg.norm(difference(erased, y)) < 1e-6 * np.linalg.norm(difference(x, y))
    still = Leace.fit(Moments(3).update(np.ones((5, 3))), np.array([2.0, 0.0, 0.0]))
    np.testing.assert_allclose(still(np.array([[4.0, 1.0, 1.0]])), [[1.0, 1.0, 1.0]])


def test_single_points_and_the_type_of_numbers() -> None:
    x, y = labelled(1)
    eraser = leace(x, y)
    assert eraser(x[0].astype(np.float32)).dtype == np.float32
    np.testing.assert_allclose(eraser(x[0]), eraser(x)[0])


def test_nothing_to_erase_is_said() -> None:
    with pytest.raises(InputError, match="nothing to erase"):
        Leace.fit(Moments(2).update(np.eye(2)), np.zeros(2))
    with pytest.raises(InputError, match="--method hard"):
        Leace.check(MOST_DIM + 1)
    Leace.check(MOST_DIM)


def units(seed: int, n: int, dim: int = 12) -> np.ndarray:
    x = np.random.default_rng(seed).normal(size=(n, dim))
    return np.asarray(x / np.linalg.norm(x, axis=1, keepdims=True))


@settings(deadline=None, max_examples=30)
@given(SEEDS)
def test_neutral_words_have_no_part_along_the_direction(seed: int) -> None:
    x = units(seed, 20)
    eraser = HardDebias.of(x[0] - x[1], None)
    neutral = eraser(x[2:])
    np.testing.assert_allclose(neutral @ eraser.direction, 0, atol=1e-12)
    np.testing.assert_allclose(np.linalg.norm(neutral, axis=1), 1)
    np.testing.assert_allclose(eraser(neutral), neutral, atol=1e-12)


@settings(deadline=None, max_examples=30)
@given(SEEDS, st.booleans())
def test_equalised_pairs_are_as_near_to_each_neutral_word(seed: int, is_sphere: bool) -> None:
    x = units(seed, 20)
    mean = None if is_sphere else x.mean(axis=0)
    eraser = HardDebias.of(x[0] - x[1] + x[2] - x[3], mean)
    neutral = eraser(x[4:])
    for pair in (x[:2], x[2:4]):
        he, she = eraser.equalise(pair)
        to_he, to_she = (np.linalg.norm(neutral - word, axis=1) for word in (he, she))
        np.testing.assert_allclose(to_he, to_she, atol=1e-10)
        assert (he - she) @ eraser.direction * ((pair[0] - pair[1]) @ eraser.direction) > 0
        if is_sphere:
            np.testing.assert_allclose([np.linalg.norm(he), np.linalg.norm(she)], 1)


def test_hard_debiasing_as_in_the_paper() -> None:
    """Equation by equation, on one pair: nu = mu - mu_B; w = nu + sqrt(1 - |nu|^2) (w_B - mu_B) / |w_B - mu_B|."""
    x = units(5, 2)
    b = x[0] - x[1]
    b /= np.linalg.norm(b)
    mu = x.mean(axis=0)
    mu_b = (mu @ b) * b
    nu = mu - mu_b
    expected = []
    for w in x:
        w_b = (w @ b) * b
        expected.append(nu + np.sqrt(1 - nu @ nu) * (w_b - mu_b) / np.linalg.norm(w_b - mu_b))
    np.testing.assert_allclose(HardDebias.of(b, None).equalise(x), expected)


def test_a_word_that_is_the_direction_has_nothing_left() -> None:
    eraser = HardDebias.of(np.array([1.0, 0.0]), None)
    np.testing.assert_array_equal(eraser(np.array([[1.0, 0.0], [0.6, 0.8]])), [[0, 0], [0, 1]])


def test_off_the_sphere_the_mean_stays() -> None:
    x = np.random.default_rng(0).normal(size=(50, 4)) + np.array([5, 0, 0, 0])
    eraser = HardDebias.of(np.array([2.0, 0, 0, 0]), x.mean(axis=0))
    erased = eraser(x)
    np.testing.assert_allclose(erased.mean(axis=0), x.mean(axis=0))
    np.testing.assert_allclose(erased[:, 0], x[:, 0].mean())


def test_erasers_are_told_apart_by_what_they_do() -> None:
    x, y = labelled(0)
    d = difference(x, y)
    both = (leace(x, y), HardDebias.of(d, None), HardDebias.of(-d, None), leace(x, ~y))
    assert len({eraser.to_bytes() for eraser in both}) == 4
    assert leace(x, y).to_bytes() == leace(x, y).to_bytes()
