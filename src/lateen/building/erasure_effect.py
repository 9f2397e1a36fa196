"""What an erasure did, measured: on held-out labels, on the items farthest to both sides, and on neighbours."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jaxtyping import Float

from lateen.building.erased import Effect
from lateen.core.geometry import Gaussian, Sphere
from lateen.directions.effect import Change, Eraser, held_out, read_left_out, told_apart
from lateen.directions.left_out import pairs_left_out, words_left_out
from lateen.operations.concept import Concept
from lateen.operations.opened import Opened
from lateen.operations.projecting import origin, projections

SIDED = 500  # items of each side that a classifier is to tell apart, as in the paper
FREQUENT = 50_000  # words that these are taken from: the rare ones are placed by chance
ANCHORS, SLOW_ANCHORS = 1000, 100  # the fewer where distances are no matrix products
NEIGHBOURS = 10


def effect_of(
    opened: Opened, new: Opened, found: Concept, fit: Callable[[Float[np.ndarray, " dim"]], Eraser], seed: int
) -> Effect:
    """Measure what was done to a space.

    Args:
        opened: The space as it was.
        new: The space without the concept.
        found: The concept and what it was fitted on.
        fit: Makes an eraser of a difference of means, as that of the new space was made.
        seed: Of what is drawn.
    """
    def eraser(difference: Float[np.ndarray, " dim"]) -> Eraser:
        return _on_points(opened, fit(difference))

    reading, probe = held_out(found.points, found.positive, found.together, eraser, seed=seed)
    if found.direction.more:
        reading = _reading_of_words(opened, found, eraser)
    classified, neighbours, sided = _sides(opened, new, found, seed)
    kept, anchors, moved = _cost(opened, new, seed)
    return Effect(reading, probe, classified, neighbours, sided, kept, anchors, moved)


def _reading_of_words(
    opened: Opened, found: Concept, eraser: Callable[[Float[np.ndarray, " dim"]], Eraser]
) -> Change:
    """As the direction was judged when it was fitted: each pair, or word, by the direction of the others."""
    middle = origin(opened)
    points = found.points.astype(np.float64) - middle
    more, less = points[found.positive], points[~found.positive]
    if min(len(more), len(less)) < 2:
        return Change(float("nan"), float("nan"))
    axes = (words_left_out if found.together is None else pairs_left_out)(more, less)
    return read_left_out(found.points, found.positive, found.together, axes, eraser, origin=middle)


def _on_points(opened: Opened, eraser: Eraser) -> Eraser:
    """The eraser as the space's points show it: on a sphere they are unit vectors again."""
    if not isinstance(opened.geometry, Sphere):
        return eraser
    return lambda points: _units(eraser(points))


def _units(points: Float[np.ndarray, "n dim"]) -> Float[np.ndarray, "n dim"]:
    norms = np.linalg.norm(points, axis=1, keepdims=True)
    return np.asarray(np.divide(points, norms, out=np.zeros_like(points), where=norms > 0))


def _sides(opened: Opened, new: Opened, found: Concept, seed: int) -> tuple[Change, Change, int]:
    """Whether the items farthest to both sides can still be told apart; words that define the direction don't count."""
    most = FREQUENT if opened.spec.modality == "word" else None
    along = projections(opened, found.difference / np.linalg.norm(found.difference), most)
    defining = found.defining
    order = np.array([row for row in np.argsort(along, kind="stable") if int(row) not in defining], np.int64)
    ids = opened.ids
    sided = min(SIDED, len(order) // 4)
    there = {} if not sided else {
        int(row): new.ids.row(ids[int(row)]) for row in np.concatenate([order[:sided], order[-sided:]])
    }
    rows = np.array([row for row, now in there.items() if now is not None], np.int64)
    if not len(rows):
        nothing = Change(float("nan"), float("nan"))
        return nothing, nothing, 0
    positive = np.isin(rows, order[-sided:])
    before = opened.geometry.project(np.asarray(opened.search.vectors[rows], np.float32))
    now = np.array([there[int(row)] for row in rows], np.int64)
    after = new.geometry.project(np.asarray(new.search.vectors[now], np.float32))
    classified, neighbours = told_apart(before, after, positive, seed=seed)
    return classified, neighbours, sided


def _cost(opened: Opened, new: Opened, seed: int) -> tuple[float, int, float]:
    """Share of nearest neighbours kept, of how many items, and how far they moved."""
    n = len(new)
    anchors = SLOW_ANCHORS if isinstance(opened.geometry, Gaussian) else ANCHORS
    rows = np.sort(np.random.default_rng(seed).permutation(n)[:anchors])
    ids = [new.ids[int(row)] for row in rows]
    was = np.array([opened.folder.row(id) for id in ids], np.int64)
    before = opened.geometry.project(np.asarray(opened.search.vectors[was], np.float32))
    after = new.geometry.project(np.asarray(new.search.vectors[rows], np.float32))
    if isinstance(opened.geometry, Sphere):
        moved = float(np.degrees(opened.geometry.distance(before, after)).mean())
    else:
        spread = float(np.linalg.norm(before - before.mean(axis=0), axis=1).mean())
        moved = float(np.linalg.norm(after - before, axis=1).mean()) / spread if spread > 0 else 0.0
    k = min(NEIGHBOURS, n - 1)
    if k < 1:
        return float("nan"), len(rows), moved
    shares = []
    found, again = opened.search.nearest(before, k + 1), new.search.nearest(after, k + 1)
    for own, old_rows, new_rows in zip(ids, found.rows, again.rows, strict=True):
        near = [id for id in (opened.ids[int(row)] for row in old_rows) if id != own][:k]
        still = {id for id in (new.ids[int(row)] for row in new_rows) if id != own}
        shares.append(np.mean([id in still for id in near]))
    return float(np.mean(shares)), len(rows), moved
