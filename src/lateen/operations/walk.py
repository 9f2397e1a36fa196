"""Paths: the way from one item to another, decoded step by step, with the support of each step."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
from PIL.Image import Image

from lateen.core.errors import InputError
from lateen.core.geometry import Euclidean, Gaussian, Geometry, Sphere
from lateen.core.path import Chain
from lateen.core.path import Path as Way
from lateen.core.synthetic import Synthetic
from lateen.operations.geodesic import GEODESICS, Gap, Trip, decoded_length_of, measured, trip
from lateen.operations.near import shown
from lateen.operations.opened import Located, Opened
from lateen.operations.result import Pictured, known, not_decoded, rounded, stands_in
from lateen.plot.animation import save_animation
from lateen.plot.strip import one_below_another, strip

ALONG = ("straight", "sphere", "gaussian", *GEODESICS)
LENGTH_STEPS = 200
LOW = 0.05  # support below which a way can't be trusted
MOST_STEPS = 10_000  # frames are held in memory


@dataclass(frozen=True, eq=False)
class Walk(Pictured):
    """A decoded path.

    Args:
        stops: Labels of the items that it goes through.
        along: "straight", "sphere", "gaussian", "graph" or "pullback".
        frames: The points on the way, first and last included.
        length: Length in latent units, measured along the way.
        ratio_to_straight: Length over that of the straight lines between the stops; 1 is as short as can be.
        straight: Of "graph" and "pullback" the way that the space's own geometry takes, to compare with.
        via: Of these the ids of the real items on the way, stops included.
        bridges: Of these the gaps in the data that the way had to cross.
        decoded_length: Of these how far the decoded picture changes along the way, in grey levels: from fine step to
            fine step the root mean square over its numbers. None without a decoder.
        doubts: What speaks against the way, a sentence each.

    Along "straight" the points are mixed; along "sphere" the direction turns on a great circle while the norm changes
    evenly; along "gaussian" the same happens after centring and whitening with the statistics of the space. Along
    "graph" it goes from neighbour to neighbour, along "pullback" so that the decoded picture changes least.
    """

    stops: tuple[str, ...]
    along: str
    frames: tuple[Synthetic, ...]
    length: float
    ratio_to_straight: float
    _opened: Opened = field(repr=False)
    _ends: tuple[Located, Located] = field(repr=False)
    straight: Walk | None = None
    via: tuple[str, ...] = ()
    bridges: tuple[Gap, ...] = ()
    decoded_length: float | None = None
    doubts: tuple[str, ...] = ()

    def __repr__(self) -> str:
        least = min(f.support for f in self.frames)
        trust = "" if math.isnan(least) else f", least support {least:.2f}"
        return f"Walk {' to '.join(self.stops)}, {self.along}: {len(self.frames)} steps{trust}"

    def to_dict(self) -> dict[str, object]:
        """Plain data, as `--json` prints it."""
        plain: dict[str, object] = {
            "stops": list(self.stops),
            "along": self.along,
            "ids_nearest": [f.nearest for f in self.frames],
            "support": [rounded(f.support) for f in self.frames],
            "length": rounded(self.length, 6),
            "ratio_to_straight": rounded(self.ratio_to_straight, 6),
            "decoded_by": self.frames[0].decoded_by,
        }
        if self.straight is None:
            return plain
        decoded, other = self.decoded_length, self.straight.decoded_length
        return {
            **plain,
            "decoded_length": None if decoded is None else rounded(decoded, 4),
            "straight": {
                **self.straight.to_dict(),
                "decoded_length": None if other is None else rounded(other, 4),
            },
            "via": list(self.via),
            "bridges": [gap.to_dict() for gap in self.bridges],
            "doubts": list(self.doubts),
        }

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know of the frames and of the way, a sentence each."""
        crossed = [
            f"The way crosses a gap in the data from {gap.start} to {gap.end}, {gap.length:.3g} wide"
            f"{'' if gap.exact else '; there may be a shorter one'}."
            for gap in self.bridges
        ]
        return (*not_decoded(self.frames[0], self._opened.spec.modality), *self.doubts, *crossed)

    def picture(self) -> Image:
        """The strip of decoded frames between the two real items, support under each; of a geodesic below the other."""
        instead = stands_in(self.frames[0])  # first, since long titles are cut
        title = f"{f'{instead}: ' if instead else ''}{' → '.join(self.stops)}   "
        if self.straight is None:
            return self._strip(f"{title}({self.along})")
        upper = self.straight._strip(f"{title}{self.straight._measured()}", noted=False)
        return one_below_another([upper, self._strip(f"along {self._measured()}")])

    def _strip(self, title: str, noted: bool = True) -> Image:
        frames = np.stack(shown([f.image for f in self.frames]))
        ends = (self._opened.picture_of(self._ends[0]), self._opened.picture_of(self._ends[1]))
        support = [known(f.support) for f in self.frames]
        labels = self._gap_labels() if self.bridges else None
        return strip(frames, labels=labels, support=support, title=title, ends=ends, noted=noted)

    def _gap_labels(self) -> list[str]:
        """Under the frames that lie over a gap, or next to one that falls between two."""
        labels = [""] * len(self.frames)
        last = len(labels) - 1
        for gap in self.bridges:
            begins, ends = math.ceil(gap.times[0] * last), math.floor(gap.times[1] * last)
            over = range(begins, ends + 1) or [round(sum(gap.times) / 2 * last)]
            for i in over:
                labels[i] = "over a gap"
        return labels

    def _measured(self) -> str:
        decoded = "" if self.decoded_length is None else f", decoded {self.decoded_length:.1f} grey levels"
        return f"{self.along}: length {self.length:.3g}{decoded}"

    def save(self, path: str | Path, *, force: bool = False) -> Path:
        """Save the strip (.png, .jpg, .webp) or the film (.gif, .mp4).

        Raises:
            InputError: If the file exists and `force` is not set, or the suffix is not known.
        """
        path = Path(path)
        if path.suffix.lower() in (".gif", ".mp4"):
            return save_animation(np.stack(shown([f.image for f in self.frames])), path, force=force)
        return super().save(path, force=force)


