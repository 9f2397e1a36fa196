"""The decoder of an encode-only model: what it learns, its folder on disk, and that a run can be gone on with."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from blobs import blobs

from lateen.core.codec import Decoder, LatentSpec
from lateen.core.errors import InputError, SpaceError, StorageError
from lateen.core.geometry import Euclidean
from lateen.measures import psnr
from lateen.models.batches import split_rows
from lateen.models.decoder import DecoderConfig, LatentDecoder, train_decoder
from lateen.models.decoder.baselines import baselines
from lateen.models.decoder.regression import Ridge
from lateen.models.training import Pairs

DIM = 24
TINY = DecoderConfig(DIM, size=32, width=8, hidden=32)
SPEC = LatentSpec("waves:24", DIM, "image", "euclidean", fingerprint="a" * 64, preprocessing={"size": 32})

KILLED_RUN = """
import sys, numpy as np, torch
torch.set_num_threads(1)
from lateen.core.codec import LatentSpec
from lateen.models.decoder import DecoderConfig, train_decoder
spec = LatentSpec("waves:24", 24, "image", "euclidean", fingerprint="a" * 64, preprocessing={"size": 32})

class Slow:
    def on_step(self, state):
        print(state.step, flush=True)

given = np.load(sys.argv[1])
train_decoder(given["pictures"], given["codes"], sys.argv[2], spec=spec, steps=int(sys.argv[3]), seed=5,
              config=DecoderConfig(24, size=32, width=8, hidden=32), progress=Slow(), checkpoint_seconds=0.0)
