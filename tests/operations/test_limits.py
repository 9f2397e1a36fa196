"""Sizes and distances beyond reason are refused with the range, before any work."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import lateen as lt
from lateen.core.errors import InputError, SpaceError
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
