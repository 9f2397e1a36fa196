"""The training loop of every model that lateen trains.

One idea: a step is a function of (state, seed, step number), so a run that was killed and resumed ends with the
same bytes as one that was not; everything else (budget, schedule, checkpoints) hangs on that step.
"""

from __future__ import annotations

import copy
import hashlib
import math
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeAlias, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float32, UInt8
from torch import Tensor, nn

from lateen.core.errors import InputError, InterruptedWorkError, TrainingError
from lateen.core.interrupt import deferred_interrupt
from lateen.models.batches import BatchOrder, Rows, split_rows, step_generator
from lateen.models.checkpoint import Identity, RunState

Measures = dict[str, float | int]

_WARM_UP = 0.05  # share of the run in which the learning rate rises
_AVERAGE_DECAY = 0.998  # of the moving average of weights, once it has enough steps behind it
_MOST_GRADIENT = 1.0  # norm above which a gradient is scaled down
_GLANCE = 256  # held-out items looked at while training; all of them at the end


@dataclass(frozen=True, eq=False)
class Pairs:
    """Pictures and what an encoder makes of them, row by row; rows of it are pairs of arrays.

    The codes follow from the pictures and the encoder, so a run is known by the pictures and the model's settings:
    codes that another machine rounds otherwise don't keep it from being resumed.

    Args:
        pictures: (n, height, width, 3), in memory or memory-mapped.
        codes: (n, dim) their codes.
    """

    pictures: UInt8[np.ndarray, "n height width 3"]
    codes: Float32[np.ndarray, "n dim"]

    def __len__(self) -> int:
        return len(self.pictures)

    def __getitem__(self, rows: Rows) -> tuple[np.ndarray, ...]:
        return self.pictures[rows], self.codes[rows]


Data: TypeAlias = np.ndarray | Pairs
"""(n, ...) items, or pairs of them."""


@runtime_checkable
class Trainable(Protocol):
    """A model that the loop can train."""

    @property
    def network(self) -> nn.Module:
        """All that is trained. Its forward pass belongs to the model; the loop only sees parameters."""
        ...

    @property
    def settings(self) -> dict[str, object]:
        """Kind and hyper-parameters as plain data: what must agree to resume."""
        ...

    @property
    def learning_rate(self) -> float:
        """Peak learning rate."""
        ...

    @property
    def batch_size(self) -> int:
        """Items per step."""
        ...

    def loss(self, batch: Any, progress: float, generator: torch.Generator) -> Tensor:
        """The scalar to minimise.

        Args:
            batch: Rows of the data as they are stored, on the network's device: a tensor, or a pair of them.
            progress: Share of the run that is done, from 0 to 1.
            generator: The step's random numbers, on the network's device.
        """
        ...

    def validate(self, network: nn.Module, batches: Iterable[Any]) -> Measures:
        """Measures of a network (the average) on held-out batches; "psnr" in dB where there are pictures."""
        ...


@dataclass(frozen=True)
class TrainState:
    """Where a run stands, for whoever shows it.

    Args:
        step: Steps done.
        total: Steps of the whole run; an estimate where the budget is time.
        seconds: Seconds spent so far, interruptions left out.
        images_per_second: Recent throughput.
        loss: Loss of the step.
        psnr: Held-out PSNR in dB of the averaged weights, at the last checkpoint; None before it.
    """

    step: int
    total: int
    seconds: float
    images_per_second: float
    loss: float
    psnr: float | None


@runtime_checkable
class Progress(Protocol):
    """Whoever wants to follow a run."""

    def on_step(self, state: TrainState) -> None:
        """Called after every step."""
        ...


@dataclass(frozen=True)
class Budget:
    """How long to train: a number of steps, or minutes of this machine.

    Raises:
        InputError: Unless exactly one is given and it is positive.
    """

    steps: int | None = None
    minutes: float | int | None = None

    def __post_init__(self) -> None:
        given = [b for b in (self.steps, self.minutes) if b is not None]
        if len(given) != 1 or not 0 < given[0] < math.inf:
            raise InputError(
                f"Training got steps = {self.steps!r}, minutes = {self.minutes!r}; give one of them, above 0."
            )

    def share(self, step: int, seconds: float) -> float:
        """Share of the budget that is used, from 0 to 1."""
        used = step / self.steps if self.steps is not None else seconds / (60 * (self.minutes or 1))
        return min(1.0, used)

    def total(self, step: int, seconds: float) -> int:
        """Steps of the whole run, extrapolated where the budget is time."""
        return self.steps if self.steps is not None else max(step, round(step / max(self.share(step, seconds), 1e-9)))


