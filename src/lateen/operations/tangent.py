"""Charts of a space: the tangent at an item, how flat the data is there, and the way back onto it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float, Float32, Int64
from PIL import Image

from lateen.core.errors import InputError
from lateen.core.geometry import Sphere
from lateen.core.synthetic import Synthetic
from lateen.manifold.dimension import mle
from lateen.manifold.flatness import Ring, flatness
from lateen.manifold.project import ROUNDS, Manifold
from lateen.manifold.tangent import Tangent, tangent
from lateen.operations.near import brief, shown
from lateen.operations.opened import Located, Opened, within_reach
from lateen.operations.result import Pictured, known, not_decoded, rounded, stands_in
from lateen.plot.grid import grid
from lateen.plot.palette import PAPER
from lateen.plot.strip import strip

Place = str | int | Float[np.ndarray, " dim"]
NEIGHBOURS = 24  # the least that a chart is fitted to: 3 times its dimension if that is more
SCALE = 10  # neighbours that the dimension is estimated from
DRAWN = 4  # directions
LOCAL = 10  # times as many items as neighbours: with fewer, a chart is of the whole
LOW = 0.05  # support below which a point lies on no data
STEPS, FAR = 7, 2.0  # frames of a traversal, and the standard deviations to its ends


@dataclass(frozen=True, eq=False)
class LocalChart(Pictured):
    """The tangent of the data at a place.

    Args:
        item: The place.
        tangent: Directions, spectrum, and the way to coordinates and back.
        k: Neighbours that it was fitted to.
        changed: How it differs from what was asked, a sentence each.
    """

    item: str
    tangent: Tangent
    k: int
    changed: tuple[str, ...]
    _opened: Opened = field(repr=False)
    _row: int | None = field(repr=False)

    def __repr__(self) -> str:
        return f"Chart of {self.item}: {self.tangent!r}, {self.k} neighbours"

    @cached_property
    def flatness(self) -> tuple[Ring, ...]:
        """The off-tangent share by radius, beside a normal distribution of the same covariance."""
        d = max(1, self.tangent.dimension)
        center = self.tangent.center.astype(np.float32)
        return flatness(center, np.asarray(self._opened.points), d, geometry=self._opened.geometry)

    def traversal(self, direction: int, *, steps: int = STEPS, far: float | int = FAR) -> list[Synthetic]:
        """Decoded points along one direction of the tangent, the place itself in their middle.

        In a space of words the nearest word stands for each, but not that of the place, which would be everywhere.

        Args:
            direction: Which, from 0.
            steps: How many points.
            far: Where the ends are, in standard deviations of the neighbours.

        Raises:
            InputError: If there is no such direction, or steps < 1.
        """
        d = self.tangent.dimension
        if not 0 <= direction < d or steps < 1:
            raise InputError(f"traversal got direction {direction} in {steps} steps; expected 0 to {d - 1}.")
        coordinates = np.zeros((steps, d))
        coordinates[:, direction] = np.linspace(-far, far, steps) * self.tangent.spread[direction]
        points = self.tangent.from_coordinates(coordinates).astype(np.float32)
        return self._opened.synthesise(points, self._others(points, coordinates[:, direction] != 0))

    def _others(
        self, points: Float32[np.ndarray, "k dim"], away: Bool[np.ndarray, " k"]
    ) -> Int64[np.ndarray, " k"] | None:
        """The word nearest to each point that is away from the place, other than the place's own; else None."""
        if self._row is None or self._opened.spec.modality != "word" or len(self._opened) < 2:
            return None
        found = self._opened.search.nearest(points, 2).rows
        own = (found[:, 0] == self._row) & away
        return np.where(own, found[:, 1], found[:, 0]).astype(np.int64)

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know, a sentence each."""
        if self.tangent.dimension == 0:
            return ("All neighbours are in one place, so the data has no direction here.", *self.changed)
        return self.changed + not_decoded(self.traversal(0, steps=1)[0], self._opened.spec.modality)

    def to_dict(self) -> dict[str, object]:
        """Plain data, as `--json` prints it."""
        names = ("radius", "off_tangent", "null", "null_low", "null_radius", "p")
        return {
            "item": self.item,
            "dimension": self.tangent.dimension,
            "k": self.k,
            "radius": rounded(self.tangent.radius, 6),
            "off_tangent": rounded(self.tangent.off_tangent, 6),
            "spectrum": [rounded(v, 6) for v in self.tangent.spectrum.tolist()],
            "changed": list(self.changed),
            "by_radius": [{"k": r.k} | {name: rounded(getattr(r, name), 6) for name in names} for r in self.flatness],
        }

    def picture(self) -> Image.Image:
        """Decoded traversals along the widest directions under each other, support under each frame."""
        total = float(self.tangent.spectrum.sum())
        rows = []
        for axis in range(min(DRAWN, self.tangent.dimension)):
            made = self.traversal(axis)
            frames = np.stack(shown([m.image for m in made]))
            share = f"{self.tangent.spectrum[axis] / total:.0%} of the variance around {self.item}"
            instead = stands_in(made[0])
            title = f"{f'{instead}: ' if instead else ''}direction {axis + 1}, {share}"
            labels = [f"{at:+.2g} sd" if at else "here" for at in np.linspace(-FAR, FAR, STEPS)]
            rows.append(strip(frames, labels=labels, support=[known(m.support) for m in made], title=title))
        if not rows:
            here = self._opened.synthesise(self.tangent.center[None].astype(np.float32))
            return grid(shown([here[0].image]), labels=["no direction"], title=self.item)
        sheet = Image.new("RGB", (max(row.width for row in rows), sum(row.height for row in rows)), PAPER)
        for i, row in enumerate(rows):
            sheet.paste(row, (0, sum(above.height for above in rows[:i])))
        return sheet


@dataclass(frozen=True, eq=False)
class Projected(Pictured):
    """A point and where on the data's manifold it lands.

    Args:
        item: What was projected.
        before: The point.
        after: Where it landed.
        moved: The distance between them.
        dimension: Of the manifold.
        k: Neighbours that each plane was fitted to.
        settled: Whether it came to rest.
    """

    item: str
    before: Synthetic
    after: Synthetic
    moved: float
    dimension: int
    k: int
    settled: bool

    def __repr__(self) -> str:
        supports = f"support {self.before.support:.2f} before, {self.after.support:.2f} after"
        doubted = f"; {' '.join(self.doubts)}" if self.doubts else ""
        return f"{self.item} projected: moved {self.moved:.3g}, {supports}{doubted}"

    @property
    def doubts(self) -> tuple[str, ...]:
        """Why it can't be trusted, a sentence each; empty where nothing speaks against it."""
        doubts = []
        if not self.settled:
            doubts.append(f"It had not come to rest after {ROUNDS} rounds.")
        if self.after.support < LOW:  # NaN isn't
            doubts.append(f"It did not land on the data: support {self.after.support:.2f}.")
        return tuple(doubts)

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know, a sentence each."""
        return self.doubts

    def to_dict(self) -> dict[str, object]:
        """Plain data."""
        return {
            "item": self.item,
            "moved": rounded(self.moved, 6),
            "support_before": rounded(self.before.support),
            "support": rounded(self.after.support),
            "nearest": self.after.nearest,
            "dimension": self.dimension,
            "k": self.k,
            "decoded_by": self.after.decoded_by,
            "settled": self.settled,
            "doubts": list(self.doubts),
        }

    def picture(self) -> Image.Image:
        """Both decoded, with their support."""
        frames = np.stack(shown([self.before.image, self.after.image]))
        support = [known(self.before.support), known(self.after.support)]
        labels = [self.item, f"moved {brief(self.moved)}"]
        return strip(frames, labels=labels, support=support, title=stands_in(self.after))


def chart(
    opened: Opened,
    place: Place,
    d: int | None = None,
    k: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> LocalChart:
    """The tangent at an ITEM or a vector, fitted to its k nearest others.

    Items that equal it are left out, so copies don't hide what is around them.

    Args:
        opened: A space of 3 items or more.
        place: The ITEM or the (dim,) vector.
        d: Dimension of the tangent; by default the intrinsic dimension of the space.
        k: Neighbours; by default 24, or 3 d if that is more.
        progress: Told how far the table of neighbours is, which the dimension is read from.

    Raises:
        InputError: If there are too few items, or d or k can't be.
    """
    at = located(opened, place)
    asked = k
    d, k = _sizes(opened, d, k, progress)
    wanted = k
    while True:  # past the copies of the place
        found = opened.search.nearest(at.vector[None], wanted + 1)
        away = found.distances[0] > 0
        if away.sum() >= k or wanted + 1 >= len(opened):
            break
        wanted *= 2
    rows = found.rows[0][away][:k]
    if len(rows) < 2:
        rows = found.rows[0][: max(2, k)]
    near = opened.geometry.project(np.asarray(opened.search.vectors[rows]))
    found_there = tangent(at.vector, near, d, geometry=opened.geometry)
    own = None if at.id is None else opened.folder.row(at.id)
    return LocalChart(at.label, found_there, len(rows), _changed(opened, found_there, len(rows), d, asked), opened, own)


def project(opened: Opened, place: Place, d: int | None = None, k: int | None = None) -> Projected:
    """Where an ITEM or a vector lands on the manifold that the other items lie on.

    Args:
        opened: A space of 3 items or more.
        place: The ITEM or the (dim,) vector.
        d: Dimension of the manifold; by default the intrinsic dimension of the space.
        k: Neighbours that a plane is fitted to; by default 24, or 3 d if that is more.

    Raises:
        InputError: If there are too few items, or d or k can't be.
    """
    at = located(opened, place)
    d, k = _sizes(opened, d, k)
    geometry = opened.geometry
    landed, settled = Manifold(np.asarray(opened.points), d, k, geometry).land(at.vector)
    after = within_reach(landed.astype(np.float32), at.label)
    before, made = opened.synthesise(np.stack([at.vector, after]))
    return Projected(at.label, before, made, float(geometry.distance(at.vector, after)), d, k, settled)


def support(opened: Opened, vectors: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, " n"]:
    """How near to data vectors are, each between 0 and 1.

    Raises:
        InputError: If they are not (n, dim) or (dim,) finite numbers.
    """
    return opened.support(_points(opened, np.atleast_2d(vectors), "support"))


def located(opened: Opened, place: Place) -> Located:
    """An ITEM, or a vector, as a point of the space."""
    if isinstance(place, np.ndarray):
        return Located("the vector", _points(opened, place[None], "A place")[0])
    return opened.locate(place)


def dimension(opened: Opened, progress: Callable[[int, int], None] | None = None) -> int:
    """The intrinsic dimension of a space, as a whole number that a tangent can have."""
    table = opened.table(SCALE, progress)
    found = mle(table.distances).value if table.k > 1 else math.nan
    return int(np.clip(round(found), 1, opened.spec.dim)) if math.isfinite(found) else 1


def _changed(opened: Opened, found: Tangent, k: int, d: int, asked: int | None) -> tuple[str, ...]:
    """What to say of a chart that is not as asked, or not local."""
    said = []
    if asked is not None and k < asked:
        said.append(f"There are {k} other items around it that differ: k is {k} instead of {asked}.")
    if 0 < found.dimension < d:
        said.append(f"{k} neighbours vary in {found.dimension} directions only: that is the dimension, instead of {d}.")
    if asked is not None and k * LOCAL > len(opened):
        said.append(f"k = {k} of {len(opened):,} items is not local: a tenth of them and more is the whole's shape.")
    return tuple(said)


def _sizes(
    opened: Opened, d: int | None, k: int | None, progress: Callable[[int, int], None] | None = None
) -> tuple[int, int]:
    """Dimension and neighbours, as asked or by default, within what there is."""
    n, dim = len(opened), opened.spec.dim
    if n < 3:
        raise InputError(f"A chart needs at least 3 items, a place and two neighbours; {opened.name} has {n}.")
    if d is not None and not 1 <= d <= dim:
        raise InputError(f"Got d = {d}; the vectors of {opened.name} have {dim} numbers, so 1 to {dim} can be.")
    if k is not None and k < 2:
        raise InputError(f"Got k = {k}; a chart is fitted to at least 2 neighbours.")
    d = dimension(opened, progress) if d is None else d
    return d, min(n - 1, max(NEIGHBOURS, 3 * d) if k is None else k)


def _points(opened: Opened, vectors: Float[np.ndarray, "*shape"], what: str) -> Float32[np.ndarray, "n dim"]:
    """Vectors as points of the space."""
    dim = opened.spec.dim
    if vectors.ndim != 2 or vectors.shape[1] != dim:
        raise InputError(f"{what} got the shape {vectors.shape}; the vectors of {opened.name} have {dim} numbers each.")
    with np.errstate(over="ignore"):  # what float32 can't hold is told below
        numbers = vectors.astype(np.float32)
    if not np.isfinite(numbers).all():
        row = int(np.flatnonzero(~np.isfinite(numbers).all(axis=1))[0])
        raise InputError(f"{what} got NaN or infinity in vector {row}; expected finite numbers.")
    if isinstance(opened.geometry, Sphere) and not numbers.any(axis=1).all():
        raise InputError(f"{what} got the zero vector, which has no direction, and here only directions count.")
    within_reach(numbers.ravel(), what)
    return opened.geometry.project(numbers)
