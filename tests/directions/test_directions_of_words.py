"""Pairs and axes on planted data, where the answer is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lateen.core.direction import ENOUGH, FEWEST, Direction
from lateen.core.errors import InputError
from lateen.directions import fit_axis, fit_pairs


def planted(pairs: int, dim: int, noise: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Words that differ within a pair by 2 along the first axis, and by anything between pairs."""
    rng = np.random.default_rng(seed)
    middle = rng.normal(size=(pairs, dim))
    apart = np.eye(dim)[0] + noise * rng.normal(size=(pairs, dim))
    return (middle + apart).astype(np.float32), (middle - apart).astype(np.float32)


def names(n: int) -> tuple[tuple[str, str], ...]:
    return tuple((f"a{i}", f"b{i}") for i in range(n))


def test_pairs_find_what_they_have_in_common() -> None:
    more, less = planted(30, 20, 0.3)
    direction = fit_pairs(more, less, "d", names(30), fingerprint="f")
    assert direction.vector[0] > 0.95
    assert direction.ordered == 1.0
    assert direction.auc > 0.85 > direction.random_auc
    assert direction.stability > 0.95
    assert direction.gap == pytest.approx(2, abs=0.2)
    assert (direction.n_positive, direction.n_negative) == (30, 30)
    assert direction.positive == "a0, a1, a2, ... against b0, b1, b2, ..."
    assert (direction.more[4], direction.less[4], direction.method) == ("a4", "b4", "pairs")


def test_figures_of_pairs_are_those_of_leaving_each_out() -> None:
    """By hand: fit on the others, read the pair that was left out."""
    more, less = planted(7, 5, 1.5, seed=3)
    scores, right = [], 0
    for i in range(7):
        others = np.delete(more, i, 0).mean(0) - np.delete(less, i, 0).mean(0)
        others /= np.linalg.norm(others)
        scores.append((float(more[i] @ others), float(less[i] @ others)))
        right += scores[-1][0] > scores[-1][1]
    direction = fit_pairs(more, less, "d", names(7))
    a, b = np.array(scores).T
    assert direction.ordered == pytest.approx(right / 7)
    assert direction.auc == pytest.approx((a[:, None] > b).mean())
    assert 0 < right < 7


def test_pairs_that_have_nothing_in_common_read_as_chance() -> None:
    rng = np.random.default_rng(0)
    figures = []
    for seed in range(20):
        more, less = rng.normal(size=(2, 20, 50)).astype(np.float32)
        figures.append(fit_pairs(more, less, "d", names(20), seed=seed))
    assert 0.4 < np.mean([d.ordered for d in figures]) < 0.6
    assert sum(d.auc > d.random_auc for d in figures) <= 4


@pytest.mark.parametrize("p", [2, 3])
def test_few_are_too_few_to_tell_even_if_all_are_right(p: int) -> None:
    more, less = planted(p, 20, 0)
    direction = fit_pairs(10 * more, 10 * less, "d", names(p))
    assert direction.random_auc == 1.0
    assert direction.is_few
    assert direction.warning() == (
        f"{p} pairs are too few (give 5 at least, better 10) to tell whether d means anything: "
        "chance sorts so few as well"
    )
    axis = fit_axis(more, less, "d", (tuple("abc"[:p]), tuple("xyz"[:p])))
    assert f"{p} against {p} words are too few (give 5 a side" in str(axis.warning("words"))


def test_from_the_number_that_is_asked_for_on_chance_does_not_sort_all() -> None:
    """Of words that have nothing in common with those of their side."""
    rng = np.random.default_rng(0)
    for p in (FEWEST, ENOUGH):
        more, less = rng.normal(size=(2, p, 50))
        reach = [fit_pairs(more, less, "d", names(p), seed=seed).random_auc for seed in range(5)]
        assert np.mean(reach) < (0.92 if p == FEWEST else 0.82)


def test_many_that_are_no_better_than_chance() -> None:
    direction = replace(fit_pairs(*planted(30, 20, 0.3), "d", names(30)), auc=0.5)
    assert direction.warning("words") == (
        "d separates held-out words no better than random directions do: don't rely on it"
    )
    assert replace(direction, auc=0.99).warning() is None
    assert "was erased from this space (hard)" in str(replace(direction, erased="hard").warning())
    assert Direction.from_dict(replace(direction, erased="hard").to_dict()).erased == "hard"


def test_one_pair_has_no_figures() -> None:
    more, less = planted(1, 4, 0)
    direction = fit_pairs(more, less, "d", names(1))
    np.testing.assert_allclose(direction.vector, [1, 0, 0, 0], atol=1e-6)
    assert np.isnan([direction.auc, direction.random_auc, direction.ordered, direction.stability]).all()
    assert Direction.from_dict(direction.to_dict()).to_dict() == direction.to_dict()


def test_a_zero_difference_is_no_direction() -> None:
    same = np.ones((2, 3), np.float32)
    with pytest.raises(InputError, match="same mean, so there is no direction"):
        fit_pairs(same, same, "d", names(2))
    with pytest.raises(InputError, match="same mean, so there is no direction"):
        fit_axis(same, same, "d", (("a", "b"), ("c", "d")))


def test_an_axis_goes_from_one_pole_to_the_other() -> None:
    rng = np.random.default_rng(1)
    axis = np.eye(12)[3]
    more = (2 * axis + 0.2 * rng.normal(size=(6, 12))).astype(np.float32)
    less = (-2 * axis + 0.2 * rng.normal(size=(4, 12))).astype(np.float32)
    poles = (tuple("abcdef"), tuple("wxyz"))
    direction = fit_axis(more, less, "d", poles)
    assert direction.vector[3] > 0.99
    assert direction.auc == 1.0
    assert direction.gap == pytest.approx(4, abs=0.2)
    assert (direction.more, direction.less, direction.method) == (*poles, "axis")
    assert direction.positive == "a, b, c, ... against w, x, y, ..."
    assert np.isnan(direction.ordered)


def test_the_axis_of_one_word_a_side_is_their_difference() -> None:
    direction = fit_axis(np.array([[3.0, 4.0]]), np.array([[0.0, 0.0]]), "d", (("a",), ("b",)))
    np.testing.assert_allclose(direction.vector, [0.6, 0.8], rtol=1e-6)
    assert np.isnan([direction.auc, direction.stability]).all()


def test_same_seed_same_figures() -> None:
    more, less = planted(6, 8, 1)
    first, second = (fit_pairs(more, less, "d", names(6), seed=3).to_dict() for _ in range(2))
    assert first == second


def test_a_direction_from_before_words_still_opens() -> None:
    plain = {
        "name": "smile", "vector": [1.0, 0.0], "scale": 2.0, "method": "mean_difference", "field": "smile",
        "positive": "smile = 1", "auc": 0.9, "n_positive": 5, "n_negative": 6, "stability": 0.9, "gap": 1.5,
        "random_auc": None, "fingerprint": "f",
    }  # fmt: skip
    direction = Direction.from_dict(plain)
    assert (direction.more, direction.less, direction.group) == ((), (), None)
    assert np.isnan(direction.ordered)


@pytest.mark.parametrize("words", ["he", [1, 2], {"a": 1}, None])
def test_damaged_words_are_named(words: object) -> None:
    plain = fit_pairs(*planted(2, 3, 0), "d", names(2)).to_dict() | {"more": words}
    with pytest.raises(InputError, match=r"not a saved direction: more is .*expected a list of words"):
        Direction.from_dict(plain)
