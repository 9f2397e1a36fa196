"""Where a space may be built: odd names, and what the storage library makes of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import lateen as lt
from lateen.building import build
from lateen.core.errors import InputError


@pytest.fixture
def numbers(tmp_path: Path) -> Path:
    path = tmp_path / "numbers.npy"
    np.save(path, np.random.default_rng(0).standard_normal((20, 4)).astype(np.float32))
    return path


@pytest.mark.parametrize("name", ["~/a.space", "s3:a.space", "a%41 #?.space", "ü[1].space", "\\a.space"])
def test_a_relative_name_means_what_the_shell_means_by_it(
    name: str, numbers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(tmp_path)
    build(numbers, out=name)
    assert len(lt.open(name).near("3", k=2).matches) == 2
    lt.open(name).direction("axis", pairs="1:2,3:4,5:6")
    lt.open(name).erase("axis", f"{name}.erased")
    assert len(lt.open(f"{name}.erased").near("3", k=2).matches) == 2
    assert list(home.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "said"),
    [("/", "root of all folders"), ("a\nb.space", "control character"), ("a\udcff.space", "not UTF-8")],
)
def test_a_place_that_can_hold_no_space_is_refused_first(
    name: str, said: str, numbers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(InputError, match=said):
        build(numbers, out=name)
    assert sorted(tmp_path.iterdir()) == before
