"""The training loop: same bytes for the same seed, killed or not; errors that keep what was learnt."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
import torch
from blobs import blobs
from torch import Tensor, nn

from lateen.core.errors import InputError, InterruptedWorkError, SpaceError, TrainingError
from lateen.models.batches import BatchOrder, split_rows, step_generator
from lateen.models.files import read_tensors
from lateen.models.training import Budget, Measures, TrainState, one_cycle, train
from lateen.models.vae import VAE, VAEConfig, train_vae

TINY = VAEConfig(size=32, latent_dim=4, width=4, batch_size=8, augment="shift")

KILLED_RUN = """
import sys, numpy as np, torch
torch.set_num_threads(1)
from lateen.models.vae import VAEConfig, train_vae
config = VAEConfig(size=32, latent_dim=4, width=4, batch_size=8, augment="shift")

class Slow:
    def on_step(self, state):
        print(state.step, flush=True)

train_vae(np.load(sys.argv[1]), sys.argv[2], config=config, steps=int(sys.argv[3]), seed=5, progress=Slow(),
          checkpoint_seconds=0.0)
"""


def weights(model: Path) -> bytes:
    return (model / "weights.safetensors").read_bytes()


class Recorder:
    def __init__(self) -> None:
        self.states: list[TrainState] = []

    def on_step(self, state: TrainState) -> None:
        self.states.append(state)


def start_and_wait_for_step(step: int, script_arguments: list[str]) -> subprocess.Popen[str]:
    run = subprocess.Popen(
        [sys.executable, "-c", KILLED_RUN, *script_arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert run.stdout is not None
    for line in run.stdout:
        if int(line) >= step:
            return run
    raise AssertionError(f"the run ended before step {step}: {run.communicate()[1]}")


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_run_that_was_stopped_and_resumed_ends_with_the_same_bytes(how: signal.Signals, tmp_path: Path) -> None:
    steps, images = 60, blobs(50)
    np.save(tmp_path / "images.npy", images)
    model = tmp_path / "stopped.model"
    run = start_and_wait_for_step(7, [str(tmp_path / "images.npy"), str(model), str(steps)])
    os.kill(run.pid, how)
    _, errors = run.communicate(timeout=60)
    assert run.returncode != 0
    if how == signal.SIGINT:
        assert "InterruptedWorkError: Stopped after step" in errors
    assert (model / "training" / "state.safetensors").exists()
    with pytest.raises(SpaceError, match="not finished"):
        VAE.load(model)

    recorder = Recorder()
    train_vae(images, model, config=TINY, steps=steps, seed=5, resume=True, progress=recorder)
    assert 7 < recorder.states[0].step < steps
    train_vae(images, tmp_path / "whole.model", config=TINY, steps=steps, seed=5)
    for file in ("weights.safetensors", "latents.safetensors", "config.json"):
        assert (model / file).read_bytes() == (tmp_path / "whole.model" / file).read_bytes()
    assert not (model / "training").exists()


def test_the_seed_decides_the_bytes(tmp_path: Path) -> None:
    images = blobs(50)
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        train_vae(images, tmp_path / name, config=TINY, steps=5, seed=seed)
    assert weights(tmp_path / "a") == weights(tmp_path / "b")
    assert weights(tmp_path / "a") != weights(tmp_path / "c")


def test_training_leaves_the_global_random_state_alone(tmp_path: Path) -> None:
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    train_vae(blobs(20), tmp_path / "m", config=TINY, steps=2)
    assert torch.equal(torch.rand(3), expected)


def test_a_memory_mapped_array_trains_to_the_same_bytes(tmp_path: Path) -> None:
    images = blobs(50)
    np.save(tmp_path / "images.npy", images)
    train_vae(images, tmp_path / "a", config=TINY, steps=3)
    train_vae(np.load(tmp_path / "images.npy", mmap_mode="r"), tmp_path / "b", config=TINY, steps=3)
    assert weights(tmp_path / "a") == weights(tmp_path / "b")


def test_the_result_and_progress_say_what_happened(tmp_path: Path) -> None:
    recorder = Recorder()
    result = train_vae(
        blobs(50), tmp_path / "m", config=TINY, steps=6, progress=recorder, checkpoint_seconds=0.0
    ).to_dict()
    assert list(result) == ["model", "steps", "seconds", "items_per_second", "validation", "rejected", "notes"]
    assert result["model"] == str(tmp_path / "m")
    assert result["steps"] == 6
    assert result["validation"]["n"] == 2
    assert [s.step for s in recorder.states] == [1, 2, 3, 4, 5, 6]
    assert all(s.total == 6 and s.images_per_second > 0 and s.psnr is not None for s in recorder.states)


def test_a_budget_of_minutes_is_kept(tmp_path: Path) -> None:
    started = time.monotonic()
    result = train_vae(blobs(50), tmp_path / "m", config=TINY, minutes=1 / 60)
    assert 1.0 <= result.seconds < 3
    assert time.monotonic() - started < 10
    assert result.steps > 3


class Exploding:
    """A one-parameter model whose loss stops being a number at a given step."""

    settings: dict[str, object] = {"kind": "exploding"}  # noqa: RUF012
    learning_rate = 0.01
    batch_size = 4

    def __init__(self, at: int, kind: str) -> None:
        self.network: nn.Module = nn.Linear(1, 1)
        self._at, self._kind, self._calls = at, kind, 0

    def loss(self, batch: Tensor, progress: float, generator: torch.Generator) -> Tensor:
        self._calls += 1
        out: Tensor = self.network(batch).square().mean()
        if self._calls < self._at:
            return out
        return out * float("nan") if self._kind == "loss" else (0 * out).sqrt()  # finite, with slope 0 * inf

    def validate(self, network: nn.Module, batches: Iterable[Tensor]) -> Measures:
        return {"n": sum(len(b) for b in batches)}


@pytest.mark.parametrize("kind", ["loss", "gradient"])
def test_a_loss_that_is_not_a_number_is_said_and_keeps_the_checkpoint(kind: str, tmp_path: Path) -> None:
    data = np.random.default_rng(0).normal(size=(40, 1)).astype(np.float32)
    checkpoint = tmp_path / "state.safetensors"
    with pytest.raises(TrainingError, match=r"at step 6.*lower learning rate"):
        train(Exploding(6, kind), data, checkpoint, budget=Budget(steps=20), checkpoint_seconds=0.0)
    tensors, notes = read_tensors(checkpoint)
    assert notes["step"] == 5
    assert all(tensor.isfinite().all() for tensor in tensors.values())


def test_an_existing_folder_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="not empty"):
        train_vae(blobs(10), tmp_path, config=TINY, steps=1)
    with pytest.raises(InputError, match="nothing to resume"):
        train_vae(blobs(10), tmp_path, config=TINY, steps=1, resume=True)


@pytest.fixture
def unfinished(tmp_path: Path) -> Path:
    class Stop(Exception):
        pass

    class Stopping:
        def on_step(self, state: TrainState) -> None:
            if state.step == 2:
                raise Stop

    with pytest.raises(Stop):
        train_vae(blobs(20), tmp_path / "m", config=TINY, steps=5, progress=Stopping(), checkpoint_seconds=0.0)
    return tmp_path / "m"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"config": VAEConfig(size=32, latent_dim=6, width=4)}, "latent_dim was 4 and is now 6"),
        ({"seed": 9}, "seed was 0 and is now 9"),
        ({"images": blobs(21)}, "the training data differ"),
    ],
)
def test_another_run_is_not_resumed(unfinished: Path, change: dict[str, object], message: str) -> None:
    call = {"images": blobs(20), "config": TINY, "seed": 0} | change
    with pytest.raises(SpaceError, match=message):
        train_vae(call.pop("images"), unfinished, **call, steps=5, resume=True)


def test_a_damaged_checkpoint(unfinished: Path) -> None:
    path = unfinished / "training" / "state.safetensors"
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(SpaceError, match="truncated"):
        train_vae(blobs(20), unfinished, config=TINY, steps=5, resume=True)


def test_an_unfinished_folder_asks_for_resume(unfinished: Path) -> None:
    with pytest.raises(InputError, match="--resume"):
        train_vae(blobs(20), unfinished, config=TINY, steps=5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ({"steps": 1, "minutes": 1.0}, "give one of them"),
        ({"steps": 0}, "above 0"),
        ({"minutes": -1.0}, "above 0"),
        ({"steps": 1, "config": VAEConfig()}, "32 x 32 pixels and a config for 64 x 64"),
    ],
)
def test_wrong_calls(call: dict[str, object], message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message):
        train_vae(blobs(10), tmp_path / "m", **{"config": TINY, **call})
    assert not (tmp_path / "m").exists()


def test_one_item_is_too_few(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="1 items; at least 2"):
        train_vae(blobs(1), tmp_path / "m", config=TINY, steps=1)


def test_a_few_items_are_enough(tmp_path: Path) -> None:
    assert train_vae(blobs(3), tmp_path / "m", config=TINY, steps=2).validation["n"] == 1


def test_batches_show_every_row_equally_often() -> None:
    order = BatchOrder(np.arange(100, 130), 8, seed=3)
    seen = Counter(int(row) for step in range(15) for row in order(step))  # 120 draws of 30 rows: 4 epochs
    assert set(seen.values()) == {4}
    assert set(seen) == set(range(100, 130))


def test_batches_do_not_depend_on_what_was_asked_before() -> None:
    asked, fresh = BatchOrder(np.arange(30), 8, seed=3), BatchOrder(np.arange(30), 8, seed=3)
    for step in range(20):
        asked(step)
    assert np.array_equal(asked(17), fresh(17))
    assert np.array_equal(asked(2), BatchOrder(np.arange(30), 8, seed=3)(2))


def test_the_split_is_seeded_disjoint_and_bounded() -> None:
    train_rows, held_out = split_rows(100_000, seed=0)
    assert len(held_out) == 2_000
    assert np.array_equal(np.sort(np.concatenate([train_rows, held_out])), np.arange(100_000))
    assert not np.array_equal(held_out, split_rows(100_000, seed=1)[1])
    assert len(split_rows(200, seed=0)[1]) == 10


def test_noise_is_a_function_of_seed_and_step() -> None:
    draws = [
        torch.randn(4, generator=step_generator(*key, torch.device("cpu"))) for key in ((0, 1), (0, 1), (0, 2), (1, 1))
    ]
    assert torch.equal(draws[0], draws[1])
    assert not torch.equal(draws[0], draws[2])
    assert not torch.equal(draws[0], draws[3])


def test_the_learning_rate_rises_shortly_and_falls_to_nothing() -> None:
    rates = [one_cycle(share, 2e-3) for share in np.linspace(0, 1, 201)]
    assert max(rates) == pytest.approx(2e-3)
    assert int(np.argmax(rates)) <= 20
    assert rates[-1] == pytest.approx(0, abs=1e-9)


def test_interrupted_work_has_its_exit_code() -> None:
    assert InterruptedWorkError("x").exit_code == 130
