"""Named directions on disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lateen.core.direction import Direction
from lateen.core.errors import InputError, SpaceError, UnknownNameError
from lateen.store.directions import direction_names, load_direction, save_direction


def direction(name: str, seed: int = 0) -> Direction:
    vector = np.random.default_rng(seed).standard_normal(8)
    return Direction(name, (vector / np.linalg.norm(vector)).astype(np.float32), 2.5, "mean_difference", auc=0.9)


def test_they_come_back_to_the_bit(tmp_path: Path) -> None:
    saved = direction("sun glasses")
    save_direction(tmp_path, saved)
    loaded = Direction.from_dict(load_direction(tmp_path, "sun glasses"))
    assert (loaded.vector == saved.vector).all()
    assert loaded.scale == 2.5
    assert loaded.auc == 0.9
    assert np.isnan(loaded.stability)


@pytest.mark.parametrize("name", ["a/b", "..", ".hidden", "ü", "50%", "a.json", "con: x", "v1.2"])
def test_any_name_is_a_file_inside_the_folder(tmp_path: Path, name: str) -> None:
    path = save_direction(tmp_path, direction(name))
    assert path.parent == tmp_path / "directions"
    assert direction_names(tmp_path) == [name]
    assert Direction.from_dict(load_direction(tmp_path, name)).name == name


def test_saving_again_replaces(tmp_path: Path) -> None:
    save_direction(tmp_path, direction("smile", 0))
    save_direction(tmp_path, direction("smile", 1))
    loaded = Direction.from_dict(load_direction(tmp_path, "smile"))
    assert direction_names(tmp_path) == ["smile"]
    assert (loaded.vector == direction("smile", 1).vector).all()


def test_unknown_empty_and_damaged(tmp_path: Path) -> None:
    save_direction(tmp_path, direction("smile"))
    with pytest.raises(UnknownNameError, match=r"no direction 'smle' .* Did you mean 'smile'"):
        load_direction(tmp_path, "smle")
    with pytest.raises(InputError, match="needs a name"):
        save_direction(tmp_path, direction(" "))
    for text in ("{", "[]"):
        (tmp_path / "directions" / "smile.json").write_text(text)
        with pytest.raises(SpaceError, match="is damaged"):
            load_direction(tmp_path, "smile")
