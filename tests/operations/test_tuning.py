"""Tuning and measured doses, where it is known what goes along: patches of light, read by a reader trained on them."""

from __future__ import annotations

import math
import shutil
from pathlib import Path

import numpy as np
import pytest
from patches import patches

import lateen as lt
from lateen.core.direction import Direction
from lateen.core.errors import InputError, UnknownNameError
from lateen.measures.targets import Within
from lateen.operations.measured_dose import WANTED, measured_dose, measured_reading
from lateen.operations.score import score
from lateen.operations.score_target import contrast_of, target_of
from lateen.operations.scoring_work import lacking
from lateen.operations.space_reader import SpaceReader, train_reader
from lateen.operations.tune import tune
from lateen.operations.tuning import tuned
from lateen.space import Space

STEPS = 60


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> Space:
    """No test changes it."""
    return patches(tmp_path_factory.mktemp("patches"))


@pytest.fixture
def own(space: Space, tmp_path: Path) -> Space:
    """A copy that a test may change."""
    shutil.copytree(space.folder, tmp_path / "own.space")
    return lt.open(tmp_path / "own.space")


@pytest.fixture(scope="module")
def held(space: Space) -> np.ndarray:
    return np.arange(0, len(space), 3)


@pytest.fixture(scope="module")
def reader(space: Space, held: np.ndarray) -> SpaceReader:
    return train_reader(space._opened, held, steps=STEPS)


@pytest.fixture(scope="module")
def bent(space: Space, reader: SpaceReader) -> Direction:
    rows = np.setdiff1d(np.arange(len(space)), reader.held)
    return tuned(space._opened, space.directions()["lit"], reader, rows, ["shine", "tint"])


def drifts(space: Space, reader: SpaceReader, direction: Direction, rows: np.ndarray) -> dict[str, float]:
    """Mean change of what is read of pictures, in each field's own units."""
    points = np.asarray(space._opened.points[rows], np.float32)
    before, after = (reader.look(points + np.float32(k) * direction.step)[0] for k in (0.0, direction.dose))
    return {f: float((after.fields[f].values - before.fields[f].values).mean()) for f in ("lit", "shine", "tint")}


def success(space: Space, reader: SpaceReader, direction: Direction, rows: np.ndarray, dose: float) -> float:
    """Share of unlit pictures that are read as lit after some steps."""
    points = np.asarray(space._opened.points[rows], np.float32)
    return float(reader.look(points + np.float32(dose) * direction.step)[0].fields["lit"].values.mean())


def unlit(space: Space, held: np.ndarray) -> np.ndarray:
    return held[np.asarray(space._opened.column("lit"))[held] == 0]


def test_steadiness_is_what_reconstructions_keep(space: Space, reader: SpaceReader) -> None:
    assert reader.steadiness("lit").value > 0.97  # a patch is a patch, encoded or not
    lit = np.asarray(space._opened.column("lit")) == 1
    among = reader.steadiness("lit", lit)
    assert among.n == lit[reader.judged].sum()
    real, decoded = (readings.fields["lit"].values for readings in (reader.real, reader.decoded))
    same = (real == decoded)[lit[reader.judged]]
    assert among.value == pytest.approx(same.mean())
    nobody = reader.steadiness("lit", np.zeros(len(space), bool))
    assert nobody.n == 0
    assert math.isnan(nobody.value)


def test_a_tuned_direction_keeps_what_the_plain_one_drags_along(
    space: Space, reader: SpaceReader, bent: Direction, held: np.ndarray
) -> None:
    """On pictures that it wasn't tuned on."""
    rows = unlit(space, held)
    plain = drifts(space, reader, space.directions()["lit"], rows)
    kept = drifts(space, reader, bent, rows)
    assert plain["shine"] > 0.15  # two standard deviations of the data's own noise
    assert abs(kept["shine"]) < 0.25 * plain["shine"]
    assert abs(kept["tint"]) < 0.1
    assert kept["lit"] > 0.9  # and still lights the patch


def test_the_figures_of_a_tuned_direction(space: Space, bent: Direction) -> None:
    plain = space.directions()["lit"]
    assert bent.tuned == ("shine", "tint")
    assert float(np.linalg.norm(bent.vector)) == pytest.approx(1, abs=1e-5)
    along = np.asarray(space._opened.points, np.float64) @ bent.vector
    assert bent.scale == pytest.approx(along.std(), rel=1e-4)
    lit = np.asarray(space._opened.column("lit")) == 1
    assert bent.gap == pytest.approx((along[lit].mean() - along[~lit].mean()) / along.std(), rel=1e-3)
    assert 0.3 < bent.cosine(plain) < 0.98
    assert bent.auc == plain.auc  # the probe's
    assert bent.response is None  # that of the plain one says nothing any more
    assert all(math.isnan(figure) for figure in (bent.along, bent.stability))


