"""Traversals: an item moved along a direction, step by step, with what the direction's own probe reads at each.

One idea: it is one way through the item, which stands at 0 among the frames; with a second direction, a grid of such.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from jaxtyping import Float32, UInt8
from PIL.Image import Image

from lateen.core.direction import Direction
from lateen.core.errors import InputError
from lateen.core.path import Ray
from lateen.core.probe import Reads
from lateen.core.synthetic import Synthetic
from lateen.operations.direction import warning_of
from lateen.operations.near import shown
from lateen.operations.opened import Located, Opened, within_reach
from lateen.operations.result import Pictured, known, not_decoded, rounded, stands_in
from lateen.plot.animation import SUFFIXES as FILMS
from lateen.plot.animation import save_animation
from lateen.plot.coloring import number_text
from lateen.plot.strip import strip
from lateen.plot.traversal import signed, traversal_grid

STEPS, COLUMNS = 9, 7  # of a strip, of a grid
FARTHEST = 3.0  # steps to either side of a direction that doesn't know its dose
MOST = 10_000  # frames are held in memory
BLOCK = 256  # frames that are decoded at once
FILM = 36  # legs of a film at the least
SLOW = 4  # frames per second where each is another item
ALIKE = 0.9  # cosine from which on two directions do nearly the same


@dataclass(frozen=True, eq=False)
class Traversal(Pictured):
    """An item along a direction, or in a grid of two.

    Args:
        item: What was moved.
        direction: Along what.
        steps: How far, in steps of the direction (standard deviations of the data along it).
        frames: The point at each; of a grid row by row.
        reading: What the direction's own probe reads at each frame; None without a probe.
        reads: What that is: the "probability" of the attribute, or its "value".
        path: The way that `steps` lie on; of a grid the row of the item itself.
        warnings: Why the directions should not be relied on, a sentence each.
        other: The second direction of a grid.
        other_steps: The steps along it, one per row.
        other_reading: What its probe reads at each frame.
    """

    item: str
    direction: str
    steps: tuple[float, ...]
    frames: tuple[Synthetic, ...]
    reading: tuple[float, ...] | None
    reads: Reads | None
    path: Ray
    warnings: tuple[str, ...]
    _opened: Opened = field(repr=False)
    _located: Located = field(repr=False)
    other: str | None = None
    other_steps: tuple[float, ...] = ()
    other_reading: tuple[float, ...] | None = None

    def __repr__(self) -> str:
        least = min(f.support for f in self.frames)
        trust = "" if math.isnan(least) else f", least support {least:.2f}"
        beside = f" and {self.other} {_span(self.other_steps)}" if self.other is not None else ""
        return f"{self.item} along {self.direction} {_span(self.steps)}{beside}: {len(self.frames)} frames{trust}"

    def to_dict(self) -> dict[str, object]:
        """Plain data, as `--json` prints it; of a grid a list for each row."""
        plain: dict[str, object] = {
            "item": self.item,
            "direction": self.direction,
            "steps": [_plain(s) for s in self.steps],
            "support": self._by_row([rounded(f.support) for f in self.frames]),
            "reading": self._readings(self.reading),
            "reads": self.reads,
            "ids_nearest": self._by_row([f.nearest for f in self.frames]),
            "decoded_by": self.frames[0].decoded_by,
            "warnings": list(self.warnings),
        }
        if self.other is not None:
            plain["other"] = self.other
            plain["other_steps"] = [_plain(s) for s in self.other_steps]
            plain["other_reading"] = self._readings(self.other_reading)
        return plain

    def _readings(self, reading: tuple[float, ...] | None) -> object:
        return None if reading is None else self._by_row([rounded(r, 6) for r in reading])

    def _by_row(self, values: list[object]) -> list[object]:
        n = len(self.steps)
        return values if self.other is None else [values[i : i + n] for i in range(0, len(values), n)]

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know of the frames and of the directions, a sentence each."""
        return (*not_decoded(self.frames[0], self._opened.spec.modality), *self._unsupported(), *self.warnings)

    def _unsupported(self) -> tuple[str, ...]:
        """Where the data ends."""
        none = [round(f.support, 2) == 0 for f in self.frames]
        if not any(none):
            return ()
        beyond = "farther out than any held-out item"
        if all(none):
            return (f"Support is 0 everywhere: all of it is {beyond}.",)
        if self.other is not None:
            return (f"Support is 0 in {sum(none)} of {len(none)} cells: they are {beyond}.",)
        until = next(i for i, zero in enumerate(none) if not zero)
        since = len(none) - next(i for i, zero in enumerate(reversed(none)) if not zero)
        where = [f"up to {signed(self.steps[until - 1])}"] if until else []
        where += [f"from {signed(self.steps[since])} on"] if since < len(none) else []
        return (f"Support is 0 {' and '.join(where) or 'at some steps between'}: that is {beyond}.",)

    def picture(self) -> Image:
        """The frames in a row beside the item; of two directions in a grid."""
        instead = stands_in(self.frames[0])  # first, since long titles are cut
        title = f"{f'{instead}: ' if instead else ''}{self.item}"
        frames = np.stack(shown([f.image for f in self.frames]))
        support = [known(f.support) for f in self.frames]
        columns = [signed(s) for s in self.steps]
        if self.other is not None:
            rows, names = [signed(s) for s in self.other_steps], (self.direction, self.other)
            title = f"{title} along {self.direction} and {self.other}"
            return traversal_grid(
                frames, columns=columns, rows=rows, names=names, support=support, title=title, marked=self._at_item()
            )
        return strip(
            frames,
            labels=columns,
            support=support,
            title=f"{title} along {self.direction}",
            readings=None if self.reading is None else [reading_text(r, self.reads) for r in self.reading],
            reads=self.direction,
            aside=(self._opened.picture_of(self._located), self.item),
            marked=self._at_item(),
        )

    def _at_item(self) -> int | None:
        """Which frame is the item itself."""
        heights = self.other_steps or (0.0,)
        if 0.0 not in self.steps or 0.0 not in heights:
            return None
        return heights.index(0.0) * len(self.steps) + self.steps.index(0.0)

    def save(self, path: str | Path, *, force: bool = False) -> Path:
        """Save the picture (.png, .jpg, .webp) or, of one direction, the film (.gif, .mp4), there and back.

        Raises:
            InputError: If the file exists and `force` is not set, the suffix is not known, or it is a film of a grid.
        """
        path = Path(path)
        if path.suffix.lower() not in FILMS:
            return super().save(path, force=force)
        require_still(path, self.other)
        by_decoder = self._opened.decoder is not None
        return save_animation(self._film(), path, fps=12 if by_decoder else SLOW, force=force)

    def _film(self) -> UInt8[np.ndarray, "f height width 3"]:
        """The frames; where they are few and can be decoded, more between them, so that it runs smoothly."""
        decoder, legs = self._opened.decoder, len(self.steps) - 1
        between = -(-FILM // legs)
        if decoder is None or between == 1:
            return np.stack(shown([f.image for f in self.frames]))
        points = self.path.evaluate(np.linspace(0, 1, legs * between + 1))
        return np.asarray(decoder.decode(np.ascontiguousarray(points, np.float32)))


def traverse(
    opened: Opened,
    item: str | int,
    direction: str,
    other: str | None = None,
    start: float | int | None = None,
    end: float | int | None = None,
    steps: int | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> Traversal:
    """Move an ITEM along a direction from `start` to `end`, or along two in a grid.

    Args:
        opened: The space.
        item: What is moved.
        direction: The name of a direction of the space.
        other: Of a second one; the grid then has fewer rows than columns.
        start: Steps at the first frame; by default the direction's dose to the other side (of a grid, both).
        end: Steps at the last; by default its dose: as many as turn an item without the attribute into one with it.
        steps: Frames, of a grid its columns; 9 by default, 7 of a grid.
        progress: Told what is done, how much of it, and of how much.

    Raises:
        InputError: If the steps are too few or too many, the range is none, or both directions are the same.
        UnknownNameError: If there is no such item or direction.
    """
    columns = steps if steps is not None else STEPS if other is None else COLUMNS
    rows = 1 if other is None else max(min(columns, 3), columns - 2)
    _check(columns, rows, direction, other)
    along = opened.direction(direction)
    across = None if other is None else opened.direction(other)
    located = opened.locate(item)
    places = _places(along, start, end, columns)
    heights = np.zeros(1) if across is None else _places(across, start, end, rows)
    rays = [_ray(opened, located.vector, along, places, across, float(height)) for height in heights]
    points = np.concatenate([ray.at(places) for ray in rays]).astype(np.float32)
    frames: list[Synthetic] = []
    for first in range(0, len(points), BLOCK):
        frames += opened.synthesise(points[first : first + BLOCK])
        if progress is not None and len(points) > BLOCK:
            progress("decoding", len(frames), len(points))
    return Traversal(
        item=located.label,
        direction=direction,
        steps=tuple(float(s) for s in places),
        frames=tuple(frames),
        reading=_read(along, points),
        reads=None if along.probe is None else along.probe.reads,
        path=_ray(opened, located.vector, along, places, None, 0.0),
        warnings=_warnings(opened, along, across),
        _opened=opened,
        _located=located,
        other=other,
        other_steps=() if across is None else tuple(float(s) for s in heights),
        other_reading=None if across is None else _read(across, points),
    )


def require_still(path: Path | None, other: str | None) -> None:
    """Raise InputError if a film is asked for of two directions."""
    if other is not None and path is not None and path.suffix.lower() in FILMS:
        raise InputError(
            f"Can't write {path}: two directions make a grid, which is no film; use .png, .jpg or .webp, or give one "
            "direction."
        )


def dose_of(direction: Direction) -> float:
    """Steps that are worth going to either side: its dose, else the gap of its classes, else three."""
    known_ones = (d for d in (direction.dose, abs(direction.gap)) if math.isfinite(d) and d > 0)
    return float(next(known_ones, FARTHEST))


def reading_text(reading: float, reads: Reads | None) -> str:
    """What a probe reads, as it stands under a frame: .97 of a probability, else the value."""
    return f"{reading:.2f}".removeprefix("0") if reads == "probability" else number_text(reading)


def _check(columns: int, rows: int, direction: str, other: str | None) -> None:
    if columns < 2:
        raise InputError(f"A traversal needs at least its two ends, got --steps {columns}.")
    if columns * rows > MOST:
        made = f"{rows:,} rows of {columns:,} frames" if rows > 1 else f"--steps {columns:,}"
        raise InputError(f"A traversal has at most {MOST:,} frames, got {made}.")
    if direction == other:
        raise InputError(f"A grid takes two directions, got {direction!r} twice.")


def _places(
    direction: Direction, start: float | int | None, end: float | int | None, n: int
) -> np.ndarray:
    """Steps of n frames, rising; 0 is among them where nothing was said of the range."""
    dose = dose_of(direction)
    if start is None and end is None:
        return dose / (n // 2) * (np.arange(n) - (n - 1) // 2)
    first, last = -dose if start is None else float(start), dose if end is None else float(end)
    if not (math.isfinite(first) and math.isfinite(last)):
        raise InputError(f"A traversal goes from one number of steps to another, got {first:g} to {last:g}.")
    if first >= last:
        usual = "; give --from and --to (start and end)" if start is None or end is None else ""
        raise InputError(
            f"The way along {direction.name} from {first:g} to {last:g} steps has no length or leads back{usual}."
        )
    places = np.linspace(first, last, n)
    return np.where(np.abs(places) < 1e-9 * (last - first), 0.0, places)


def _ray(
    opened: Opened,
    point: Float32[np.ndarray, " dim"],
    along: Direction,
    places: np.ndarray,
    across: Direction | None,
    height: float,
) -> Ray:
    with np.errstate(over="ignore"):  # said by within_reach
        origin = point if across is None else within_reach(across.apply(point, height), f"{across.name}={height:+g}")
        for steps in (places[0], places[-1]):
            within_reach(along.apply(origin, float(steps)), f"{along.name}={steps:+g}")
    return Ray(opened.geometry, origin, along.step, float(places[0]), float(places[-1]))


def _read(direction: Direction, points: Float32[np.ndarray, "k dim"]) -> tuple[float, ...] | None:
    return None if direction.probe is None else tuple(float(r) for r in direction.probe(points))


def _warnings(opened: Opened, along: Direction, across: Direction | None) -> tuple[str, ...]:
    names = [along.name] if across is None else [along.name, across.name]
    said = [warning for warning in (warning_of(opened, name) for name in names) if warning is not None]
    if across is not None and abs(cosine := along.cosine(across)) > ALIKE:
        said.append(f"{along.name} and {across.name} do nearly the same (cosine {cosine:+.2f})")
    return tuple(said)


def _span(steps: tuple[float, ...]) -> str:
    return f"{signed(steps[0])} ... {signed(steps[-1])}"


def _plain(steps: float) -> float:
    return float(f"{steps:.6g}")
