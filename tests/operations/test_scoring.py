"""Scores of directions: what is held out, what is refused, what the figures say, in a small real space."""

from __future__ import annotations

import math
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import lateen as lt
from lateen.core.direction import Direction
from lateen.core.errors import InputError, UnknownNameError
from lateen.operations.held_out import hold_out
from lateen.operations.score import score, score_direction
from lateen.operations.score_target import contrast_of
from lateen.operations.scored import Score
from lateen.operations.space_reader import SpaceReader, train_reader
from lateen.space import Space

STEPS = 30


@pytest.fixture(scope="module")
def scored(faces_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Space:
    """The space with directions; no test changes it."""
    copy = tmp_path_factory.mktemp("scored") / "faces.space"
    shutil.copytree(faces_folder, copy)
    space = lt.open(copy)
    space.direction("glasses", field="glasses", positive="> 0")
    space.direction("smile", field="smile")
    return space


@pytest.fixture(scope="module")
def held(scored: Space) -> np.ndarray:
    return np.arange(0, len(scored), 3)


@pytest.fixture(scope="module")
def reader(scored: Space, held: np.ndarray) -> SpaceReader:
    return train_reader(scored._opened, held, steps=STEPS)


@pytest.fixture(scope="module")
def found(scored: Space, held: np.ndarray, reader: SpaceReader) -> Score:
    return score_direction(scored._opened, scored.directions()["glasses"], reader, held)


def test_what_is_held_out(scored: Space) -> None:
    opened = scored._opened
    split = contrast_of(opened, scored.directions()["smile"])
    assert split is not None
    divided = hold_out(opened, split, 500, None, 0)
    n = len(scored)
    assert np.intersect1d(divided.fit, divided.held).size == 0
    assert len(divided.fit) + len(divided.held) == n
    assert len(divided.held) == pytest.approx(n / 3, abs=2)
    for side in (split.positive, split.negative):
        assert side[divided.held].sum() == pytest.approx(side.sum() / 3, abs=1)
    again, other = (hold_out(opened, split, 500, None, seed) for seed in (0, 1))
    np.testing.assert_array_equal(divided.held, again.held)
    assert not np.array_equal(divided.held, other.held)
    few = hold_out(opened, split, 20, None, 0)
    assert len(few.held) == len(divided.held)  # so small a space needs a third to judge the reader


def test_people_are_held_out_whole(tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(size=(300, 6)).astype(np.float32)
    names = np.array([f"p{i % 20}" for i in range(300)])
    np.savez(tmp_path / "x.npz", vectors=x, person=names)
    lt.build(tmp_path / "x.npz", out=tmp_path / "x.space", encoder="none")
    opened = lt.open(tmp_path / "x.space")._opened
    divided = hold_out(opened, None, 500, "person", 0)
    apart = set(names[divided.held])
    assert divided.people == len(apart) == 7
    assert not apart & set(names[divided.fit])
    assert len(divided.fit) == 13 * 15
    assert len(divided.held) == 7 * 8  # half of each: the reader must have seen them to know them


def test_the_reader_is_judged_on_what_it_has_not_seen(reader: SpaceReader, held: np.ndarray) -> None:
    np.testing.assert_array_equal(reader.judged, held)
    assert len(reader.real) == len(reader.decoded) == len(held)
    assert set(reader.skills) == set(reader.reader.fields)
    assert reader.skills["background"][0].n == len(held)
    assert set(reader.levels) == set(reader.reader.fields) - {"woman", "glasses"}


def test_figures(found: Score, scored: Space, held: np.ndarray) -> None:
    lacks = np.asarray(scored._opened.column("glasses"))[held] == 0
    assert 20 <= found.n <= lacks.sum()
    assert found.rule == "glasses > 0"
    assert 0 <= found.success.low <= found.success.value <= found.success.high <= 1
    first = found.doses[0]
    assert (first.dose, first.success) == (0, 0)  # nothing is edited: nobody has it, all is kept
    assert math.isnan(first.kept) or first.kept == 1
    assert found.doses[4].dose == pytest.approx(found.dose)
    assert set(found.kept) | set(found.unjudged) == set(scored._opened.fields.column_names) - {"glasses"}
    assert set(found.independent) | set(found.along) == set(found.kept)
    assert found.identity.how == "retrieval"
    assert found.identity.chance == 1 / found.n
    assert found.identity.share.value > 0.1  # far above chance, however little the reader has learnt
    assert any("items were edited" in note for note in found.notes)


def test_its_json(found: Score) -> None:
    plain = found.to_dict()
    keys = {"name", "dose", "n", "success", "success_interval", "kept", "selectivity", "least", "completeness"}
    keys |= {"harmonic", "identity_kept", "reader", "independent", "confounded", "doses", "notes"}
    assert keys <= set(plain)
    assert plain["completeness"] == plain["success"]
    assert plain["reader"]["glasses"]["measure"] == "accuracy"  # type: ignore[index]
    assert plain["reader"]["smile"]["measure"] == "r2"  # type: ignore[index]


def test_its_picture(found: Score, tmp_path: Path) -> None:
    assert len(found.shown) == 8
    assert [s.reached for s in found.shown] == sorted(s.reached for s in found.shown)  # from the least successful on
    with Image.open(found.save(tmp_path / "score.png")) as image:
        assert image.width == 1080
        assert image.height > 700
    assert "success" in repr(found)
    assert "selectivity" in found.describe()
    assert len(found.rows()) == len(found.kept) + len(found.unjudged)


def test_until_gives_each_item_its_own_dose(scored: Space, reader: SpaceReader, held: np.ndarray) -> None:
    probe = scored.directions()["smile"].probe
    if probe is None:
        pytest.skip("directions have no probes")
    value = 0.8 if probe.reads == "value" else 0.9
    to = score_direction(scored._opened, scored.directions()["smile"], reader, held, until=value)
    assert to.until == value
    assert [d.dose for d in to.doses] == [0, 0.25, 0.5, 0.75, 1, 1.25, 1.5]


def test_a_direction_without_a_field(scored: Space, reader: SpaceReader, held: np.ndarray) -> None:
    step = np.eye(scored.spec.dim, dtype=np.float32)[0]
    bare = Direction("bare", step, 1.0, "pca", fingerprint=scored.spec.fingerprint)
    with pytest.raises(InputError, match="suggests no dose"):
        score_direction(scored._opened, bare, reader, held)
    some = score_direction(scored._opened, bare, reader, held, dose=2)
    assert math.isnan(some.success.value)
    assert math.isnan(some.harmonic)
    assert some.n == len(held)
    assert "success can't be judged" in some.notes[0]
    assert some.to_dict()["success"] is None
    assert some.picture().width == 1080


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"items": 5}, "edit 20 at least"),
        ({"dose": 1.0, "until": 0.9}, "one of the two"),
        ({"dose": math.inf}, "finite"),
        ({"within": 0.1}, "give both"),
        ({"group": "person"}, "no field 'person'"),
        ({"seed": -1}, "seed"),
    ],
    ids=["few", "both", "infinite", "within", "no group", "seed"],
)
def test_bad_options(scored: Space, options: dict[str, object], says: str) -> None:
    with pytest.raises(InputError, match=says):
        scored.score("glasses", **options)  # type: ignore[arg-type]


