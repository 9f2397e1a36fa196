"""Plateaus: scales over which the dimension stays the same.

One idea: a manifold with noise has as many dimensions as the noise from near and its own from afar. Only where the
figure stays while the distance of neighbours changes is it a property of the data and not of the scale.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from lateen.manifold.dimension.estimate import Z
from lateen.manifold.dimension.scales import Scale

REACH = 1.5  # times as far at its end; counting halvings instead would call ten dimensions level too soon
LEVEL = 0.025  # of the dimension, above and below its mean, that an interval has to meet: 5 % from end to end
WIDE = 0.10  # half width of an interval, as a share, beyond which a scale says too little
FEWEST = 3  # scales


@dataclass(frozen=True)
class Plateau:
    """A run of scales with the same dimension.

    Args:
        estimate: Its dimension: the mean of its scales, weighted by their certainty.
        near, far: Median distances of neighbours at its beginning and its end, in the geometry's units.
        scales: How many scales it has.
    """

    estimate: float
    near: float
    far: float
    scales: int

    def to_dict(self) -> dict[str, object]:
        """Plain data."""
        return {name: value if isinstance(value, int) else float(f"{value:.6g}") for name, value in vars(self).items()}


def plateaus(scales: Sequence[Scale]) -> tuple[Plateau, ...]:
    """All plateaus, from near to afar; none where the dimension drifts all the way, or there are too few scales.

    A plateau is a run of three scales or more, none of them uncertain by more than 10 %, along which neighbours become
    1.5 times as far or more, while every scale's interval meets its mean within 2.5 %, and a line through them changes
    by 5 % at the most, or by no more than chance may make it. In many dimensions this asks for much data: of ten,
    halving the number of items moves neighbours by 7 % only.

    Args:
        scales: In the order of their distances, nearest first.
    """
    found: list[tuple[int, int]] = []
    for first in range(len(scales)):
        last = first
        while last < len(scales) and _level(scales[first : last + 1]):
            last += 1
        run = scales[first:last]
        inside = any(first >= start and last <= stop for start, stop in found)
        if len(run) >= FEWEST and run[-1].distance >= REACH * run[0].distance > 0 and not inside:
            found.append((first, last))
    return tuple(_plateau(scales[start:stop]) for start, stop in _apart(found))


def longest(found: Sequence[Plateau]) -> Plateau | None:
    """The one along which neighbours become farthest; None if there is none."""
    return max(found, key=lambda p: p.far / p.near, default=None)


def why_none(scales: Sequence[Scale]) -> str:
    """Why these scales have no plateau, as it stands behind "none: "."""
    known = [s for s in scales if math.isfinite(s.low)]
    if len(known) < FEWEST:
        return f"too few scales, {len(known)} with an interval where a plateau needs {FEWEST}"
    sure = [s for s in known if _narrow(s)]
    if len(sure) < FEWEST:
        return f"the intervals are too wide, beyond ± {WIDE:.0%} at {len(known) - len(sure)} of {len(known)} scales"
    level = [run for i in range(len(scales)) for run in [scales[i : i + FEWEST]] if len(run) == FEWEST and _level(run)]
    if level:
        reach = scales[-1].distance / scales[0].distance if scales[0].distance > 0 else 1.0
        span = "they are" if reach < REACH else "those at which it stays the same are"
        return f"the scales span too little distance: {span} less than {REACH} times as far at their end"
    first, last = sure[0].estimate, sure[-1].estimate
    if abs(last / first - 1) > LEVEL:
        return f"it drifts, {first:.3g} from near and {last:.3g} from afar"
    values = [s.estimate for s in sure]
    return f"it doesn't stay the same, from {min(values):.3g} to {max(values):.3g}"


def _apart(runs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Runs that share no scale but their ends: of those that overlap, the longer."""
    kept: list[tuple[int, int]] = []
    for run in sorted(runs, key=lambda r: r[0] - r[1]):
        if all(run[1] - 1 <= start or run[0] >= stop - 1 for start, stop in kept):
            kept.append(run)
    return sorted(kept)


def _level(run: Sequence[Scale]) -> bool:
    if not all(map(_narrow, run)):
        return False
    mean = _mean(run)
    meets = all(s.low <= mean * (1 + LEVEL) and s.high >= mean * (1 - LEVEL) for s in run)
    return meets and (len(run) < FEWEST or _steady(run))


def _narrow(scale: Scale) -> bool:
    return math.isfinite(scale.low) and scale.high <= scale.low * (1 + WIDE) / (1 - WIDE)


def _steady(run: Sequence[Scale]) -> bool:
    """Whether the line through a run rises and falls by no more than is level, or chance."""
    x, y, weights = np.log([s.distance for s in run]), np.log([s.estimate for s in run]), _weights(run)
    x -= np.average(x, weights=weights)
    spread = float((weights * x**2).sum())
    reach = float(np.ptp(x))
    change = float((weights * x * y).sum()) / spread * reach if spread > 0 else 0.0
    return abs(change) <= max(2 * LEVEL, 2 * reach / math.sqrt(spread) if spread > 0 else 0.0)


def _mean(run: Sequence[Scale]) -> float:
    return float(np.exp(np.average(np.log([s.estimate for s in run]), weights=_weights(run))))


def _weights(run: Sequence[Scale]) -> Float[np.ndarray, " scales"]:
    """One over the variance of each logarithm."""
    errors = np.array([math.log(s.high / s.low) for s in run]) / (2 * Z)
    return np.asarray(1 / np.maximum(errors, 1e-6) ** 2)


def _plateau(run: Sequence[Scale]) -> Plateau:
    return Plateau(_mean(run), run[0].distance, run[-1].distance, len(run))
