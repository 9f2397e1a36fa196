"""Paths: the way from one item to another, decoded step by step, with the support of each step."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL.Image import Image

from lateen.core.errors import InputError
from lateen.core.geometry import Euclidean, Gaussian, Geometry, Sphere
from lateen.core.path import Chain
from lateen.core.synthetic import Synthetic
from lateen.operations.near import shown
from lateen.operations.opened import Located, Opened
from lateen.operations.result import Pictured, known, not_decoded, rounded, stands_in
from lateen.plot.animation import save_animation
from lateen.plot.strip import strip

ALONG = ("straight", "sphere", "gaussian")
LENGTH_STEPS = 200
MOST_STEPS = 10_000  # frames are held in memory


@dataclass(frozen=True, eq=False)
class Walk(Pictured):
    """A decoded path.

    Args:
        stops: Labels of the items that it goes through.
        along: "straight", "sphere" or "gaussian".
        frames: The points on the way, first and last included.
        length: Length in latent units, measured along the way.
        ratio_to_straight: Length over that of the straight lines between the stops; 1 is as short as can be.

    Along "straight" the points are mixed; along "sphere" the direction turns on a great circle while the norm changes
    evenly; along "gaussian" the same happens after centring and whitening with the statistics of the space.
    """

    stops: tuple[str, ...]
    along: str
    frames: tuple[Synthetic, ...]
    length: float
    ratio_to_straight: float
    _opened: Opened = field(repr=False)
    _ends: tuple[Located, Located] = field(repr=False)

    def __repr__(self) -> str:
        least = min(f.support for f in self.frames)
        trust = "" if math.isnan(least) else f", least support {least:.2f}"
        return f"Walk {' to '.join(self.stops)}, {self.along}: {len(self.frames)} steps{trust}"

    def to_dict(self) -> dict[str, object]:
        """Plain data, as `--json` prints it."""
        return {
            "stops": list(self.stops),
            "along": self.along,
            "ids_nearest": [f.nearest for f in self.frames],
            "support": [rounded(f.support) for f in self.frames],
            "length": rounded(self.length, 6),
            "ratio_to_straight": rounded(self.ratio_to_straight, 6),
            "decoded_by": self.frames[0].decoded_by,
        }

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know of the frames, a sentence each."""
        return not_decoded(self.frames[0], self._opened.spec.modality)

    def picture(self) -> Image:
        """The strip of decoded frames between the two real items, support under each."""
        frames = np.stack(shown([f.image for f in self.frames]))
        ends = (self._opened.picture_of(self._ends[0]), self._opened.picture_of(self._ends[1]))
        instead = stands_in(self.frames[0])  # first, since long titles are cut
        title = f"{f'{instead}: ' if instead else ''}{' → '.join(self.stops)}   ({self.along})"
        return strip(frames, support=[known(f.support) for f in self.frames], title=title, ends=ends)

    def save(self, path: str | Path, *, force: bool = False) -> Path:
        """Save the strip (.png, .jpg, .webp) or the film (.gif, .mp4).

        Raises:
            InputError: If the file exists and `force` is not set, or the suffix is not known.
        """
        path = Path(path)
        if path.suffix.lower() in (".gif", ".mp4"):
            return save_animation(np.stack(shown([f.image for f in self.frames])), path, force=force)
        return super().save(path, force=force)


def walk(opened: Opened, stops: Sequence[str | int], steps: int = 9, along: str | None = None) -> Walk:
    """Walk through two or more ITEMs in `steps` points; `along` defaults to the space's own geometry."""
    if len(stops) < 2:
        raise InputError(f"A path needs at least two items, got {len(stops)}.")
    if steps < 2:
        raise InputError(f"A path needs at least its two ends, got --steps {steps}.")
    if steps > MOST_STEPS:
        raise InputError(f"A path has at most {MOST_STEPS:,} steps, got --steps {steps}.")
    located = [opened.locate(stop) for stop in stops]
    along = along or {"euclidean": "straight"}.get(opened.spec.geometry, opened.spec.geometry)
    points = np.stack([item.vector for item in located])
    path = Chain.through(_way(opened, along), points)
    frames = opened.synthesise(path.evaluate(np.linspace(0, 1, steps)))
    fine = np.stack([leg.evaluate(np.linspace(0, 1, LENGTH_STEPS)) for leg in path.legs])
    length = float(np.linalg.norm(np.diff(fine, axis=1), axis=2).sum())
    straight = float(np.linalg.norm(np.diff(points, axis=0), axis=1).sum())
    ratio = length / straight if straight > 0 else 1.0
    labels = tuple(item.label for item in located)
    return Walk(labels, along, tuple(frames), length, ratio, opened, (located[0], located[-1]))


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
