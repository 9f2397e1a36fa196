"""From a source to a model: what `lateen.train` does around the training loop."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import lateen as lt
from lateen.core.errors import InputError, StorageError
from lateen.models.vae import VAEConfig
from lateen.training import pictures

TINY = VAEConfig(size=32, latent_dim=4, width=4, blocks=0)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for i, image in enumerate(lt.portraits(12, size=40).images):
        Image.fromarray(image).save(folder / f"{i:02}.png")
    return folder


def test_pictures_that_can_not_be_read_are_named(photos: Path, tmp_path: Path) -> None:
    (photos / "05.png").write_bytes((photos / "05.png").read_bytes()[:100])
    (photos / "06.png").write_bytes(b"")
    trained = lt.train(photos, tmp_path / "a.model", config=TINY, steps=2)
    assert [id for id, _ in trained.rejected] == ["05.png", "06.png"]
    assert all(reason for _, reason in trained.rejected)
    assert trained.to_dict()["steps"] == 2
    assert "2 steps" in repr(trained)


def test_pictures_beyond_memory_go_to_a_file_and_train_the_same(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lt.train(photos, tmp_path / "a.model", config=TINY, steps=3)
    monkeypatch.setattr(pictures, "IN_MEMORY", 1000)
    lt.train(photos, tmp_path / "b.model", config=TINY, steps=3)
    first, second = ((tmp_path / name / "weights.safetensors").read_bytes() for name in ("a.model", "b.model"))
    assert first == second
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.model", "b.model", "photos"]


def test_a_full_disk_is_said_before_anything_is_read(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pictures, "IN_MEMORY", 1000)
    monkeypatch.setattr("os.posix_fallocate", full)
    with pytest.raises(StorageError, match=r"needs .* GB beside the model.*No space left"):
        lt.train(photos, tmp_path / "a.model", config=TINY, steps=3)
    assert [p.name for p in tmp_path.iterdir()] == ["photos"]


def test_what_can_not_work_is_said_before_the_source_is_read(photos: Path, tmp_path: Path) -> None:
    read: list[int] = []
    lt.train(photos, tmp_path / "a.model", config=TINY, steps=1)
    with pytest.raises(InputError, match="exists already"):
        lt.train(photos, tmp_path / "a.model", config=TINY, steps=1, on_read=lambda done, _: read.append(done))
    with pytest.raises(InputError, match="give one of them"):
        lt.train(photos, tmp_path / "b.model", config=TINY, steps=1, minutes=1.0, on_read=lambda a, _: read.append(a))
    with pytest.raises(InputError, match="no model kind 'gan2'"):
        lt.train(photos, tmp_path / "b.model", model="gan2")
    assert read == []


def test_a_folder_of_broken_pictures_says_why(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in ("a.png", "b.png"):
        (folder / name).write_bytes(b"not a picture")
    with pytest.raises(InputError, match=r"0 readable pictures of 2.*'a.png': not a picture"):
        lt.train(folder, tmp_path / "a.model", config=TINY, steps=1)


def test_pictures_are_made_square_as_the_config_says(tmp_path: Path) -> None:
    folder = tmp_path / "wide"
    folder.mkdir()
    for i in range(4):
        Image.fromarray(np.full((32, 64, 3), 40 * i, np.uint8)).save(folder / f"{i}.png")
    lt.train(folder, tmp_path / "a.model", size=32, latent_dim=4, fit="pad", steps=1)
    assert lt.VAE.load(tmp_path / "a.model").spec.preprocessing["fit"] == "pad"
    built = lt.build(folder, encoder=f"vae:{tmp_path / 'a.model'}", out=tmp_path / "a.space")
    assert built.n == 4
