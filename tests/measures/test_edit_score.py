"""Figures of edits: known answers, and what holds for any readings."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2_contingency, pearsonr
from scipy.stats.contingency import association as of_scipy

from lateen.measures.association import association
from lateen.measures.edit_score import (
    Levels,
    Share,
    best_cut,
    dose_reaching,
    harmonic_mean,
    is_monotone,
    kept,
    levels_of,
    retrieved,
    selectivity,
    share_of,
    skill_of,
    stayed,
)
from lateen.measures.readings import Classes, Numbers
from lateen.measures.targets import Beyond, OneOf, Within

THIRDS = Levels(low=-1.0, middle=0.0, high=1.0, spread=2.0)


def numbers(*values: float) -> Numbers:
    return Numbers(np.array(values, np.float64))


def classes(*places: int, count: int = 3) -> Classes:
    return Classes(tuple("abcdefgh"[:count]), np.eye(count, dtype=np.float32)[list(places)])


def test_wilsons_interval() -> None:
    share = share_of(np.arange(10) < 8)
    assert (share.value, share.n) == (0.8, 10)
    assert (share.low, share.high) == pytest.approx((0.4901625, 0.9433178), abs=1e-6)  # Newcombe 1998's method 3
    assert share_of(np.ones(50, bool)).high == 1
    assert share_of(np.ones(50, bool)).low == pytest.approx(0.92865, abs=1e-4)
    assert math.isnan(share_of(np.zeros(0, bool)).value)


@given(st.integers(1, 400), st.integers(0, 400))
def test_an_interval_holds_its_share(n: int, hits: int) -> None:
    share = share_of(np.arange(n) < hits)
    assert 0 <= share.low <= share.value <= share.high <= 1


def test_of_numbers_those_that_were_clear_count() -> None:
    found = kept(numbers(-2, -1, 0.5, 1, 2), numbers(-2, 1, -3, 0.5, -0.1), THIRDS)
    assert (found.share.value, found.share.n) == (0.5, 4)  # 0.5 was neither low nor high
    assert found.drift == pytest.approx((0 + 2 - 3.5 - 0.5 - 2.1) / 5 / 2)
    assert found.moved == pytest.approx((0 + 2 + 3.5 + 0.5 + 2.1) / 5 / 2)


def test_of_classes_the_same_class_counts() -> None:
    found = kept(classes(0, 1, 2, 2), classes(0, 2, 2, 2))
    assert (found.share.value, found.share.n) == (0.75, 4)
    assert math.isnan(found.drift)


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=40))
def test_an_edit_of_nothing_keeps_everything(values: list[float]) -> None:
    same = numbers(*values)
    found = kept(same, same, THIRDS)
    assert found.share.value == 1 or found.share.n == 0
    assert (found.drift, found.moved) == (0, 0)
    assert stayed(same, same, THIRDS).all()


def test_levels_are_thirds() -> None:
    values = np.arange(300.0)
    levels = levels_of(values / 100, values)
    assert (levels.low, levels.middle, levels.high) == pytest.approx((0.9967, 1.495, 1.9933), abs=1e-3)
    assert levels.spread == pytest.approx(values.std())


@pytest.mark.parametrize("sign", [1, -1], ids=["least", "most"])
def test_a_value_that_fills_a_third_is_a_side(sign: int) -> None:
    rng = np.random.default_rng(0)
    values = sign * np.where(np.arange(400) % 4 == 0, rng.uniform(0.3, 1, 400), 0.0)
    readings = values + rng.normal(0, 0.02, 400)
    levels = levels_of(readings, values)
    assert levels.low == levels.middle == levels.high
    assert 0.06 < sign * levels.middle < 0.3  # between the noise around 0 and the least beard
    moved = kept(Numbers(readings), Numbers(values + rng.normal(0, 0.02, 400)), levels)
    assert (moved.share.value, moved.share.n) == (1, 400)


def test_levels_of_nothing_known() -> None:
    assert math.isnan(levels_of(np.zeros(3), np.full(3, np.nan)).middle)


def test_the_best_cut() -> None:
    cut, accuracy = best_cut(np.array([0.0, 1, 2, 3, 4]), np.array([False, False, True, True, True]))
    assert (cut, accuracy) == (1.5, 1.0)
    cut, accuracy = best_cut(np.array([0.0, 1, 1, 2]), np.array([False, False, True, True]))
    assert accuracy == 0.75


def test_skill() -> None:
    truth = np.array([1.0, 2, 3, np.nan])
    assert skill_of(numbers(1, 2, 3, 9), truth).skill == 1
    assert skill_of(numbers(2, 2, 2, 9), truth).skill == 0
    assert not skill_of(numbers(2, 2, 2, 9), truth).is_readable
    found = skill_of(classes(0, 0, 1, 1, 2), np.array([0, 0, 0, 1, -1]))
    assert (found.figure, found.baseline, found.n) == (0.75, 0.75, 4)
    assert found.skill == 0
    assert skill_of(classes(0, 0, 0, 1), np.array([0, 0, 0, 1])).is_readable
    assert not skill_of(classes(0, 1), np.array([0, 0])).is_readable  # one class only: nothing to be read


def test_skill_among_some() -> None:
    beard, women = np.array([0.0, 0, 0, 0.6, 1, 0.8]), np.array([True, True, True, False, False, False])
    assert skill_of(numbers(*beard + 0.05), beard, women).skill > 0.9  # all the same there, and read right
    hidden = skill_of(numbers(0.5, 0.5, 0.5, 0.6, 1, 0.8), beard, women)
    assert hidden.n == 3
    assert not hidden.is_readable
    assert skill_of(classes(0, 0, 1), np.array([0, 1, 1]), np.array([False, True, False])).figure == 0
    assert skill_of(classes(0), np.array([0]), np.array([False])).n == 0


def test_selectivity_and_harmonic_mean() -> None:
    nobody = Share(math.nan, math.nan, math.nan, 0)
    shares = {"a": Share(1.0, 1.0, 1.0, 9), "b": Share(0.5, 0.0, 1.0, 9), "none": nobody}
    assert selectivity(shares) == (0.75, "b")
    assert math.isnan(selectivity({})[0])
    assert harmonic_mean(1, 0.5) == pytest.approx(2 / 3)
    assert harmonic_mean(0, 0) == 0
    assert math.isnan(harmonic_mean(math.nan, 1))


def test_retrieval() -> None:
    rng = np.random.default_rng(1)
    before = rng.normal(size=(50, 12))
    assert retrieved(before, before + 0.01 * rng.normal(size=before.shape)).all()
    assert not retrieved(before, np.roll(before, 1, axis=0)).any()
    chance = np.mean([retrieved(before, rng.normal(size=before.shape)).mean() for _ in range(100)])
    assert chance == pytest.approx(1 / 50, abs=0.01)


def test_the_dose_that_reaches() -> None:
    assert dose_reaching([0, 1, 2], [0.0, 0.9, 1.0], 0.95) == pytest.approx(1.5)
    assert dose_reaching([0, 1], [1.0, 1.0], 0.95) == 0
    assert math.isnan(dose_reaching([0, 1], [0.0, 0.9], 0.95))
    assert is_monotone([0, 0.5, 0.5, 1])
    assert not is_monotone([0, 0.5, 0.4, 1])
    assert is_monotone([0, 0.5, 0.498, 1], slack=0.005)


def test_targets() -> None:
    one = OneOf((False, True, True))
    np.testing.assert_array_equal(one.reached(classes(0, 1, 2)), [False, True, True])
    np.testing.assert_allclose(one.level(classes(0, 1, 2)), [0, 1, 1])
    np.testing.assert_array_equal(Beyond(1.0).reached(numbers(0, 2)), [False, True])
    np.testing.assert_array_equal(Beyond(1.0, above=False).reached(numbers(0, 2)), [True, False])
    np.testing.assert_array_equal(Within(1.0, 0.5).reached(numbers(0.4, 0.6, 1.4, 1.6)), [False, True, True, False])
    for target, read in ((Beyond(1.0), numbers(0, 2)), (Within(1.0, 0.5), numbers(0.4, 0.6))):
        np.testing.assert_array_equal(target.level(read) > 0, target.reached(read))


def test_readings_beyond_what_the_field_can_be_count_as_its_ends() -> None:
    black = Within(0.0, 0.1, least=0.0, most=1.0)
    np.testing.assert_array_equal(black.reached(numbers(-0.8, 0.05, 0.2)), [True, True, False])
    np.testing.assert_allclose(black.level(numbers(-0.8, 0.05, 0.3)), [0.1, 0.05, -0.2], atol=1e-7)
    white = Within(1.0, 0.1, least=0.0, most=1.0)
    np.testing.assert_array_equal(white.reached(numbers(1.7, 0.95, 0.8)), [True, True, False])
    np.testing.assert_array_equal(Within(0.0, 0.1).reached(numbers(-0.8)), [False])


def test_associations_are_those_of_scipy() -> None:
    rng = np.random.default_rng(2)
    x = rng.normal(size=500)
    y = 0.3 * x + rng.normal(size=500)
    assert association(x, y).strength == pytest.approx(abs(pearsonr(x, y).statistic))
    a, b = rng.integers(0, 3, 500), rng.integers(0, 4, 500)
    b = np.where(rng.random(500) < 0.3, a, b)
    table = np.zeros((3, 4), int)
    np.add.at(table, (a, b), 1)
    assert association(a, b).strength == pytest.approx(of_scipy(table, method="cramer"))
    assert chi2_contingency(table).pvalue < 1e-6
    assert association(a, b).is_along(0.1)
    binary = (x > 0.5).astype(np.int64)
    assert association(binary, y).strength == pytest.approx(abs(pearsonr(binary, y).statistic))  # eta of two classes
    assert association(y, binary).strength == pytest.approx(association(binary, y).strength)


def test_chance_is_no_association() -> None:
    rng = np.random.default_rng(3)
    few = association(rng.integers(0, 10, 60), rng.integers(0, 10, 60))
    assert few.strength > 0.1  # so many classes of so few items look associated
    assert not few.is_along(0.1)


def test_missing_values_are_left_out() -> None:
    x = np.array([1.0, 2, 3, 4, np.nan, 6])
    y = np.array([1, 1, 0, 0, 1, -1])
    found = association(x, y)
    assert found.n == 4
    assert found.strength == pytest.approx(abs(pearsonr([1, 2, 3, 4], [1, 1, 0, 0]).statistic))
    assert math.isnan(association(x, np.full(6, 2)).strength)
    assert not association(x, np.full(6, 2)).is_along(0.1)