def test_tuning_is_the_same_again_and_nothing_to_keep_changes_nothing(
    space: Space, reader: SpaceReader, bent: Direction
) -> None:
    rows = np.setdiff1d(np.arange(len(space)), reader.held)
    plain, opened = space.directions()["lit"], space._opened
    again = tuned(opened, plain, reader, rows, ["shine", "tint"])
    assert again.vector.tobytes() == bent.vector.tobytes()
    assert again.dose == bent.dose
    assert tuned(opened, plain, reader, rows, []) is plain


def test_the_measured_dose_is_the_least_that_is_enough(space: Space, reader: SpaceReader, held: np.ndarray) -> None:
    lit, opened = space.directions()["lit"], space._opened
    told: list[tuple[str, int, int]] = []
    dose = measured_dose(opened, lit, reader, held, progress=lambda *now: told.append(now))
    split = contrast_of(opened, lit)
    tried = lacking(opened, split, target_of(opened, lit, split, reader, None, None), reader, held, 500, None)[0]
    assert success(space, reader, lit, tried, dose) >= WANTED
    assert success(space, reader, lit, tried, dose - 0.05 * lit.gap) < WANTED
    assert told[-1] == ("dose", 7, 7)
    assert measured_dose(opened, lit, reader, held, wanted=0.5) < dose


def test_a_direction_that_never_gets_there_has_the_best_dose(
    space: Space, reader: SpaceReader, held: np.ndarray
) -> None:
    lit = space.directions()["lit"]
    nowhere = Direction(
        "nowhere", -lit.vector, lit.scale, "mean_difference", field="lit", positive=lit.positive, gap=lit.gap
    )  # fmt: skip
    assert measured_dose(space._opened, nowhere, reader, held) == pytest.approx(0.5 * lit.gap)  # all fail: the first


def test_the_measured_reading_is_the_best_of_nine(space: Space, reader: SpaceReader, held: np.ndarray) -> None:
    shine, opened = space.directions()["shine"], space._opened
    found = measured_reading(opened, shine, reader, held, 0.8)
    split = contrast_of(opened, shine)
    target = target_of(opened, shine, split, reader, 0.8, None)
    assert isinstance(target, Within)
    assert abs(found - 0.8) <= 2 * target.within + 1e-9
    values = np.asarray(opened.column("shine"))
    assert target.within == pytest.approx(0.5 * reader.head("shine").spread)  # type: ignore[union-attr]
    assert (target.least, target.most) == pytest.approx((values.min(), values.max()), abs=1e-5)
    with pytest.raises(InputError, match="reads a probability"):
        measured_reading(opened, space.directions()["lit"], reader, held, 0.9)


def test_what_has_no_field_has_no_dose_and_is_not_tuned(space: Space, reader: SpaceReader, held: np.ndarray) -> None:
    bare = Direction("bare", np.eye(space.spec.dim, dtype=np.float32)[0], 1.0, "pca", gap=1.0)
    with pytest.raises(InputError, match="bare is none"):
        measured_dose(space._opened, bare, reader, held)
    with pytest.raises(InputError, match="bare is none"):
        measured_reading(space._opened, bare, reader, held, 1.0)
    with pytest.raises(InputError, match="bare has no field"):
        tuned(space._opened, bare, reader, held, ["tint"])
    with pytest.raises(InputError, match="one can't be read from decoded pictures"):
        tuned(space._opened, space.directions()["lit"], reader, held, ["tint", "one"])


@pytest.mark.slow
def test_tune_keeps_the_direction_with_the_space_and_a_score_tunes_again(own: Space) -> None:
    fitted = tune(own._opened, "lit", ["shine", "tint"], steps=STEPS)
    kept = own.directions()["lit"]
    assert kept.tuned == ("shine", "tint")
    assert kept.dose == fitted.direction.dose > 0
    assert fitted.to_dict()["tuned"] == ["shine", "tint"]
    told: list[str] = []
    found = score(own._opened, "lit", items=40, steps=STEPS, progress=lambda what, done, total: told.append(what))
    assert "tuning" in told  # without the held-out items, by another reader
    assert found.dose == pytest.approx(kept.dose)
    assert found.success.value > 0.8


@pytest.mark.slow
def test_a_score_finds_a_dose_and_keeps_it(own: Space) -> None:
    found = score(own._opened, "lit", items=40, steps=STEPS, find_dose=True)
    assert found.success.value > 0.8
    assert own.directions()["lit"].dose == pytest.approx(found.dose)
    assert any("suggests this dose from now on" in note for note in found.notes)


def test_bad_input(own: Space) -> None:
    for keep, says in ((["one,"], "one,"), (["lit"], "keeps what the direction changes")):
        with pytest.raises((InputError, UnknownNameError), match=says):
            tune(own._opened, "lit", keep)
    own.discover("pca", n=2)
    with pytest.raises(InputError, match="pca-1 was not fitted on a field"):
        own.tune("pca-1")
    with pytest.raises(InputError, match="find-dose tries what is enough of a field, and pca-1 has none"):
        own.score("pca-1", find_dose=True)
    with pytest.raises(InputError, match="--find-dose finds how far"):
        own.score("lit", dose=1, find_dose=True)
