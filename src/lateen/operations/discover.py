"""Discovery: axes of a space that no label names, described by what goes along with them, for the user to name.

One idea: an axis says nothing by itself, so each comes as a traversal, with the items at its ends, the fields that go
along with it, and how much of it the known directions do already.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float32, Float64

from lateen.core.direction import Direction
from lateen.core.errors import InputError, StorageError
from lateen.core.seed import require_seed
from lateen.core.synthetic import Synthetic
from lateen.core.threads import one_thread
from lateen.directions.discover import Along, Axes, Told, discover_axes, goes_along
from lateen.operations.direction import check_name, described
from lateen.operations.discovered import Discovered, DiscoveredAxis
from lateen.operations.fitted import Fitted
from lateen.operations.opened import Opened
from lateen.operations.projecting import blocks
from lateen.operations.reading import FREQUENT
from lateen.store import DISCOVERED, direction_names, remove_direction, save_direction

LOOKED_AT = 200_000  # items, drawn at random where there are more; PCA looks at all
ENDS = 5  # items at each end
STEPS = (-3, -2, -1, 0, 1, 2, 3)
APART = 0.3  # of the distance of two random items: nearer ones are taken for the same
_CANDIDATES = 100


def discover(
    opened: Opened,
    method: str = "pca",
    n: int | None = None,
    seed: int = 0,
    features: int | None = None,
    progress: Told | None = None,
) -> Discovered:
    """Find axes of a space without labels, describe them, and keep them with what can be computed again.

    Novelty is the share of an axis' squared length that no combination of the directions kept with the space makes up,
    in the space's own coordinates: 1 where it is at right angles to all of them.

    Raises:
        InputError: If there is no such method, or the items are too few or all the same for it.
    """
    require_seed(seed)
    points = _looked_at(opened, method, seed)
    axes = discover_axes(points, method, n, features=features, seed=seed, progress=progress)
    readings = _readings(opened, axes)
    along = goes_along(readings, {name: opened.column(name) for name in opened.fields.column_names}, seed=seed)
    among = readings[:FREQUENT] if opened.spec.modality == "word" else readings
    ends = [(_end(opened, among[:, i], -1), _end(opened, among[:, i], 1)) for i in range(len(axes))]
    shown = _traversed(opened, axes)
    known = opened.comparable
    found = tuple(
        _axis(opened, axes, i, method, along[i], ends[i], shown[i], known, _novelty(axes.vectors, known))
        for i in range(len(axes))
    )
    return Discovered(
        method=method,
        axes=found,
        items=len(opened),
        seed=seed,
        features=axes.features,
        r2=axes.r2,
        settled=axes.settled,
        kept=_kept(opened, found, method),
        _opened=opened,
    )


def name_direction(opened: Opened, old: str, new: str, force: bool = False) -> Fitted:
    """Give a direction a name: a discovered axis is kept with the space from then on, a kept one is renamed.

    Raises:
        UnknownNameError: If there is no direction of the old name.
        InputError: If the new name can't be one, or is taken and `force` is not set.
    """
    direction = opened.direction(old)
    is_kept = old in direction_names(opened.path)
    if is_kept and new == old:
        raise InputError(f"The direction is called {old!r} already; give it another name.")
    check_name(opened, new, 0, force)
    save_direction(opened.path, direction.renamed(new))
    if is_kept:
        remove_direction(opened.path, old)
    return described(opened, opened.direction(new))


def _looked_at(opened: Opened, method: str, seed: int) -> Float32[np.ndarray, "m dim"]:
    """The points that the axes are looked for in."""
    if method == "pca" or len(opened) <= LOOKED_AT:
        return np.asarray(opened.points, np.float32)
    rows = np.sort(np.random.default_rng(seed).permutation(len(opened))[:LOOKED_AT])
    return np.asarray(opened.geometry.project(np.asarray(opened.vectors[rows], np.float32)), np.float32)


def _readings(opened: Opened, axes: Axes) -> Float32[np.ndarray, "m n"]:
    """How much of each axis is in each item."""
    with one_thread():
        return np.concatenate([block @ axes.readers.T for block in blocks(opened)])


def _end(opened: Opened, readings: Float32[np.ndarray, " m"], side: int) -> tuple[str, ...]:
    """The items that have most (or least) of an axis, of those that look the same only the first."""
    order = np.argsort(-side * readings, kind="stable")[:_CANDIDATES]
    points = opened.geometry.project(np.asarray(opened.vectors[order], np.float32)).astype(np.float64)
    apart = APART * np.sqrt(2) * _radius(opened)
    taken: list[int] = []
    for i in range(len(order)):
        if len(taken) < ENDS and (not taken or np.linalg.norm(points[taken] - points[i], axis=1).min() > apart):
            taken.append(i)
    return tuple(opened.ids[int(order[i])] for i in taken)


def _radius(opened: Opened) -> float:
    """Root mean square distance of items from their mean, from as many as say it well."""
    some = np.asarray(opened.geometry.project(np.asarray(opened.vectors[:10_000], np.float32)), np.float64)
    return float(np.sqrt(((some - some.mean(axis=0)) ** 2).sum(axis=1).mean()))


def _traversed(opened: Opened, axes: Axes) -> list[tuple[Synthetic, ...]]:
    """A typical item, moved along each axis."""
    start = _typical(opened, axes)
    moves = np.array(STEPS)[None, :, None] * (axes.scale[:, None] * axes.vectors)[:, None, :]
    points = opened.geometry.project(np.asarray(start + moves.reshape(-1, len(start)), np.float32))
    made = opened.synthesise(np.asarray(points, np.float32))
    return [tuple(made[i : i + len(STEPS)]) for i in range(0, len(made), len(STEPS))]


def _typical(opened: Opened, axes: Axes) -> Float32[np.ndarray, " dim"]:
    """An item as far from the mean as most are, deep in the data, but in the middle of the axes.

    The item nearest to the mean would not do: where there are many dimensions, nothing else is so near to it.
    """
    total = np.zeros(opened.spec.dim)
    for block in blocks(opened):
        total += block.sum(axis=0, dtype=np.float64)
    mean, steps = (total / len(opened)).astype(np.float32), axes.vectors.T / axes.scale.astype(np.float32)
    away, off = [], []
    with one_thread():
        for block in blocks(opened):
            away.append(np.linalg.norm(block - mean, axis=1))
            off.append((((block - mean) @ steps) ** 2).sum(axis=1))
    distance, aside = np.concatenate(away), np.concatenate(off)
    low, high = np.quantile(distance, (0.4, 0.6))
    rows = np.argsort(np.where((low <= distance) & (distance <= high), aside, np.inf), kind="stable")[:_CANDIDATES]
    points = opened.geometry.project(np.asarray(opened.vectors[rows], np.float32))
    support = np.nan_to_num(opened.support(np.asarray(points, np.float32)))
    return np.asarray(points[int((support >= min(0.5, support.max())).argmax())], np.float32)


def _novelty(vectors: Float32[np.ndarray, "n dim"], known: dict[str, Direction]) -> Float64[np.ndarray, " n"]:
    """Share of each unit vector's squared length outside the span of the known ones."""
    if not known:
        return np.ones(len(vectors))
    left, sizes, _ = np.linalg.svd(np.stack([d.vector for d in known.values()], axis=1).astype(np.float64), False)
    inside = vectors.astype(np.float64) @ left[:, sizes > 1e-6 * sizes[0]]
    return np.asarray(np.clip(1 - (inside**2).sum(axis=1), 0, 1))


