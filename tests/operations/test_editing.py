"""Edits: what is kept stays, what is looked for is found, and the end of the data is noticed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.linear_model import LogisticRegression

import lateen as lt
from lateen.core.errors import InputError, UnknownNameError
from lateen.core.probe import Probe
from lateen.operations.edit import parse_moves
from lateen.operations.edited import Edited
from lateen.operations.until import ENDS, MOST
from lateen.space import Space
from lateen.store import save_direction

DIM, N = 8, 600


def with_probe(space: Space, name: str, has: np.ndarray) -> None:
    """Give a direction the probe of a logistic regression."""
    fitted = LogisticRegression(C=1.0, max_iter=1000).fit(np.asarray(space.vectors), has)
    probe = Probe(fitted.coef_[0].astype(np.float32), float(fitted.intercept_[0]))
    save_direction(space.folder, replace(space.directions()[name], probe=probe))


@pytest.fixture(scope="module")
def glasses_folder(faces_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The portraits with directions and probes; tests must not change it."""
    import shutil

    folder = tmp_path_factory.mktemp("edits") / "faces.space"
    shutil.copytree(faces_folder, folder)
    space = lt.open(folder)
    for name in ("glasses", "beard"):
        space.direction(name, field=name, positive="> 0")
        with_probe(space, name, space.points.column(name) > 0)
    space.direction("smile", field="smile")
    return folder


@pytest.fixture
def space(glasses_folder: Path) -> Space:
    return lt.open(glasses_folder)


def bare(space: Space) -> str:
    return str(int(np.flatnonzero(space.points.column("glasses") == 0)[0]))


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Space:
    """Vectors of which all is known: a and b correlate, c is apart, a2 is nearly a; one field is constant."""
    folder = tmp_path_factory.mktemp("plane")
    rng = np.random.default_rng(0)
    x = rng.normal(size=(N, DIM)).astype(np.float32)
    x[:, 1] = 0.8 * x[:, 0] + 0.6 * x[:, 1]
    np.save(folder / "x.npy", x)
    people, dice = 2 * (x[:, 3] > 0) + (x[:, 4] > 0), rng.integers(0, 2, N)
    text = "id,a,b,c,d,a2,same,person,dice,few,who,gap\n"
    for i in range(N):
        a, b, c = x[i, 0], x[i, 1], x[i, 2]
        gap = "" if i % 3 else f"{c:.4f}"
        few = "" if i > 4 else "7"
        numbers = ",".join(f"{v:.4f}" for v in (a, b, c, x[i, 3] + x[i, 5], a + 1e-3 * x[i, 3]))
        text += f"{i},{numbers},1,p{people[i]},{'ht'[dice[i]]},{few},w{i},{gap}\n"
    (folder / "fields.csv").write_text(text)
    lt.build(folder / "x.npy", out=folder / "x.space", fields=folder / "fields.csv")
    space = lt.open(folder / "x.space")
    for name, places in {"a": [0], "b": [1], "c": [2], "d": [3, 5]}.items():
        space.direction(name, field=name)
        d = space.directions()[name]
        weights = np.zeros(DIM, np.float32)
        weights[places] = 1.0
        save_direction(space.folder, replace(d, probe=Probe(weights, 0.0, "value")))
    return lt.open(folder / "x.space")


def test_what_is_intended_comes_first_and_side_effects_are_sure(space: Space) -> None:
    edited = space.edit(bare(space), {"beard": 2.0})
    assert edited.intended == ("beard",)
    assert next(iter(edited.changed)) == "beard"
    assert edited.changed.keys() == edited.intervals.keys()
    for name, (low, high) in edited.intervals.items():
        assert low <= edited.changed[name] <= high
        assert (edited.kind(name) == "side effect") == (name != "beard" and (low > 0 or high < 0))
    assert "woman" in edited.side_effects
    told = edited.to_dict()
    assert told["intervals"]["beard"] == [round(v, 4) for v in edited.intervals["beard"]]
    assert told["intended"] == ["beard"]
    json.dumps(told, allow_nan=False)


def test_what_is_kept_does_not_change_and_the_rest_has_its_effect(space: Space) -> None:
    who = bare(space)
    plain, kept = space.edit(who, {"beard": 2.0}), space.edit(who, {"beard": 2.0}, keep=["woman"])
    assert abs(plain.changed["woman"]) > 0.1
    assert kept.changed["woman"] == pytest.approx(0, abs=1e-5)
    assert kept.kept == pytest.approx({"woman": 0}, abs=1e-5)
    assert kept.kind("woman") == "kept"
    assert kept.readings["beard"][1] == pytest.approx(plain.readings["beard"][1], abs=1e-4)
    assert 0.05 < kept.share_left["beard"] < 1
    assert plain.share_left == {}
    by_text = space.edit(who, {"beard": 2.0}, keep=" woman, ")
    assert by_text.after.vector.tobytes() == kept.after.vector.tobytes()


