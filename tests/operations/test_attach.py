"""A decoder for an encoder that has none: trained through the front door, put into a space, used, taken away."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import lateen as lt
import lateen.encoders.registry
import lateen.operations.opened
from lateen.core.codec import Images, Latents, LatentSpec
from lateen.core.errors import InputError, SpaceError, StorageError
from lateen.measures import psnr
from lateen.models.decoder import LatentDecoder
from lateen.models.run import TrainResult
from lateen.operations.edit import Edited
from lateen.operations.sample import Samples
from lateen.operations.walk import Walk
from lateen.space import Space
from lateen.store.ledger import Ledger
from lateen.training import pictures

N, SIZE = 240, 64


class Blocks:
    """An encoder, and nothing more: the mean colours of sixteen blocks of the middle of a picture."""

    spec = LatentSpec(
        "blocks:4x4", 48, "image", "euclidean", fingerprint="b10c", preprocessing={"size": SIZE, "keep": 0.9}
    )

    def encode(self, images: Images) -> Latents:
        n, step = len(images), SIZE // 4
        means = images.reshape(n, 4, step, 4, step, 3).mean(axis=(2, 4), dtype=np.float32)
        return means.reshape(n, 48)


class Words:
    """An encoder of texts."""

    spec = LatentSpec("words:x", 8, "text", "euclidean")

    def encode(self, texts: list[str]) -> Latents:
        raise AssertionError("it should not come to this")


class Spoilt(Blocks):
    """The same with numbers that are none for one picture in ten."""

    def encode(self, images: Images) -> Latents:
        codes = super().encode(images)
        codes[::10, 3] = np.nan
        return codes


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("attach") / "blocks.space"
    lt.build(f"portraits:{N}", encoder=Blocks(), out=folder)
    return folder


@pytest.fixture(scope="module")
def trained(built: Path) -> TrainResult:
    return lt.train(f"portraits:{N}", built.with_name("blocks.decoder"), model="decoder", encoder=Blocks(), steps=20)


@pytest.fixture
def space(built: Path, tmp_path: Path) -> Space:
    copy = tmp_path / "blocks.space"
    shutil.copytree(built, copy)
    return lt.open(copy)


def test_training_says_how_it_compares(trained: TrainResult) -> None:
    figures = trained.validation
    assert figures["psnr"] > figures["psnr_mean"] + 2
    assert {"psnr", "psnr_linear", "psnr_nearest", "psnr_mean", "network_share", "n"} == set(figures)
    assert "linear regression" in repr(trained)
    decoder = LatentDecoder.load(trained.model)
    assert decoder.spec == Blocks.spec
    assert decoder.view == {"size": 64, "fit": "crop", "resample": "lanczos", "keep": 0.9}


def test_a_space_decodes_with_it_and_no_longer_without(space: Space, trained: TrainResult) -> None:
    before = space.path("7", "12")
    assert before.to_dict()["decoded_by"] == "nearest item"
    attached = space.attach(trained.model)
    assert "PSNR" in repr(attached)
    assert attached.to_dict()["size"] == 64
    for result in (space.path("7", "12"), space.sample(4), space.solve("7 - 12 + 30")):
        assert result.to_dict()["decoded_by"] == "decoder"
    shown = space.decode(np.asarray(space.vectors[:50]))
    real = lt.portraits(50, size=64).images
    mean = real.mean(axis=0)[None].repeat(50, axis=0).astype(np.uint8)
    assert psnr(real, np.stack([image for image in shown if image is not None])) > psnr(real, mean) + 1
    assert lt.open(space.folder).path("7", "12").to_dict()["decoded_by"] == "decoder"
    space.detach()
    assert space.path("7", "12").to_dict()["decoded_by"] == "nearest item"
    with pytest.raises(InputError, match="no attached decoder"):
        space.detach()


def test_pictures_that_no_decoder_made_say_so(space: Space, trained: TrainResult) -> None:
    space.direction("glasses", field="glasses", positive="> 0")

    def made() -> tuple[Walk, Samples, Edited]:
        return space.path("7", "12", steps=3), space.sample(4), space.edit("7", {"glasses": 2})

    without = made()
    for result in without:
        assert re.search(r"no decoder; lateen train SOURCE --model decoder .* the real items nearest", result.notes[0])
    heights = [result.picture().height for result in without]
    space.attach(trained.model)
    decoded = made()
    assert [result.notes for result in decoded] == [(), (), ()]
    for plain, titled in list(zip([result.picture().height for result in decoded], heights, strict=True))[1:]:
        assert titled > plain  # by a title


def test_info_says_what_decodes(space: Space, trained: TrainResult) -> None:
    assert space.info().facts["decodes"] is False
    assert "does not decode" in space.info().describe()
    space.attach(trained.model)
    told = space.info()
    assert told.facts["decodes"] is True
    assert f"decodes: by an attached decoder (PSNR {trained.validation['psnr']:.2f} dB held out)" in told.describe()
    decoder = told.to_dict()["decoder"]
    assert isinstance(decoder, dict)
    assert decoder["size"] == 64


def test_it_takes_the_place_of_an_encoder_that_decodes(faces: Space, tmp_path: Path) -> None:
    own = faces.decode(np.asarray(faces.vectors[:1]))[0]
    trained = lt.train("portraits:60", tmp_path / "m", model="decoder", attach=faces.folder, steps=2, size=96)
    assert any("decodes by itself" in note for note in trained.notes)
    made = lt.open(faces.folder).decode(np.asarray(faces.vectors[:1]))[0]
    assert own is not None
    assert made is not None
    assert (own.shape, made.shape) == ((64, 64, 3), (96, 96, 3))
    with pytest.raises(InputError, match=r"has a decoder already; detach it first: lateen attach .* --detach$"):
        lt.train("portraits:60", tmp_path / "n", model="decoder", attach=faces.folder, steps=2)
    assert not (tmp_path / "n").exists()


def test_another_is_put_in_its_place_by_force_only(space: Space, trained: TrainResult, tmp_path: Path) -> None:
    space.attach(trained.model)
    other = lt.train("portraits:40", tmp_path / "m", model="decoder", encoder=Blocks(), steps=1, seed=3)
    with pytest.raises(InputError, match="--force"):
        space.attach(other.model)
    space.attach(other.model, force=True)
    kept, given = (path / "weights.safetensors" for path in (space.folder / "decoder", other.model))
    assert kept.read_bytes() == given.read_bytes()
    assert [p.name for p in space.folder.iterdir() if p.name.startswith(".tmp-")] == []
    with pytest.raises(InputError, match="attached already"):
        space.attach(space.folder / "decoder", force=True)


def test_a_space_that_a_build_writes_to_is_left_alone(space: Space, trained: TrainResult) -> None:
    with Ledger(space.folder / "ledger").lock():
        with pytest.raises(SpaceError, match="build is writing to"):
            space.attach(trained.model)
        assert not (space.folder / "decoder").exists()
    space.attach(trained.model)
    with Ledger(space.folder / "ledger").lock(), pytest.raises(SpaceError, match="build is writing to"):
        space.detach()
    assert (space.folder / "decoder").exists()
    space.detach()


def test_codes_beyond_memory_go_to_a_file_and_train_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    for memory in (2**30, 1000):
        monkeypatch.setattr(pictures, "IN_MEMORY", memory)
        made.append(lt.train("portraits:20", tmp_path / str(memory), model="decoder", encoder=Blocks(), steps=2).model)
    first, second = ((model / "weights.safetensors").read_bytes() for model in made)
    assert first == second
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(path.name for path in made)


def test_no_room_for_codes_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int, start: int, length: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pictures, "IN_MEMORY", 20 * 32 * 32 * 3)
    monkeypatch.setattr("os.posix_fallocate", full)
    monkeypatch.setattr(Blocks, "spec", replace(Blocks.spec, dim=4000))
    with pytest.raises(StorageError, match=r"Training on 20 codes of 4,000 numbers needs .* GB .* No space left"):
        lt.train("portraits:20", tmp_path / "m", model="decoder", encoder=Blocks(), size=32, steps=2)


def test_a_decoder_of_another_encoder_is_refused(space: Space, trained: TrainResult, tmp_path: Path) -> None:
    decoder = LatentDecoder.load(trained.model)
    replace(decoder, spec=replace(decoder.spec, encoder="blocks:other", fingerprint="0" * 64)).save(tmp_path / "m")
    with pytest.raises(SpaceError, match=r"48 numbers, fingerprint b10c.*blocks:other \(48 numbers, fingerprint 000"):
        space.attach(tmp_path / "m")
    with pytest.raises(SpaceError, match=r"fingerprint b10c\).*vae:portraits \(64 numbers"):
        lt.train("portraits:60", tmp_path / "n", model="decoder", encoder="vae:portraits", attach=space.folder)
    with pytest.raises(SpaceError, match="kind 'vae', not a decoder"):
        space.attach(Path(lateen.__file__).parent / "models" / "weights" / "portraits.model")
    assert not (space.folder / "decoder").exists()


@pytest.mark.parametrize("damage", ["config", "weights", "gone", "other"])
def test_a_damaged_decoder_says_how_to_be_rid_of_it(space: Space, trained: TrainResult, damage: str) -> None:
    space.attach(trained.model)
    folder = space.folder / "decoder"
    if damage == "config":
        (folder / "config.json").write_text("{")
    elif damage == "weights":
        data = (folder / "weights.safetensors").read_bytes()
        (folder / "weights.safetensors").write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    elif damage == "gone":
        (folder / "weights.safetensors").unlink()
    else:
        decoder = LatentDecoder.load(folder)
        replace(decoder, spec=replace(decoder.spec, fingerprint="0" * 64)).save(folder)
    again = lt.open(space.folder)
    with pytest.raises(SpaceError, match=r"attached to the space blocks.space can't be used.*attach .* --detach"):
        again.path("7", "12")
    again.detach()
    assert again.path("7", "12").to_dict()["decoded_by"] == "nearest item"


def test_pictures_that_the_encoder_can_not_encode_are_named(tmp_path: Path) -> None:
    trained = lt.train("portraits:40", tmp_path / "m", model="decoder", encoder=Spoilt(), steps=1)
    assert [id for id, _ in trained.rejected] == ["0", "10", "20", "30"]
    assert all("not finite" in reason for _, reason in trained.rejected)


def test_files_are_seen_in_both_views_and_bad_ones_left_out(tmp_path: Path) -> None:
    from PIL import Image

    folder = tmp_path / "photos"
    folder.mkdir()
    for i, image in enumerate(lt.portraits(12, size=100).images):
        Image.fromarray(image).save(folder / f"{i:02}.png")
    (folder / "03.png").write_bytes(b"not a picture")
    trained = lt.train(folder, tmp_path / "m", model="decoder", encoder=Blocks(), steps=1, size=96, fit="pad")
    assert [id for id, _ in trained.rejected] == ["03.png"]
    decoder = LatentDecoder.load(tmp_path / "m")
    assert decoder.view["fit"] == "pad"
    assert decoder.decode(np.zeros((1, 48), np.float32)).shape == (1, 96, 96, 3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ({"model": "decoder"}, "name it with --encoder"),
        ({"model": "decoder", "encoder": "pca:8"}, r"fitted when a space is built.*--attach SPACE"),
        ({"encoder": "vae:portraits"}, "model 'decoder' only"),
        ({"model": "decoder", "encoder": "vae:portraits", "size": 40}, "size = 40"),
        ({"model": "decoder", "encoder": Words()}, "words:x encodes text items; a decoder makes pictures"),
    ],
)
def test_what_can_not_work_is_said_before_anything_is_read(
    call: dict[str, object], message: str, tmp_path: Path
) -> None:
    read: list[int] = []
    with pytest.raises(InputError, match=message):
        lt.train("portraits:40", tmp_path / "m", steps=1, on_read=lambda done, _: read.append(done), **call)
    assert read == []
    assert not (tmp_path / "m").exists()


def test_the_config_of_the_attached_decoder_is_plain(space: Space, trained: TrainResult) -> None:
    space.attach(trained.model)
    config = json.loads((space.folder / "decoder" / "config.json").read_text())
    assert config["kind"] == "decoder"
    assert config["encoder"]["fingerprint"] == "b10c"