def _axis(
    opened: Opened,
    axes: Axes,
    i: int,
    method: str,
    along: tuple[Along, ...],
    ends: tuple[tuple[str, ...], tuple[str, ...]],
    shown: tuple[Synthetic, ...],
    known: dict[str, Direction],
    novelty: Float64[np.ndarray, " n"],
) -> DiscoveredAxis:
    direction = Direction(
        f"{method}-{i + 1}", axes.vectors[i], float(axes.scale[i]), method, fingerprint=opened.spec.fingerprint
    )
    angles = {name: direction.cosine(other) for name, other in known.items()}
    return DiscoveredAxis(
        direction=direction,
        share=float(axes.share[i]),
        fires=None if axes.fires is None else float(axes.fires[i]),
        along=along,
        bottom=ends[0],
        top=ends[1],
        novelty=float(novelty[i]),
        most_like=max(angles.items(), key=lambda pair: abs(pair[1]), default=None),
        frames=shown,
        steps=STEPS,
        description=_description(opened, along, ends),
    )


def _description(opened: Opened, along: tuple[Along, ...], ends: tuple[tuple[str, ...], tuple[str, ...]]) -> str:
    said = ", ".join(map(str, along))
    if opened.spec.modality != "word" and opened.fields.column_names:
        return said or "goes along with no field"
    less, more = (", ".join(end[:3]) for end in ends)
    return f"more {more}; less {less}" + (f"; {said}" if said else "")


def _kept(opened: Opened, found: tuple[DiscoveredAxis, ...], method: str) -> bool:
    """Keep the axes in place of those that the method found before; whether they could be written."""
    try:
        for axis in found:
            save_direction(opened.path, axis.named(), DISCOVERED)
        for name in set(direction_names(opened.path, DISCOVERED)) - {axis.name for axis in found}:
            if name.startswith(f"{method}-"):
                remove_direction(opened.path, name, DISCOVERED)
    except StorageError:
        return False
    return True
