"""The suggested dose, measured on items of its own, and the readings on the way to it."""

from __future__ import annotations

import json

import numpy as np
import pytest

from lateen.core.direction import Direction
from lateen.directions import contrast, fit_direction
from lateen.directions.fit import ENOUGH, LIKE, METHODS


def classes(n: int = 8000, apart: float = 2.0, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Two Gaussian classes of 10 numbers."""
    rng = np.random.default_rng(seed)
    y = rng.random(n) < 0.4
    x = rng.normal(size=(n, 10)) * np.linspace(0.5, 1.5, 10)
    x[:, 3] += apart * y
    return x.astype(np.float32), y


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("apart", [1.0, 4.0])
def test_fresh_items_moved_by_the_dose_read_like_those_with_it(method: str, apart: float) -> None:
    x, y = classes(apart=apart)
    fitted, fresh, has = x[:4000], x[4000:], y[4000:]
    direction = fit_direction(fitted, "a", contrast(y[:4000], "a"), method=method)
    probe = direction.probe
    assert probe is not None
    like = np.quantile(probe(fresh[has]), LIKE)
    share = float((probe(direction.apply(fresh[~has], direction.dose)) >= like).mean())
    assert share == pytest.approx(ENOUGH, abs=0.025)
    assert float((probe(fresh[~has]) >= like).mean()) < 0.4


def test_the_dose_of_gaussian_classes_is_known() -> None:
    """Of a single number of deviation 1: the gap, less .67 for the quarter, plus 1.64 for the 95 %."""
    x, y = classes(20_000, apart=3.0)
    x = np.ascontiguousarray(x[:, 3:4]) / np.float32(np.linspace(0.5, 1.5, 10)[3])
    gap = 3.0 / np.linspace(0.5, 1.5, 10)[3]
    direction = fit_direction(x, "a", contrast(y, "a"))
    assert direction.dose * direction.scale == pytest.approx(gap - 0.674 + 1.645, abs=0.12)
    assert direction.gap * direction.scale == pytest.approx(gap, abs=0.05)


@pytest.mark.parametrize("method", METHODS)
def test_the_response_rises_through_nought_from_what_is_to_what_is_asked(method: str) -> None:
    x, y = classes()
    direction = fit_direction(x, "a", contrast(y, "a"), method=method)
    response, probe = direction.response, direction.probe
    assert response is not None
    assert probe is not None
    assert response.rises
    assert 0.0 in response.steps
    assert any(k == pytest.approx(direction.dose) for k in response.steps)
    ends = zip(response.low, response.reading, response.high, strict=True)
    assert all(low <= mean <= high for low, mean, high in ends)
    here = response.reading[response.steps.index(0.0)]
    assert here == pytest.approx(float(probe(x[~y]).mean()), abs=0.05)
    at_dose = [r for k, r in zip(response.steps, response.reading, strict=True) if k == pytest.approx(direction.dose)]
    assert at_dose[0] > 0.8 > 0.3 > here


def test_the_response_is_of_items_that_were_held_out() -> None:
    """A direction of pure noise, which fits its own items well: on others its probe says next to nothing."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 200)).astype(np.float32)
    y = rng.random(400) < 0.5
    direction = fit_direction(x, "noise", contrast(y, "noise"))
    assert 0.3 < direction.auc < 0.7
    assert direction.response is not None
    here = direction.response.reading[direction.response.steps.index(0.0)]
    assert 0.3 < here < 0.7
    spread = np.array(direction.response.high) - np.array(direction.response.low)
    assert spread.max() < 0.5


def test_of_a_number_the_response_is_in_its_own_units() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(4000, 8)).astype(np.float32)
    age = 40 + 10 * x[:, 1] + rng.normal(size=4000)
    direction = fit_direction(x, "age", contrast(age, "age"))
    low, high = np.quantile(age, [1 / 3, 2 / 3])
    assert direction.response is not None
    at = dict(zip(direction.response.steps, direction.response.reading, strict=True))
    assert at[0.0] == pytest.approx(age[age < low].mean(), abs=0.8)
    dosed = next(reading for k, reading in at.items() if k == pytest.approx(direction.dose))
    assert high < dosed < age.max() + 20
    slope = np.diff(list(at.values())) / np.diff(list(at))
    assert slope / direction.scale == pytest.approx(np.full(len(slope), 10), rel=0.05)


@pytest.mark.parametrize("is_number", [False, True], ids=["sides", "number"])
def test_a_direction_comes_back_from_json_with_its_probe_and_response(is_number: bool) -> None:
    x, y = classes(600)
    column = x[:, 3].astype(float) if is_number else y
    direction = fit_direction(x, "a", contrast(column, "a"), fingerprint="f00d")
    text = json.dumps(direction.to_dict(), allow_nan=False)
    again = Direction.from_dict(json.loads(text))
    assert again.to_dict() == direction.to_dict()
    assert json.dumps(again.to_dict()) == text
    assert again.response == direction.response
    assert again.dose == direction.dose
    assert again.probe is not None
    assert direction.probe is not None
    np.testing.assert_array_equal(again.probe(x), direction.probe(x))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("sides", [(1, 1), (1, 2), (3, 2), (3, 50), (3, 3)])
def test_a_handful_of_items_has_a_dose_too(method: str, sides: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    y = np.arange(sum(sides)) < sides[0]
    x = rng.normal(size=(len(y), 5)).astype(np.float32)
    x[:, 0] += 6 * y
    direction = fit_direction(x, "a", contrast(y, "a"), method=method)
    assert (direction.n_positive, direction.n_negative) == sides
    assert 0 < direction.dose < 20
    assert direction.probe is not None
    read = direction.probe(x)
    assert read[y].mean() > read[~y].mean()
    assert direction.warning() is not None
