"""Labels beside points, so that no two overlap and none covers a point.

One idea: labels choose in order of importance, each the cheapest free place that can't be taken for another point's.
Important ones may move away, with a thin line to their point; for others a shorter text stands, or none.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from lateen.plot.shapes import Place
from lateen.plot.text import Number

Box = tuple[Number, Number, Number, Number]  # left, top, right, bottom
Line = tuple[Place, Place]

GAP = 5  # between a point's edge and its label
ROOM = 2  # between labels
SAME = 2  # points nearer than this look like one
STEPS = (0, 4)  # how much farther out a label may move
FAR = (12, 20, 30, 44, 60, 80)  # the same for important ones, with a line
TURNS = (0, 180, 270, 90, 315, 45, 225, 135, 338, 22, 202, 158, 292, 248, 68, 112)  # 0 is right, 90 down; best first
_SAMPLE = 4.0  # pixels between the places of a line that are looked at


@dataclass(frozen=True)
class Label:
    """What wants a place: the point it names and the size of the text.

    Args:
        at: The point, in pixels.
        radius: Of the point's mark.
        size: Width and height of the text.
        short: The same of a shorter text that may stand for it, or None.
        important: Whether it may move away from its point.
    """

    at: Place
    radius: Number
    size: tuple[Number, Number]
    short: tuple[Number, Number] | None = None
    important: bool = False


@dataclass(frozen=True)
class Placed:
    """Where a label is.

    Args:
        box: Of the text.
        leader: The line to its point if it is not beside it.
        short: Whether only the short text had room.
    """

    box: Box
    leader: Line | None
    short: bool = False


def place_labels(labels: Sequence[Label], within: Box, *, lines: Sequence[Line] = ()) -> list[Placed | None]:
    """Find a place for each label.

    Args:
        labels: The most important first.
        within: The field that no label leaves.
        lines: What only an important label may lie on, and had better not.

    Returns:
        One place per label, None where there is no room.
    """
    discs = [(*label.at, float(label.radius)) for label in labels]
    table = _Table(within, np.unique(np.array(discs, float).reshape(-1, 3), axis=0), _sampled(lines))
    placed = [table.place(label, label.size) for label in labels]
    for i, label in enumerate(labels):
        if placed[i] is None and label.short is not None:
            found = table.place(label, label.short)
            placed[i] = None if found is None else replace(found, short=True)
    return placed


class _Table:
    """The field with what lies on it so far."""

    def __init__(self, within: Box, circles: Float[np.ndarray, "m 3"], strokes: Float[np.ndarray, "s 2"]) -> None:
        self.within = within
        self.circles = circles
        self.strokes = strokes
        self.taken: list[Box] = []

    def place(self, label: Label, size: tuple[Number, Number]) -> Placed | None:
        """Put a text of this size on the cheapest free place, if there is one."""
        best: tuple[float, Placed] | None = None
        for cost, option in _options(label, size):
            if best is None or cost < best[0]:
                full = self._cost(label, cost, option)
                if best is None or full < best[0]:
                    best = full, option
        if best is None or best[0] == math.inf:
            return None
        self.taken.append(best[1].box)
        self.strokes = np.concatenate([self.strokes, _sampled([best[1].leader] if best[1].leader else [])])
        return best[1]

    def _cost(self, label: Label, cost: float, option: Placed) -> float:
        """The cost with what is in the way: infinite where the label can't be."""
        left, top, right, bottom = option.box
        outside = left < self.within[0] or top < self.within[1] or right > self.within[2] or bottom > self.within[3]
        if outside or any(_overlap(option.box, other) for other in self.taken):
            return math.inf
        x, y, radius = self.circles.T
        across = np.maximum(np.maximum(left - x, x - right), 0)
        down = np.maximum(np.maximum(top - y, y - bottom), 0)
        gaps = np.hypot(across, down) - radius
        own = np.hypot(x - label.at[0], y - label.at[1]) < SAME
        crossed = int(_inside(self.strokes, option.box).sum())
        if (gaps < 1).any() or (crossed and not label.important):
            return math.inf
        if option.leader is None:
            mine = gaps[(x == label.at[0]) & (y == label.at[1]) & (radius == label.radius)].min()
            mistaken = (gaps[~own] <= mine + 1).any()  # it would seem to be another point's
        else:
            way = _sampled([option.leader])
            apart = np.hypot(way[:, :1] - x[~own], way[:, 1:] - y[~own]) - radius[~own]
            mistaken = any(_inside(way, box).any() for box in self.taken) or (apart < 1).any()
        return math.inf if mistaken else cost + 3 * int((gaps[~own] < GAP + 6).sum()) + 3 * crossed


def _options(label: Label, size: tuple[Number, Number]) -> list[tuple[float, Placed]]:
    """Places around a point with what they cost before anything is in the way."""
    (x, y), (width, height) = label.at, size
    options = []
    for step in (*STEPS, *FAR) if label.important else STEPS:
        for rank, turn in enumerate(TURNS):
            across, down = math.cos(math.radians(turn)), math.sin(math.radians(turn))
            reach = label.radius + GAP + step
            middle = x + reach * across + _lean(across) * width / 2, y + reach * down + _lean(down) * height / 2
            box = (middle[0] - width / 2, middle[1] - height / 2, middle[0] + width / 2, middle[1] + height / 2)
            end = min(max(x, box[0]), box[2]), min(max(y, box[1]), box[3])
            away = math.dist(label.at, end)
            leader = None
            if step >= FAR[0]:
                share = (label.radius + 2) / away
                leader = (x + share * (end[0] - x), y + share * (end[1] - y)), end
            options.append((0.8 * step + 0.6 * rank, Placed(box, leader)))
    return options


def _lean(share: float) -> float:
    """-1, 0 or 1 with a soft middle: a label above its point is centred on it, one aside starts at it."""
    return min(1.0, max(-1.0, 1.6 * share))


def _overlap(box: Box, other: Box) -> bool:
    across = box[0] < other[2] + ROOM and other[0] - ROOM < box[2]
    return across and box[1] < other[3] + ROOM and other[1] - ROOM < box[3]


def _sampled(lines: Sequence[Line]) -> Float[np.ndarray, "m 2"]:
    """Lines as places that lie close together."""
    parts = [np.zeros((0, 2))]
    for start, end in lines:
        count = 2 + int(math.dist(start, end) / _SAMPLE)
        parts.append(np.linspace(start, end, count))
    return np.concatenate(parts)


def _inside(places: Float[np.ndarray, "m 2"], box: Box) -> np.ndarray:
    x, y = places[:, 0], places[:, 1]
    return np.asarray((x > box[0]) & (x < box[2]) & (y > box[1]) & (y < box[3]))