@dataclass(frozen=True, eq=False)
class Trained:
    """The end of a run.

    Args:
        network: The averaged weights.
        steps: Steps done.
        seconds: Seconds spent, interruptions left out.
        items_per_second: Items per second over the part of the run that this process did.
        validation: Measures on the held-out items.
        train_rows: Rows that were trained on.
    """

    network: nn.Module
    steps: int
    seconds: float
    items_per_second: float
    validation: Measures
    train_rows: Rows


def train(
    model: Trainable,
    data: Data,
    checkpoint: Path,
    *,
    budget: Budget,
    seed: int = 0,
    resume: bool = False,
    progress: Progress | None = None,
    checkpoint_seconds: float = 30.0,
) -> Trained:
    """Train a model with AdamW on a one-cycle schedule, keeping a moving average of its weights.

    With a budget of steps, the same machine and thread count give the same bytes, resumed or not.

    Args:
        model: What is trained; its network is moved to the GPU if there is one.
        data: (n, ...) items or pairs, in memory or memory-mapped; read one batch at a time.
        checkpoint: File that the state goes to, every `checkpoint_seconds` and at ^C.
        budget: Steps or minutes.
        seed: Seed of order and noise.
        resume: Continue from the checkpoint if it exists.
        progress: Told after every step.
        checkpoint_seconds: Seconds between two checkpoints.

    Raises:
        InputError: If there are fewer than two items.
        SpaceError: If the checkpoint belongs to another run.
        TrainingError: If the loss is not finite; the last checkpoint is kept.
        InterruptedWorkError: At ^C, after the state is written.
        StorageError: If a checkpoint can't be written.
    """
    if len(data) < 2:
        raise InputError(f"Training got {len(data)} items; at least 2 are needed, one of them to validate.")
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    train_rows, held_out = split_rows(len(data), seed)
    order = BatchOrder(train_rows, model.batch_size, seed)
    identity = Identity(model.settings, seed, _data_hash(data))
    state = _fresh_state(model, device)
    if resume and checkpoint.exists():
        state.restore(checkpoint, identity)
    else:
        state.save(checkpoint, identity)
    glance = held_out[:: max(1, len(held_out) // _GLANCE)]
    meter, psnr, saved_at = _Meter(state.step, state.seconds), None, state.seconds
    started = time.monotonic() - state.seconds
    with deferred_interrupt() as interrupted:
        while (share := budget.share(state.step, state.seconds)) < 1:
            loss = _step(model, state, data[order(state.step)], share=share, seed=seed, device=device)
            state.seconds = time.monotonic() - started
            if state.seconds - saved_at >= checkpoint_seconds or interrupted():
                state.save(checkpoint, identity)
                saved_at = state.seconds
                if interrupted():
                    raise InterruptedWorkError(
                        f"Stopped after step {state.step:,}, which is kept. Resume with --resume."
                    )
                psnr = _validate(model, state, data, glance, device).get("psnr")
            if progress is not None:
                rate = meter.rate(state.step, state.seconds) * order.batch_size
                total = budget.total(state.step, state.seconds)
                progress.on_step(TrainState(state.step, total, state.seconds, rate, loss, psnr))
    state.save(checkpoint, identity)
    return Trained(
        network=state.average,
        steps=state.step,
        seconds=state.seconds,
        items_per_second=meter.overall(state.step, state.seconds) * order.batch_size,
        validation=_validate(model, state, data, held_out, device),
        train_rows=train_rows,
    )


def autocast(device: torch.device) -> torch.autocast:
    """bfloat16 where the hardware multiplies it fast, else full precision."""
    return torch.autocast(device.type, torch.bfloat16, enabled=_has_fast_bfloat16(device))


def one_cycle(share: float, peak: float) -> float:
    """The learning rate at a share of the run: a short linear rise, then half a cosine down to zero.

    Reference:
        Smith, Topin, *Super-Convergence*, 2018.
    """
    if share < _WARM_UP:
        return peak * (0.04 + 0.96 * share / _WARM_UP)
    return peak * 0.5 * (1 + math.cos(math.pi * (share - _WARM_UP) / (1 - _WARM_UP)))


def _has_fast_bfloat16(device: torch.device) -> bool:
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    abilities = torch.cpu.get_capabilities()
    return bool(abilities.get("avx512_bf16") or abilities.get("amx_bf16"))


def _fresh_state(model: Trainable, device: torch.device) -> RunState:
    network = model.network.train()
    network.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stub lacks it
    average = copy.deepcopy(network).requires_grad_(False).eval()
    return RunState(network, average, torch.optim.AdamW(network.parameters(), model.learning_rate, fused=True))


def _step(
    model: Trainable,
    state: RunState,
    rows: np.ndarray | tuple[np.ndarray, ...],
    *,
    share: float,
    seed: int,
    device: torch.device,
) -> float:
    """Update weights and average once; a loss or gradient that is not finite changes nothing and is an error."""
    batch = _on_device(rows, device)
    with autocast(device):
        loss = model.loss(batch, share, step_generator(seed, state.step, device))
    state.optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]  # untyped in torch
    parameters: list[Tensor] = list(state.network.parameters())
    norm = torch.nn.utils.clip_grad_norm_(parameters, _MOST_GRADIENT)
    value, rate = loss.item(), one_cycle(share, model.learning_rate)
    if not math.isfinite(value) or not math.isfinite(norm.item()):
        raise TrainingError(
            f"Training met a loss of {value} (gradient norm {norm.item()}) at step {state.step + 1:,}, at a "
            f"learning rate of {rate:.2g}. The last checkpoint is kept. Train with a lower learning rate "
            f"(the peak was {model.learning_rate:.2g}), or look for broken items in the data."
        )
    for group in state.optimizer.param_groups:
        group["lr"] = rate
    state.optimizer.step()
    state.step += 1
    decay = min(_AVERAGE_DECAY, state.step / (state.step + 10))
    with torch.no_grad():
        torch._foreach_lerp_(list(state.average.parameters()), parameters, 1 - decay)
    return value


def _validate(model: Trainable, state: RunState, data: Data, rows: Rows, device: torch.device) -> Measures:
    with torch.inference_mode(), autocast(device):
        batches = (_on_device(data[rows[i : i + 256]], device) for i in range(0, len(rows), 256))
        return model.validate(state.average, batches)


def _on_device(rows: np.ndarray | tuple[np.ndarray, ...], device: torch.device) -> Tensor | tuple[Tensor, ...]:
    if isinstance(rows, tuple):
        return tuple(torch.from_numpy(np.require(part, requirements=["C", "W"])).to(device) for part in rows)
    return torch.from_numpy(np.require(rows, requirements=["C", "W"])).to(device)


def _data_hash(data: Data) -> str:
    """Hash of type, shape and 64 items spread over the data: cheap for any size."""
    items = data.pictures if isinstance(data, Pairs) else data
    digest = hashlib.sha256(f"{items.dtype} {items.shape}".encode())
    for row in np.linspace(0, len(items) - 1, min(64, len(items)), dtype=np.int64):
        digest.update(np.ascontiguousarray(items[row]).tobytes())
    return digest.hexdigest()


class _Meter:
    """Steps per second, recent and overall, of the part of the run that this process does."""

    def __init__(self, step: int, seconds: float) -> None:
        self._start = (step, seconds)
        self._recent: deque[tuple[int, float]] = deque([self._start], maxlen=50)

    def rate(self, step: int, seconds: float) -> float:
        self._recent.append((step, seconds))
        return _slope(self._recent[0], (step, seconds))

    def overall(self, step: int, seconds: float) -> float:
        return _slope(self._start, (step, seconds))


def _slope(start: tuple[int, float], end: tuple[int, float]) -> float:
    return (end[0] - start[0]) / (end[1] - start[1]) if end[1] > start[1] else 0.0
