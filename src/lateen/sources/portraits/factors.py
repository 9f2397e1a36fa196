"""The factors of a portrait and how they are drawn: a small causal model with stated probabilities.

One hidden cause, `woman`, shifts the factors in `SHIFTED` and nothing else; every other factor is
independent of everything. Item i is a function of (seed, i) alone, so any window of the endless stream can
be drawn by itself.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from lateen.core.errors import InputError

Kind = Literal["binary", "categorical", "continuous"]


@dataclass(frozen=True)
class Factor:
    """One factor of a portrait: its name, what values it takes and what they mean.

    Args:
        name: The column's name.
        kind: "binary" and "categorical" columns hold small integers, "continuous" ones float32.
        low: The least value.
        high: The greatest value.
        values: For binary and categorical factors, the meaning of 0, 1, ...; else empty.
        unit: What one step of the scale is.
        description: What is seen when the value grows.
    """

    name: str
    kind: Kind
    low: float
    high: float
    values: tuple[str, ...]
    unit: str
    description: str


def _amount(name: str, description: str, low: float = 0.0, high: float = 1.0, unit: str = "share") -> Factor:
    return Factor(name, "continuous", low, high, (), unit, description)


FACTORS: tuple[Factor, ...] = (
    Factor("woman", "binary", 0.0, 1.0, ("man", "woman"), "class", "hidden cause, seen through SHIFTED"),
    _amount("hair_colour", "black, dark brown, chestnut, honey, light blond; ever lighter"),
    _amount("hair_length", "cropped above the ears, to the chin (.5), below the shoulders (1)"),
    _amount("fringe", "forehead free, to a fringe that reaches the brows"),
    _amount("wave", "straight, wavy, curly"),
    _amount("skin_tone", "light to deep"),
    _amount("eye_colour", "brown, hazel, green, grey, blue"),
    _amount("brow", "thin and arched to thick and straight"),
    Factor("glasses", "categorical", 0.0, 2.0, ("none", "clear", "sun"), "class", "rims, dark lenses"),
    _amount("beard", "none, stubble (.3), full (1)"),
    _amount("moustache", "none to full"),
    _amount("smile", "serious, corners slightly down, to a broad smile (1)"),
    _amount("mouth_open", "closed to open, teeth showing"),
    _amount("head_turn", "turned to the picture's left (-) or right (+)", -20.0, 20.0, "degrees"),
    _amount("head_tilt", "leaning to the picture's left (-) or right (+)", -8.0, 8.0, "degrees"),
    _amount("gaze", "looking to the picture's left (-) or right (+)", -1.0, 1.0, "share of the movement"),
    _amount("face_width", "narrow to wide"),
    _amount("jaw", "pointed to square; the neck follows"),
    _amount("age", "smooth and rosy to pale, with hollow cheeks, bags, folds and lines"),
    _amount("background", "sand, peach, rose, lilac, sky, sea green"),
    _amount("light", "from the picture's left (-) or right (+)", -1.0, 1.0, "share of the full slant"),
    _amount("shirt", "cream, coral, brick, plum, navy, teal"),
)


@dataclass(frozen=True)
class Mixture:
    """A factor's law given the cause: with a stated chance it is high, else low, uniform in either range.

    Args:
        man: P(high | man).
        woman: P(high | woman).
        low: The range of values when low; (0, 0) means absent.
        high: The range of values when high.
    """

    man: float
    woman: float
    low: tuple[float, float]
    high: tuple[float, float]


SHIFTED: dict[str, Mixture] = {
    "hair_length": Mixture(man=0.12, woman=0.85, low=(0.0, 0.30), high=(0.30, 1.0)),
    "jaw": Mixture(man=0.80, woman=0.15, low=(0.0, 0.5), high=(0.5, 1.0)),
    "brow": Mixture(man=0.80, woman=0.20, low=(0.0, 0.5), high=(0.5, 1.0)),
    "beard": Mixture(man=0.45, woman=0.02, low=(0.0, 0.0), high=(0.3, 1.0)),
    "moustache": Mixture(man=0.40, woman=0.02, low=(0.0, 0.0), high=(0.3, 1.0)),
}
"""What `woman` shifts, with its probabilities; P(woman) = 1/2."""

GLASSES_SHARES = (0.5, 0.3, 0.2)
"""P(none), P(clear), P(sun): independent of everything."""

_BLOCK = 1024  # items that share a Philox key; part of the stream's definition


def sample_factors(
    n: int, seed: int = 0, *, independent: bool = False, start: int = 0
) -> dict[str, np.ndarray]:
    """Draw the factors of items start, ..., start + n - 1 of the stream named by a seed.

    Args:
        n: How many items.
        seed: Names the stream; 0 or greater.
        independent: Whether the factors in `SHIFTED` ignore the cause: each then tosses a coin of its own
            instead of reading `woman`, so its marginal law stays as it was and every correlation is gone.
        start: Index of the first item.

    Returns:
        One column of length n per factor, in the order of `FACTORS`: int8 for classes, float32 for the rest.

    Raises:
        InputError: If n, seed or start is negative.

    Example:
        >>> sample_factors(2)["glasses"].shape
        (2,)
    """
    for name, value in (("n", n), ("seed", seed), ("start", start)):
        if value < 0:
            call = f"sample_factors(n={n}, seed={seed}, start={start})"
            raise InputError(f"{call}: {name} is {value}; give 0 or more")
    uniforms = _uniforms(n, seed, start)
    columns: dict[str, np.ndarray] = {}
    for factor, (level, side, coin) in zip(FACTORS, uniforms, strict=True):
        if factor.name in SHIFTED:
            woman = coin < 0.5 if independent else columns["woman"] == 1
            columns[factor.name] = _mixture(SHIFTED[factor.name], woman, side, level)
        elif factor.name == "glasses":
            bounds = np.cumsum(GLASSES_SHARES[:2])
            columns["glasses"] = np.searchsorted(bounds, level, side="right").astype(np.int8)
        elif factor.kind == "binary":
            columns[factor.name] = (level < 0.5).astype(np.int8)
        else:
            columns[factor.name] = (factor.low + (factor.high - factor.low) * level).astype(np.float32)
    return columns


def _mixture(law: Mixture, woman: np.ndarray, side: np.ndarray, level: np.ndarray) -> np.ndarray:
    high = side < np.where(woman, law.woman, law.man)
    low_value = law.low[0] + (law.low[1] - law.low[0]) * level
    high_value = law.high[0] + (law.high[1] - law.high[0]) * level
    return np.where(high, high_value, low_value).astype(np.float32)


def _uniforms(n: int, seed: int, start: int) -> np.ndarray:
    """Uniforms in [0, 1) of shape (factors, 3, n): three for each factor of each item, in float64.

    Raw Philox words are specified bit by bit, unlike the streams of `Generator`, so every platform and every
    version of NumPy draws the same. Each block of items has its own key.
    """
    first, last = start // _BLOCK, (start + n - 1) // _BLOCK
    shape = (len(FACTORS), 3, _BLOCK)
    keys = (np.array([seed, block], np.uint64) for block in range(first, last + 1))
    blocks = [np.random.Philox(key=key).random_raw(math.prod(shape)).reshape(shape) for key in keys]
    words = np.concatenate(blocks, axis=2) if blocks else np.empty((*shape[:2], 0), np.uint64)
    offset = start - first * _BLOCK
    return (words[:, :, offset : offset + n] >> np.uint64(11)) * 2.0**-53
