"""How many dimensions the data really has: of a space, or of any array.

One idea: no single figure is enough. Every estimator is asked at every scale, and what is said first stands beside
whether it holds across scales.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float, Float32, Int, Shaped
from PIL.Image import Image

from lateen.core.errors import InputError, UnknownNameError
from lateen.core.geometry import Euclidean, Geometry, geometry_named
from lateen.core.seed import require_seed
from lateen.manifold.dimension import Plateau, Scale, inverse_dimensions, plateaus
from lateen.manifold.dimension.gride import TIES
from lateen.manifold.dimension.methods import METHODS, Method, all_scales, estimator, headline, least, reads
from lateen.manifold.dimension.plateau import longest, why_none
from lateen.manifold.dimension.subset import Part, originals, part, whole
from lateen.manifold.dimension.two_nn import TIED
from lateen.neighbors import Table, neighbour_table
from lateen.operations.arrays import as_vectors, categories, distinct_values
from lateen.operations.kept_table import LEAST
from lateen.operations.result import Pictured, rounded
from lateen.plot.dimension import Line, Spot, dimension_picture

if TYPE_CHECKING:
    from lateen.operations.opened import Opened

NEIGHBOURS = 32  # of the table of an array: enough for half of the items, and for GRIDE's 16 and 32
FEW = 100  # items, below which scales can't be told
LOCAL = 10  # times as many items as neighbours: with fewer, the neighbourhood is a part of the whole
GRID = 0.2  # of the items, whose distances are tied, that is told


@dataclass(frozen=True)
class Group:
    """The dimension around the items of one value of a field; their neighbours may have another.

    Args:
        value: The value.
        n: How many of its items count.
        estimate, low, high: The dimension and its 95 % interval; NaN where there are too few items.
    """

    value: str
    n: int
    estimate: float
    low: float
    high: float

    def to_dict(self) -> dict[str, object]:
        """Plain data."""
        figures = {name: rounded(getattr(self, name)) for name in ("estimate", "low", "high")}
        return {"value": self.value, "n": self.n, **figures}


@dataclass(frozen=True, eq=False)
class Dimension(Pictured):
    """An intrinsic dimension, across scales.

    Args:
        estimate: The dimension of all items; NaN where distances don't tell.
        low, high: Its 95 % interval; NaN for fewer than 10 items.
        method: "mle", "two_nn", "gride" or "pca".
        k: Neighbours of each item that were looked at; "two_nn" compares two of them.
        n: Items that differ.
        left_out: Items that are copies of others, at a distance of zero.
        methods: Every method's dimension at every scale, from near to afar.
        plateaus: Where the method's dimension stays the same.
        by: The field whose values are told apart, or None.
        groups: The dimension of each of them.
        local: (items,) the dimension around each item by "mle"; NaN where its distances don't tell.
        notes: What the user should know, a sentence each.
    """

    estimate: float
    low: float
    high: float
    method: Method
    k: int
    n: int
    left_out: int
    methods: Mapping[str, tuple[Scale, ...]]
    plateaus: tuple[Plateau, ...]
    by: str | None
    groups: tuple[Group, ...]
    local: Float[np.ndarray, " items"] = field(repr=False)
    notes: tuple[str, ...]
    name: str = "these items"

    @property
    def scales(self) -> tuple[Scale, ...]:
        """The method's dimension at every scale."""
        return self.methods[self.method]

    @property
    def plateau(self) -> Plateau | None:
        """The longest plateau; None if the dimension drifts all the way, or there are too few items to say."""
        return longest(self.plateaus)

    @property
    def no_plateau(self) -> str | None:
        """Why there is no plateau; None if there is one."""
        return None if self.plateaus else why_none(self.scales)

    def __repr__(self) -> str:
        level = self.plateau
        said = f"no plateau: {self.no_plateau}" if level is None else f"plateau at {_brief(level.estimate)}"
        sure = f" (95 % {_brief(self.low)} to {_brief(self.high)})" if math.isfinite(self.low) else ""
        by = f"{self.method}{reads(self.method, self.k)}"
        return f"Dimension {_brief(self.estimate)}{sure} of {self.n:,} items by {by}; {said}"

    def to_dict(self) -> dict[str, object]:
        """Plain data, as `--json` prints it."""
        level = self.plateau
        return {
            "estimate": rounded(self.estimate),
            "low": rounded(self.low),
            "high": rounded(self.high),
            "method": self.method,
            "k": self.k,
            "n": self.n,
            "left_out": self.left_out,
            "scales": [scale.to_dict() for scale in self.scales],
            "plateau": None if level is None else level.to_dict(),
            "no_plateau": self.no_plateau,
            "plateaus": [p.to_dict() for p in self.plateaus],
            "methods": {name: [scale.to_dict() for scale in scales] for name, scales in self.methods.items()},
            "by": self.by,
            "groups": [group.to_dict() for group in self.groups],
            "notes": list(self.notes),
        }

    def picture(self) -> Image:
        """The dimension by distance, a line for each method, plateaus shaded, and a dot for each group."""
        lines = [
            Line(name, [(s.distance, s.estimate, s.low, s.high) for s in scales], name == self.method)
            for name, scales in self.methods.items()
        ]
        level = self.plateau
        holds = "no plateau" if level is None else f"plateau at {_brief(level.estimate)}"
        spots = [Spot(group.value, group.estimate, group.low, group.high) for group in self.groups]
        return dimension_picture(
            lines,
            bands=[(p.near, p.far, p.estimate) for p in self.plateaus],
            spots=spots,
            title=f"{self.name}: {_brief(self.estimate)} dimensions by {self.method}, {holds}",
            by=self.by,
        )


