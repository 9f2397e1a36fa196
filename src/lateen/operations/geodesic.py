"""Geodesics: ways that keep to the data, over the neighbour graph or under a decoder's metric.

One idea: a space has one graph, made from its kept table; what is asked between two items is asked of that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any, Protocol, TypeAlias, runtime_checkable

import numpy as np
from jaxtyping import Float

from lateen.core.codec import Decoder, SmoothDecoder
from lateen.core.errors import InputError, UnknownNameError
from lateen.core.geometry import Euclidean, Geometry, geometry_named
from lateen.core.path import Chain, Path
from lateen.core.points import Points
from lateen.manifold.graph import NEIGHBOURS, Graph, Way, decoded_length, neighbour_graph
from lateen.manifold.pullback import Density, Pulled, check_dims, pullback
from lateen.neighbors import neighbour_table
from lateen.operations.arrays import LARGEST
from lateen.operations.opened import Located, Opened

GEODESICS = ("graph", "pullback")
MEASURES = ("distance", "decoded")
WORDS = 10_000  # that ways go over: words stand in the order of how frequent they are
SMALLEST = 1e-15  # extent of data whose squared distances are well within float32
FINE, COARSE = 64, 16  # steps that a decoded length is measured in
Told: TypeAlias = Callable[[str, int, int], None]
End: TypeAlias = int | str | Sequence[float | int] | np.ndarray


@runtime_checkable
class HasGeodesics(Protocol):
    """What knows its own ways, as a `Space` does."""

    def geodesic(self, start: Any, end: Any, **how: Any) -> Way | Pulled:
        """The way between two ITEMs."""
        ...


def geodesic(
    data: object,
    start: End,
    end: End,
    *,
    along: str = "graph",
    k: int = NEIGHBOURS,
    power: float | int = 1,
    measure: str = "distance",
    geometry: Geometry | str | None = None,
    decoder: Decoder | None = None,
) -> Way | Pulled:
    """The way between two points that keeps to the data: a path with `length` and `evaluate(t)`.

    Args:
        data: (n, dim) numbers, `Points`, or a `Space` (whose own geometry, table and decoder are used).
        start: A row number; of `Points` also an id, of a `Space` any ITEM; or (dim,) a vector.
        end: The same.
        along: "graph": the shortest way over neighbours; its `rows` are the items on the way, its `bridges` the gaps
            that it had to cross. "pullback": the way along which the decoded picture changes least.
        k: Neighbours that items are joined to.
        power: Edges weigh their distance to this power: beyond 1, ways keep to where data is dense.
        measure: What edges weigh: their "distance", or how far the "decoded" picture changes along them.
        geometry: Of an array: "euclidean" (by default), "sphere" or "gaussian".
        decoder: Of an array: for "pullback" and "decoded".

    Returns:
        A `Way`, or along pullback a `Pulled`; both are paths.

    Raises:
        InputError: If an end, a setting or the data can't be used, or a decoder is missing.

    Reference:
        Tenenbaum et al., *A Global Geometric Framework for Nonlinear Dimensionality Reduction*, Science 2000;
        Arvanitidis et al., *Latent Space Oddity*, ICLR 2018.
    """
    if isinstance(data, HasGeodesics):
        if geometry is not None or decoder is not None:
            raise InputError("geodesic got a space, which has its own geometry and decoder; give neither.")
        return data.geodesic(start, end, along=along, k=k, power=power, measure=measure)
    given = data.geometry if isinstance(data, Points) and geometry is None else geometry
    vectors = _array(data.vectors if isinstance(data, Points) else data)
    known = geometry_named(given, vectors) if isinstance(given, str) else given or Euclidean()
    points = np.asarray(known.project(vectors), np.float32)
    ids = data if isinstance(data, Points) else None
    ends = [_end(each, points, ids) for each in (start, end)]
    _check(along, measure, k)

    def graph() -> Graph:
        table = neighbour_table(points, min(k, len(points) - 1) or k, geometry=known)
        return neighbour_graph(
            points, table, geometry=known, power=power, measure=_measured(measure, decoder, "this data")
        )

    if along == "graph":
        return graph().way(*ends)
    vector = [points[e] if isinstance(e, int) else np.asarray(e, np.float32) for e in ends]
    smooth = smooth_decoder(decoder, "this data")
    return pullback(
        vector[0],
        vector[1],
        [smooth],
        geometry=known,
        density=Density.fit(points),
        along=graph().way(*ends),
    )


def geodesic_of(
    opened: Opened,
    start: str | int | np.ndarray,
    end: str | int | np.ndarray,
    along: str = "graph",
    k: int = NEIGHBOURS,
    power: float | int = 1,
    measure: str = "distance",
    progress: Told | None = None,
) -> Way | Pulled:
    """The way between two ITEMs or (dim,) vectors of a space."""
    ends = [_located(opened, item) for item in (start, end)]
    return geodesics_of(opened, ends, along, k, power, measure, progress)[0][0]


def _located(opened: Opened, item: str | int | np.ndarray) -> Located:
    if not isinstance(item, np.ndarray):
        return opened.locate(item)
    vector = np.asarray(_end(item, np.empty((0, opened.spec.dim), np.float32), None), np.float32)
    return Located("the vector", np.asarray(opened.geometry.project(vector), np.float32))


def geodesics_of(
    opened: Opened,
    stops: Sequence[Located],
    along: str = "graph",
    k: int = NEIGHBOURS,
    power: float | int = 1,
    measure: str = "distance",
    progress: Told | None = None,
) -> tuple[list[Way | Pulled], Graph]:
    """The ways from stop to stop in a space, and the graph that they were found on.

    In a space of words that is of its 10,000 first, since rare words are near to everything, and the way goes from word
    to word: between two words there is no surface along which it could be pulled taut.
    """
    _check(along, measure, k)
    smooth = [smooth_decoder(opened.decoder, opened.name)] if along == "pullback" else []
    if along == "pullback":
        check_dims(opened.spec.dim)
    weigh = _measured(measure, opened.decoder if measure == "decoded" else None, opened.name)
    words = opened.spec.modality == "word"
    if words and len(opened) > WORDS:
        points = np.asarray(opened.geometry.project(np.asarray(opened.vectors[:WORDS])), np.float32)
        table = neighbour_table(points, k, geometry=opened.geometry, progress=_on("neighbours", progress))
    else:
        points, table = np.asarray(opened.points), opened.table(k, _on("neighbours", progress))
    graph = neighbour_graph(
        points, table, geometry=opened.geometry, power=power, measure=weigh, progress=_on("gaps", progress)
    )
    rows = [-1 if stop.id is None else opened.folder.row(stop.id) for stop in stops]
    ends = [row if 0 <= row < len(points) else stop.vector for row, stop in zip(rows, stops, strict=True)]
    ways = [graph.way(start, end, taut=False if words else None) for start, end in pairwise(ends)]
    if along == "graph":
        return list(ways), graph
    density = Density.fit(points)
    return [
        pullback(
            *(way.start, way.end, smooth),
            geometry=opened.geometry,
            density=density,
            along=way,
            progress=_on("rounds" if len(ways) == 1 else f"rounds {i}", progress),
        )
        for i, way in enumerate(ways, 1)
    ], graph


@dataclass(frozen=True)
class Gap:
    """A gap in the data that a way had to cross.

    Args:
        start: Id of the item where it begins.
        end: Id of the item where it ends.
        length: In the units of the space's geometry.
        times: When it begins and ends, in 0 ... 1 of the whole way.
        exact: Whether it is certainly the shortest there.
    """

    start: str
    end: str
    length: float
    times: tuple[float, float]
    exact: bool

    def to_dict(self) -> dict[str, object]:
        """Plain data."""
        times = [round(t, 4) for t in self.times]
        return {"from": self.start, "to": self.end, "length": round(self.length, 6), "t": times, "exact": self.exact}


@dataclass(frozen=True, eq=False)
class Trip:
    """A geodesic through all stops.

    Args:
        path: The way.
        length: In latent units, as the lengths of all walks are.
        via: Ids of the real items on the way, stops included; of a way that is on no graph none.
        bridges: The gaps that it crosses.
        doubts: What speaks against it, a sentence each.
    """

    path: Chain
    length: float
    via: tuple[str, ...]
    bridges: tuple[Gap, ...]
    doubts: tuple[str, ...]


def trip(opened: Opened, stops: Sequence[Located], along: str, progress: Told | None = None) -> Trip:
    """The geodesic through two or more points of a space."""
    ways, graph = geodesics_of(opened, stops, along, progress=progress)
    path = Chain(ways)
    length = sum(measured(way, way.fine()) for way in ways)
    gaps: list[Gap] = []
    doubts: list[str] = []
    gone = 0.0
    met: list[str | None] = []
    for way, (first, last) in zip(ways, pairwise(stops), strict=True):
        if isinstance(way, Pulled):
            doubts += way.doubts
        else:
            met += [first.id, *(opened.ids[row] for row in way.rows), last.id]  # a rare word is on no graph
            for bridge, times in zip(way.bridges, way.bridge_times, strict=True):
                begins, ends = ((gone + t * way.length) / (path.length or 1.0) for t in times)
                names = (opened.ids[bridge.start], opened.ids[bridge.end])
                gaps.append(Gap(*names, bridge.length, (begins, ends), bridge.exact))
        gone += way.length
    parts = int(graph.components.max()) + 1
    if parts > 1:
        doubts.append(f"The neighbours of {opened.name} fall into {parts:,} parts that nothing joins.")
    via = tuple(id for id, _ in groupby(id for id in met if id is not None))
    return Trip(path, length, via, tuple(gaps), tuple(dict.fromkeys(doubts)))


def measured(leg: Path, points: Float[np.ndarray, "s dim"]) -> float:
    """Length of a leg in latent units, along (s, dim) points on it; from a point to itself zero, rounding aside."""
    return 0.0 if (leg.start == leg.end).all() else float(np.linalg.norm(np.diff(points, axis=0), axis=1).sum())


def decoded_length_of(opened: Opened, path: Path) -> float | None:
    """How far the decoded picture changes along a path, in grey levels; None without a decoder."""
    if opened.decoder is None:
        return None
    steps = FINE if isinstance(opened.decoder, SmoothDecoder) else COARSE  # rounding counts as change in small steps
    pictures = levels(opened.decoder)(np.asarray(path.evaluate(np.linspace(0, 1, steps + 1)), np.float32))
    return float(np.sqrt(np.square(np.diff(pictures, axis=0)).mean(axis=1)).sum())


def smooth_decoder(decoder: Decoder | None, what: str) -> SmoothDecoder:
    """The decoder, if its metric can be used.

    Raises:
        InputError: If there is none, or it doesn't say how its pictures change.
    """
    if decoder is None:
        raise InputError(
            f"There is no way along pullback: {what} has no decoder. Attach one (lateen train SOURCE --model decoder, "
            "then lateen attach), or walk along graph, which needs none."
        )
    if not isinstance(decoder, SmoothDecoder):
        raise InputError(
            f"There is no way along pullback: the decoder of {what}, {decoder.spec.encoder}, doesn't say how its "
            "pictures change with the latents (decode_smoothly), as lateen's own models do. Walk along graph."
        )
    return decoder


def levels(decoder: Decoder) -> Callable[[Any], Any]:
    """Vectors to pictures in grey levels, not rounded where the decoder can do so: (m, dim) -> (m, numbers)."""
    if isinstance(decoder, SmoothDecoder):
        return lambda vectors: decoder.decode_smoothly(vectors).pictures
    return lambda vectors: np.asarray(decoder.decode(vectors), np.float32).reshape(len(vectors), -1)


def _measured(measure: str, decoder: Decoder | None, what: str) -> Any:
    if measure == "distance":
        return None
    if decoder is None:
        raise InputError(f"Edges can't weigh what is decoded along them: {what} has no decoder. Use distance.")
    return decoded_length(levels(decoder))


def _on(what: str, progress: Told | None) -> Callable[[int, int], None] | None:
    """Progress of one of several things."""
    return None if progress is None else lambda done, total: progress(what, done, total)


def _check(along: str, measure: str, k: int) -> None:
    if along not in GEODESICS:
        raise InputError(f"geodesic got along = {along!r}; choose one of {', '.join(GEODESICS)}.")
    if measure not in MEASURES:
        raise InputError(f"geodesic got measure = {measure!r}; choose one of {', '.join(MEASURES)}.")
    if k < 1:
        raise InputError(f"geodesic got k = {k}; join items to at least one neighbour.")


def _array(data: object) -> Float[np.ndarray, "n dim"]:
    try:
        array = np.asarray(data, np.float64)
    except (TypeError, ValueError) as cause:
        raise InputError(f"geodesic got a {type(data).__name__}; give (n, dim) numbers, Points or a Space.") from cause
    array = array[:, None] if array.ndim == 1 else array
    if array.ndim != 2 or array.shape[1] == 0:
        raise InputError(f"geodesic got an array of shape {array.shape}; give (n, dim), an item in each row.")
    fits = np.abs(array) <= LARGEST  # NaN doesn't
    if not fits.all():
        row = int(np.flatnonzero(~fits.all(axis=1))[0])
        raise InputError(
            f"geodesic got NaN, infinity or a number beyond {LARGEST:.0e} in row {row}; leave such rows out, or divide "
            "all numbers by the largest."
        )
    if len(array) < 2:
        many = "1 point" if len(array) else "0 points"
        raise InputError(f"geodesic got {many}; a way needs at least two.")
    extent = float(np.ptp(array, axis=0).max())
    if 0 < extent < SMALLEST:
        raise InputError(
            f"geodesic got points that are {extent:.3g} apart at the most; float32 can't square that. Multiply all "
            f"numbers by {1 / extent:.0e}."
        )
    return array.astype(np.float32)


def _end(end: End, points: Float[np.ndarray, "n dim"], ids: Points | None) -> Any:
    n, dim = points.shape
    if isinstance(end, str):
        if ids is None:
            raise InputError(f"geodesic got the end {end!r}; an array has row numbers, 0 ... {n - 1}, and no ids.")
        if end not in ids.ids:
            raise UnknownNameError("id", end, list(ids.ids), "these points")
        return ids.row(end)
    if isinstance(end, int | np.integer):
        if not 0 <= end < n:
            raise InputError(f"geodesic got row {end}; there are {n:,} points, so rows are 0 ... {n - 1}.")
        return int(end)
    try:
        with np.errstate(over="ignore"):
            vector = np.asarray(end, np.float32)
    except (TypeError, ValueError) as cause:
        raise InputError(f"geodesic got an end {end!r}; give a row number or a vector of {dim} numbers.") from cause
    if vector.shape != (dim,) or not np.isfinite(vector).all():
        raise InputError(f"geodesic got an end of shape {vector.shape}; give a row, or {dim} finite numbers.")
    if np.abs(vector).max() > LARGEST:
        raise InputError(f"geodesic got an end with {np.abs(vector).max():.3g} in it; numbers go up to {LARGEST:.0e}.")
    return vector
