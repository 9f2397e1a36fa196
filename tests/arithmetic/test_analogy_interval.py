"""The interval of an accuracy: it holds what it promises where questions share pairs."""

from __future__ import annotations

import math

import numpy as np
import pytest

from lateen.arithmetic.analogies import interval as module
from lateen.arithmetic.analogies.interval import Draws, interval


def drawn(correct: np.ndarray, pairs: np.ndarray, draws: int = 1000) -> Draws:
    return Draws.of(correct, pairs.astype(np.int32), np.random.default_rng(0), draws)


def all_ordered(n: int) -> np.ndarray:
    return np.argwhere(~np.eye(n, dtype=bool))


def test_draws_are_those_of_a_plain_loop() -> None:
    rng = np.random.default_rng(5)
    pairs = all_ordered(7)[rng.permutation(42)[:30]] + 100
    correct = rng.random(30) < 0.4
    found = drawn(correct, pairs, 20)
    weights = np.random.default_rng(0).multinomial(7, np.full(7, 1 / 7), size=20)
    for draw, w in enumerate(weights):
        of_question = w[pairs[:, 0] - 100] * w[pairs[:, 1] - 100]
        assert found.total[draw] == of_question.sum()
        assert found.right[draw] == of_question[correct].sum()
    single = drawn(correct[:7], np.arange(7)[:, None], 20)
    np.testing.assert_array_equal(single.right, weights @ correct[:7])
    np.testing.assert_array_equal(single.total, np.full(20, 7))


def test_draws_that_are_made_some_at_a_time_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    correct, pairs = np.arange(42) % 3 == 0, all_ordered(7)
    whole = drawn(correct, pairs, 20)
    monkeypatch.setattr(module, "_NUMBERS", 3 * 7)
    parts = drawn(correct, pairs, 20)
    np.testing.assert_array_equal(parts.right, whole.right)
    np.testing.assert_array_equal(parts.total, whole.total)


@pytest.mark.parametrize("of_two", [True, False])
def test_it_covers_what_other_pairs_would_reach(of_two: bool) -> None:
    """Pairs differ in how easy they are: a question's chance is that of its pairs. True accuracy: one half."""
    rng, n, trials = np.random.default_rng(0), 40, 150
    pairs = all_ordered(n) if of_two else np.arange(n)[:, None]
    covered = naive = 0
    for _ in range(trials):
        ease = rng.normal(0, 1.5, n)
        correct = ease[pairs].sum(1) + rng.normal(0, 1, len(pairs)) > 0
        low, high = interval([drawn(correct, pairs, 300)])
        covered += low <= 0.5 <= high
        share = correct.mean()
        naive += abs(share - 0.5) <= 1.96 * math.sqrt(share * (1 - share) / len(pairs))
    assert covered >= 0.9 * trials
    if of_two:
        assert naive < 0.5 * trials  # what an interval over questions promises, it doesn't hold


def test_where_nothing_can_be_said() -> None:
    assert all(map(math.isnan, interval([drawn(np.zeros(0, bool), np.zeros((0, 2)))])))
    four = drawn(np.ones(12, bool), all_ordered(4))
    assert all(map(math.isnan, interval([four])))
    assert interval([four, four])[1] == 1


def test_all_wrong_is_not_certain() -> None:
    low, high = interval([drawn(np.zeros(90, bool), all_ordered(10))])
    assert (low, round(high, 4)) == (0.0, 0.3085)  # the exact binomial interval of 0 of 10
    low, high = interval([drawn(np.ones(10, bool), np.arange(10)[:, None])])
    assert (round(low, 4), high) == (0.6915, 1.0)
