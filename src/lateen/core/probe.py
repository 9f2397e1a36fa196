"""A probe: what one attribute is at a point, read off by a linear function."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, Float32, Float64

from lateen.core.errors import InputError

Reads = Literal["probability", "value"]


@dataclass(frozen=True, eq=False)
class Probe:
    """A linear reader of an attribute.

    Args:
        weights: (dim,) change of the reading (before the logistic function, where it is a probability) per unit.
        bias: The reading at the origin.
        reads: "probability" that the attribute is there, or its "value" in the field's own units.

    Raises:
        InputError: If the weights are no finite vector, or what it reads is neither.
    """

    weights: Float32[np.ndarray, " dim"]
    bias: float
    reads: Reads = "probability"

    def __post_init__(self) -> None:
        if self.weights.ndim != 1 or not np.isfinite(self.weights).all() or not np.isfinite(self.bias):
            shape = self.weights.shape
            raise InputError(f"A probe got weights of shape {shape} and bias {self.bias}; give finite numbers.")
        if self.reads not in ("probability", "value"):
            raise InputError(f"A probe reads a probability or a value, not {self.reads!r}.")

    def __call__(self, points: Float[np.ndarray, "*batch dim"]) -> Float64[np.ndarray, "*batch"]:
        """The attribute at points: (..., dim) -> (...)."""
        score = self.score(points)
        return score if self.reads == "value" else np.asarray(0.5 * (1 + np.tanh(score / 2)))

    def score(self, points: Float[np.ndarray, "*batch dim"]) -> Float64[np.ndarray, "*batch"]:
        """The linear reading; of a probability its logit."""
        return np.asarray(points.astype(np.float64) @ self.weights.astype(np.float64) + self.bias)

    def score_of(self, reading: float) -> float:
        """The linear reading at which the attribute reads so.

        Raises:
            InputError: If it can't: a probability lies strictly between 0 and 1.
        """
        if self.reads == "value":
            if not np.isfinite(reading):
                raise InputError(f"A value to be reached must be a finite number, got {reading}.")
            return float(reading)
        if not 0 < reading < 1:
            raise InputError(f"A probability to be reached lies between 0 and 1, both left out; got {reading}.")
        return float(np.log(reading / (1 - reading)))

    def to_dict(self) -> dict[str, object]:
        """Plain data for a json file."""
        return {"weights": [float(w) for w in self.weights], "bias": float(self.bias), "reads": self.reads}

    @classmethod
    def from_dict(cls, plain: object) -> Probe:
        """A probe from `to_dict`'s data; raises TypeError, KeyError or ValueError if it is something else."""
        if not isinstance(plain, dict):
            raise TypeError(f"probe is {str(plain)[:40]!r}, expected an object")
        reads = plain["reads"]
        if reads not in ("probability", "value"):
            raise ValueError(f"probe reads {str(reads)[:40]!r}")
        return cls(np.asarray(plain["weights"], np.float32), float(plain["bias"]), reads)
