"""Readouts: changes within what a field can be, and intervals that hold as often as they say."""

from __future__ import annotations

import time

import numpy as np
import pytest

from lateen.directions import Readout
from lateen.directions.linear_readers import LinearReaders

ORIGIN = np.zeros(5, np.float32)


def unit(place: int, length: float = 1.0) -> np.ndarray:
    move = np.zeros(5, np.float32)
    move[place] = length
    return move


@pytest.fixture(scope="module")
def readout() -> Readout:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(1000, 5)).astype(np.float32)
    fields = {
        "size": 3 * x[:, 0] - x[:, 1],
        "kind": np.where(x[:, 2] > 0, "cat", "dog").astype(object),
        "noise": rng.normal(size=1000),
        "name": np.array([f"n{i}" for i in range(1000)], object),
        "same": np.ones(1000),
    }
    return Readout.fit(x, fields)


def test_a_readout_predicts_what_a_move_changes(readout: Readout) -> None:
    changes = readout.changes(ORIGIN, unit(0))
    assert changes["size"].value == pytest.approx(3, abs=0.02)
    assert changes["size"].is_sure
    assert abs(changes["kind = cat"].value) < 0.05
    assert readout.changes(ORIGIN, unit(2))["kind = cat"].value > 0.2
    assert readout.unreadable() == ["noise", "name", "same"]
    assert not {"name", "same"} & changes.keys()
    assert readout.reach("kind = dog") == 1


def test_a_space_without_fields_reads_nothing() -> None:
    readout = Readout.fit(np.zeros((20, 3), np.float32), {})
    assert readout.changes(np.zeros(3, np.float32), np.ones(3, np.float32)) == {}


@pytest.mark.parametrize("length", [3.0, 30.0, 1e9])
def test_no_change_exceeds_what_a_field_can_be(readout: Readout, length: float) -> None:
    changes = readout.changes(unit(2, -length), unit(2, length))
    cat, dog = changes["kind = cat"], changes["kind = dog"]
    assert cat == pytest.approx((1, 1, 1), abs=0.25)
    assert max(cat) <= 1
    assert min(dog) >= -1
    far = readout.changes(unit(0, -length), unit(0, length))["size"]
    assert far.value <= far.high <= readout.reach("size")


def test_an_interval_holds_its_change(readout: Readout) -> None:
    rng = np.random.default_rng(1)
    for _ in range(20):
        before, after = rng.normal(0, 2, (2, 5)).astype(np.float32)
        assert all(c.low <= c.value <= c.high for c in readout.changes(before, after).values())


@pytest.mark.parametrize("uneven", [False, True], ids=["even errors", "errors that grow"])
def test_intervals_cover_the_true_change_as_often_as_they_say(uneven: bool) -> None:
    """On linear data the truth is known: of 400 intervals of 95 %, 380 hold it; chance gives or takes 9."""
    rng = np.random.default_rng(2)
    weights = np.array([1.0, -0.5, 0.2, 0.0])
    held = asked = 0
    for _ in range(200):
        x = rng.normal(size=(240, 4))
        noise = rng.normal(size=240) * (0.1 + 0.3 * x[:, 0] ** 2 if uneven else 0.5)
        readout = Readout.fit(x.astype(np.float32), {"y": x @ weights + noise})
        for move in (np.array([1, 0, 0, 0.0]), np.array([0.3, -1, 0.5, 0.2])):
            for change in readout.changes(np.zeros(4), move.astype(np.float32)).values():
                held, asked = held + (change.low <= move @ weights <= change.high), asked + 1
    assert asked > 380  # now and then the held-out items read too badly to speak of
    assert held / asked == pytest.approx(0.95, abs=0.03)


def test_the_covariance_is_that_of_repeated_fits() -> None:
    rng = np.random.default_rng(3)
    points = rng.normal(size=(2, 3))
    read, said = [], []
    for _ in range(600):
        x = rng.normal(size=(150, 3))
        reader = LinearReaders.fit(x, (x[:, 0] + rng.normal(size=150) * (0.5 + np.abs(x[:, 1])))[:, None])
        read.append(reader(points)[:, 0])
        said.append(reader.covariance(points)[0])
    np.testing.assert_allclose(np.mean(said, axis=0), np.cov(np.array(read).T), rtol=0.2, atol=5e-4)


def test_fewer_items_than_dimensions_give_the_same_ridge() -> None:
    rng = np.random.default_rng(4)
    x, y = rng.normal(size=(30, 30)), rng.normal(size=(30, 2))
    wide = np.hstack([x, np.zeros((30, 1))])  # a column of nothing: the other way round, the same fit
    square, dual = LinearReaders.fit(x, y, 0.31), LinearReaders.fit(wide, y, 0.31 * 31 / 30)
    np.testing.assert_allclose(dual.weights[:30], square.weights, atol=1e-10)
    np.testing.assert_allclose(dual.shares[:, :30], square.shares, atol=1e-10)
    np.testing.assert_allclose(dual.errors, square.errors, atol=1e-8)


def test_items_without_a_value_do_not_weaken_the_reading() -> None:
    rng = np.random.default_rng(5)
    x = rng.normal(size=(2000, 3)).astype(np.float32)
    size = np.where(rng.random(2000) < 0.5, np.nan, 2 * x[:, 0])
    kind = np.where(x[:, 1] > 0, "a", "b").astype(object)
    kind[rng.random(2000) < 0.5] = None
    whole = Readout.fit(x, {"kind": np.where(x[:, 1] > 0, "a", "b").astype(object)})
    readout = Readout.fit(x, {"size": size, "kind": kind})
    start = np.zeros(3, np.float32)
    assert readout.changes(start, np.array([1, 0, 0], np.float32))["size"].value == pytest.approx(2, abs=0.01)
    step = np.array([0, 1, 0], np.float32)
    expected = whole.changes(start, step)["kind = a"].value
    assert readout.changes(start, step)["kind = a"].value == pytest.approx(expected, abs=0.05)


@pytest.mark.slow
def test_200k_points_of_512_numbers_are_read_in_seconds() -> None:
    rng = np.random.default_rng(6)
    x = rng.standard_normal((200_000, 512), np.float32)
    fields = {f"f{i}": x[:, i] + rng.standard_normal(200_000) for i in range(20)}
    begun = time.perf_counter()
    readout = Readout.fit(x, fields)
    assert time.perf_counter() - begun < 10
    begun = time.perf_counter()
    readout.changes(x[0], x[1])
    assert time.perf_counter() - begun < 0.5
