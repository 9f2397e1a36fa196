"""Traversals: where the frames are, what the probe reads at them, where support ends, films, grids, bad input."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import lateen as lt
from lateen.core.direction import Direction
from lateen.core.errors import InputError, UnknownNameError
from lateen.core.path import Path as Way
from lateen.core.probe import Probe
from lateen.operations.traverse import dose_of, reading_text
from lateen.space import Space
from lateen.store import save_direction


def kept(space: Space, name: str, *, dose: float = float("nan"), probed: bool = True, **field: str) -> Direction:
    """A direction with a dose, and with a probe that reads half at the middle between the class means."""
    direction = space.direction(name, **field, force=True).direction
    middle = float(direction.read(np.asarray(space.vectors)).mean())
    probe = Probe(direction.vector * np.float32(2 / direction.scale), -2 * middle) if probed else None
    direction = replace(direction, dose=dose, probe=probe)
    save_direction(space.folder, direction)
    return direction


@pytest.fixture
def smiling(faces: Space) -> Space:
    kept(faces, "smile", field="smile", dose=2.0)
    kept(faces, "long hair", field="hair_length", dose=1.5)
    return faces


def test_frames_are_the_item_moved_evenly_with_the_item_at_zero(smiling: Space) -> None:
    found = smiling.traverse("7", "smile")
    assert found.steps == (-2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2)
    direction = smiling.direction("smile").direction
    for steps, frame in zip(found.steps, found.frames, strict=True):
        np.testing.assert_allclose(frame.vector, direction.apply(smiling.vector("7"), steps), atol=1e-5)
    np.testing.assert_array_equal(found.frames[4].vector, smiling.vector("7"))
    assert found.frames[4].nearest == "7"
    np.testing.assert_allclose(found.frames[-1].vector, smiling.edit("7", {"smile": 2.0}).after.vector, atol=1e-5)
    assert isinstance(found.path, Way)
    np.testing.assert_allclose(found.path.evaluate(0.75), found.frames[6].vector, atol=1e-5)


def test_the_reading_is_the_probes_and_rises_along_the_direction(smiling: Space) -> None:
    found = smiling.traverse("7", "smile", start=-3, end=3, steps=7)
    probe = smiling.direction("smile").direction.probe
    assert probe is not None
    assert found.reading == pytest.approx([float(probe(frame.vector)) for frame in found.frames])
    assert list(found.reading) == sorted(found.reading)
    plain = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert plain["steps"] == [-3, -2, -1, 0, 1, 2, 3]
    assert plain["reading"] == pytest.approx(found.reading, abs=1e-6)
    assert plain["reads"] == "probability"
    assert plain["ids_nearest"][3] == "7"
    assert plain["support"] == pytest.approx([f.support for f in found.frames], abs=1e-4)
    assert plain["decoded_by"] == "decoder"


def test_without_a_probe_nothing_is_read(faces: Space) -> None:
    kept(faces, "smile", field="smile", probed=False)
    found = faces.traverse("7", "smile", steps=3)
    assert found.reading is None
    assert found.to_dict()["reading"] is None
    assert found.picture().height < replace(found, reading=(0.1, 0.5, 0.9)).picture().height


@pytest.mark.parametrize(
    ("steps", "expected"),
    [(2, (0, 2)), (3, (-2, 0, 2)), (4, (-1, 0, 1, 2)), (5, (-2, -1, 0, 1, 2))],
    ids=["two", "three", "four", "five"],
)
def test_zero_is_among_the_frames_whatever_their_number(
    smiling: Space, steps: int, expected: tuple[float, ...]
) -> None:
    assert smiling.traverse("7", "smile", steps=steps).steps == expected


def test_a_range_of_ones_own_is_kept_to_and_zero_is_zero(smiling: Space) -> None:
    found = smiling.traverse("7", "smile", start=-0.3, end=0.6, steps=4)
    assert found.steps == pytest.approx((-0.3, 0, 0.3, 0.6))
    assert 0.0 in found.steps
    assert smiling.traverse("7", "smile", start=1, steps=3).steps == (1, 1.5, 2)
    assert smiling.traverse("7", "smile", end=1, steps=3).steps == (-2, -0.5, 1)


@pytest.mark.parametrize(
    ("dose", "gap", "expected"),
    [(2.5, 4.0, 2.5), (float("nan"), 4.0, 4), (float("nan"), -4.0, 4), (float("nan"), float("nan"), 3), (0.0, 0.0, 3)],
    ids=["dose", "gap", "gap back", "neither", "nothing"],
)
def test_how_far_it_goes_if_nothing_is_said(dose: float, gap: float, expected: float | int) -> None:
    direction = Direction("d", np.eye(3, dtype=np.float32)[0], 1.0, "mean_difference", dose=dose, gap=gap)
    assert dose_of(direction) == expected


def test_a_grid_moves_along_both(smiling: Space) -> None:
    found = smiling.traverse("7", "smile", other="long hair")
    assert (len(found.steps), len(found.other_steps), len(found.frames)) == (7, 5, 35)
    assert found.other_steps == (-1.5, -0.75, 0, 0.75, 1.5)
    both = smiling.edit("7", {"smile": found.steps[6], "long hair": -1.5}).after
    np.testing.assert_allclose(found.frames[6].vector, both.vector, atol=1e-5)
    assert found.frames[2 * 7 + 3].nearest == "7"
    plain = found.to_dict()
    assert np.shape(plain["support"]) == np.shape(plain["reading"]) == np.shape(plain["other_reading"]) == (5, 7)
    probe = smiling.direction("long hair").direction.probe
    assert probe is not None
    assert plain["other_reading"][4][0] == pytest.approx(float(probe(found.frames[28].vector)), abs=1e-6)
    row = smiling.traverse("7", "smile", steps=7)
    np.testing.assert_allclose(
        [f.vector for f in found.frames[14:21]], [f.vector for f in row.frames], atol=1e-5
    )


@pytest.mark.parametrize(("steps", "rows"), [(2, 2), (3, 3), (5, 3), (9, 7)], ids=["2", "3", "5", "9"])
def test_a_grid_has_fewer_rows_than_columns_and_zero_in_both(smiling: Space, steps: int, rows: int) -> None:
    found = smiling.traverse("7", "smile", other="long hair", steps=steps)
    assert (len(found.steps), len(found.other_steps)) == (steps, rows)
    assert 0.0 in found.steps
    assert 0.0 in found.other_steps


def test_it_says_where_support_ends(smiling: Space) -> None:
    far = smiling.traverse("7", "smile", start=-30, end=30, steps=7)
    assert [round(f.support, 2) == 0 for f in far.frames] == [True, True, True, False, True, True, True]
    assert any("Support is 0 up to −10 and from +10 on" in note for note in far.notes)
    beyond = smiling.traverse("7", "smile", start=20, end=30, steps=3)
    assert any("Support is 0 everywhere" in note for note in beyond.notes)
    grid = smiling.traverse("7", "smile", other="long hair", start=-30, end=30, steps=3)
    assert any("Support is 0 in 8 of 9 cells" in note for note in grid.notes)
    assert not any("Support" in note for note in smiling.traverse("7", "smile", start=-0.1, end=0.1).notes)


def test_a_doubtful_direction_is_told(faces: Space) -> None:
    rng = np.random.default_rng(0)
    weak = kept(faces, "weak", field="smile")
    noise = rng.normal(size=64)
    save_direction(faces.folder, replace(weak, vector=(noise / np.linalg.norm(noise)).astype(np.float32), auc=0.5))
    found = faces.traverse("7", "weak", steps=3)
    assert found.warnings == (faces.direction("weak").warning,)
    assert found.notes[-1] == found.warnings[0]


def test_two_names_of_one_direction_are_told(smiling: Space) -> None:
    save_direction(smiling.folder, smiling.direction("smile").direction.renamed("grin"))
    found = smiling.traverse("7", "smile", other="grin", steps=3)
    assert "smile and grin do nearly the same (cosine +1.00)" in found.warnings


def test_pictures_and_films(smiling: Space, tmp_path: Path) -> None:
    found = smiling.traverse("7", "smile", steps=5)
    with Image.open(found.save(tmp_path / "strip.png")) as strip:
        assert strip.width > 6 * 128
    with Image.open(found.save(tmp_path / "film.gif")) as film:
        assert getattr(film, "n_frames", 1) > 36  # more than the strip has, so that it runs smoothly
    grid = smiling.traverse("7", "smile", other="long hair", steps=3)
    with Image.open(grid.save(tmp_path / "grid.png")) as picture:
        assert picture.height > 3 * 128
    with pytest.raises(InputError, match="two directions make a grid, which is no film"):
        grid.save(tmp_path / "grid.gif")
    with pytest.raises(InputError, match="exists already"):
        found.save(tmp_path / "film.gif")


def test_many_frames_report_their_progress(smiling: Space) -> None:
    told: list[tuple[str, int, int]] = []
    found = smiling.traverse("7", "smile", steps=300, progress=lambda *at: told.append(at))
    assert told == [("decoding", 256, 300), ("decoding", 300, 300)]
    few = smiling.traverse("7", "smile", start=found.steps[0], end=found.steps[-1], steps=2)
    np.testing.assert_allclose(few.frames[-1].vector, found.frames[-1].vector, atol=1e-5)


def test_a_file_and_an_expression_can_be_moved(smiling: Space, photo: Path, tmp_path: Path) -> None:
    assert smiling.traverse(str(photo), "smile", steps=3).save(tmp_path / "photo.png").exists()
    assert smiling.traverse("7 - 8 + 9", "smile", steps=3).save(tmp_path / "sum.png").exists()


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> Space:
    """Directions alone count here, and nothing decodes."""
    folder = tmp_path_factory.mktemp("words")
    numbers = np.random.default_rng(0).normal(size=(200, 16))
    numbers[:20, 0] += 6
    numbers[20:40, 0] -= 6
    lines = [" ".join([f"w{row}", *map(str, vector)]) for row, vector in enumerate(numbers)]
    (folder / "w.vec").write_text("200 16\n" + "\n".join(lines) + "\n")
    lt.build(folder / "w.vec", out=folder / "w.space")
    space = lt.open(folder / "w.space")
    space.direction("up", words=[[f"w{i}" for i in range(10)], [f"w{i}" for i in range(20, 30)]])
    return space


def test_on_a_sphere_every_point_is_a_unit_vector_and_real_items_stand_in(words: Space, tmp_path: Path) -> None:
    found = words.traverse("w30", "up", start=-2, end=20, steps=12)
    np.testing.assert_allclose([np.linalg.norm(f.vector) for f in found.frames], 1, atol=1e-5)
    assert found.to_dict()["decoded_by"] == "nearest item"
    assert "no decoder" in found.notes[0]
    assert found.frames[1].nearest == "w30"
    assert int(found.frames[-1].nearest[1:]) < 20
    with Image.open(found.save(tmp_path / "w.gif")) as film:
        assert getattr(film, "n_frames", 1) > 1
    assert found.save(tmp_path / "w.png").exists()
    np.testing.assert_allclose(found.frames[-1].vector, words.edit("w30", {"up": 20.0}).after.vector, atol=1e-5)


BAD: dict[str, tuple[dict[str, object], str]] = {
    "one step": ({"steps": 1}, "at least its two ends, got --steps 1"),
    "no steps": ({"steps": -3}, "at least its two ends"),
    "too many": ({"steps": 10_001}, "at most 10,000 frames, got --steps 10,001"),
    "too large a grid": ({"steps": 200, "other": "long hair"}, "198 rows of 200 frames"),
    "nan": ({"start": float("nan")}, "from one number of steps to another"),
    "infinite": ({"end": float("inf")}, "from one number of steps to another"),
    "empty": ({"start": 1, "end": 1}, "from 1 to 1 steps has no length"),
    "reversed": ({"start": 3, "end": -3}, "from 3 to -3 steps has no length or leads back"),
    "half reversed": ({"start": 5}, r"from 5 to 2 steps .*; give --from and --to"),
    "the same": ({"other": "smile"}, "takes two directions, got 'smile' twice"),
    "far out": ({"start": 0, "end": 1e30}, "farther out than numbers reach"),
    "past all numbers": ({"start": -1e300, "end": 0}, "farther out than numbers reach"),
    "far out in a grid": ({"start": -1e300, "end": 0, "other": "long hair"}, "farther out than numbers reach"),
}


@pytest.mark.parametrize("case", BAD, ids=str)
def test_bad_input_is_one_message(smiling: Space, case: str) -> None:
    options, said = BAD[case]
    with pytest.raises(InputError, match=said):
        smiling.traverse("7", "smile", **options)  # type: ignore[arg-type]


def test_unknown_names_are_told_with_what_is_near(smiling: Space) -> None:
    with pytest.raises(UnknownNameError, match=r"no direction 'smil'.*Did you mean 'smile'"):
        smiling.traverse("7", "smil")
    with pytest.raises(UnknownNameError, match="no direction 'hair'"):
        smiling.traverse("7", "smile", other="hair")
    with pytest.raises(UnknownNameError, match="no id 'nobody'"):
        smiling.traverse("nobody", "smile")


def test_how_readings_are_written() -> None:
    assert [reading_text(r, "probability") for r in (0.031, 0.5, 0.999)] == [".03", ".50", "1.00"]
    assert [reading_text(r, "value") for r in (0.031, -2.5, 1234.5)] == ["0.031", "−2.5", "1,234"]