def walk(
    opened: Opened,
    stops: Sequence[str | int],
    steps: int = 9,
    along: str | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> Walk:
    """Walk through two or more ITEMs in `steps` points; `along` defaults to the space's own geometry.

    Along graph and pullback, `progress` is told what is done for the graph and the way, how much of it, of how much.
    """
    if len(stops) < 2:
        raise InputError(f"A path needs at least two items, got {len(stops)}.")
    if steps < 2:
        raise InputError(f"A path needs at least its two ends, got --steps {steps}.")
    if steps > MOST_STEPS:
        raise InputError(f"A path has at most {MOST_STEPS:,} steps, got --steps {steps}.")
    located = [opened.locate(stop) for stop in stops]
    own = {"euclidean": "straight"}.get(opened.spec.geometry, opened.spec.geometry)
    if along in GEODESICS:
        found = trip(opened, located, along, progress)
        return _geodesic(opened, located, steps, along, found, _walked(opened, located, steps, own))
    return _walked(opened, located, steps, along or own)


def _walked(opened: Opened, located: Sequence[Located], steps: int, along: str) -> Walk:
    points = np.stack([item.vector for item in located])
    path = Chain.through(_way(opened, along), points)
    times = np.linspace(0, 1, LENGTH_STEPS)
    length = sum(measured(leg, np.asarray(leg.evaluate(times))) for leg in path.legs)
    return _decoded(opened, located, steps, along, path, length)


def _geodesic(
    opened: Opened, located: Sequence[Located], steps: int, along: str, found: Trip, straight: Walk
) -> Walk:
    """A geodesic beside the way of the space's own geometry."""
    made = _decoded(opened, located, steps, along, found.path, found.length)
    own = Chain.through(_way(opened, straight.along), np.stack([item.vector for item in located]))
    beside = replace(straight, decoded_length=_decoded_length(opened, own, straight.length))
    return replace(
        made,
        straight=beside,
        via=found.via or tuple(dict.fromkeys(f.nearest for f in made.frames)),
        bridges=found.bridges,
        decoded_length=_decoded_length(opened, found.path, found.length),
        doubts=(*found.doubts, *_far_out(made, straight)),
    )


def _decoded_length(opened: Opened, path: Way, length: float | int) -> float | None:
    """How far the picture changes along a path; not at all where it goes nowhere."""
    return decoded_length_of(opened, path) if length > 0 or opened.decoder is None else 0.0


def _decoded(
    opened: Opened, located: Sequence[Located], steps: int, along: str, path: Way, length: float
) -> Walk:
    frames = opened.synthesise(np.asarray(path.evaluate(np.linspace(0, 1, steps)), np.float32))
    straight = sum(float(np.linalg.norm(q.vector - p.vector)) for p, q in pairwise(located))
    ratio = length / straight if straight > 0 else 1.0
    labels = tuple(item.label for item in located)
    return Walk(labels, along, tuple(frames), length, ratio, opened, (located[0], located[-1]))


def _far_out(made: Walk, straight: Walk) -> tuple[str, ...]:
    """What to say where the way leaves the data, farther than its ends do, and than the straight way does."""
    ends = min(made.frames[0].support, made.frames[-1].support)
    least, theirs = (min(f.support for f in walk.frames) for walk in (made, straight))
    if not least < min(LOW, ends):  # NaN included
        return ()
    return (f"The way leaves the data: its least support is {least:.2f} (straight: {theirs:.2f}).",)


def _way(opened: Opened, along: str) -> Geometry:
    """The geometry to walk in. On a space that is no sphere, great circles turn the direction; the norm goes along."""
    if along == "straight":
        return Euclidean()
    if along == "sphere":
        return opened.geometry if isinstance(opened.geometry, Sphere) else Gaussian()
    if along == "gaussian":
        fitted = isinstance(opened.geometry, Gaussian)
        return opened.geometry if fitted else Gaussian.fit(np.asarray(opened.vectors))
    raise InputError(f"There is no way along {along!r}; choose one of {', '.join(ALONG)}.")