def test_keeping_undoes_what_the_data_brings_along(plane: Space) -> None:
    """a and b correlate by 0.8: a move along a, b kept, is what is left of a when b explains what it can."""
    edited = plane.edit("0", {"a": 1.0}, keep="b,c")
    move = edited.after.vector - edited.before.vector
    scale = plane.directions()["a"].vector[0] * plane.directions()["a"].scale
    assert move[1] == pytest.approx(0, abs=0.01)
    assert move[2] == pytest.approx(0, abs=0.01)
    assert move[0] == pytest.approx(scale, rel=1e-4)  # as much of a as the plain step


def test_a_direction_is_kept_by_its_probe(plane: Space) -> None:
    plane.direction("side", field="b", force=True)
    d = plane.directions()["b"]
    save_direction(plane.folder, replace(d, name="side", field=None))
    edited = plane.edit("0", {"a": 1.0}, keep=["side"])
    assert edited.kept["side"] == pytest.approx(0, abs=1e-6)
    plane.remove_direction("side")


def test_values_of_a_category_are_all_kept(plane: Space) -> None:
    """The person follows from two numbers; of a move along one of them and a third, the third is left."""
    plain, edited = plane.edit("3", {"d": 1.0}), plane.edit("3", {"d": 1.0}, keep="person")
    step, move = (e.after.vector - e.before.vector for e in (plain, edited))
    assert set(edited.kept) == {f"person = p{i}" for i in range(4)}
    assert edited.kept == pytest.approx(dict.fromkeys(edited.kept, 0), abs=1e-5)
    assert abs(step[3]) > 0.3
    np.testing.assert_allclose(move[[3, 4]], 0, atol=0.1)
    assert move[5] > step[5] > 0.3
    assert edited.share_left["d"] == pytest.approx(0.5, abs=0.15)


def test_what_can_hardly_be_read_can_hardly_be_kept(plane: Space) -> None:
    edited = plane.edit("3", {"c": 1.0}, keep="dice")
    assert any("dice can hardly be read off the codes" in warning for warning in edited.warnings)
    assert not plane.edit("3", {"c": 1.0}, keep="person").warnings


