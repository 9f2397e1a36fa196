from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import rankdata, spearmanr

from lateen.core.errors import InputError
from lateen.measures import spearman
from lateen.measures.spearman import RESAMPLES, _counts, _Order, _rho

FEW = st.integers(-3, 3).map(float)  # many ties
VALUES = st.lists(st.tuples(FEW, FEW), min_size=3, max_size=30)


def normal(n: int, rho: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Two samples whose product-moment correlation is rho."""
    x, noise = np.random.default_rng(seed).normal(size=(2, n))
    return x, rho * x + np.sqrt(1 - rho**2) * noise


@settings(max_examples=80, deadline=None)
@given(VALUES)
def test_rho_is_scipys_ties_included(pairs: list[tuple[float, float]]) -> None:
    a, b = np.array(pairs).T
    found = spearman(a, b)
    if len(set(a)) == 1 or len(set(b)) == 1:
        assert np.isnan([found.rho, found.low, found.high, found.p]).all()
        return
    assert found.rho == pytest.approx(spearmanr(a, b).statistic, abs=1e-12)
    assert 1 / (RESAMPLES + 1) <= found.p <= 1
    assert -1 <= found.low <= found.high <= 1


def test_a_resample_is_ranked_as_if_it_were_written_out() -> None:
    rng = np.random.default_rng(3)
    a, b = rng.integers(6, size=(2, 40)).astype(float)
    counts = np.concatenate(list(_counts(np.random.default_rng(0), 40)))
    assert counts.shape == (RESAMPLES, 40)
    assert (counts.sum(axis=1) == 40).all()
    found = _rho(_Order.of(a), _Order.of(b), counts[:50])
    for row, rho in zip(counts, found, strict=False):
        x, y = np.repeat(a, row), np.repeat(b, row)
        ranks = _Order.of(a).ranks(row[None])[0]
        np.testing.assert_allclose(np.repeat(ranks, row), rankdata(x))
        assert rho == pytest.approx(spearmanr(x, y).statistic, abs=1e-12)


def test_the_interval_is_that_of_scipys_bootstrap() -> None:
    from scipy.stats import bootstrap

    a, b = normal(120, 0.6, 5)
    theirs = bootstrap(
        (a, b), lambda x, y: spearmanr(x, y).statistic, paired=True, vectorized=False, n_resamples=1500,
        method="percentile", rng=np.random.default_rng(0),
    ).confidence_interval  # fmt: skip
    found = spearman(a, b)
    assert (found.low, found.high) == (pytest.approx(theirs.low, abs=0.02), pytest.approx(theirs.high, abs=0.02))


@pytest.mark.parametrize("rho", [0.0, 0.7])
def test_the_interval_holds_the_truth_about_nineteen_times_in_twenty(rho: float) -> None:
    truth = 6 / np.pi * np.arcsin(rho / 2)  # of normal values (Pearson 1907)
    found = [spearman(*normal(60, rho, seed), seed=seed) for seed in range(100)]
    covered = np.mean([f.low <= truth <= f.high for f in found])
    assert 0.90 <= covered <= 0.99
    assert all(f.high - f.low < 0.6 for f in found)


def test_p_is_even_without_agreement_and_least_with_it() -> None:
    p = np.array([spearman(*normal(30, 0, seed), seed=seed).p for seed in range(120)])
    assert 0.01 <= (p <= 0.05).mean() <= 0.10
    assert 0.4 <= p.mean() <= 0.6
    assert spearman(*normal(60, 0.9, 0)).p == 1 / (RESAMPLES + 1)
    reversed_ = spearman(np.arange(9.0), -np.arange(9.0))
    assert (reversed_.rho, reversed_.p) == (pytest.approx(-1), 1)


def test_the_null_of_three_pairs_is_known() -> None:
    """Of the six orders of three, one agrees wholly: p is 1/6."""
    found = spearman(np.arange(3.0), np.arange(3.0))
    assert found.rho == 1
    assert found.p == pytest.approx(1 / 6, abs=0.03)
    assert (found.null_95, np.isnan(found.calibrated)) == (1, True)


def test_calibrated_is_zero_at_chance_and_one_at_agreement() -> None:
    same = spearman(np.arange(40.0), np.arange(40.0) ** 3)
    assert (same.rho, same.low, same.high, same.calibrated) == (1, 1, 1, 1)
    found = spearman(*normal(200, 0.5, 1))
    assert found.calibrated == pytest.approx((found.rho - found.null_95) / (1 - found.null_95))
    assert 0.08 <= found.null_95 <= 0.16  # 1.64 / sqrt(199)
    assert abs(found.null_mean) < 0.01


def test_one_seed_one_result_and_pairs_with_nan_are_left_out() -> None:
    a, b = normal(50, 0.5, 2)
    holes = np.full(7, np.nan)
    with_holes = spearman(np.append(a, holes), np.append(b, np.arange(7.0)))
    assert with_holes == spearman(a, b) == spearman(np.exp(a), b)
    assert with_holes.n == 50
    assert spearman(a, b, seed=1) != with_holes
    assert repr(with_holes).startswith(f"Spearman({with_holes.rho:.3f}, 95 % ")


@pytest.mark.parametrize(("a", "b"), [([1.0, 2.0], [1.0, 2.0]), ([1.0, 2, np.nan], [1.0, 2, 3]), ([], [])])
def test_fewer_than_three_pairs_are_refused(a: list[float], b: list[float]) -> None:
    with pytest.raises(InputError, match="needs 3 or more"):
        spearman(np.array(a, float), np.array(b, float))


def test_a_seed_out_of_range_is_refused() -> None:
    with pytest.raises(InputError, match="seed -1"):
        spearman(np.arange(4.0), np.arange(4.0), seed=-1)
