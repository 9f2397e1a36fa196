from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from lateen.core.errors import InputError
from lateen.directions import contrast, fit_direction, mean_difference
from lateen.directions.areas import auc_of
from lateen.directions.contrast import contrast_again


def labelled(n: int = 2000, dim: int = 10, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, dim)).astype(np.float32)
    return x, (x[:, 2] + 0.3 * rng.normal(size=n) > 0).astype(int)


def test_finds_the_axis_that_separates() -> None:
    x, y = labelled()
    direction = fit_direction(x, "a", contrast(y, "a"))
    assert direction.vector[2] > 0.98
    assert direction.auc > 0.95 > direction.random_auc
    assert direction.stability > 0.98
    assert direction.n_positive + direction.n_negative == len(x)
    assert direction.scale == pytest.approx(1.0, abs=0.05)


def test_moving_by_the_gap_carries_one_class_mean_onto_the_other() -> None:
    x, y = labelled()
    direction = fit_direction(x, "a", contrast(y, "a"))
    moved = direction.apply(x[y == 0], direction.gap)
    np.testing.assert_allclose(moved.mean(0), x[y == 1].mean(0), atol=0.02)


def test_nothing_to_find_reads_as_chance() -> None:
    x = np.random.default_rng(0).normal(size=(2000, 10)).astype(np.float32)
    y = np.random.default_rng(1).integers(0, 2, 2000)
    direction = fit_direction(x, "noise", contrast(y, "noise"))
    assert 0.4 < direction.auc < 0.6
    assert direction.stability < 0.9


def test_same_seed_same_direction_and_figures() -> None:
    x, y = labelled()
    first, second = (fit_direction(x, "a", contrast(y, "a"), seed=4) for _ in range(2))
    assert first.to_dict() == second.to_dict()


def test_a_group_is_never_on_both_sides() -> None:
    """An attribute that is really the person: only a split by person shows that it doesn't carry over."""
    mixed, apart = [], []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        person = np.repeat(np.arange(40), 50)
        x = (rng.normal(size=(40, 60))[person] + 0.1 * rng.normal(size=(2000, 60))).astype(np.float32)
        y = rng.integers(0, 2, 40)[person]
        mixed.append(fit_direction(x, "a", contrast(y, "a"), seed=seed).auc)
        apart.append(fit_direction(x, "a", contrast(y, "a"), group=person, seed=seed).auc)
    assert np.mean(mixed) > 0.98
    assert np.nanmean(apart) < 0.7


def test_auc_agrees_with_scikit_learn_also_with_ties() -> None:
    rng = np.random.default_rng(0)
    scores, y = rng.integers(0, 5, 300).astype(np.float64), rng.integers(0, 2, 300).astype(bool)
    assert float(auc_of(scores, y)) == pytest.approx(roc_auc_score(y, scores))
    with pytest.raises(InputError, match="both classes"):
        auc_of(scores, np.ones(300, bool))


def test_mean_difference_of_hand_made_points() -> None:
    positive, negative = np.array([[3.0, 4.0], [3.0, 4.0]]), np.array([[0.0, 0.0]])
    np.testing.assert_allclose(mean_difference(positive, negative), [0.6, 0.8])
    with pytest.raises(InputError, match="same mean"):
        mean_difference(positive, positive)
    with pytest.raises(InputError, match="0 positive and 1 negative"):
        mean_difference(positive[:0], negative)


@pytest.mark.parametrize(
    ("column", "positive", "expected", "rule"),
    [
        (np.array([0, 1, 1, 0]), None, [1, 2], "f = 1"),
        (np.array(["cat", "dog", "cat"], object), None, [1], "f = dog"),
        (np.array(["cat", "dog", "cow"], object), "cow", [2], "f = cow"),
        (np.array([0, 1, 2, 1]), "> 0", [1, 2, 3], "f > 0"),
        (np.array([0, 1, 2, 1]), "1", [1, 3], "f = 1"),
        (np.array([True, False]), "yes", [0], "f = yes"),
        (np.array([0.5, None, 2.5, 0.1], object), ">= 0.5", [0, 2], "f >= 0.5"),
        (np.linspace(0, 1, 12), None, [8, 9, 10, 11], "f upper third"),
        (np.maximum(np.linspace(-1, 1, 24), 0), None, list(range(12, 24)), "f > 0"),
        (np.minimum(np.linspace(0, 2, 24), 1), None, list(range(12, 24)), "f >= 1"),
        (np.array([0.1, 0.4, 0.9]), "> .5", [2], "f > .5"),
        (np.array([0.1, 0.4, 900]), "> 1e+2", [2], "f > 1e+2"),
    ],
)
def test_fields_of_every_type_make_a_contrast(
    column: np.ndarray, positive: str | None, expected: list[int], rule: str
) -> None:
    split = contrast(column, "f", positive)
    assert np.flatnonzero(split.positive).tolist() == expected
    assert split.rule == rule
    assert not (split.positive & split.negative).any()
    again = contrast_again(column, "f", rule)
    assert again.rule == rule
    np.testing.assert_array_equal([again.positive, again.negative], [split.positive, split.negative])


def test_a_rule_that_no_longer_fits_is_refused() -> None:
    with pytest.raises(InputError, match="no item has it"):
        contrast_again(np.array(["a", "b"], object), "f", "f = c")


def test_a_threshold_is_found_again_to_the_last_digit() -> None:
    """A rule says it with few digits, which other items may lie between."""
    column = np.append(np.full(20, 1 / 3), np.linspace(0, 0.3, 15))
    split = contrast(column, "f")
    assert split.rule == "f >= 0.333333"
    np.testing.assert_array_equal(contrast_again(column, "f", split.rule).positive, split.positive)


def test_missing_values_are_on_neither_side() -> None:
    split = contrast(np.array(["a", None, "b"], object), "f", "a")
    assert split.positive.tolist() == [True, False, False]
    assert split.negative.tolist() == [False, False, True]


@pytest.mark.parametrize(
    ("column", "positive", "message"),
    [
        (np.array(["a", "b", "c"], object), None, "say with --positive"),
        (np.array(["a", "b"], object), "z", "no item has it .*Values of 'f': a, b"),
        (np.array([1, 1, 2]), ">= 1", "no item lacks it"),
        (np.array([1, 2]), "> 5", "0 with, 2 without"),
        (np.array([3, 3]), None, "one value at most"),
        (np.array(["a", None], object), "a", "one value at most"),
        (np.array([1.0, 2.0]), "> big", "'big', which is not a number"),
    ],
)
def test_a_contrast_needs_two_sides(column: np.ndarray, positive: str | None, message: str) -> None:
    with pytest.raises(InputError, match=message):
        contrast(column, "f", positive)
