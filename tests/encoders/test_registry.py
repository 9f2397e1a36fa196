"""Encoder names, and the entry points behind them: lateen's own and those of another package."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from lateen.core.codec import Codec
from lateen.core.errors import EncoderError, InputError, SpaceError, UnknownNameError
from lateen.encoders import EncoderName, encoder_schemes, load_encoder
from lateen.encoders.trained import load_vae
from lateen.models.vae import VAE, LatentStatistics, VAEConfig
from lateen.models.vae.network import VAENetwork

PLUGIN = """
from lateen import LatentSpec


class Loaded:
    spec = LatentSpec("toy", 1, "image", "euclidean")

    def __init__(self, id, revision):
        self.id, self.revision = id, revision

    def encode(self, images):
        return images

def load(id, revision):
    if id == "fails":
        raise RuntimeError("no such card\\nat all")
    loaded = Loaded(id, revision)
    if id == "bare":
        loaded.spec = None
    return loaded if id != "nothing" else None
"""


@pytest.fixture
def _plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installed package that brings the scheme `echo` and, as if lateen were installed too, its `vae`."""
    (tmp_path / "echoing.py").write_text(PLUGIN)
    info = tmp_path / "echoing-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: echoing\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[lateen.encoders]\necho = echoing:load\nlost = nowhere_at_all:load\nvae = lateen.encoders.trained:load_vae\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    sys.modules.pop("echoing", None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("vae:faces.model", EncoderName("vae", "faces.model")),
        ("vae:../models/faces.model", EncoderName("vae", "../models/faces.model")),
        ("vae:C:\\models\\faces.model", EncoderName("vae", "C:\\models\\faces.model")),
        ("vae:/home/me@work/faces.model", EncoderName("vae", "/home/me@work/faces.model")),
        ("hf:org/name@v1.2", EncoderName("hf", "org/name", "v1.2")),
        ("hf:org/name", EncoderName("hf", "org/name")),
    ],
)
def test_names_are_taken_apart(text: str, expected: EncoderName) -> None:
    assert EncoderName.parse(text) == expected
    assert str(expected) == text


def test_an_at_in_the_name_of_a_folder_belongs_to_it(tmp_path: Path) -> None:
    (tmp_path / "a@b").mkdir()
    assert EncoderName.parse(f"vae:{tmp_path}/a@b").revision is None


@pytest.mark.parametrize("text", ["faces.model", "vae:", "", "C:\\models\\faces.model", "/home/faces.model", "a/b:c"])
def test_names_without_a_scheme_are_explained(text: str) -> None:
    with pytest.raises(InputError, match="write scheme:id, such as 'vae:") as caught:
        EncoderName.parse(text)
    assert repr(text) in str(caught.value)


@pytest.mark.parametrize("scheme", ["hf", "st", "diffusers", "onnx", "vae", "pca"])
def test_a_scheme_alone_is_never_the_folder_one_is_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    monkeypatch.chdir(tmp_path)
    tiny_vae().save(tmp_path / "x.model")
    for file in (tmp_path / "x.model").iterdir():
        file.rename(tmp_path / file.name)
    with pytest.raises(InputError, match=f"{scheme!r} doesn't say which model; write {scheme}:ID"):
        load_encoder(scheme)


@pytest.mark.usefixtures("_plugin")
def test_another_packages_scheme_comes_in_by_the_same_door(tmp_path: Path) -> None:
    assert {"echo", "vae"} <= set(encoder_schemes())
    with pytest.raises(InputError, match="'echo:nothing' gave a NoneType, which is no encoder"):
        load_encoder("echo:nothing")
    loaded = load_encoder("echo:some/thing@v2")
    assert (vars(loaded)["id"], vars(loaded)["revision"]) == ("some/thing", "v2")


@pytest.mark.usefixtures("_plugin")
def test_a_plugin_that_fails_is_named_in_a_line() -> None:
    with pytest.raises(EncoderError, match=r"^The encoder 'echo:fails' can't be loaded: RuntimeError: no such card\.$"):
        load_encoder("echo:fails")
    with pytest.raises(EncoderError, match=r"'lost:x' can't be loaded: nowhere_at_all:load: ModuleNotFoundError"):
        load_encoder("lost:x")


@pytest.mark.usefixtures("_plugin")
def test_an_unknown_scheme_lists_those_there_are() -> None:
    with pytest.raises(UnknownNameError, match=r"no encoder scheme 'vea' .*Did you mean 'vae'") as caught:
        load_encoder("vea:faces.model")
    assert "schemes: diffusers, echo, hf, lost, none," in str(caught.value)


@pytest.mark.usefixtures("_plugin")
def test_a_vae_comes_back_from_its_folder(tmp_path: Path) -> None:
    vae = tiny_vae()
    vae.save(tmp_path / "faces.model")
    loaded = load_encoder(f"vae:{tmp_path}/faces.model")
    assert isinstance(loaded, Codec)
    assert loaded.spec.encoder == f"vae:{tmp_path}/faces.model"
    with pytest.raises(InputError, match=r"faces\.modle doesn't exist\. Did you mean vae:.*faces\.model\?"):
        load_encoder(f"vae:{tmp_path}/faces.modle")
    with pytest.raises(InputError, match="a model folder has none"):
        load_encoder(f"vae:{tmp_path}/faces.model@v1")
    (tmp_path / "empty.model").mkdir()
    with pytest.raises((InputError, SpaceError)):
        load_encoder(f"vae:{tmp_path}/empty.model")
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="is a file, not a model folder"):
        load_vae(str(tmp_path / "file"))


def test_weights_that_come_along_have_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "portraits").mkdir()
    monkeypatch.chdir(tmp_path)
    assert load_vae("portraits").spec.encoder == "vae:portraits"
    with pytest.raises((InputError, SpaceError)):
        load_vae("./portraits")


def tiny_vae() -> VAE:
    config = VAEConfig(size=32, latent_dim=4, width=4)
    statistics = LatentStatistics(np.zeros(4, np.float32), np.eye(4, dtype=np.float32))
    return VAE(config, VAENetwork(config).eval(), statistics, "unsaved")


@pytest.mark.usefixtures("_plugin")
def test_an_encoder_without_a_spec_is_refused() -> None:
    with pytest.raises(InputError, match=r"'echo:bare' has a NoneType for its spec; expected a LatentSpec"):
        load_encoder("echo:bare")
