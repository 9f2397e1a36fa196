"""An unfinished training run in one safetensors file: weights, their average, AdamW's moments, counters.

One idea: one file that is replaced atomically can't disagree with itself, whenever the run is killed.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from lateen.core.errors import SpaceError
from lateen.models.files import read_tensors, write_tensors

FORMAT = 1


@dataclass(frozen=True)
class Identity:
    """What must agree for a run to be continued.

    Args:
        settings: The model's kind and hyper-parameters as plain data.
        seed: Seed of the run.
        data: Hash of the training data.
    """

    settings: dict[str, object]
    seed: int
    data: str


@dataclass
class RunState:
    """A run between two steps. Tensors are the live ones: a step changes them in place.

    Args:
        network: The network that is trained.
        average: Its exponential moving average.
        optimizer: AdamW over the network's parameters.
        step: Steps done.
        seconds: Seconds spent, over all parts of an interrupted run.
    """

    network: nn.Module
    average: nn.Module
    optimizer: torch.optim.AdamW
    step: int = 0
    seconds: float = 0.0

    def save(self, path: Path, identity: Identity) -> None:
        """Write the state; raises StorageError when that fails, and then keeps the older file."""
        tensors: dict[str, Tensor] = {}
        for name, parameter in self.network.named_parameters():
            moments = self.optimizer.state.get(parameter, {})
            tensors[f"weights/{name}"] = parameter
            tensors[f"first/{name}"] = moments.get("exp_avg", torch.zeros_like(parameter))
            tensors[f"second/{name}"] = moments.get("exp_avg_sq", torch.zeros_like(parameter))
        tensors |= {f"average/{name}": parameter for name, parameter in self.average.named_parameters()}
        notes = {"format": FORMAT, "step": self.step, "seconds": self.seconds, "identity": asdict(identity)}
        write_tensors(path, tensors, notes)

    @torch.no_grad()
    def restore(self, path: Path, identity: Identity) -> None:
        """Take over the state of a file.

        Raises:
            SpaceError: If the file is damaged, or belongs to another model, seed, data or version of lateen.
        """
        tensors, notes = read_tensors(path)
        if notes.get("format") != FORMAT:
            raise SpaceError(f"{path} has checkpoint format {notes.get('format')!r}; this lateen reads {FORMAT}.")
        _require_same(asdict(identity), notes.get("identity"), path)
        step, seconds = notes.get("step"), notes.get("seconds")
        if not isinstance(step, int) or not isinstance(seconds, float):
            raise SpaceError(f"{path} doesn't say at which step it was written; delete its folder and start anew.")
        for name, average in self.average.named_parameters():
            average.copy_(_tensor(tensors, f"average/{name}", average, path))
        for name, parameter in self.network.named_parameters():
            parameter.copy_(_tensor(tensors, f"weights/{name}", parameter, path))
            first, second = (
                torch.empty_like(parameter),
                torch.empty_like(parameter),
            )  # in the parameter's memory format
            self.optimizer.state[parameter] = {
                "step": torch.tensor(float(step), device=parameter.device),
                "exp_avg": first.copy_(_tensor(tensors, f"first/{name}", parameter, path)),
                "exp_avg_sq": second.copy_(_tensor(tensors, f"second/{name}", parameter, path)),
            }
        self.step, self.seconds = step, seconds


def _tensor(tensors: dict[str, Tensor], name: str, like: Tensor, path: Path) -> Tensor:
    if name not in tensors or tensors[name].shape != like.shape:
        found = tuple(tensors[name].shape) if name in tensors else "nothing"
        raise SpaceError(f"{path} holds {found} for {name!r}; expected {tuple(like.shape)}.")
    return tensors[name]


def _require_same(given: dict[str, object], saved: object, path: Path) -> None:
    if saved == given:
        return
    old = saved if isinstance(saved, dict) else {}
    differ = []
    for part, value in given.items():
        before = old.get(part)
        if isinstance(value, dict) and isinstance(before, dict):
            names = [k for k in value if value[k] != before.get(k)]
            differ += [f"{k} was {before.get(k)!r} and is now {value[k]!r}" for k in names]
        elif value != before:
            differ.append(
                "the training data differ" if part == "data" else f"{part} was {before!r} and is now {value!r}"
            )
    raise SpaceError(
        f"{path.parent.parent} can't be resumed with other settings: {'; '.join(differ)}. "
        "Resume with the same ones, or train into another folder."
    )
