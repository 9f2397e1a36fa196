"""A small real space for all tests: drawn portraits, encoded by the shipped weights."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import lateen as lt
from lateen.space import Space

N = 400


@pytest.fixture(scope="session")
def faces_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A space of 400 portraits; tests must not change it."""
    folder = tmp_path_factory.mktemp("faces") / "faces.space"
    lt.build(f"portraits:{N}", encoder="vae:portraits", out=folder)
    return folder


@pytest.fixture
def faces(faces_folder: Path, tmp_path: Path) -> Space:
    """The space, as a copy that a test may change."""
    copy = tmp_path / "faces.space"
    shutil.copytree(faces_folder, copy)
    return lt.open(copy)


@pytest.fixture(scope="session")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A picture file that is no item of the space: the portrait after its last."""
    from PIL import Image

    path = tmp_path_factory.mktemp("photos") / "new face.png"
    Image.fromarray(lt.portraits(1, start=N, size=128).images[0]).save(path)
    return path
