"""Directions of a few examples on Gaussian data, where the true difference is known."""

from __future__ import annotations

import numpy as np
import pytest

from lateen.core.errors import InputError
from lateen.directions import mean_difference
from lateen.directions.background import Background
from lateen.directions.examples import MOST_NAMES, ExampleFit, fit_examples

DIM = 48
WIDTHS = np.geomspace(3, 0.1, DIM)  # standard deviations along axes that are no coordinates
TURN = np.linalg.qr(np.random.default_rng(1).normal(size=(DIM, DIM)))[0]


def items(n: int, rng: np.random.Generator) -> np.ndarray:
    return np.asarray(rng.normal(size=(n, DIM)) * WIDTHS @ TURN.T, np.float32)


def difference(size: float = 2.0) -> np.ndarray:
    """Two standard deviations along two of the wider axes, which are neighbours."""
    along = np.zeros(DIM)
    along[[4, 5]] = size * WIDTHS[[4, 5]]
    return TURN @ along


def names(p: int, q: int) -> tuple[list[str], list[str]]:
    return [f"a{i}" for i in range(p)], [f"b{i}" for i in range(q)]


def drawn(n: int, seed: int, size: float = 2.0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return (items(n, rng) + difference(size).astype(np.float32)), items(n, rng)


@pytest.fixture(scope="module")
def background() -> Background:
    return Background.of(items(4000, np.random.default_rng(0)))


def fitted(a: np.ndarray, b: np.ndarray, background: Background | None, seed: int = 0) -> ExampleFit:
    return fit_examples(a, b, "d", names(len(a), len(b)), background=background, seed=seed)


def cosine(vector: np.ndarray) -> float:
    true = difference()
    return float(vector @ true / np.linalg.norm(true) / np.linalg.norm(vector))


@pytest.fixture(scope="module")
def draws(background: Background) -> list[tuple[float, ExampleFit]]:
    """For 25 draws of 8 + 8 the cosine of the plain difference with the true one, and what is fitted."""
    pairs = [drawn(8, seed) for seed in range(25)]
    return [(cosine(mean_difference(a, b)), fitted(a, b, background)) for a, b in pairs]


def test_shrinkage_beats_the_plain_difference(draws: list[tuple[float, ExampleFit]]) -> None:
    plain = np.mean([c for c, _ in draws])
    ours = np.mean([cosine(fit.direction.vector) for _, fit in draws])
    assert ours > plain + 0.06
    assert ours > 0.9


def test_the_interval_holds_the_true_cosine_as_often_as_it_says(draws: list[tuple[float, ExampleFit]]) -> None:
    held = [fit.low <= cosine(fit.direction.vector) <= fit.high for _, fit in draws]
    assert np.mean(held) > 0.88
    assert np.mean([fit.high - fit.low for _, fit in draws]) < 0.6
    true = np.mean([cosine(fit.direction.vector) for _, fit in draws])
    assert np.mean([fit.cosine for _, fit in draws]) == pytest.approx(true, abs=0.08)


def test_the_probe_tells_new_points_apart_as_surely_as_it_says(draws: list[tuple[float, ExampleFit]]) -> None:
    a, b = drawn(1000, 999)
    right, sure = [], []
    for _, fit in draws:
        assert fit.direction.probe is not None
        read = np.concatenate([fit.direction.probe(a), 1 - fit.direction.probe(b)])
        right.append((read > 0.5).mean())
        sure.append(np.maximum(read, 1 - read).mean())
    assert np.mean(right) > 0.85
    assert np.mean(sure) == pytest.approx(np.mean(right), abs=0.05)


def test_swapped_sets_point_the_other_way(background: Background) -> None:
    a, b = drawn(6, 0)
    there, back = fitted(a, b, background).direction, fitted(b, a, background).direction
    np.testing.assert_allclose(there.vector, -back.vector, atol=1e-5)
    assert there.gap == pytest.approx(back.gap, rel=1e-5)
    assert there.auc == pytest.approx(back.auc)
    assert (there.more, there.less[0]) == (tuple(f"a{i}" for i in range(6)), "b0")


def test_many_examples_give_the_difference_of_means(background: Background) -> None:
    a, b = drawn(20_000, 3)
    fit = fitted(a, b, background)
    assert float(fit.direction.vector @ mean_difference(a, b)) > 0.999
    assert fit.low > 0.98
    assert fit.direction.stability > 0.99
    assert fit.direction.gap == pytest.approx(np.linalg.norm(difference()), rel=0.03)
    assert fit.direction.dose == fit.direction.gap
    assert len(fit.direction.more) == MOST_NAMES
    assert fit.direction.positive is not None
    assert "20,000 examples (of which 200 are kept)" in fit.direction.positive


def test_alike_examples_are_less_noisy_than_items(background: Background) -> None:
    """Pictures of one person scatter less than the space's items, and so their difference is surer."""
    rng = np.random.default_rng(5)
    a, b = 0.1 * items(5, rng) + difference().astype(np.float32), 0.1 * items(5, rng)
    assert fitted(a, b, background).low > 0.9
    assert fitted(*drawn(5, 5), background).low < 0.8


def test_what_means_nothing_reads_as_chance(background: Background) -> None:
    fits = [fitted(*drawn(10, seed, size=0), background) for seed in range(12)]
    assert np.mean([fit.direction.auc for fit in fits]) == pytest.approx(0.5, abs=0.1)
    assert np.mean([fit.direction.warning() is not None for fit in fits]) > 0.8


def test_one_example_a_side_is_fitted_with_a_warning(background: Background) -> None:
    fit = fitted(*drawn(1, 0), background)
    assert np.isnan([fit.direction.auc, fit.direction.stability]).all()
    assert fit.low < fit.cosine < fit.high
    warning = fit.direction.warning()
    assert warning is not None
    assert "too few items to hold any out" in warning


def test_without_a_background_nothing_is_turned() -> None:
    a, b = drawn(5, 0)
    fit = fitted(a, b, None)
    assert float(fit.direction.vector @ mean_difference(a, b)) == pytest.approx(1, abs=1e-6)
    assert 0 < fit.low < fit.cosine < fit.high < 1
    one = fitted(a[:1], b[:1], None)
    assert np.isnan([one.cosine, one.low]).all()
    assert one.direction.probe is None


@pytest.mark.parametrize("dim", [3, 2100], ids=["short", "long"])
def test_points_of_any_length(dim: int) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(100, dim)).astype(np.float32)
    x[:50, 0] += 6
    fit = fit_examples(x[:9], x[50:59], "d", names(9, 9), background=Background.of(x))
    assert fit.direction.vector[0] > 0.4
    assert fit.direction.vector.argmax() == 0


def test_more_numbers_than_items_in_the_background() -> None:
    x = items(12, np.random.default_rng(0))
    fit = fitted(*drawn(5, 1), Background.of(x))
    assert np.isfinite(fit.direction.vector).all()
    assert Background.of(x).variances.min() > 0


def test_same_seed_same_bytes(background: Background) -> None:
    a, b = drawn(20, 0)
    one, two = fitted(a, b, background, 3), fitted(a, b, background, 3)
    assert one.direction.to_dict() == two.direction.to_dict()
    assert (one.cosine, one.low, one.high) == (two.cosine, two.low, two.high)


def test_equal_or_missing_sides_are_refused(background: Background) -> None:
    a, _ = drawn(5, 0)
    with pytest.raises(InputError, match="have the same mean"):
        fitted(a, a[::-1], background)
    with pytest.raises(InputError, match="give at least one of each"):
        fitted(a, a[:0], background)