"""


def waves(pictures: np.ndarray) -> np.ndarray:
    """An encoder that nobody can undo by hand: sines of random mixtures of blurred pixels."""
    n, size = pictures.shape[:2]
    few = pictures.reshape(n, 4, size // 4, 4, size // 4, 3).mean((2, 4)).reshape(n, -1) / 255
    mixture = np.random.default_rng(7).normal(size=(few.shape[1], DIM))
    return np.sin(few @ mixture).astype(np.float32)


@pytest.fixture(scope="module")
def trained(pictures: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("decoder") / "waves.decoder"
    train_decoder(pictures, waves(pictures), path, spec=SPEC, config=TINY, steps=200)
    return path


@pytest.fixture
def model(trained: Path, tmp_path: Path) -> Path:
    LatentDecoder.load(trained).save(tmp_path / "m.decoder")
    return tmp_path / "m.decoder"


def edit_config(model: Path, **changes: object) -> None:
    path = model / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_it_beats_regression_the_nearest_item_and_the_mean(trained: Path, pictures: np.ndarray) -> None:
    decoder, unseen = LatentDecoder.load(trained), blobs(200, seed=2)
    figures = decoder.validation
    assert figures["n"] == 20
    assert figures["psnr"] > figures["psnr_linear"] > figures["psnr_mean"]
    assert figures["psnr"] > figures["psnr_nearest"] > figures["psnr_mean"]
    _, held_out = split_rows(len(pictures), seed=0)
    found = psnr(pictures[held_out], decoder.decode(waves(pictures[held_out])))
    assert found == pytest.approx(figures["psnr"], abs=0.3)  # each half was blended by what is best for the other
    assert psnr(unseen, decoder.decode(waves(unseen))) > figures["psnr_linear"] + 1
    assert 0 < figures["network_share"] < 1


def test_more_steps_read_more_of_the_codes(trained: Path, pictures: np.ndarray, tmp_path: Path) -> None:
    begun = train_decoder(pictures, waves(pictures), tmp_path / "m", spec=SPEC, config=TINY, steps=1)
    assert LatentDecoder.load(trained).validation["psnr"] > begun.validation["psnr"] + 0.1


def test_codes_that_say_nothing_are_said_to_be_no_better_than_regression(tmp_path: Path) -> None:
    pictures = blobs(80)
    noise = np.random.default_rng(0).normal(size=(80, DIM)).astype(np.float32)
    result = train_decoder(pictures, noise, tmp_path / "m", spec=SPEC, config=TINY, steps=60)
    assert result.validation["psnr"] <= result.validation["psnr_linear"]
    assert "no better than linear regression" in result.notes[0]
    assert "linear regression" in repr(result)


def test_the_baselines_are_what_they_say() -> None:
    pictures = blobs(60)
    codes = np.random.default_rng(1).normal(size=(60, 5)).astype(np.float32)
    codes[50:] = codes[:10]
    pictures[50:] = pictures[:10]
    known, held_out = np.arange(50), np.arange(50, 60)
    figures = baselines(pictures, codes, known, held_out, Euclidean())
    assert figures["psnr_nearest"] > 90  # each held-out item has its twin among the known
    mean = pictures[:50].mean(axis=0)
    mse = ((pictures[50:] - mean) ** 2).mean()
    assert figures["psnr_mean"] == pytest.approx(10 * np.log10(255**2 / mse), abs=1e-3)


def test_ridge_finds_a_linear_map_and_holds_back_from_noise() -> None:
    rng = np.random.default_rng(0)
    codes = rng.normal(size=(300, 6)).astype(np.float32) * np.array([1, 5, 0.1, 1, 1, 0], np.float32)
    true = rng.normal(size=(6, 4))
    targets = (codes @ true + 3).astype(np.float32)
    weights, offset = Ridge(codes, targets).solve(targets)
    np.testing.assert_allclose(codes @ weights + offset, targets, atol=1e-3)
    noise = rng.normal(size=(300, 4)).astype(np.float32)
    weights, _ = Ridge(codes, noise).solve(noise)
    assert np.abs(codes @ weights).max() < 0.5


def test_it_is_a_decoder_of_the_encoders_space(trained: Path, pictures: np.ndarray) -> None:
    decoder = LatentDecoder.load(trained)
    assert isinstance(decoder, Decoder)
    assert decoder.spec == SPEC
    assert decoder.device in {"cpu", "cuda:0"}
    images = decoder.decode(waves(pictures[:300]))
    assert images.shape == (300, 32, 32, 3)
    assert images.dtype == np.uint8
    assert np.array_equal(decoder.decode(waves(pictures[:300])), images)
    assert decoder.decode(np.empty((0, DIM), np.float32)).shape == (0, 32, 32, 3)
    with pytest.raises(InputError, match=r"24 numbers of waves:24; it got 3"):
        decoder.decode(np.zeros((1, 3), np.float32))


def test_on_a_sphere_the_length_of_a_code_means_nothing(pictures: np.ndarray, tmp_path: Path) -> None:
    spec = replace(SPEC, geometry="sphere")
    codes = waves(pictures)
    train_decoder(pictures, codes, tmp_path / "m", spec=spec, config=TINY, steps=2)
    decoder = LatentDecoder.load(tmp_path / "m")
    assert np.array_equal(decoder.decode(codes[:5]), decoder.decode(codes[:5] * 4))


@pytest.mark.parametrize("size", [32, 48, 128])
def test_sizes(size: int, tmp_path: Path) -> None:
    images = blobs(8, size=size)
    codes = np.random.default_rng(0).normal(size=(8, 3)).astype(np.float32)
    config = DecoderConfig(3, size=size, width=4, batch_size=4)
    train_decoder(images, codes, tmp_path / "m", spec=replace(SPEC, dim=3), config=config, steps=1)
    assert LatentDecoder.load(tmp_path / "m").decode(codes).shape == images.shape


def test_a_dead_axis_of_the_codes_does_no_harm(pictures: np.ndarray, tmp_path: Path) -> None:
    codes = waves(pictures)
    codes[:, 3] = 2.5
    train_decoder(pictures, codes, tmp_path / "m", spec=SPEC, config=TINY, steps=2)
    decoder = LatentDecoder.load(tmp_path / "m")
    moved = codes[:20] + 1e-4 * np.eye(DIM, dtype=np.float32)[3]
    assert np.abs(decoder.decode(moved).astype(int) - decoder.decode(codes[:20])).max() <= 2


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_run_that_was_stopped_and_resumed_ends_with_the_same_bytes(how: signal.Signals, tmp_path: Path) -> None:
    steps, pictures = 40, blobs(60)
    codes = waves(pictures)
    np.savez(tmp_path / "given.npz", pictures=pictures, codes=codes)
    model = tmp_path / "stopped.decoder"
    arguments = [str(tmp_path / "given.npz"), str(model), str(steps)]
    run = subprocess.Popen(
        [sys.executable, "-c", KILLED_RUN, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert run.stdout is not None
    next(line for line in run.stdout if int(line) >= 7)
    os.kill(run.pid, how)
    run.communicate(timeout=60)
    assert run.returncode != 0
    with pytest.raises(SpaceError, match=r"not finished.*--resume"):
        LatentDecoder.load(model)

    shaken = codes * np.float32(1 + 1e-6)  # another machine may round otherwise: no reason to refuse
    call = {"spec": SPEC, "config": TINY, "steps": steps, "seed": 5}
    with pytest.raises(SpaceError, match="encoder was 'aaa"):
        train_decoder(pictures, codes, model, **call | {"spec": replace(SPEC, fingerprint="b" * 64)}, resume=True)
    with pytest.raises(SpaceError, match="training data differ"):
        train_decoder(blobs(60, seed=9), shaken, model, **call, resume=True)
    train_decoder(pictures, codes, model, **call, resume=True)
    train_decoder(pictures, codes, tmp_path / "whole.decoder", **call)
    for file in ("weights.safetensors", "config.json"):
        assert (model / file).read_bytes() == (tmp_path / "whole.decoder" / file).read_bytes()
    assert not (model / "training").exists()


def test_the_seed_decides_the_bytes_and_the_global_state_is_left_alone(tmp_path: Path) -> None:
    pictures = blobs(40)
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        train_decoder(pictures, waves(pictures), tmp_path / name, spec=SPEC, config=TINY, steps=3, seed=seed)
    first, same, other = ((tmp_path / name / "weights.safetensors").read_bytes() for name in "abc")
    assert first == same
    assert first != other
    assert torch.equal(torch.rand(3), expected)


def test_rows_of_pairs_belong_together() -> None:
    pictures = blobs(10)
    pairs = Pairs(pictures, waves(pictures))
    some, codes = pairs[np.array([2, 7])]
    assert len(pairs) == 10
    assert np.array_equal(waves(some), codes)


def test_a_saved_decoder_is_the_same_one(trained: Path, model: Path, pictures: np.ndarray) -> None:
    first, second = LatentDecoder.load(trained), LatentDecoder.load(model)
    assert first.fingerprint == second.fingerprint != ""
    assert first.validation == second.validation
    assert np.array_equal(first.decode(waves(pictures)), second.decode(waves(pictures)))


def test_half_precision_halves_the_file(trained: Path, tmp_path: Path, pictures: np.ndarray) -> None:
    decoder = LatentDecoder.load(trained)
    half = decoder.save(tmp_path / "half.decoder", dtype="float16")
    sizes = [(p / "weights.safetensors").stat().st_size for p in (trained, tmp_path / "half.decoder")]
    assert sizes[1] < 0.6 * sizes[0]
    codes = waves(pictures[:50])
    assert np.abs(half.decode(codes).astype(int) - decoder.decode(codes)).max() <= 3
    with pytest.raises(InputError, match=r"'int4'.*float32, float16"):
        decoder.save(tmp_path / "x", dtype="int4")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": 99}, "format 99; this lateen reads 1"),
        ({"kind": "vae"}, r"kind 'vae', not a decoder.*--model decoder"),
        ({"decoder": {"dim": DIM, "size": 33}}, "size = 33; expected a multiple of 16"),
        ({"decoder": {"dim": DIM, "depth": 3}}, "depth"),
        ({"decoder": TINY.to_dict() | {"dim": 9}}, "decoder of 9 numbers for codes of 24"),
        ({"decoder": TINY.to_dict() | {"width": 16}}, "don't fit its config.json"),
        ({"encoder": {"dim": DIM}}, "doesn't say what it should"),
        ({"encoder": replace(SPEC, fingerprint="c" * 64).to_dict()}, "fingerprint"),
        ({"validation": None}, "validation is a NoneType"),
        ({"fingerprint": "0" * 64}, "fingerprint"),
    ],
)
def test_a_config_that_does_not_fit(model: Path, changes: dict[str, object], message: str) -> None:
    edit_config(model, **changes)
    with pytest.raises(SpaceError, match=message):
        LatentDecoder.load(model)


def test_damaged_weights(model: Path) -> None:
    path = model / "weights.safetensors"
    data = path.read_bytes()
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(SpaceError, match="fingerprint"):
        LatentDecoder.load(model)
    path.write_bytes(data[:-100])
    with pytest.raises(SpaceError, match="truncated"):
        LatentDecoder.load(model)
    path.write_bytes(b"\x80\x04cos\nsystem\n(S'exit 1'\ntR.")
    with pytest.raises(SpaceError, match="not a safetensors file"):
        LatentDecoder.load(model)


def test_no_model(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no model folder"):
        LatentDecoder.load(tmp_path / "none")
    with pytest.raises(SpaceError, match=r"no config\.json"):
        LatentDecoder.load(tmp_path)


def test_a_full_disk_is_said(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    decoder = LatentDecoder.load(model)
    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StorageError, match="No space left on device"):
        decoder.save(model, dtype="float16")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ({"codes": np.zeros((10, 5), np.float32)}, "codes of 5 numbers, a spec of 24"),
        ({"config": DecoderConfig(DIM)}, "32 x 32 pixels and a config for 64 x 64"),
        ({"steps": 0}, "above 0"),
        ({"pictures": blobs(1), "codes": np.zeros((1, DIM), np.float32)}, "at least 2"),
    ],
)
def test_wrong_calls(call: dict[str, object], message: str, tmp_path: Path) -> None:
    given = {"pictures": blobs(10), "codes": np.zeros((10, DIM), np.float32), "config": TINY, "steps": 1} | call
    with pytest.raises(InputError, match=message):
        train_decoder(given.pop("pictures"), given.pop("codes"), tmp_path / "m", spec=SPEC, **given)
    assert not (tmp_path / "m").exists()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"dim": 0}, "1 to 4,096 numbers; these have 0"),
        ({"dim": 5000}, "these have 5,000"),
        ({"dim": 8, "size": 40}, "size = 40"),
        ({"dim": 8, "learning_rate": -1.0}, "learning_rate"),
    ],
)
def test_a_config_refuses_wrong_values(values: dict[str, float | int], message: str) -> None:
    with pytest.raises(InputError, match=message):
        DecoderConfig(**values)
