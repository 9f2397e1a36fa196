"""A dose-response: what a direction's own probe says of held-out items that are moved along it, step by step."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from lateen.core.errors import InputError


@dataclass(frozen=True)
class Response:
    """Readings of held-out items without the attribute, after so many steps.

    Args:
        steps: Steps along the direction, rising; 0 is among them.
        reading: Their mean reading.
        low: The reading that a tenth of them stay below.
        high: The reading that a tenth of them exceed.

    Raises:
        InputError: If the four are not of one length, or the steps don't rise.
    """

    steps: tuple[float, ...]
    reading: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]

    def __post_init__(self) -> None:
        lengths = {len(self.steps), len(self.reading), len(self.low), len(self.high)}
        if len(lengths) > 1:
            raise InputError(f"A dose-response needs a reading for each of {len(self.steps)} steps.")
        if any(b <= a for a, b in pairwise(self.steps)):
            raise InputError("The steps of a dose-response must rise.")

    @property
    def rises(self) -> bool:
        """Whether no step lowers the mean reading."""
        return all(b >= a for a, b in pairwise(self.reading))

    def to_dict(self) -> dict[str, list[float]]:
        """Plain data for a json file."""
        return {name: list(getattr(self, name)) for name in ("steps", "reading", "low", "high")}

    @classmethod
    def from_dict(cls, plain: object) -> Response:
        """A response from `to_dict`'s data; raises TypeError, KeyError or ValueError if it is something else."""
        if not isinstance(plain, dict):
            raise TypeError(f"response is {str(plain)[:40]!r}, expected an object")
        steps, reading, low, high = (tuple(float(x) for x in plain[n]) for n in ("steps", "reading", "low", "high"))
        return cls(steps, reading, low, high)
