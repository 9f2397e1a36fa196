"""Names of regions on the picture of a map: the largest first, none over another, with a halo."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int64

from lateen.plot.text import Number, shorten, text_width

SIZES = 15, 23  # of letters, for the smallest and the largest regions
LINE = 1.22
HIDES = 0.35  # of a region, from which on its name stands beside it
GAP = 6  # pixels between such a name and its region
LONGEST = 300  # pixels of a line
BROKEN = 190  # pixels from which on a name takes two lines
SHIFTS = ((0, 0), (0, -1), (0, 1), (0.5, -0.7), (-0.5, -0.7), (0.5, 0.7), (-0.5, 0.7), (0, -2), (0, 2))  # of its size


@dataclass(frozen=True)
class RegionName:
    """A name with its place.

    Args:
        lines: One or two.
        size: Of the letters.
        box: Left, top, right, bottom.
    """

    lines: tuple[str, ...]
    size: int
    box: tuple[float, float, float, float]


def region_names(
    names: list[str],
    sizes: Int64[np.ndarray, " c"],
    places: Float[np.ndarray, "c 2"],
    within: tuple[int, int],
    reaches: Float[np.ndarray, "c 2"] | None = None,
) -> list[RegionName]:
    """The names that have room.

    Args:
        names: The most important first.
        sizes: (c,) points of each region.
        places: (c, 2) where each name would like to stand, in pixels.
        within: Width and height of the field.
        reaches: (c, 2) half the width and height of each region, in pixels; a name that would hide most of its region
            stands beside it.
    """
    beside = np.zeros((len(names), 2)) if reaches is None else reaches
    placed: list[RegionName] = []
    least, most = SIZES
    shares = (sizes / max(1, int(sizes.sum()))).tolist()
    for name, share, (x, y), reach in zip(names, shares, places.tolist(), beside.tolist(), strict=True):
        size = round(least + (most - least) * min(1.0, float(np.sqrt(share)) * 1.6))
        lines = tuple(shorten(line, LONGEST, size) for line in _broken(name, size))
        width, height = max(text_width(line, size) for line in lines) + 8, LINE * size * len(lines) + 4
        for across, down in _shifts(width, height, reach):
            middle, line = x + across, y + down
            box = middle - width / 2, line - height / 2, middle + width / 2, line + height / 2
            if box[0] < 0 or box[1] < 0 or box[2] > within[0] or box[3] > within[1]:
                continue
            if not any(_overlap(box, other.box) for other in placed):
                placed.append(RegionName(lines, size, box))
                break
    return placed


def _shifts(width: Number, height: Number, reach: list[float]) -> list[tuple[float, float]]:
    """Where a name may stand, from its place: on a region that is larger than it, else above, below or beside it."""
    across, down = reach
    if not (across or down) or width * height < HIDES * 4 * across * down:
        return [(a * width, b * height) for a, b in SHIFTS]
    over, aside = down + height / 2 + GAP, across + width / 2 + GAP
    straight = [(0.0, -over), (0.0, over), (aside, 0.0), (-aside, 0.0)]
    return [*straight, (aside, -over), (-aside, -over), (aside, over), (-aside, over)]


def covered(
    places: Float[np.ndarray, "m 2"], names: list[RegionName], margin: float | int
) -> np.ndarray:
    """(m,) Whether each place is under a name or within the margin of one."""
    under = np.zeros(len(places), bool)
    for name in names:
        left, top, right, bottom = name.box
        x, y = places[:, 0], places[:, 1]
        under |= (x > left - margin) & (x < right + margin) & (y > top - margin) & (y < bottom + margin)
    return under


def _broken(name: str, size: int) -> list[str]:
    """One line, or two broken after a comma or between words, as near to the middle as can be."""
    if text_width(name, size) <= BROKEN:
        return [name]
    spaces = [i for i, letter in enumerate(name) if letter == " "]
    if not spaces:
        return [name]
    at = min(spaces, key=lambda i: abs(i - len(name) / 2) + (0 if name[i - 1] == "," else 6))
    return [name[:at], name[at + 1 :]]


def _overlap(box: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    return box[0] < other[2] and other[0] < box[2] and box[1] < other[3] and other[1] < box[3]
