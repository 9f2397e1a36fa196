"""Directions of the fields of a real space: of every type of field, with fields held equal, kept and fitted again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import lateen as lt
from lateen.core.errors import InputError, LateenError, UnknownNameError
from lateen.directions import contrast
from lateen.operations.direction_field import needs_value, refit, values_of
from lateen.operations.fitted import Fitted
from lateen.space import Space


@pytest.fixture
def people(tmp_path: Path) -> Space:
    """600 points of 12 numbers: hats go along with being tall, and each of 30 people is there twenty times."""
    rng = np.random.default_rng(0)
    n = 600
    person = rng.permutation(np.repeat(np.arange(30), 20))
    z = rng.normal(size=n)
    hat, height = z + 0.8 * rng.normal(size=n) > 0, 170 + 10 * (0.8 * z + 0.6 * rng.normal(size=n))
    mood = np.array(["calm", "glad", "sad"])[rng.integers(0, 3, n)]
    x = rng.normal(size=(n, 12)) * 0.3 + rng.normal(size=(30, 12))[person] * 0.3
    x[:, 0] += hat
    x[:, 1] += (height - 170) / 10
    x[:, 2] += 2 * (mood == "glad")
    x[:, 3] += 2 * (mood == "sad")
    np.savez(
        tmp_path / "x.npz",
        vectors=x.astype(np.float32),
        ids=np.array([f"i{i}" for i in range(n)]),
        hat=hat,
        height=height,
        person=np.array([f"p{i}" for i in person]),
        mood=mood,
        same=hat,
        room=np.where(mood == "sad", "attic", np.array(["hall", "yard"])[rng.integers(0, 2, n)]),
        stars=rng.integers(1, 6, n),
    )
    lt.build(tmp_path / "x.npz", out=tmp_path / "x.space")
    return lt.open(tmp_path / "x.space")


def assert_kept(space: Space, fitted: Fitted) -> None:
    again = lt.open(space.folder).direction(fitted.direction.name)
    assert again.direction.to_dict() == fitted.direction.to_dict()
    assert again.cosine_with.keys() <= set(space.directions())


def test_a_binary_field(people: Space) -> None:
    fitted = people.direction("hat", field="hat", group="person")
    d = fitted.direction
    assert (d.field, d.positive, d.group, d.without, d.method) == ("hat", "hat = 1", "person", (), "mean_difference")
    assert d.n_positive + d.n_negative == 600
    assert d.auc > 0.9
    assert np.isnan(d.r2)
    assert d.dose > 0
    assert d.probe is not None
    assert_kept(people, fitted)


def test_a_field_of_values_gets_a_direction_for_each(people: Space) -> None:
    found = people.directions_of("mood", field="mood")
    assert [f.direction.name for f in found] == ["mood:calm", "mood:glad", "mood:sad"]
    assert [f.direction.positive for f in found] == ["mood = calm", "mood = glad", "mood = sad"]
    counts = np.unique(people.points.fields["mood"], return_counts=True)[1]
    assert [f.direction.n_positive for f in found] == counts.tolist()
    for f in found:
        assert set(f.cosine_with) == {"mood:calm", "mood:glad", "mood:sad"} - {f.direction.name}
        assert f.direction.auc > 0.9
        assert_kept(people, f)
    assert int(np.argmax(found[1].direction.vector)) == 2
    stars = people.directions_of("stars", field="stars")
    assert [f.direction.name for f in stars] == [f"stars:{k}" for k in range(1, 6)]


def test_a_field_of_values_is_fitted_whole_or_not_at_all(people: Space) -> None:
    people.direction("mood:sad", field="hat")
    with pytest.raises(InputError, match="already has a direction 'mood:sad'"):
        people.directions_of("mood", field="mood")
    people.remove_direction("mood:sad")
    assert people.directions() == {}
    with pytest.raises(InputError, match="can't separate mood = sad from room"):  # which is the third
        people.directions_of("mood", field="mood", without="room")
    assert people.directions() == {}


def test_a_number(people: Space) -> None:
    fitted = people.direction("tall", field="height")
    d = fitted.direction
    assert d.positive == "height upper third"
    assert d.n_positive == pytest.approx(200, abs=2)
    assert d.n_negative == pytest.approx(200, abs=2)
    assert 0.7 < d.r2 < 1
    assert d.probe is not None
    height = np.asarray(people.points.fields["height"], float)
    assert np.corrcoef(d.probe(np.asarray(people.vectors)), height)[0, 1] > 0.85
    above = people.direction("above", field="height", positive="> 180").direction
    assert above.n_positive == int((height > 180).sum())
    assert np.isnan(above.r2)
    assert_kept(people, fitted)


def test_what_goes_along_is_said_and_held_equal(people: Space) -> None:
    plain = people.direction("hat", field="hat")
    assert plain.goes_along["height"] == pytest.approx(0.5, abs=0.15)
    assert "mood" not in plain.goes_along
    assert plain.goes_along["same"] == pytest.approx(1)
    note = next(n for n in plain.notes if "goes along with" in n)
    assert "height (+0." in note
    assert "--without height" in note
    assert any("same can't be told from hat = 1 in this data" in n for n in plain.notes)
    held = people.direction("only hat", field="hat", without="height")
    assert held.direction.without == ("height",)
    assert "height" not in held.goes_along
    both = plain.direction.vector[1], held.direction.vector[1]
    assert both[0] > 0.5
    assert abs(both[1]) < 0.2
    assert held.direction.vector[0] > 0.9
    assert people.direction("list", field="hat", without=["height"]).direction.vector.tolist() == (
        held.direction.vector.tolist()
    )
    assert_kept(people, held)


def test_what_the_data_cannot_separate_is_refused_before_anything_is_kept(people: Space) -> None:
    with pytest.raises(InputError, match="can't separate hat = 1 from same: same already tells 100%"):
        people.direction("hat", field="hat", without="height,same")
    assert people.directions() == {}


def test_a_direction_that_is_there_already_is_noted(people: Space) -> None:
    people.direction("hat", field="hat")
    again = people.direction("cap", field="same")
    assert any("it is the same direction as hat (cosine 1.000)" in note for note in again.notes)
    back = people.direction("bare", field="same", positive="no")
    assert any("it is hat backwards (cosine -1.000)" in note for note in back.notes)
    assert not any("cap" in note for note in people.direction("sad", field="mood", positive="sad").notes)
    notes = people.direction("l", field="mood", positive="sad", method="leace").notes
    assert any("nothing is held equal (--without), so leace is the difference of means" in note for note in notes)


def test_groups(people: Space) -> None:
    with pytest.raises(InputError, match="--group person keeps the items of one person together"):
        people.direction("p1", field="person", positive="p1", group="person")
    alone = people.direction("p1", field="person", positive="p1")
    assert alone.direction.n_positive == 20
    with pytest.raises(InputError, match=r"All items with mood = sad are of one room \(attic\), so mood = sad can't"):
        people.direction("sad", field="mood", positive="sad", group="room")


@pytest.mark.parametrize(
    ("given", "error", "says"),
    [
        ({"field": "hats"}, UnknownNameError, "hats"),
        ({"field": "hat", "without": "heigth"}, UnknownNameError, r"heigth.*height"),
        ({"field": "hat", "group": "persons"}, UnknownNameError, r"persons.*person"),
        ({"field": "hat", "method": "svm"}, InputError, "no method 'svm'"),
        ({"field": "hat", "without": "hat"}, InputError, "--without hat holds equal what the direction is fitted on"),
        ({"field": "hat", "without": "height, height"}, InputError, "names a field twice"),
        ({"field": "mood"}, InputError, "say with --positive which one"),
        ({"field": "hat", "seed": -1}, InputError, "seed"),
    ],
)
def test_bad_input_keeps_nothing(people: Space, given: dict[str, object], error: type[LateenError], says: str) -> None:
    with pytest.raises(error, match=says):
        people.direction("d", **given)
    assert people.directions() == {}


@pytest.mark.parametrize("method", ["mean_difference", "lda", "leace"])
def test_fitted_again_on_all_items_it_is_the_same(people: Space, method: str) -> None:
    opened = people._opened
    without = () if method == "leace" else ("height",)
    first = people.direction("d", field="hat", without=without, method=method, group="person").direction
    again = refit(opened, first, np.arange(600))
    assert again.to_dict() == first.to_dict()
    half = refit(opened, first, np.arange(0, 600, 2))
    assert half.cosine(first) > 0.9
    assert half.n_positive + half.n_negative == 300
    tall = people.direction("tall", field="height").direction
    assert refit(opened, tall, np.arange(600)).to_dict() == tall.to_dict()
    hat = np.asarray(opened.column("hat"))
    with pytest.raises(InputError, match="rows hold one side only"):
        refit(opened, first, np.flatnonzero(hat))
    with pytest.raises(InputError, match="was not fitted on a field"):
        refit(opened, replace(first, field=None), np.arange(600))


def test_values_are_those_that_positive_takes() -> None:
    assert values_of(np.array(["b", None, "a", "b"], object)) == ["a", "b"]
    assert values_of(np.array([2.0, np.nan, 0.5])) == ["0.5", "2"]
    assert values_of(np.array([1234567, 1234568])) == ["1234567", "1234568"]
    assert values_of(np.array([0.1, 1 / 3])) == ["0.1", "0.3333333333333333"]
    days = np.array(["2024-02-01", "NaT", "2024-01-01", "2024-01-01", "2024-03-01"], "datetime64[D]")
    assert values_of(days) == ["2024-01-01", "2024-02-01", "2024-03-01"]
    assert contrast(days, "day", "2024-01-01").positive.tolist() == [False, False, True, True, False]
    assert needs_value(np.array(["a", "b", "c"], object))
    assert needs_value(np.arange(10))
    assert not needs_value(np.arange(11))
    assert not needs_value(np.array([True, False]))
    assert not needs_value(np.array(["a", "b", None], object))


def test_portraits(faces: Space, tmp_path: Path) -> None:
    """The shipped faces: hair goes along with being a woman, and a page shows what the direction does."""
    woman = faces.direction("woman", field="woman")
    assert woman.goes_along["hair_length"] > 0.3
    assert any("hair_length" in note and "--without" in note for note in woman.notes)
    assert woman.direction.auc > 0.8
    held = faces.direction("only woman", field="woman", without="hair_length,beard")
    length = faces.direction("hair", field="hair_length").direction
    assert abs(held.direction.cosine(length)) < abs(woman.direction.cosine(length))
    page = woman.save(tmp_path / "woman.png")
    assert Path(page).stat().st_size > 10_000
    shown = lt.open(faces.folder).direction("woman")
    assert shown.picture().width > 400
    assert shown.direction.response is not None
    assert shown.direction.response.rises
