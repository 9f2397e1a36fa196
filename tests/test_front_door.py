"""The front door: `import lateen` is light, and every name behind it is there."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import lateen

HEAVY = ("torch", "sklearn", "lance", "matplotlib", "numpy", "pyarrow", "PIL", "umap", "numba", "typer", "rich")


def loaded_after(code: str) -> set[str]:
    report = f"{code}\nimport sys; print(*sorted(name.partition('.')[0] for name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", report], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_importing_lateen_loads_nothing_heavy() -> None:
    assert not loaded_after("import lateen") & set(HEAVY)


def test_that_test_can_fail() -> None:
    assert "numpy" in loaded_after("import lateen; lateen.Points")


def test_help_loads_neither_models_nor_storage() -> None:
    heavy = {"torch", "sklearn", "lance", "matplotlib", "pyarrow", "umap", "numba", "scipy"}
    assert not loaded_after("import lateen.cli.main") & heavy


SLOW = {"torch", "sklearn", "umap", "numba", "matplotlib"}


def test_opening_and_searching_a_space_loads_no_models() -> None:
    assert not loaded_after("import lateen.space") & SLOW
    golden = Path(__file__).parent / "golden" / "space-format-1"
    assert loaded_after(f"import lateen; lateen.open({str(golden)!r})") >= {"lance", "numpy"}


def test_info_and_near_on_an_id_load_no_models(tmp_path: Path) -> None:
    shutil.copytree(Path(__file__).parent / "golden" / "space-format-1", tmp_path / "a.space")
    calls = "print(space.info().describe(), space.near(space.ids[0], k=3).to_dict())"
    loaded = loaded_after(f"import lateen; space = lateen.open({str(tmp_path / 'a.space')!r}); {calls}")
    assert "lance" in loaded
    assert not loaded & SLOW


@pytest.mark.parametrize("name", lateen._HOME)
def test_every_name_of_the_front_door_opens(name: str) -> None:
    assert callable(getattr(lateen, name))
    assert name in dir(lateen)
    assert name in lateen.__all__


def test_unknown_names_are_refused_with_the_known_ones() -> None:
    with pytest.raises(AttributeError, match="no attribute 'opne'; it has open, build"):
        lateen.opne  # noqa: B018
