"""How far a map can be trusted: does it invent neighbours (trustworthiness), tear them apart (continuity), keep them
(recall), keep what is far far (Shepard), and tell classes apart as the space does?

One idea: the ranks are exact, against all points, but only for a sample of anchors. That costs O(m n) time,
flat memory, and the sample gives every figure its interval.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from jaxtyping import Float, Float32, Float64, Int64

from lateen.core.errors import InputError
from lateen.core.geometry import Euclidean, Geometry
from lateen.projection.label_quality import Classes, chance_right, label_trust, votes_right
from lateen.projection.ranks import Survey, anchors_at_most, survey
from lateen.projection.shepard import shepard_scores

MOST_CLASSES = 100  # more are no classes whose pairs anyone compares


@dataclass(frozen=True)
class LabelQuality:
    """What a map does to the classes of a field.

    Args:
        label_accuracy: Share of anchors that the vote of their k neighbours on the map gives their own label.
        label_accuracy_low: Lower end of the 95 % interval over anchors.
        label_accuracy_high: Upper end.
        space_accuracy: The same by neighbours in the space.
        space_accuracy_low: Its lower end.
        space_accuracy_high: Its upper end.
        label_accuracy_null: What a random map reaches.
        label_trustworthiness: 1 less the mean loss of separation between two classes; None above 100 classes.
        label_continuity: 1 less the mean gain of separation, which a map may invent as well; None above 100 classes.
    """

    label_accuracy: float
    label_accuracy_low: float
    label_accuracy_high: float
    space_accuracy: float
    space_accuracy_low: float
    space_accuracy_high: float
    label_accuracy_null: float
    label_trustworthiness: float | None
    label_continuity: float | None


@dataclass(frozen=True)
class MapQuality:
    """Quality of a map at neighbourhoods of k items; 1 is perfect, the nulls are what a random map scores.

    Args:
        trustworthiness: Share of the worst case avoided: neighbours on the map that are none in the space.
        continuity: The same for neighbours in the space that are none on the map.
        k: Neighbours per item.
        anchors: How many items were measured, each against all.
        trustworthiness_low: Lower end of the 95 % interval over anchors; the value itself if all were.
        trustworthiness_high: Upper end.
        continuity_low: Lower end for the continuity.
        continuity_high: Upper end for the continuity.
        neighbour_recall: Share of the k neighbours on the map that are among the k in the space.
        neighbour_recall_low: Lower end for the recall.
        neighbour_recall_high: Upper end for the recall.
        shepard: Spearman's correlation of distances on the map with those in the space, over random pairs; None where
            all distances of one side are the same.
        shepard_low: Lower end for the correlation.
        shepard_high: Upper end for the correlation.
        trustworthiness_null: What a random map scores, as continuity, too: about .5.
        neighbour_recall_null: What a random map recalls; for the Shepard correlation it is 0.
        labels: What happens to the classes of a field, where there are labels of at least two.
    """

    trustworthiness: float
    continuity: float
    k: int
    anchors: int
    trustworthiness_low: float
    trustworthiness_high: float
    continuity_low: float
    continuity_high: float
    neighbour_recall: float
    neighbour_recall_low: float
    neighbour_recall_high: float
    shepard: float | None
    shepard_low: float | None
    shepard_high: float | None
    trustworthiness_null: float
    neighbour_recall_null: float
    labels: LabelQuality | None = None

    def to_dict(self) -> dict[str, float | int | None]:
        """The figures as plain data; those of the labels only where there are some."""
        figures = asdict(self)
        return figures | (figures.pop("labels") or {})


def map_quality(
    vectors: Float32[np.ndarray, "n d"],
    positions: Float[np.ndarray, "m dims"],
    *,
    k: int = 15,
    anchors: int = 1500,
    seed: int = 0,
    geometry: Geometry | None = None,
    labels: Sequence[object] | np.ndarray | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> MapQuality:
    """Measure a map against its space, by exact ranks of sampled anchors against all points.

    Args:
        vectors: (n, d) the space as the user gave it, not a reduction of it.
        positions: (n, 2 or 3) the map.
        k: Neighbours per item; below n / 2, where the measures are defined (`largest_k` gives the most).
        anchors: Items to measure; all of them if there are fewer. Other geometries than straight and sphere take long
            for large spaces, where they are lowered: to 100 at the least.
        seed: Chooses the anchors, and the pairs whose distances are correlated.
        geometry: Whose distances are those of the space; straight ones by default. Equal ones are ordered by row.
        labels: (n,) a label for each item; None and NaN are none.
        progress: Told how many points the anchors have been compared with, and of how many.

    Raises:
        InputError: If lengths differ, something is not finite, or k is not in 1 ... n / 2.

    Reference:
        Venna and Kaski, *Neighborhood preservation in nonlinear projection methods*, 2001; *Local
        multidimensional scaling*, 2006 (continuity). Ties share the best rank.
    """
    n, geometry = len(vectors), Euclidean() if geometry is None else geometry
    _check(vectors, positions, k, anchors, labels)
    m = min(anchors, n, anchors_at_most(n, vectors.shape[1], geometry))
    rng = np.random.default_rng(seed)
    chosen = np.sort(rng.choice(n, m, replace=False))
    on_map = survey(positions, chosen, k)
    space = survey(vectors, chosen, k, on_map.rows, geometry=geometry, progress=progress)
    torn = survey(positions, chosen, 0, space.rows)
    worst = k * (2 * n - 3 * k - 1) / 2
    t, t_low, t_high = _interval(1 - _excess(space, k) / worst, n)
    c, c_low, c_high = _interval(1 - _excess(torn, k) / worst, n)
    kept = (space.other_distances <= space.distances[:, -1:]).mean(axis=1)
    r, r_low, r_high = _interval(kept, n)
    rho, scores = shepard_scores(vectors, positions, chosen, geometry=geometry, rng=rng)
    s, s_low, s_high = (None, None, None) if np.isnan(rho) else _interval(scores, 0, least=-1.0)
    null = 1 - (n - 1 - k) * (n - k) / ((n - 1) * (2 * n - 3 * k - 1))
    classes = None if labels is None else Classes.of(labels)
    of_labels = None if classes is None else _of_labels(vectors, positions, classes, chosen, space, on_map, rng)
    figures = (t, c, k, m, t_low, t_high, c_low, c_high, r, r_low, r_high, s, s_low, s_high)
    return MapQuality(*figures, null, k / (n - 1), of_labels)


def largest_k(n: int, wish: int = 15) -> int:
    """The wished neighbourhood size, lowered to what n items allow; 0 where none is defined."""
    return max(0, min(wish, (n - 1) // 2))


def _excess(seen: Survey, k: int) -> Float64[np.ndarray, " m"]:
    """How far the ranks of the other side's neighbours exceed k in all; a rank is 1 + how many are nearer."""
    return np.asarray(np.maximum(seen.nearer + 1 - k, 0).sum(axis=1), np.float64)


