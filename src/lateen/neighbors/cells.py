"""Nearly all neighbours of every point at a small share of the price: cells first, then neighbours of neighbours.

One idea: points are sorted into cells around k-means centres, and each cell is searched against the cells around it by
matrix products of sketches: the directions in which the points vary most, and the length of the rest. What the products
choose is ranked by true distances, then points ask their neighbours for theirs (Dong, Moses and Li, *Efficient
k-nearest neighbor graph construction*, 2011).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int32, Int64

from lateen.core.threads import in_threads, one_thread

SKETCH = 192  # directions
WHOLE = 256  # numbers of a point up to which it is its own sketch
CELL = 120  # points of a cell, on average
MOST_CELLS = 8_192
_SAMPLE = 16_384
_PER_CELL = 8  # points that a centre is computed from
_ROUNDS = 5
_STEP = 1_024
_WIDE = 14  # neighbours that are asked, each for as many

Told = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class Sketch:
    """Points in fewer numbers, whose distances are never larger but for rounding.

    Args:
        points: (n, s).
        rests: (n,) length of what is left out of each.
    """

    points: Float32[np.ndarray, "n s"]
    rests: Float32[np.ndarray, " n"]

    @classmethod
    def of(cls, points: Float32[np.ndarray, "n dim"], seed: int) -> Sketch:
        """The coordinates along the directions of largest variance of a sample; short points as they are."""
        n, dim = points.shape
        if dim <= WHOLE:
            return cls(points, np.zeros(n, np.float32))
        rng = np.random.default_rng(seed)
        sample = points[np.sort(rng.permutation(n)[:_SAMPLE])]
        middle = sample.mean(axis=0, dtype=np.float64).astype(np.float32)
        axes = _main_directions(sample - middle, rng)
        sketched, rests = np.empty((n, axes.shape[1]), np.float32), np.empty(n, np.float32)

        def project(start: int, stop: int) -> None:
            centred = points[start:stop] - middle
            np.matmul(centred, axes, out=sketched[start:stop])
            whole = np.einsum("nd,nd->n", centred, centred)
            kept = np.einsum("nd,nd->n", sketched[start:stop], sketched[start:stop])
            rests[start:stop] = np.sqrt(np.maximum(whole - kept, 0))

        in_threads(project, n, _STEP)
        return cls(sketched, rests)


def by_cells(
    points: Float32[np.ndarray, "n dim"], k: int, reach: int, seed: int = 0, progress: Told | None = None
) -> tuple[Int32[np.ndarray, "n k"], Float32[np.ndarray, "n k"]]:
    """Rows and distances of nearly all k nearest others of every point, nearest first.

    Args:
        points: (n, dim) finite, n > reach.
        k: Fewer than `reach`.
        reach: How many points around its cell each point is compared with.
        seed: Of the samples.
        progress: Told how much is done, and of how much.
    """
    from lateen.neighbors.table_kernels import ask_neighbours, rank, return_calls

    n = len(points)
    sketch = Sketch.of(points, seed)
    cells = _Cells.of(sketch.points, seed)
    exact = sketch.points is points
    chosen = np.empty((n, k + 8 if exact else 2 * k + 16), np.int32)

    def search(start: int, stop: int) -> None:
        for cell in range(start, stop):
            cells.search(cell, sketch, reach, chosen)

    in_threads(search, len(cells.centres), 2, _scaled(progress, 0, n, len(cells.centres)))
    rows, distances = np.empty((n, k), np.int32), np.empty((n, k), np.float32)
    in_threads(lambda start, stop: rank(points, chosen, rows, distances, start, stop), n, _STEP)
    known_rows, known = np.empty_like(rows), np.empty_like(distances)
    return_calls(rows, distances, known_rows, known)
    wide = min(_WIDE, k)

    def ask(start: int, stop: int) -> None:
        ask_neighbours(points, sketch.points, sketch.rests, known_rows, known, wide, rows, distances, start, stop)

    in_threads(ask, n, _STEP, _scaled(progress, n, n, n))
    return rows, distances


@dataclass(frozen=True, eq=False)
class _Cells:
    """Points sorted by the nearest of some centres.

    Args:
        centres: (c, s).
        order: (n,) row numbers, cell by cell.
        starts: (c + 1,) where each cell starts in the order.
    """

    centres: Float32[np.ndarray, "c s"]
    order: Int32[np.ndarray, " n"]
    starts: Int64[np.ndarray, " c1"]

    @classmethod
    def of(cls, points: Float32[np.ndarray, "n s"], seed: int) -> _Cells:
        n, rng = len(points), np.random.default_rng(seed)
        count = max(1, min(MOST_CELLS, n // CELL))
        sample = points[np.sort(rng.permutation(n)[: max(_SAMPLE // 2, _PER_CELL * count)])]
        centres = _centres(sample, count, rng)
        labels = _assign(points, centres)
        crowd = 8 * max(CELL, n // count)
        for _ in range(3):
            for cell in np.flatnonzero(np.bincount(labels, minlength=len(centres)) > crowd):
                inside = np.flatnonzero(labels == cell)
                parts = _centres(points[inside[:: max(1, len(inside) // _SAMPLE)]], min(64, len(inside) // CELL), rng)
                labels[inside] = len(centres) + _assign(points[inside], parts)
                centres = np.vstack([centres, parts])
        order = np.argsort(labels, kind="stable")
        starts = np.searchsorted(labels[order], np.arange(len(centres) + 1))
        return cls(centres, order.astype(np.int32), starts.astype(np.int64))

    def search(self, cell: int, sketch: Sketch, reach: int, chosen: Int32[np.ndarray, "n c"]) -> None:
        """Choose, for each point of a cell, among the points of the cells around it."""
        from lateen.neighbors.table_kernels import choose

        own = self.order[self.starts[cell] : self.starts[cell + 1]]
        if not len(own):
            return
        around = self._around(cell, reach)
        middle = self.centres[cell]  # near zero, products keep what is small
        points = sketch.points[around] - middle
        squares = np.einsum("nd,nd->n", points, points) + sketch.rests[around] ** 2
        for start in range(0, len(own), 256):
            queries = sketch.points[own[start : start + 256]] - middle
            choose(queries @ points.T, squares, around, own[start : start + 256], chosen)

    def _around(self, cell: int, reach: int) -> Int32[np.ndarray, " m"]:
        """Row numbers of the nearest cells that together hold enough points."""
        gaps = self.centres - self.centres[cell]
        nearest = np.argsort(np.einsum("cs,cs->c", gaps, gaps), kind="stable")
        held = np.cumsum(np.diff(self.starts)[nearest])
        near = nearest[: 1 + int(np.searchsorted(held, reach))]
        return np.concatenate([self.order[self.starts[c] : self.starts[c + 1]] for c in near])


def _main_directions(
    centred: Float32[np.ndarray, "n dim"], rng: np.random.Generator
) -> Float32[np.ndarray, "dim s"]:
    """An orthonormal basis of about the first principal directions, by subspace iteration (Halko et al., 2011)."""
    with one_thread():
        axes = rng.standard_normal((centred.shape[1], SKETCH)).astype(np.float32)
        for _ in range(2):
            axes, _ = np.linalg.qr(centred.T @ (centred @ axes))
    return np.ascontiguousarray(axes, np.float32)


def _centres(
    sample: Float32[np.ndarray, "m s"], count: int, rng: np.random.Generator
) -> Float32[np.ndarray, "c s"]:
    """Centres by a few rounds of Lloyd's algorithm, from points of the sample."""
    centres = sample[np.sort(rng.permutation(len(sample))[:count])].copy()
    for _ in range(_ROUNDS):
        labels = _assign(sample, centres)
        order = np.argsort(labels, kind="stable")
        filled, starts = np.unique(labels[order], return_index=True)
        sums = np.add.reduceat(sample[order], starts, axis=0)
        centres[filled] = sums / np.diff(np.append(starts, len(sample)))[:, None]
    return centres


def _assign(points: Float32[np.ndarray, "n s"], centres: Float32[np.ndarray, "c s"]) -> Int64[np.ndarray, " n"]:
    """The nearest centre of each point."""
    middle = centres.mean(axis=0)
    around = centres - middle
    half = np.einsum("cs,cs->c", around, around) / 2
    labels = np.empty(len(points), np.int64)

    def assign(start: int, stop: int) -> None:
        labels[start:stop] = ((points[start:stop] - middle) @ around.T - half).argmax(axis=1)

    in_threads(assign, len(points), _STEP)
    return labels


def _scaled(progress: Told | None, before: int, share: int, total: int) -> Told | None:
    """Progress of one part of a work of two parts, in points."""
    if progress is None:
        return None
    return lambda done, _: progress(before + share * done // max(1, total), 2 * share)
