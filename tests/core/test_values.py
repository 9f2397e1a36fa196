"""Points, paths, directions and errors."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from lateen.core.direction import Direction
from lateen.core.errors import (
    InputError,
    LateenError,
    MissingExtraError,
    UnknownNameError,
    first_line,
    nearest_spellings,
)
from lateen.core.geometry import Euclidean, Gaussian, Sphere
from lateen.core.path import Chain, Geodesic, Path
from lateen.core.points import Points
from lateen.core.probe import Probe
from lateen.core.response import Response


def some_points() -> Points:
    vectors = np.arange(8, dtype=np.float32).reshape(4, 2)
    return Points(["a", "b", "c", "d"], vectors, {"age": np.array([1, 2, 3, 4])})


def test_points_find_rows_and_take_them() -> None:
    points = some_points()
    assert (points["c"] == [4, 5]).all()
    taken = points.take(np.array([3, 0]))
    assert list(taken.ids) == ["d", "a"]
    assert taken.column("age").tolist() == [4, 1]


def test_points_refuse_what_does_not_fit() -> None:
    vectors = np.zeros((2, 3), np.float32)
    with pytest.raises(InputError, match="3 ids for 2 vectors"):
        Points(["a", "b", "c"], vectors)
    with pytest.raises(InputError, match="'a' more than once"):
        Points(["a", "a"], vectors)
    with pytest.raises(InputError, match="'age' of length 1 for 2"):
        Points(["a", "b"], vectors, {"age": np.zeros(1)})
    with pytest.raises(InputError, match="'b' holds NaN"):
        Points(["a", "b"], np.array([[0.0], [np.nan]], np.float32))


def test_unknown_names_come_with_near_spellings() -> None:
    points = Points(["anna.jpg", "ben.jpg"], np.zeros((2, 1), np.float32))
    with pytest.raises(UnknownNameError, match=r"no id 'ana\.jpg'.*Did you mean 'anna\.jpg'"):
        points["ana.jpg"]
    with pytest.raises(UnknownNameError, match="It has none"):
        points.column("age")


@pytest.mark.parametrize(
    ("name", "expected"),
    [("BEN.JPG", ["old/ben.jpg"]), ("ben", ["old/ben.jpg"]), ("anna", ["anna.jpg"]), ("zzz", [])],
)
def test_near_spellings_forgive_case_folders_and_suffixes(name: str, expected: list[str]) -> None:
    assert nearest_spellings(name, ["old/ben.jpg", "anna.jpg"])[:1] == expected


def test_errors_that_have_an_outside_cause_exit_with_2() -> None:
    for error in (InputError("x"), UnknownNameError("id", "a", [], "here"), MissingExtraError("CLIP", "hf")):
        assert isinstance(error, LateenError)
        assert error.exit_code == 2
    assert "pip install 'lateen[hf]'" in str(MissingExtraError("CLIP", "hf"))


@pytest.mark.parametrize("geometry", [Euclidean(), Sphere(), Gaussian()], ids=str)
def test_a_geodesic_is_a_path_with_its_geometrys_length(geometry: Euclidean | Sphere | Gaussian) -> None:
    rng = np.random.default_rng(0)
    p, q = geometry.project(rng.normal(size=(2, 5)))
    path = Geodesic(geometry, p, q)
    assert isinstance(path, Path)
    np.testing.assert_allclose(path.evaluate(np.array([0.0, 1.0])), [p, q], atol=1e-12)
    assert path.evaluate(0.5).shape == (5,)
    fine = path.evaluate(np.linspace(0, 1, 50))
    assert geometry.distance(fine[1:], fine[:-1]).sum() == pytest.approx(path.length)


def test_a_chain_passes_all_its_points_at_constant_speed() -> None:
    stops = np.array([[0.0, 0.0], [3.0, 0.0], [3.0, 1.0]])
    chain = Chain.through(Euclidean(), stops)
    assert isinstance(chain, Path)
    assert chain.length == 4
    np.testing.assert_allclose(chain.evaluate(np.array([0.0, 0.75, 1.0])), stops)
    np.testing.assert_allclose(chain.evaluate(0.5), [2.0, 0.0])
    legs = np.linalg.norm(np.diff(chain.evaluate(np.linspace(0, 1, 41)), axis=0), axis=1)
    np.testing.assert_allclose(legs, 0.1)


def test_a_chain_of_one_point_repeated_stays_there() -> None:
    chain = Chain.through(Euclidean(), np.ones((3, 2)))
    assert chain.length == 0
    np.testing.assert_allclose(chain.evaluate(np.linspace(0, 1, 5)), np.ones((5, 2)))


def test_paths_refuse_ends_that_do_not_fit() -> None:
    with pytest.raises(InputError, match="at least two points"):
        Chain.through(Euclidean(), np.zeros((1, 2)))
    with pytest.raises(InputError, match="no legs"):
        Chain([])


def some_direction() -> Direction:
    vector = np.random.default_rng(0).normal(size=16)
    return Direction("glasses", (vector / np.linalg.norm(vector)).astype(np.float32), 0.7, "mean_difference", auc=0.9)


def test_a_direction_moves_by_steps_and_reads_them_back() -> None:
    direction, points = some_direction(), np.random.default_rng(1).normal(size=(3, 16)).astype(np.float32)
    moved = direction.apply(points, 2.0)
    np.testing.assert_allclose(direction.read(moved) - direction.read(points), 2.0, rtol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(moved - points, axis=1), 1.4, rtol=1e-5)
    np.testing.assert_allclose(direction.apply(moved, -2.0), points, atol=1e-6)


def test_a_direction_survives_json_to_the_bit() -> None:
    direction = some_direction()
    again = Direction.from_dict(json.loads(json.dumps(direction.to_dict(), allow_nan=False)))
    assert again.vector.tobytes() == direction.vector.tobytes()
    assert (again.scale, again.auc, again.name) == (direction.scale, direction.auc, direction.name)
    assert np.isnan(again.stability)
    assert again.probe is None


def test_a_direction_keeps_its_probe_and_what_was_held_equal() -> None:
    probe = Probe(np.random.default_rng(2).normal(size=16).astype(np.float32), 0.25)
    response = Response((-1.0, 0.0, 1.0), (0.1, 0.2, 0.9), (0.0, 0.1, 0.5), (0.2, 0.4, 1.0))
    direction = replace(some_direction(), probe=probe, without=("beard",), dose=2.5, response=response)
    again = Direction.from_dict(json.loads(json.dumps(direction.to_dict(), allow_nan=False)))
    assert again.probe is not None
    assert again.probe.weights.tobytes() == probe.weights.tobytes()
    assert (again.probe.bias, again.probe.reads) == (0.25, "probability")
    assert (again.without, again.dose, again.response) == (("beard",), 2.5, response)
    assert response.rises


def test_a_probe_reads_probabilities_and_values() -> None:
    weights, points = np.array([1.0, -2.0], np.float32), np.array([[0.0, 0.0], [1.0, 0.0], [800.0, -800.0]])
    np.testing.assert_allclose(Probe(weights, 0.0)(points), [0.5, 1 / (1 + np.exp(-1)), 1.0])
    np.testing.assert_allclose(Probe(weights, 0.5, "value")(points), [0.5, 1.5, 2400.5])
    assert Probe(weights, 0.0)(points[1]) == pytest.approx(1 / (1 + np.exp(-Probe(weights, 0.0).score_of(0.5) - 1)))
    with pytest.raises(InputError, match="between 0 and 1"):
        Probe(weights, 0.0).score_of(1.0)
    with pytest.raises(InputError, match="not a saved direction"):
        Direction.from_dict(some_direction().to_dict() | {"probe": {"weights": "x", "bias": 0.0, "reads": "value"}})


def test_directions_that_are_none_are_refused() -> None:
    with pytest.raises(InputError, match="norm 2"):
        Direction("a", np.full(4, 1, np.float32), 1.0, "mean_difference")
    with pytest.raises(InputError, match="scale 0"):
        Direction("a", np.eye(4, dtype=np.float32)[0], 0.0, "mean_difference")
    with pytest.raises(InputError, match="not a saved direction"):
        Direction.from_dict({"name": "a"})


def test_the_first_line_of_an_error() -> None:
    assert first_line(ValueError("\n no such layer.\n  at 0x1")) == "no such layer"
    assert first_line(RuntimeError()) == "RuntimeError"
