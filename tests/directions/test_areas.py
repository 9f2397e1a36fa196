"""AUCs among items that are alike, and what chance reaches."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from lateen.core.errors import InputError
from lateen.directions.areas import FEWEST_PAIRS, auc_of, matched_auc, random_reach


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 2**32 - 1), st.integers(1, 6))
def test_matched_pairs_are_those_of_a_plain_loop(seed: int, sets: int) -> None:
    rng = np.random.default_rng(seed)
    n = 60
    scores, y, alike = rng.integers(0, 9, n).astype(float), rng.random(n) < 0.4, rng.integers(0, sets, n)
    right = [
        float(scores[i] > scores[j]) + 0.5 * float(scores[i] == scores[j])
        for i in np.flatnonzero(y)
        for j in np.flatnonzero(~y)
        if alike[i] == alike[j]
    ]
    found = matched_auc(scores, y, alike)
    if len(right) < FEWEST_PAIRS:
        assert math.isnan(found)
    else:
        assert found == pytest.approx(np.mean(right))


def test_of_one_set_it_is_the_ordinary_area() -> None:
    rng = np.random.default_rng(0)
    scores, y = rng.normal(size=200), rng.random(200) < 0.3
    assert matched_auc(scores, y, np.zeros(200, np.int64)) == pytest.approx(roc_auc_score(y, scores))


def test_a_reader_of_the_confounder_alone_is_found_out() -> None:
    """It reads the sides apart, but not items alike in the confounder."""
    rng = np.random.default_rng(0)
    other = rng.integers(0, 2, 4000)
    y = rng.random(4000) < np.where(other == 1, 0.9, 0.1)
    scores = other + rng.normal(0, 0.1, 4000)
    assert auc_of(scores, y) > 0.85
    assert matched_auc(scores, y, other) == pytest.approx(0.5, abs=0.04)


def test_too_few_pairs_say_nothing_and_one_class_has_no_area() -> None:
    y = np.arange(10) < 5
    assert matched_auc(np.arange(10.0), y, np.zeros(10, np.int64)) == 0.0  # 25 pairs, all the wrong way
    assert math.isnan(matched_auc(np.arange(10.0), y, np.arange(10) // 2))
    with pytest.raises(InputError, match="got 10 positive and 0 negative"):
        auc_of(np.arange(10.0), np.ones(10, bool))


def test_chance_reaches_farther_among_fewer_items() -> None:
    rng = np.random.default_rng(0)
    few, many = (
        random_reach(rng.normal(size=(n, 8)).astype(np.float32), np.arange(n) % 2 == 0, np.random.default_rng(1))
        for n in (20, 4000)
    )
    assert 0.5 < many < 0.55 < few < 1
