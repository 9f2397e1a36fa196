"""Tiny autoencoders: files in the published layout with random weights, converted, loaded, refused."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from lateen.core.codec import Codec
from lateen.core.errors import InputError, SpaceError
from lateen.encoders.autoencoder import load
from lateen.models.tiny_autoencoder import TinyAutoencoder, TinyConfig, convert_tiny_autoencoder, load_tiny_autoencoder

WIDTH = 8


def published(half: str, channels: int = 5, pooled: bool = False, seed: int = 0) -> dict[str, Tensor]:
    """Random tensors under the names of the published files, which number the layers of a sequence."""
    made = torch.Generator().manual_seed(seed)
    tensors: dict[str, Tensor] = {}

    def conv(name: str, inputs: int, outputs: int, side: int = 3, bias: bool = True) -> None:
        spread = 1 / (side * inputs**0.5)
        tensors[f"{name}.weight"] = (torch.randn(outputs, inputs, side, side, generator=made) * spread).half()
        if bias:
            tensors[f"{name}.bias"] = (torch.randn(outputs, generator=made) / 4).half()

    def block(index: int, inner: bool) -> None:
        for layer in (0, 2, 4):
            conv(f"{index}.conv.{layer}", WIDTH, WIDTH)
        if inner and pooled:
            conv(f"{index}.pool.0", WIDTH, 4 * WIDTH, 1, bias=False)
            tensors[f"{index}.pool.1.weight"] = torch.ones(4 * WIDTH).half()
            tensors[f"{index}.pool.1.bias"] = torch.zeros(4 * WIDTH).half()
            conv(f"{index}.pool.3", 4 * WIDTH, WIDTH, 1, bias=False)

    if half == "encoder":
        conv("0", 3, WIDTH)
        for index in (1, 3, 4, 5, 7, 8, 9, 11, 12, 13):
            block(index, index > 10)
        for index in (2, 6, 10):
            conv(str(index), WIDTH, WIDTH, bias=False)
        conv("14", WIDTH, channels)
    else:
        conv("1", channels, WIDTH)
        for index in (3, 4, 5, 8, 9, 10, 13, 14, 15, 18):
            block(index, index < 6)
        for index in (7, 12, 17):
            conv(str(index), WIDTH, WIDTH, bias=False)
        conv("19", WIDTH, 3)
    return tensors


def write(folder: Path, channels: int = 5, pooled: bool = False) -> tuple[Path, Path]:
    paths = folder / "x_encoder.pth", folder / "x_decoder.pth"
    for path, half in zip(paths, ("encoder", "decoder"), strict=True):
        torch.save(published(half, channels, pooled), path)
    return paths


class _Block(nn.Module):
    """The published block, in the words of its file."""

    def __init__(self, tensors: dict[str, Tensor], index: int) -> None:
        super().__init__()
        self.t, self.i = {name: tensor.float() for name, tensor in tensors.items()}, index

    def forward(self, x: Tensor) -> Tensor:
        name, f = self.i, torch.nn.functional
        if f"{name}.pool.0.weight" in self.t:
            y = f.group_norm(f.conv2d(x, self.t[f"{name}.pool.0.weight"]), 4)
            x = x + f.conv2d(y.relu(), self.t[f"{name}.pool.3.weight"])
        y = x
        for layer in (0, 2, 4):
            y = f.conv2d(y, self.t[f"{name}.conv.{layer}.weight"], self.t[f"{name}.conv.{layer}.bias"], padding=1)
            y = y.relu() if layer < 4 else y
        return (x + y).relu()


@pytest.mark.parametrize(("channels", "pooled"), [(4, False), (16, False), (32, True)])
def test_shapes_of_the_family(tmp_path: Path, channels: int, pooled: bool) -> None:
    network = convert_tiny_autoencoder(*write(tmp_path, channels, pooled), tmp_path / "out")
    assert network.config == TinyConfig(channels, WIDTH, pooled)
    with torch.inference_mode():
        grids = network.encode(torch.rand(2, 3, 32, 48))
        assert grids.shape == (2, channels, 4, 6)
        assert network.decode(grids).shape == (2, 3, 32, 48)


def test_every_tensor_finds_its_place(tmp_path: Path) -> None:
    """The first half of the encoder by hand, layer after layer as the file numbers them."""
    network = convert_tiny_autoencoder(*write(tmp_path, pooled=True), tmp_path / "out")
    tensors, f = published("encoder", pooled=True), torch.nn.functional
    x = torch.rand(1, 3, 32, 32)
    with torch.inference_mode():
        y = f.conv2d(x, tensors["0.weight"].float(), tensors["0.bias"].float(), padding=1)
        y = _Block(tensors, 1)(y)
        for start in (2, 6, 10):
            y = f.conv2d(y, tensors[f"{start}.weight"].float(), padding=1, stride=2)
            for index in range(start + 1, start + 4):
                y = _Block(tensors, index)(y)
        y = f.conv2d(y, tensors["14.weight"].float(), tensors["14.bias"].float(), padding=1)
        torch.testing.assert_close(network.encode(x), y)

        tensors = published("decoder", pooled=True)
        y = (3 * torch.tanh(y / 3)).contiguous()
        z = f.conv2d(y, tensors["1.weight"].float(), tensors["1.bias"].float(), padding=1).relu()
        for start in (3, 8, 13):
            for index in range(start, start + 3):
                z = _Block(tensors, index)(z)
            z = f.conv2d(
                z.repeat_interleave(2, 2).repeat_interleave(2, 3), tensors[f"{start + 4}.weight"].float(), padding=1
            )
        z = f.conv2d(_Block(tensors, 18)(z), tensors["19.weight"].float(), tensors["19.bias"].float(), padding=1)
        torch.testing.assert_close(network.decode(network.encode(x)), z)


def test_it_is_the_tiny_autoencoder_of_diffusers_where_that_has_it(tmp_path: Path) -> None:
    diffusers = pytest.importorskip("diffusers")
    network = convert_tiny_autoencoder(*write(tmp_path), tmp_path / "out")
    width = {"encoder_block_out_channels": (WIDTH,) * 4, "decoder_block_out_channels": (WIDTH,) * 4}
    peer = diffusers.AutoencoderTiny(latent_channels=5, **width).eval()
    encoder = {f"encoder.layers.{name}": t.float() for name, t in published("encoder").items()}
    decoder = {  # the squashing of latents is no layer there
        f"decoder.layers.{int(name.split('.')[0]) - 1}.{name.split('.', 1)[1]}": t.float()
        for name, t in published("decoder").items()
    }
    peer.load_state_dict({**encoder, **decoder})
    pictures = torch.rand(2, 3, 32, 32)
    with torch.inference_mode():
        grids = network.encode(pictures)
        torch.testing.assert_close(peer.encode(2 * pictures - 1).latents, grids, atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(peer.decode(grids).sample / 2 + 0.5, network.decode(grids), atol=1e-5, rtol=1e-4)


def test_the_folder_is_an_encoder(tmp_path: Path) -> None:
    convert_tiny_autoencoder(*write(tmp_path, 5, True), tmp_path / "out")
    codec = load(str(tmp_path / "out"), size=32)
    assert isinstance(codec, Codec)
    assert (codec.spec.dim, codec.spec.preprocessing["grid"]) == (5 * 4 * 4, [5, 4, 4])
    pictures = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3)).astype(np.uint8)
    assert codec.decode(codec.encode(pictures)).shape == pictures.shape
    assert load(str(tmp_path / "out")).spec.preprocessing["size"] == 256
    with pytest.raises(InputError, match="a multiple of 8, such as 96"):
        load(str(tmp_path / "out"), size=100)


def test_the_command_line(tmp_path: Path) -> None:
    encoder, decoder = write(tmp_path)

    def run() -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "lateen.models.tiny_autoencoder", encoder, decoder, "-o", tmp_path / "out"]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    done = run()
    assert done.returncode == 0, done.stderr
    assert f"diffusers:{tmp_path / 'out'}" in done.stdout
    assert isinstance(load_tiny_autoencoder(tmp_path / "out"), TinyAutoencoder)
    again = run()
    assert again.returncode == 2
    assert again.stderr.strip() == f"{tmp_path / 'out'} exists; give the name of a new folder."


def test_files_that_are_something_else(tmp_path: Path) -> None:
    encoder, decoder = write(tmp_path)
    out = tmp_path / "out"
    with pytest.raises(InputError, match=r"x_decoder\.pth is not the encoder of a tiny autoencoder: it holds '15\."):
        convert_tiny_autoencoder(decoder, encoder, out)
    torch.save({"conv_in.weight": torch.zeros(2)}, tmp_path / "other.pth")
    with pytest.raises(InputError, match=r"other\.pth is not the encoder .* holds 'conv_in\.weight'"):
        convert_tiny_autoencoder(tmp_path / "other.pth", decoder, out)
    short = published("encoder")
    del short["4.conv.2.bias"]
    torch.save(short, encoder)
    with pytest.raises(InputError, match=r"encoder\.levels\.0\.blocks\.1\.second\.bias is missing, expected \(8,\)"):
        convert_tiny_autoencoder(encoder, decoder, out)
    torch.save(published("encoder", channels=6), encoder)
    with pytest.raises(InputError, match=r"not the halves of one .*: decoder\.stem\.weight is \(8, 5, 3, 3\)"):
        convert_tiny_autoencoder(encoder, decoder, out)
    torch.save([1, 2], encoder)
    with pytest.raises(InputError, match="something else than named tensors"):
        convert_tiny_autoencoder(encoder, decoder, out)
    encoder.write_bytes(b"")
    with pytest.raises(InputError, match=r"x_encoder\.pth can't be read"):
        convert_tiny_autoencoder(encoder, decoder, out)
    torch.save(Path("/"), encoder)
    with pytest.raises(InputError, match=r"x_encoder\.pth can't be read as a file of plain tensors"):
        convert_tiny_autoencoder(encoder, decoder, out)
    assert not out.exists()


def test_folders_that_are_damaged(tmp_path: Path) -> None:
    convert_tiny_autoencoder(*write(tmp_path), tmp_path / "out")
    config = tmp_path / "out" / "config.json"
    whole = config.read_text()
    config.write_text(whole.replace('"pooled": false', '"pooled": true'))
    with pytest.raises(SpaceError, match=r"pool\.\S+ is missing"):
        load_tiny_autoencoder(tmp_path / "out")
    config.write_text(whole.replace('"fingerprint": "', '"fingerprint": "0'))
    with pytest.raises(SpaceError, match="the fingerprint is another"):
        load_tiny_autoencoder(tmp_path / "out")
    config.write_text(whole.replace('"width": 8', '"width": "8"'))
    with pytest.raises(SpaceError, match="width '8'"):
        load_tiny_autoencoder(tmp_path / "out")
    config.write_text(whole.replace("tiny_autoencoder", "vae"))
    with pytest.raises(SpaceError, match="kind 'vae', format 1; expected kind 'tiny_autoencoder'"):
        load_tiny_autoencoder(tmp_path / "out")
