"""Which points of a map show their picture or their name: as many as have room, and every region at least one.

One idea: dense places choose first, then whoever is far enough from all chosen. A point without a picture
always has a pictured one within the distance.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Bool, Float, Int


def crowding(places: Float[np.ndarray, "n 2"], cell: int | float) -> Int[np.ndarray, " n"]:
    """How many points share each point's neighbourhood of 3 x 3 cells.

    Args:
        places: (n, 2) in any unit.
        cell: Side of a cell in the same unit.
    """
    if len(places) == 0:
        return np.zeros(0, np.int64)
    cells = np.floor((places - places.min(axis=0)) / cell).astype(np.int64) + 1
    shape = tuple(int(c) for c in cells.max(axis=0) + 2)
    counts = np.zeros(shape, np.int64)
    np.add.at(counts, (cells[:, 0], cells[:, 1]), 1)
    around = np.zeros_like(counts)
    for shift in itertools.product((-1, 0, 1), repeat=2):
        around += np.roll(counts, shift, axis=(0, 1))
    crowd: Int[np.ndarray, " n"] = around[cells[:, 0], cells[:, 1]]
    return crowd


def place_names(
    places: Float[np.ndarray, "n 2"],
    size_of: Callable[[int], tuple[int | float, int | float]],
    within: tuple[int, int],
    *,
    radius: int | float,
    apart: tuple[int, int],
) -> dict[int, tuple[float, float]]:
    """Where names stand beside their points, the first points first.

    Args:
        places: (n, 2) in pixels, the most important first.
        size_of: Width and height of a row's name in pixels.
        within: Width and height of the field, which no name leaves.
        radius: Of the points.
        apart: Pixels that stay free between names, along x and along y, so that what lies there can be seen.

    Returns:
        The top left corner of the name of each row that has room.
    """
    width, height = within
    taken = np.zeros((height, width), bool)
    placed: dict[int, tuple[float, float]] = {}
    for row, (x, y) in enumerate(places.tolist()):
        if not (0 <= x < width and 0 <= y < height) or taken[int(y), int(x)]:
            continue
        wide, high = size_of(row)
        gap = radius + 3
        beside = (gap, -high / 2), (-gap - wide, -high / 2), (-wide / 2, gap - 2), (-wide / 2, 2 - gap - high)
        for left, top in ((x + across, y + down) for across, down in beside):
            box = _window(left, top, left + wide, top + high)
            inside = left >= 0 and top >= 0 and left + wide <= width and top + high <= height
            if inside and not taken[box].any():
                placed[row] = left, top
                right, bottom = left + wide + apart[0], top + high + apart[1]
                taken[_window(left - apart[0], top - apart[1], right, bottom)] = True
                taken[_window(x - radius - 1, y - radius - 1, x + radius + 1, y + radius + 1)] = True
                break
    return placed


def _window(left: float, top: float, right: float, bottom: float) -> tuple[slice, slice]:
    """The pixels of a box, cut at the upper left end of the field."""
    return slice(max(0, int(top)), max(0, int(bottom) + 1)), slice(max(0, int(left)), max(0, int(right) + 1))


def place_apart(
    places: Float[np.ndarray, "n 2"],
    distance: int | float,
    eligible: Bool[np.ndarray, " n"],
    first: Sequence[int] = (),
) -> Int[np.ndarray, " m"]:
    """Rows whose squares of side `distance`, centred on the points, don't overlap, densest places first.

    Args:
        places: (n, 2) in pixels.
        distance: Least distance between two chosen points, along x or along y.
        eligible: Which rows may be chosen.
        first: Rows that choose before all others.
    """
    order = np.argsort(-crowding(places, distance), kind="stable")
    order = np.concatenate([np.array(first, np.int64), order])
    taken: dict[tuple[int, int], list[tuple[float, float]]] = {}
    chosen: list[int] = []
    for row in order[eligible[order]].tolist():
        x, y = float(places[row, 0]), float(places[row, 1])
        column, line = int(x // distance), int(y // distance)
        near = (taken.get((column + i, line + j), ()) for i in (-1, 0, 1) for j in (-1, 0, 1))
        if any(abs(x - a) < distance and abs(y - b) < distance for cell in near for a, b in cell):
            continue
        taken.setdefault((column, line), []).append((x, y))
        chosen.append(row)
    return np.array(chosen, np.int64)