@pytest.mark.parametrize(
    ("keep", "message"),
    [
        ("a", "--keep a: that is what a changes"),
        ("a2", r"a can't be moved while a2 stays.*nearly go together"),
        ("a2,c", r"a can't be moved while a2 stays"),
        ("same", "all items have the same value"),
        ("few", "5 items have a value"),
        ("who", r"600 values, and in 8 dimensions 4 are the most"),
        ("person,b", r"asks for 5 readings"),
        ("nose", r"There is no field or direction 'nose'"),
    ],
    ids=str,
)
def test_what_cannot_be_kept_is_said(plane: Space, keep: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        plane.edit("0", {"a": 1.0}, keep=keep)


def test_items_without_a_value_do_not_matter_to_what_is_kept(plane: Space) -> None:
    edited = plane.edit("0", {"a": 1.0, "b": 1.0}, keep=["gap"])
    assert edited.kept["gap"] == pytest.approx(0, abs=1e-4)
    assert abs(edited.after.vector[2] - edited.before.vector[2]) < 0.02


def test_what_is_kept_stays_on_a_sphere(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(500, 12)).astype(np.float32) + 0.5
    np.save(tmp_path / "x.npy", x)
    unit = x / np.linalg.norm(x, axis=1, keepdims=True)
    rows = [f"{i},{v[0]:.5f},{0.7 * v[0] + v[1]:.5f}" for i, v in enumerate(unit)]
    (tmp_path / "f.csv").write_text("\n".join(["id,a,b", *rows]))
    lt.build(tmp_path / "x.npy", out=tmp_path / "x.space", fields=tmp_path / "f.csv", geometry="sphere")
    space = lt.open(tmp_path / "x.space")
    space.direction("a", field="a")
    plain, kept = space.edit("0", {"a": 2.0}), space.edit("0", {"a": 2.0}, keep="b")
    assert abs(plain.changed["b"]) > 0.05
    assert abs(kept.kept["b"]) < 1e-4
    assert np.linalg.norm(kept.after.vector) == pytest.approx(1, abs=1e-5)
    assert kept.changed["a"] > 0.5 * plain.changed["a"]


def test_until_moves_as_far_as_the_probe_wants(space: Space, plane: Space) -> None:
    edited = space.edit(bare(space), "glasses", until=0.9)
    assert edited.until is not None
    assert edited.until.stopped == "reached"
    assert edited.readings["glasses"][1] == pytest.approx(0.9, abs=1e-3)
    assert edited.by == {"glasses": edited.until.dose}
    told = edited.to_dict()
    assert (told["until"], told["stopped"]) == (0.9, "reached")
    assert "glasses reads 0.9 after +" in str(edited.describe_until())
    back = plane.edit("0", {"c": -1}, until=float(plane.vectors[0, 2]) - 1)
    direction = plane.directions()["c"]
    closed_form = -1 / (direction.vector[2] * direction.scale)
    assert back.by["c"] == pytest.approx(closed_form, rel=1e-4)


def test_until_agrees_with_the_dose_it_found(space: Space) -> None:
    who = bare(space)
    found = space.edit(who, "glasses", until=0.9, keep="beard")
    again = space.edit(who, found.by, keep="beard")
    np.testing.assert_allclose(again.after.vector, found.after.vector, atol=1e-5)


def test_an_item_that_is_past_it_stays(space: Space) -> None:
    has = str(int(np.argmax(space.directions()["glasses"].probe(np.asarray(space.vectors)))))
    edited = space.edit(has, "glasses", until=0.5)
    assert (edited.until.stopped, edited.until.dose) == ("already", 0)
    assert "already, past 0.5" in str(edited.describe_until())
    np.testing.assert_array_equal(edited.after.vector, edited.before.vector)
    assert edited.picture().width > 0


def test_until_stops_where_the_data_ends(plane: Space) -> None:
    edited = plane.edit("0", "a", until=30.0)
    assert edited.until.stopped == "support"
    dose, step = edited.until.dose, plane.directions()["a"].step
    assert edited.support > ENDS
    assert plane.support((edited.before.vector + (dose + 0.1) * step)[None])[0] <= ENDS
    assert "where the data ends" in str(edited.describe_until())


def test_until_gives_up_where_no_data_could_end(plane: Space, tmp_path: Path) -> None:
    """An item far out has no support to lose."""
    far = str(tmp_path / "far.npy")
    np.save(far, np.full(DIM, 60, np.float32))
    assert plane.edit(far, {"b": 0.0}).before.support == 0
    edited = plane.edit(far, {"c": 1}, until=1e6)
    assert (edited.until.stopped, edited.until.dose) == ("limit", MOST)
    assert any("outside all data" in warning for warning in edited.warnings)


@pytest.mark.parametrize(
    ("by", "until", "message"),
    [
        ({"glasses": 1, "beard": 1}, 0.9, "--until is about one direction; --by names glasses, beard"),
        ("glasses", 1.0, "between 0 and 1"),
        ("glasses", float("nan"), "between 0 and 1"),
        ({"glasses": 2}, 0.9, "the number of steps is found"),
        ({"glasses": float("nan")}, 0.9, "not a finite number"),
        ("smile", 0.9, "'smile' has no probe.*fit it again"),
        ("glasses", None, "or a name and until=0.9"),
        ({}, None, "at least one direction"),
        ({"glasses": 1e300}, None, "farther out than numbers reach"),
    ],
)
def test_what_cannot_be_done_is_said(space: Space, by: object, until: float | None, message: str) -> None:
    plain = space.directions()["smile"]
    save_direction(space.folder, replace(plain, probe=None))
    with pytest.raises(InputError, match=message):
        space.edit("0", by, until=until)


def test_an_unknown_direction_is_said(space: Space) -> None:
    with pytest.raises(UnknownNameError, match="no direction 'hat'"):
        space.edit("0", {"hat": 1.0}, keep="woman")


def test_support_is_known_all_along(space: Space) -> None:
    edited = space.edit(bare(space), {"glasses": 12.0})
    assert [point.share for point in edited.along] == pytest.approx(np.linspace(0, 1, 9).tolist())
    assert edited.along[0].support == pytest.approx(edited.before.support)
    assert edited.along[-1].support == pytest.approx(edited.support) == 0
    first = next(point for point in edited.along if point.support < 0.005)
    assert f"support falls to 0 at {12 * first.share:+.3g} steps: there is no data beyond that" in edited.warnings
    assert not space.edit(bare(space), {"glasses": 0.1}).warnings
    both = space.edit(bare(space), {"glasses": 12.0, "beard": 12.0})
    assert any("% of the way: there is no data" in warning for warning in both.warnings)


def test_a_dose_beyond_all_measure_is_still_told(space: Space) -> None:
    edited = space.edit("3", {"glasses": 1e9})
    assert edited.support == 0
    for name, change in edited.changed.items():
        assert abs(change) <= np.ptp(space.points.column(name)) + 1e-6
    json.dumps(edited.to_dict(), allow_nan=False)


def test_the_picture_has_all_of_it(space: Space, tmp_path: Path) -> None:
    edited = space.edit(bare(space), {"glasses": 2.0}, keep="beard")
    with Image.open(edited.save(tmp_path / "edit.png")) as image:
        assert image.height > 600
    assert edited._repr_html_().count("<img") == 1


def test_without_a_decoder_the_nearest_real_items_answer(plane: Space) -> None:
    edited = plane.edit("0", {"a": 2.0})
    assert edited.after.decoded_by == "nearest item"
    assert "no decoder" in edited.notes[0]
    assert edited.after.nearest in plane.ids
    assert isinstance(edited, Edited)
    assert edited.picture().width > 0


def test_a_direction_without_steps_needs_until() -> None:
    assert parse_moves(["glasses"], 0.9) == {"glasses": 1.0}
    assert parse_moves(["glasses=-1"], 0.9) == {"glasses": -1.0}
    with pytest.raises(InputError, match="give a direction and a number of steps"):
        parse_moves(["glasses"])
