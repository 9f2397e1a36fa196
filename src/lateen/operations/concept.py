"""What a direction was fitted on, found again: its labelled points, and which of them belong together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Float64, Shaped

from lateen.core.direction import Direction
from lateen.core.errors import InputError, LateenError
from lateen.directions.contrast import Contrast, contrast_again
from lateen.operations.direction import get
from lateen.operations.locating import Located
from lateen.operations.opened import Opened
from lateen.operations.projecting import blocks

MOST_JUDGED, MOST_NUMBERS = 10_000, 2**24  # labelled items that held-out figures are taken from, and their numbers


@dataclass(frozen=True, eq=False)
class Concept:
    """A direction and what it was fitted on.

    Args:
        direction: The direction.
        points: (n, dim) labelled points; of a field's items a sample.
        positive: (n,) whether they have the attribute.
        together: (n,) the number of the pair or the identity, which must not be split; None for nothing.
        difference: (dim,) mean of all points that have it minus mean of those that don't.
        sets: Sets of rows whose words define the direction: the pairs, joined where they share a word, or the single
            words of the poles. Empty for a field.
    """

    direction: Direction
    points: Float32[np.ndarray, "n dim"]
    positive: Bool[np.ndarray, " n"]
    together: Shaped[np.ndarray, " n"] | None
    difference: Float64[np.ndarray, " dim"]
    sets: tuple[tuple[int, ...], ...]

    @property
    def defining(self) -> frozenset[int]:
        """Rows of all words that define the direction."""
        return frozenset(row for rows in self.sets for row in rows)


def concept(opened: Opened, name: str, seed: int = 0) -> Concept:
    """The concept of a direction that the space keeps.

    Raises:
        InputError: If the direction doesn't say what it was fitted on, or that is no more.
    """
    direction = get(opened, name)
    if direction.more and direction.less:
        return _of_words(opened, direction)
    if direction.field is None or direction.positive is None:
        raise InputError(f"The direction {name!r} doesn't say what it was fitted on; fit it again with --force.")
    return _of_field(opened, direction, seed)


def _of_words(opened: Opened, direction: Direction) -> Concept:
    located = _located(opened, direction)
    points, p = np.stack([point.vector for point in located]), len(direction.more)
    positive = np.arange(len(points)) < p
    rows = [None if point.id is None else opened.folder.row(point.id) for point in located]
    is_pairs = direction.method == "pairs" and p == len(direction.less)
    together = np.concatenate([np.arange(p), np.arange(p)]) if is_pairs else None
    linked = [(rows[i], rows[p + i]) for i in range(p)] if is_pairs else [(row, row) for row in rows]
    of_examples = direction.method == "examples"  # whose own difference is mostly noise, where they are few
    difference = direction.vector.astype(np.float64) if of_examples else _difference(points, positive)
    return Concept(direction, points, positive, together, difference, _joined(linked))


def _located(opened: Opened, direction: Direction) -> list[Located]:
    """What a direction was fitted on, as points."""
    items = (*direction.more, *direction.less)
    if direction.method != "examples":
        return [opened.locate(word) for word in items]
    try:
        return opened.locate_all(items)
    except LateenError as cause:
        raise InputError(
            f"The examples of the direction {direction.name!r} are not all there any more: {cause} Put it back, or fit "
            "the direction again with --force."
        ) from cause


def _of_field(opened: Opened, direction: Direction, seed: int) -> Concept:
    assert direction.field is not None
    assert direction.positive is not None
    split = contrast_again(opened.column(direction.field), direction.field, direction.positive)
    rng, rows = np.random.default_rng(seed), []
    most = min(MOST_JUDGED, max(200, MOST_NUMBERS // opened.spec.dim))
    for side in (split.positive, split.negative):
        of_side = np.flatnonzero(side)
        rows.append(np.sort(rng.permutation(of_side)[: most // 2]))
    judged = np.concatenate(rows)
    points = opened.geometry.project(np.asarray(opened.search.vectors[judged], np.float32))
    groups = None if direction.group is None else opened.column(direction.group)[judged]
    difference = _difference_of_all(opened, split)
    return Concept(direction, points, split.positive[judged], groups, difference, ())


def _difference(points: Float32[np.ndarray, "n dim"], positive: Bool[np.ndarray, " n"]) -> Float64[np.ndarray, " dim"]:
    x = points.astype(np.float64)
    return np.asarray(x[positive].mean(axis=0) - x[~positive].mean(axis=0))


def _difference_of_all(opened: Opened, split: Contrast) -> Float64[np.ndarray, " dim"]:
    sums, start = np.zeros((2, opened.spec.dim)), 0
    for block in blocks(opened):
        here = slice(start, start + len(block))
        for i, side in enumerate((split.positive, split.negative)):
            sums[i] += block[side[here]].sum(axis=0, dtype=np.float64)
        start += len(block)
    return np.asarray(sums[0] / split.positive.sum() - sums[1] / split.negative.sum())


def _joined(pairs: list[tuple[int | None, int | None]]) -> tuple[tuple[int, ...], ...]:
    """Sets of rows that are linked by pairs; a word that is no item of the space has no row and is in none."""
    sets: list[set[int]] = []
    for pair in pairs:
        linked = {row for row in pair if row is not None}
        touching = [s for s in sets if s & linked]
        sets = [s for s in sets if not s & linked]
        joined = linked.union(*touching)
        if joined:
            sets.append(joined)
    return tuple(tuple(sorted(s)) for s in sets)