def dimension(
    array: object,
    *,
    k: int = 10,
    method: str = "mle",
    labels: Sequence[object] | Shaped[np.ndarray, " n"] | None = None,
    seed: int = 0,
    geometry: Geometry | str | None = None,
) -> Dimension:
    """The intrinsic dimension of any array.

    Args:
        array: (n, dim) numbers, an item in each row; (n,) is n items on a line.
        k: Neighbours of each item that are looked at.
        method: "mle", "two_nn", "gride" or "pca".
        labels: (n,) values, each of which gets a dimension of its own.
        seed: Of the items that are drawn for larger scales.
        geometry: Whose distance is taken: "euclidean" (by default), "sphere", "gaussian", or a `Geometry`.

    Raises:
        InputError: If there are no 3 items that differ, a number is not finite, or an option is not known.
    """
    vectors, unit, chosen = _read(array, geometry)
    named = None if labels is None else ("labels", np.asarray(labels))
    checked = _checked(len(vectors), k, method, seed)
    table = neighbour_table(vectors, max(k, NEIGHBOURS), geometry=chosen, seed=seed)
    return _measured(_Asked(vectors, table, chosen, k, checked, seed, unit), named, "array")


def dimension_of(
    opened: Opened,
    method: str = "mle",
    k: int = 10,
    by: str | None = None,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Dimension:
    """The intrinsic dimension of a space; by its field `label` if it has one and nothing is said."""
    named = _field(opened, by)
    checked = _checked(len(opened), k, method, seed)
    table = opened.table(max(k, LEAST), progress)
    return _measured(_Asked(opened.points, table, opened.geometry, k, checked, seed), named, opened.path.stem)


def _read(
    array: object, geometry: Geometry | str | None
) -> tuple[Float32[np.ndarray, "n dim"], float, Geometry]:
    """An array as vectors, the length of their unit, and the geometry, fitted to them where it has statistics."""
    if geometry == "gaussian":
        vectors = as_vectors(array)[0]
        return vectors, 1.0, geometry_named("gaussian", vectors) if len(vectors) else Euclidean()
    chosen = geometry_named(geometry or "euclidean") if geometry is None or isinstance(geometry, str) else geometry
    return *as_vectors(array, chosen), chosen


@dataclass(frozen=True, eq=False)
class _Asked:
    """What is measured, and how."""

    vectors: Float32[np.ndarray, "n dim"]
    table: Table
    geometry: Geometry
    k: int
    method: Method
    seed: int
    unit: float | int = 1

    def fresh(self, items: Int[np.ndarray, " m"], k: int) -> Table:
        """A table of some items."""
        return neighbour_table(self.vectors[items], k, geometry=self.geometry, seed=self.seed)


def _measured(asked: _Asked, named: tuple[str, Shaped[np.ndarray, " n"]] | None, name: str) -> Dimension:
    vectors, method, seed = asked.vectors, asked.method, asked.seed
    codes = None if named is None else categories(named[1], len(vectors), named[0])
    first = originals(asked.table)
    of, notes = _distinct(asked, first)
    k = min(asked.k, of.k)
    if k < asked.k:
        notes.append(f"There are {of.k + 1:,} items that differ: k is {k} instead of {asked.k}.")
    if k < least(method):
        wanted = f"it needs {least(method) + 1} or more"
        raise InputError(f"dimension by {method} got {of.k + 1} items that differ; {wanted}.")
    found = all_scales(of, vectors, asked.fresh, k, seed, asked.unit)
    said = headline(of, method, vectors, k, seed)
    if math.isnan(said.estimate):
        notes.append("The nearest items are equally far, all or too many: their distances don't tell a dimension.")
    elif len(of) < FEW:
        notes.append(f"{len(of)} items are too few to see scales or to be sure.")
    elif method != "two_nn" and k * LOCAL > len(of):
        notes.append(f"k = {k} of {len(of):,} items is not local: more than a tenth of them is the shape of the whole.")
    untold = sum(math.isnan(scale.estimate) for scale in found["gride"])
    if untold and not math.isnan(said.estimate):
        notes.append(
            f"GRIDE is unknown at {untold} of {len(found['gride'])} scales: more than {TIES:.0%} of the items have one "
            "and the same ratio of distances there, as on a grid."
        )
    near = of.distances[:, :2]
    tied = float(np.mean(near[:, 1] <= near[:, 0] * (1 + TIED)))
    if tied > GRID:
        notes.append(f"The two nearest of {tied:.0%} of the items are equally far, as on a grid: read with care.")
    inverse = np.full(len(vectors), np.nan)
    inverse[of.items] = inverse_dimensions(of.distances, k)
    with np.errstate(divide="ignore"):
        local = np.where(inverse > 0, 1 / inverse, np.nan)[first]
    return Dimension(
        estimate=said.estimate,
        low=said.low,
        high=said.high,
        method=method,
        k=k,
        n=len(of),
        left_out=len(vectors) - len(of),
        methods={name: scales for name, scales in found.items()},
        plateaus=plateaus(found[method]),
        by=None if named is None else named[0],
        groups=() if codes is None else _groups(of, *codes, asked, k),
        local=local,
        notes=tuple(notes),
        name=name,
    )


def _distinct(asked: _Asked, first: Int[np.ndarray, " n"]) -> tuple[Part, list[str]]:
    """The items without copies of others."""
    everything = whole(asked.table)
    kept = np.flatnonzero(first == np.arange(len(first)))
    copies = len(first) - len(kept)
    if not copies:
        return everything, []
    if len(kept) < 3:
        raise InputError(f"dimension got {len(first):,} items of which {len(kept)} differ; it needs 3 or more that do.")
    wanted = min(asked.table.k, len(kept) - 1)
    fewer = part(everything, kept, wanted, asked.fresh) or part(everything, kept, min(asked.k, wanted), asked.fresh)
    if fewer is None:
        raise InputError(
            f"dimension got {copies:,} copies among {len(first):,} items, more than the table can leave out. Build the "
            "space without them."
        )
    return fewer, [f"{copies:,} items are copies of others: they are left out, as distances of zero say nothing."]


def _brief(value: float | int) -> str:
    """A dimension for people."""
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _groups(of: Part, names: list[str], codes: Int[np.ndarray, " n"], asked: _Asked, k: int) -> tuple[Group, ...]:
    """The dimension around the items of each value."""
    own = codes[of.items]
    groups = []
    for code, name in enumerate(names):
        some = of.only(own == code)
        estimate = estimator(asked.method, asked.vectors, k, asked.seed)(some)
        groups.append(Group(name, len(some), estimate.value, *estimate.interval(some.places[:, :k])))
    return tuple(groups)


def _checked(n: int, k: int, method: str, seed: int) -> Method:
    """The method, if it can be asked."""
    require_seed(seed)
    known = next((name for name in METHODS if name == method), None)
    if known is None:
        raise UnknownNameError("method", method, METHODS, "dimension")
    if k < least(known):
        raise InputError(f"dimension by {method} got k = {k}; it compares neighbours: give {least(known)} or more.")
    if n < 3:
        raise InputError(f"dimension got {n} {'item' if n == 1 else 'items'}; it needs 3 or more that differ.")
    return known


def _field(opened: Opened, by: str | None) -> tuple[str, Shaped[np.ndarray, " n"]] | None:
    """The field that tells items apart: the one that is named, else `label` if that has few values."""
    if by is not None:
        return by, opened.column(by)
    if "label" not in opened.fields.column_names:
        return None
    column = opened.column("label")
    return ("label", column) if distinct_values(column) is not None else None