def test_what_is_no_direction(scored: Space) -> None:
    with pytest.raises(UnknownNameError, match="glases"):
        scored.score("glases")


def test_few_without_the_attribute(scored: Space) -> None:
    lacking = scored.direction("most", field="beard", positive="< 0.95")
    assert lacking.direction.n_negative < 40
    with pytest.raises(InputError, match=r"20 at least, but of the \d+ held-out"):
        scored.score("most")
    scored.remove_direction("most")


def test_few_pictures(tmp_path: Path) -> None:
    lt.build("portraits:60", encoder="vae:portraits", out=tmp_path / "few.space")
    few = lt.open(tmp_path / "few.space")
    few.direction("glasses", field="glasses", positive="> 0")
    with pytest.raises(InputError, match="60 pictures"):
        few.score("glasses")


def test_spaces_that_cannot_be_scored(tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(size=(200, 4)).astype(np.float32)
    np.savez(tmp_path / "x.npz", vectors=x, kind=(x[:, 0] > 0).astype(int))
    lt.build(tmp_path / "x.npz", out=tmp_path / "x.space", encoder="none")
    vectors = lt.open(tmp_path / "x.space")
    vectors.direction("kind", field="kind")
    with pytest.raises(InputError, match="are no pictures"):
        vectors.score("kind")


@pytest.mark.slow
def test_glasses_are_put_on(scored: Space) -> None:
    told: list[str] = []
    result = score(scored._opened, "glasses", steps=350, progress=lambda what, done, total: told.append(what))
    assert result.told[1] > 0.85
    assert result.success.value > 0.8
    assert result.monotone
    assert {"background", "hair_length"} <= set(result.kept)
    assert result.selectivity > 0.85
    assert list(dict.fromkeys(told)) == ["pictures", "reader", "decoding", "before", "editing", "doses"]