def _of_labels(
    vectors: Float32[np.ndarray, "n d"],
    positions: Float[np.ndarray, "n dims"],
    classes: Classes,
    chosen: Int64[np.ndarray, " m"],
    space: Survey,
    on_map: Survey,
    rng: np.random.Generator,
) -> LabelQuality | None:
    """What happens to classes; None where there is one, or none of the anchors has a label."""
    known = classes.codes[chosen] >= 0
    if classes.count < 2 or not known.any():
        return None
    n, k, chosen = int((classes.codes >= 0).sum()), space.rows.shape[1], chosen[known]
    by_map = _interval(votes_right(classes, chosen, on_map.rows[known]).astype(np.float64), n)
    by_space = _interval(votes_right(classes, chosen, space.rows[known]).astype(np.float64), n)
    chance = chance_right(classes, chosen, k, rng)
    both = label_trust(vectors, positions, classes) if classes.count <= MOST_CLASSES else (None, None)
    return LabelQuality(*by_map, *by_space, chance, *both)


def _interval(scores: Float64[np.ndarray, " m"], n: int, least: float = 0.0) -> tuple[float, float, float]:
    """Mean and 95 % interval of a sample of m out of n, with the finite population correction; n = 0: out of many."""
    mean, m = float(scores.mean()), len(scores)
    if m == n or m < 2:
        return mean, mean, mean
    share = (n - m) / (n - 1) if n else 1.0
    half = float(1.96 * scores.std(ddof=1) / np.sqrt(m) * np.sqrt(share))
    return mean, max(least, mean - half), min(1.0, mean + half)


def _check(
    vectors: Float32[np.ndarray, "n d"],
    positions: Float[np.ndarray, "m dims"],
    k: int,
    anchors: int,
    labels: Sequence[object] | np.ndarray | None,
) -> None:
    n = len(vectors)
    if len(positions) != n:
        raise InputError(f"map_quality got {n} vectors and {len(positions)} positions; give one for each.")
    if labels is not None and len(labels) != n:
        raise InputError(f"map_quality got {n} vectors and {len(labels)} labels; give one for each.")
    if not 1 <= k < n / 2:
        most = largest_k(n, n)
        hint = f"use k = {most} or less" if most else "a map of fewer than 3 points has no quality"
        raise InputError(f"map_quality got k = {k} for {n} points; it is defined for 1 <= k < n / 2: {hint}.")
    if anchors < 1:
        raise InputError(f"map_quality got anchors = {anchors}; measure at least one.")
    for name, array in (("vectors", vectors), ("positions", positions)):
        if not np.isfinite(array).all():
            raise InputError(f"map_quality got {name} with NaN or infinity.")
