"""What an erasure is said to have done, on planted data."""

from __future__ import annotations

import numpy as np
import pytest

from lateen.directions.effect import held_out, told_apart
from lateen.directions.hard_debias import HardDebias
from lateen.directions.leace import Leace
from lateen.directions.moments import Moments


def labelled(n: int = 1500, dim: int = 10) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    y = rng.random(n) < 0.4
    return rng.normal(size=(n, dim)) + 3 * np.where(y, 1, -1)[:, None] * np.eye(dim)[2], y


def test_held_out_items_can_be_read_before_and_not_after() -> None:
    x, y = labelled()
    moments = Moments(10).update(x)
    for fit in (lambda d: Leace.fit(moments, d), lambda d: HardDebias.of(d, moments.mean)):
        reading, probe = held_out(x, y, None, fit)
        assert min(reading.before, probe.before) > 0.99
        assert reading.after == pytest.approx(0.5, abs=0.1)
        assert probe.after == pytest.approx(0.5, abs=0.06)


def test_an_eraser_that_does_nothing_changes_no_figure() -> None:
    x, y = labelled(200)
    for change in held_out(x, y, None, lambda d: lambda points: points):
        assert change.before == change.after > 0.99


def test_an_eraser_that_knows_only_the_training_pairs_is_found_out() -> None:
    """Every pair has a difference of its own: nothing that is learned from others reads or erases it."""
    rng = np.random.default_rng(0)
    middle, apart = rng.normal(size=(2, 30, 100))
    x, y = np.vstack([middle + apart, middle - apart]), np.arange(60) < 30
    together = np.tile(np.arange(30), 2)
    reading, probe = held_out(x, y, together, lambda d: HardDebias.of(d, x.mean(axis=0)))
    assert abs(reading.before - 0.5) < 0.2
    assert reading.after == 0.5
    assert abs(probe.before - 0.5) < 0.2


def test_groups_are_held_out_whole() -> None:
    """A reading that is really of the person: with persons held out it is chance, with items held out it is not."""
    rng = np.random.default_rng(0)
    person = np.repeat(np.arange(24), 20)
    x = rng.normal(size=(24, 60))[person] + 0.1 * rng.normal(size=(480, 60))
    y = (np.arange(24) % 2 == 0)[person]
    fit = lambda d: HardDebias.of(d, x.mean(axis=0))  # noqa: E731
    assert held_out(x, y, None, fit)[1].before > 0.95
    assert held_out(x, y, person, fit)[1].before < 0.8


def test_too_few_to_hold_any_out() -> None:
    x, y = labelled(2)
    y[:] = [True, False]
    for change in held_out(x, y, None, lambda d: HardDebias.of(d, None)):
        assert np.isnan([change.before, change.after]).all()
    for change in told_apart(x, x, y):
        assert np.isnan([change.before, change.after]).all()


def test_lipstick_is_seen() -> None:
    """The sides differ along one axis, which is erased, and in how far out they lie, which a linear reader misses."""
    rng = np.random.default_rng(0)
    y = np.arange(400) < 200
    x = rng.normal(size=(400, 6)) * np.where(y, 0.3, 2.0)[:, None]
    x[:, 0] += np.where(y, 4, -4)
    erased = x.copy()
    erased[:, 0] = 0
    classified, neighbours = told_apart(x, erased, y)
    assert classified.before > 0.98
    assert classified.after > 0.9
    assert neighbours.before > 0.95
    assert neighbours.after > 0.7
    hidden = rng.normal(size=(400, 6))
    for change in told_apart(x, hidden, y):
        assert change.after == pytest.approx(0.5, abs=0.1)
