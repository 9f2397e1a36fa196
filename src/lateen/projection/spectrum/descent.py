"""lateen's layout: neighbours pull, all points push, and one number says which is stronger.

One idea: t-SNE, UMAP and force-directed drawings follow the same two forces and differ mostly in their balance (Böhm,
Berens and Kobak, 2022). Here both are exact: the pull along the edges of the neighbour table, the push through a mesh.
Nothing is drawn at random, so a map is the same to the bit for any number of threads.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float32, Int32, Int64

from lateen.core.threads import pieces, team
from lateen.neighbors import Table
from lateen.projection.spectrum.start import start_of

NEIGHBOURS = 15
ATTRACTION = 2.0
EARLY = 12.0  # attraction at the start, when clusters find each other
LONGEST = 5.0  # step, in units of the map
_GENTLE, _STRONG = 0.2, 0.4  # times what would make all points one: limits of what is usual, and of what is asked for
_WIDE = 0.1  # of the spread of the widest axis: narrower ones say nothing
HELD = 2e-6  # pull of the middle, which keeps pieces that nothing joins from drifting away
_PARTS = 32
_ALONE = 3_000  # points, below which one thread is quicker than two that wait for each other
_CROWDED = 4.0  # times the mean number of edges, from which a point moves more slowly


@dataclass(frozen=True)
class Phase:
    """A part of the descent.

    Args:
        epochs: Steps.
        momentum: Share of the last step that is kept.
    """

    epochs: int
    momentum: float


FIRST = Phase(100, 0.5)


@dataclass(frozen=True, eq=False)
class Edges:
    """Who pulls whom: the neighbour table made symmetric.

    Args:
        starts: (n + 1,) where the edges of each point start.
        ends: (e,) the other points.
        weights: (e,) 2 where both have each other for a neighbour, else 1.
    """

    starts: Int64[np.ndarray, " n1"]
    ends: Int32[np.ndarray, " e"]
    weights: Float32[np.ndarray, " e"]

    @classmethod
    def of(cls, rows: Int32[np.ndarray, "n k"]) -> Edges:
        """The edges of a table of neighbours."""
        from lateen.projection.spectrum.kernels import count_edges, merge_edges

        rows = np.ascontiguousarray(rows)
        starts = np.empty(len(rows) + 1, np.int64)
        count_edges(rows, starts)
        ends, weights = np.empty(starts[-1], np.int32), np.empty(starts[-1], np.float32)
        merge_edges(rows, starts, ends, weights)
        return cls(starts, ends[: starts[-1]].copy(), weights[: starts[-1]].copy())

    @cached_property
    def weight(self) -> float:
        """The sum of all weights."""
        return float(self.weights.sum(dtype=np.float64))

    def ease(self) -> Float32[np.ndarray, " n"]:
        """How freely each point moves: 1, less where many pull."""
        pulls = np.add.reduceat(self.weights, self.starts[:-1])
        return np.minimum(1, _CROWDED * (self.weight / len(pulls)) / pulls).astype(np.float32)


def spectrum(
    vectors: Float32[np.ndarray, "n d"],
    table: Table,
    *,
    attraction: float | None = None,
    dims: int = 2,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
    device: str | None = None,
) -> tuple[Float32[np.ndarray, "n dims"], float]:
    """Positions on the map, by descent from the principal components along the forces of the neighbour table.

    It minimises the divergence of t-SNE between the neighbour graph (equal weights to the 15 nearest, which does as
    well as perplexities) and the similarities 1 / (1 + distance^2) on the map, with the attraction multiplied.

    Args:
        vectors: (n, d) where the descent starts from: finite, n >= 4.
        table: Their neighbours; the 15 nearest are used, fewer of few points.
        attraction: 1 is t-SNE: fine neighbourhoods, gaps mean little. About 4 looks like UMAP, 30 like a drawing by
            springs: continuous structures, neighbourhoods merged. 2 by default. It is lowered where it would pull all
            points into one: data without structure, in many dimensions, bears little.
        dims: 2 or 3.
        seed: Of the tiny offsets that part points of one place.
        progress: Told how many steps are done, and of how many.
        device: Where the forces are computed: the processor's threads by default; "cpu" or "cuda" with torch, whose
            bytes are others (`on_torch`); "auto" takes a GPU if there is one, else the default.

    Returns:
        (n, dims) positions in units of the similarity's width, and the attraction they were made with.

    Raises:
        InputError: If there is no such device.

    Reference:
        van der Maaten and Hinton, *Visualizing Data using t-SNE*, 2008; Böhm, Berens and Kobak, *Attraction-Repulsion
        Spectrum in Neighbor Embeddings*, 2022; Belkina et al., 2019 (learning rate); Kobak and Linderman, 2021 (start).
    """
    positions, edges = start_of(vectors, dims, seed), edges_of(table)
    balance = Balance.of(edges, positions, attraction)
    if device is not None:
        from lateen.projection.spectrum.on_torch import descend_on_torch, found

        if (there := found(device)) is not None:
            return descend_on_torch(positions, edges, balance, progress, there), balance.attraction
    with team(1 if len(vectors) < _ALONE else None) as each:
        follow(Descent(positions, edges, each).step, balance, progress)
    return positions, balance.attraction


@dataclass(frozen=True)
class Balance:
    """How strongly neighbours pull: at the start, when clusters find each other, and then.

    Near the middle, where all points start, the pull wins over the push, and everything falls onto one point, if the
    attraction is more than 1 / r, r being the roughness of the positions on the graph: half the mean square difference
    along an edge over the mean square. The main axes of structured data are smooth; those of a cloud of many dimensions
    are not.
    """

    early: float
    attraction: float

    @classmethod
    def of(cls, edges: Edges, positions: Float32[np.ndarray, "n dims"], attraction: float | None = None) -> Balance:
        """What is asked for (2 by default), as far as the data bears it."""
        most = 1 / max(_roughness(edges, positions), 1e-9)
        wanted = min(ATTRACTION, max(1.0, _GENTLE * most)) if attraction is None else attraction
        strength = max(0.5, float(min(wanted, _STRONG * most)))
        return cls(max(strength, min(EARLY, _STRONG * most)), strength)


def _roughness(edges: Edges, positions: Float32[np.ndarray, "n dims"]) -> float:
    """The Rayleigh quotient of the graph's Laplacian for the roughest axis that isn't much narrower than the widest."""
    from lateen.projection.spectrum.kernels import roughness

    centred = positions - positions.mean(axis=0, dtype=np.float64).astype(np.float32)
    spread = centred.std(axis=0, dtype=np.float64)
    along, around = np.zeros(positions.shape[1]), np.zeros(positions.shape[1])
    roughness(centred, edges.starts, edges.ends, edges.weights, along, around)
    counts = (spread >= _WIDE * spread.max()) & (around > 0)
    return float((along[counts] / around[counts]).max(initial=0.0))


def edges_of(table: Table) -> Edges:
    """The edges that pull: to the 15 nearest, fewer where they would be most of the points."""
    return Edges.of(table.first(min(table.k, max(1, min(NEIGHBOURS, len(table) // 3)))).rows)


def follow(
    step: Callable[[float, float], None], balance: Balance, progress: Callable[[int, int], None] | None = None
) -> None:
    """Take all steps of the descent: each is told the attraction and the momentum of its phase."""
    phases = ((FIRST, balance.early), (_then(balance.attraction), balance.attraction))
    total, done = sum(phase.epochs for phase, _ in phases), 0
    for phase, strength in phases:
        for _ in range(phase.epochs):
            step(strength, phase.momentum)
            done += 1
            if progress is not None:
                progress(done, total)


class Descent:
    """The state between two steps; positions are changed in place."""

    def __init__(
        self,
        positions: Float32[np.ndarray, "n dims"],
        edges: Edges,
        each: Callable[[Callable[[int], object], int], None],
    ) -> None:
        from lateen.projection.spectrum.all_pairs import UP_TO, AllPairs
        from lateen.projection.spectrum.mesh import Mesh

        n, dims = positions.shape
        self.positions = positions
        self._edges = edges
        self._each = each
        self._parts, on_mesh = (1, 1) if n < _ALONE else (_PARTS, _PARTS // 4)
        self._crowd = AllPairs(each, self._parts) if n <= UP_TO[dims] else Mesh(dims, each, on_mesh)
        self._speeds = np.zeros_like(positions)
        self._gains = np.ones_like(positions)
        self._forces = np.empty_like(positions)
        self._ease = edges.ease()

    def forces(self, attraction: float) -> Float32[np.ndarray, "n dims"]:
        """What pulls and pushes each point; changed by the next call."""
        from lateen.projection.spectrum.kernels import pull

        e, bounds = self._edges, pieces(len(self.positions), self._parts)
        total, push = self._crowd.push(self.positions)

        def feel(i: int) -> None:
            start, stop = bounds[i], bounds[i + 1]
            pull(self.positions, e.starts, e.ends, e.weights, self._forces, start, stop)
            push(self._forces, attraction / e.weight, 1 / total, start, stop)

        self._each(feel, self._parts)
        return self._forces

    def step(self, attraction: float, momentum: float) -> None:
        """Move each point once."""
        from lateen.projection.spectrum.kernels import move

        n = len(self.positions)
        bounds, forces = pieces(n, self._parts), self.forces(attraction)
        rates = self._ease * np.float32(n / attraction)

        def give_way(i: int) -> None:
            args = (self.positions, self._speeds, self._gains, forces, rates, np.float32(momentum))
            move(*args, np.float32(HELD / n), np.float32(LONGEST), bounds[i], bounds[i + 1])

        self._each(give_way, self._parts)


def _then(attraction: float) -> Phase:
    """The long phase; where points pull strongly, much momentum would make them swing."""
    return Phase(300, 0.9 - 0.1 * min(max(attraction - 2, 0), 2) / 2)
