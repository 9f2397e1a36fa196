"""The two ends of a training run, whatever the model: the folder it may write to, and what it says when it is done."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from pathlib import Path

from lateen.core.errors import InputError
from lateen.models.training import Budget, Measures

DEFAULT_MINUTES = 10.0


@dataclass(frozen=True)
class TrainResult:
    """A finished training run.

    Args:
        model: The model folder.
        steps: Steps done.
        seconds: Seconds of training, interruptions left out.
        items_per_second: Throughput of training, validation included.
        validation: Measures on held-out images. psnr in dB, n; of a VAE also kl in nats per image and active
            dimensions; of a decoder also psnr_linear, psnr_nearest and psnr_mean, what it has to beat, and
            network_share, how much of it is trained: the rest is regression.
        rejected: Id and reason of each item of the source that could not be used.
        notes: What the user should know of how the source was understood, and of the result.
    """

    model: Path
    steps: int
    seconds: float
    items_per_second: float
    validation: Measures
    rejected: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        done = f"{self.steps:,} steps in {self.seconds:.0f} s ({self.items_per_second:.0f} images/s)"
        psnr, n = self.validation.get("psnr", math.nan), self.validation.get("n", 0)
        return f"{self.model}: {done}, {psnr:.2f} dB on {n} held-out images{self._beside()}"

    def to_dict(self) -> dict[str, object]:
        """The result as plain data."""
        return {**asdict(self), "model": str(self.model)}

    def _beside(self) -> str:
        names = {"psnr_linear": "linear regression", "psnr_nearest": "the nearest item", "psnr_mean": "the mean"}
        beside = [f"{name} {self.validation[key]:.2f}" for key, name in names.items() if key in self.validation]
        return f" ({', '.join(beside)})" if beside else ""


def check_training(out: Path, steps: int | None, minutes: float | int | None, resume: bool) -> Budget:
    """The budget, if it is one and the run may write to `out`; call it before reading a large source.

    Raises:
        InputError: If not.
    """
    budget = Budget(steps, DEFAULT_MINUTES if steps is None and minutes is None else minutes)
    _require_free(out, resume)
    return budget


def _require_free(folder: Path, resume: bool) -> None:
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    if not folder.is_dir():
        raise InputError(f"{folder} is a file; a model is a folder. Choose another name.")
    unfinished = (folder / "training").is_dir()
    if not resume:
        hint = "Resume it with --resume, or" if unfinished else "Please"
        raise InputError(f"{folder} exists already and is not empty. {hint} choose another folder.")
    if not unfinished:
        raise InputError(f"There is nothing to resume in {folder}: it holds no unfinished training.")
