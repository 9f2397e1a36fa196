"""Sizes and distances beyond reason are refused with the range, before any work."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import lateen as lt
from lateen.core.errors import InputError, SpaceError
from lateen.directions.contrast import as_numbers
from lateen.operations.opened import within_reach
from lateen.space import Space

SEEDS = (-1, 2**32)


def test_sizes_beyond_reason(faces: Space) -> None:
    with pytest.raises(InputError, match="at most 10,000 steps, got --steps 1000000"):
        faces.path("0", "1", steps=1_000_000)
    with pytest.raises(InputError, match="Got n = 1000000; ask for 1 to 10,000 samples"):
        faces.sample(1_000_000)


@pytest.mark.parametrize("seed", SEEDS)
def test_seeds_out_of_range(faces: Space, seed: int) -> None:
    for call in (
        lambda: faces.sample(1, seed=seed),
        lambda: faces.map(method="pca", seed=seed),
        lambda: faces.direction("smile", field="smile", seed=seed),
    ):
        with pytest.raises(InputError, match=f"Got the seed {seed}"):
            call()


def test_points_out_of_reach(faces: Space) -> None:
    faces.direction("smile", field="smile")
    for call in (
        lambda: faces.near(f"{'9' * 400}*0"),
        lambda: faces.solve(f"1{'0' * 30}*0 + 1"),
        lambda: faces.edit("0", {"smile": 1e300}),
    ):
        with pytest.raises(InputError, match="leads farther out than numbers reach"):
            call()
    with pytest.raises(InputError, match="'a' leads"):
        within_reach(np.array([0, np.nan], np.float32), "a")


@pytest.mark.parametrize(
    ("name", "value"),
    [("auc", "x"), ("n_positive", 1.5), ("vector", "x"), ("scale", None), ("scale", 1e999)],
)
def test_a_damaged_direction_is_named(faces: Space, name: str, value: object) -> None:
    faces.direction("smile", field="smile")
    (file,) = (Path(faces.folder) / "directions").glob("*.json")
    file.write_text(json.dumps(json.loads(file.read_text()) | {name: value}))
    with pytest.raises(SpaceError, match=r"The direction 'smile' of space faces\.space is damaged: .* Fit it again"):
        lt.open(faces.folder).directions()


def test_a_damaged_direction_stands_in_nobody_elses_way(faces: Space) -> None:
    """Others are fitted, compared and kept as before, and the damaged one can be fitted again."""
    faces.direction("smile", field="smile")
    (file,) = (Path(faces.folder) / "directions").glob("*.json")
    file.write_text("{")
    again = lt.open(faces.folder)
    assert again.direction("grin", field="smile").cosine_with == {}
    assert again.discover("pca", 1)[0].novelty < 1
    assert again.edit("0", {"pca-1": 1}, keep=["grin"]).by == {"pca-1": 1}
    with pytest.raises(SpaceError, match=r"smile.* is damaged: .* Fit it again with --force, or remove it"):
        again.edit("0", {"smile": 1})
    assert again.direction("smile", field="smile", force=True).cosine_with["grin"] == pytest.approx(1, abs=1e-5)


def test_a_probe_of_other_dimensions_is_damage(faces: Space) -> None:
    faces.direction("smile", field="smile")
    (file,) = (Path(faces.folder) / "directions").glob("*.json")
    plain = json.loads(file.read_text())
    plain["probe"]["weights"] = plain["probe"]["weights"][:-1]
    file.write_text(json.dumps(plain))
    with pytest.raises(SpaceError, match=r"is damaged: .* dimensions, but its probe reads"):
        lt.open(faces.folder).edit("0", {"smile": 1})


def test_a_direction_is_called_as_its_file_is(faces: Space) -> None:
    faces.direction("smile", field="smile")
    (file,) = (Path(faces.folder) / "directions").glob("*.json")
    file.rename(file.with_name("grin.json"))
    edited = lt.open(faces.folder).edit("0", {"grin": 1})
    assert edited.by == {"grin": 1}
    assert "smile" in edited.changed


def test_names_of_discovered_axes_are_theirs(faces: Space) -> None:
    faces.discover("pca", 1)
    with pytest.raises(InputError, match="'pca-1': so discovered axes are called"):
        faces.direction("pca-1", field="smile")
    with pytest.raises(InputError, match="'ica-12': so discovered axes are called"):
        faces.name_direction("pca-1", "ica-12")
    named = faces.name_direction("pca-1", "pca-first")
    assert repr(named) == "Direction pca-first: an axis that pca discovered, with no attribute to test it on"


def test_numbers_out_of_reach_are_missing() -> None:
    numbers = as_numbers(np.array([1.0, 1e300, -1e300, np.inf, 1e20]))
    assert numbers is not None
    np.testing.assert_array_equal(numbers, [1, np.nan, np.nan, np.nan, 1e20])
