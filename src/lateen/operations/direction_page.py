"""The one-page picture of a direction: five items moved along it, its figures, its dose-response, its angles.

One idea: the items are typical ones that lack the attribute, as different from each other as can be, so that one sees
whether the direction does the same to all of them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress

import numpy as np
from jaxtyping import Bool, Float32, Int64
from PIL.Image import Image

from lateen.core.direction import DISCOVERED, Direction
from lateen.core.errors import LateenError
from lateen.core.path import Ray
from lateen.directions.contrast import contrast_again
from lateen.directions.terms import listed
from lateen.operations.direction import kind_of
from lateen.operations.near import Picture, has_pictures, shown
from lateen.operations.opened import Opened
from lateen.operations.projecting import projections
from lateen.operations.reading import FREQUENT
from lateen.operations.result import known, not_decoded
from lateen.operations.traverse import dose_of, reading_text
from lateen.plot.coloring import number_text
from lateen.plot.direction_page import Example, PageOfDirection, Pole
from lateen.plot.direction_page import direction_page as draw
from lateen.plot.traversal import signed

DOSES = (-1.0, -0.5, 0.0, 0.5, 1.0, 1.5)
EXAMPLES = 5
LOOKED_AT, JUDGED = 4_000, 400  # items that are looked at, and of them, lacking the attribute, whose support is taken
LISTED, AT_ENDS = 14, 5  # items at each end, by name and as pictures


def direction_page(opened: Opened, direction: Direction, cosine_with: Mapping[str, float]) -> Image:
    """Draw what is known of a direction on one page.

    Args:
        opened: The space.
        direction: One of its directions.
        cosine_with: Cosine of the angle to each other direction, by name.
    """
    pictured = has_pictures(opened)
    steps = tuple(dose * dose_of(direction) for dose in DOSES)
    examples, notes = _examples(opened, direction, steps) if pictured else ((), ())
    if direction.response is not None:
        notes = (*notes, "Chart: the mean reading, and the band that 8 in 10 items keep to.")
    is_known = math.isfinite(direction.dose)
    return draw(
        PageOfDirection(
            title=direction.name,
            subtitle=_subtitle(direction),
            warning=direction.warning(kind_of(opened)),
            figures=_figures(direction, kind_of(opened)),
            steps=[signed(s) for s in steps],
            item_at=DOSES.index(0.0),
            dose_at=DOSES.index(1.0) if is_known else None,
            examples=examples,
            poles=() if pictured else _poles(opened, direction),
            response=direction.response,
            reads_share=direction.probe is None or direction.probe.reads == "probability",
            dose=direction.dose if is_known else None,
            ends=_ends(opened, direction) if pictured else (),
            cosines=list(cosine_with.items()),
            notes=notes,
        )
    )


def _subtitle(direction: Direction) -> str:
    """What it was fitted on, and how."""
    said = [direction.positive or direction.field or ""]
    if direction.more:
        said = [f"from {listed(direction.less)} to {listed(direction.more)}"]
    said += [direction.method]
    said += [f"without {', '.join(direction.without)}"] if direction.without else []
    said += [f"split by {direction.group}"] if direction.group else []
    said += [f"tuned to keep {len(direction.tuned)} fields"] if direction.tuned else []
    return "   ·   ".join(part for part in said if part)


def _figures(direction: Direction, kind: str) -> list[tuple[str, str]]:
    d = direction
    is_number = math.isfinite(d.r2)
    figures = [("held-out R²", d.r2, "{:.3f}")] if is_number else []
    if math.isfinite(d.auc) or not (is_number or d.method in DISCOVERED):
        figures.append(("held-out AUC", d.auc, "{:.3f}"))
    said = [(name, text.format(value) if math.isfinite(value) else "not known") for name, value, text in figures]
    if math.isfinite(d.along):
        said.append(("along the direction alone", f"{d.along:.3f}"))
    if math.isfinite(d.matched):
        said.append(("among items alike in these", f"{d.matched:.3f}"))
    if math.isfinite(d.auc) and math.isfinite(d.random_auc):
        said.append(("by chance up to", f"{d.random_auc:.3f}"))
    if d.method == "pairs":
        said.append(("pairs", f"{d.n_positive:,}"))
    elif d.n_positive or d.n_negative:
        said.append((f"{kind} with, without", f"{d.n_positive:,}, {d.n_negative:,}"))
    if math.isfinite(d.ordered):
        said.append(("held-out pairs in order", f"{d.ordered:.0%}"))
    if math.isfinite(d.stability):
        said.append(("stability (bootstrap cosine)", f"{d.stability:.3f}"))
    if math.isfinite(d.gap):
        said.append(("gap of the two means", f"{signed(d.gap)} steps"))
    if math.isfinite(d.dose):
        said.append(("suggested dose", f"{signed(d.dose)} steps"))
    return [*said, ("one step", f"{number_text(d.scale)} latent units")]


def _examples(
    opened: Opened, direction: Direction, steps: Sequence[float]
) -> tuple[tuple[Example, ...], tuple[str, ...]]:
    """A row for each of some items, and what is to be said of all."""
    rows = _chosen(opened, direction)
    if not len(rows):
        return (), ()
    items = _points(opened, rows)
    rays = [Ray(opened.geometry, item, direction.step, steps[0], steps[-1]) for item in items]
    points = np.concatenate([ray.at(np.asarray(steps)) for ray in rays]).astype(np.float32)
    made = opened.synthesise(points)
    ids = [opened.ids[int(row)] for row in rows]
    probe = direction.probe
    readings = [""] * len(points) if probe is None else [reading_text(float(r), probe.reads) for r in probe(points)]
    n = len(steps)
    examples = tuple(
        Example(
            id,
            picture,
            shown([s.image for s in made[i * n : (i + 1) * n]]),
            [known(s.support) for s in made[i * n : (i + 1) * n]],
            readings[i * n : (i + 1) * n],
        )
        for i, (id, picture) in enumerate(zip(ids, shown(opened.pictures(ids)), strict=True))
    )
    said = [] if probe is None else ["Under each picture: what the direction's own probe reads there."]
    return examples, (*not_decoded(made[0], opened.spec.modality), *said)


def _chosen(opened: Opened, direction: Direction) -> Int64[np.ndarray, " k"]:
    """Rows of typical items that lack the attribute, far from each other; the same ones each time."""
    rows = np.random.default_rng(0).permutation(len(opened))[:LOOKED_AT]
    lacking = rows[_lack(opened, direction, rows)]
    rows = (lacking if len(lacking) >= EXAMPLES else rows)[:JUDGED]
    points = _points(opened, rows)
    if len(rows) > EXAMPLES:
        support = np.nan_to_num(opened.support(points))
        typical = support >= np.median(support)
        rows, points = rows[typical], points[typical]
    return np.asarray(rows[_far_apart(points, EXAMPLES)])


def _lack(opened: Opened, direction: Direction, rows: Int64[np.ndarray, " r"]) -> Bool[np.ndarray, " r"]:
    """Which items lack the attribute: by the field, else by the probe, else all are as good."""
    if direction.field is not None and direction.positive is not None:
        with suppress(LateenError):  # the field may be gone, or its values others
            rule = contrast_again(opened.column(direction.field), direction.field, direction.positive)
            return np.asarray(rule.negative[rows])
    if direction.probe is None or direction.method in DISCOVERED:
        return np.ones(len(rows), bool)
    read = direction.probe(_points(opened, rows))
    return np.asarray(read < (0.5 if direction.probe.reads == "probability" else np.quantile(read, 1 / 3)))


def _far_apart(points: Float32[np.ndarray, "n dim"], k: int) -> Int64[np.ndarray, " m"]:
    """The point nearest to the middle, then always the one that is farthest from those taken.

    Reference:
        Gonzalez, *Clustering to Minimize the Maximum Intercluster Distance*, 1985.
    """
    if not len(points):
        return np.zeros(0, np.int64)
    exact = points.astype(np.float64)
    taken = [int(np.square(exact - exact.mean(axis=0)).sum(axis=1).argmin())]
    nearest = np.full(len(points), np.inf)
    while len(taken) < min(k, len(points)):
        nearest = np.minimum(nearest, np.square(exact - exact[taken[-1]]).sum(axis=1))
        nearest[taken] = -1.0
        taken.append(int(nearest.argmax()))
    return np.array(taken, np.int64)


def _points(opened: Opened, rows: Int64[np.ndarray, " r"]) -> Float32[np.ndarray, "r dim"]:
    return np.asarray(opened.geometry.project(np.asarray(opened.vectors[rows], np.float32)))


def _ends(opened: Opened, direction: Direction) -> tuple[tuple[str, list[Picture]], ...]:
    """Real items with least and with most of it, as pictures."""
    along = projections(opened, direction.vector)
    order, k = np.argsort(along, kind="stable"), min(AT_ENDS, len(along) // 2)
    if k == 0:
        return ()
    return tuple(
        (title, shown(opened.pictures(opened.ids[int(row)] for row in rows)))
        for title, rows in (("Items with least of it", order[:k]), ("Items with most of it", order[::-1][:k]))
    )


def _poles(opened: Opened, direction: Direction) -> tuple[Pole, ...]:
    """The items at both ends, in steps from the average; of words those that are frequent."""
    count = min(len(opened), FREQUENT if opened.spec.modality == "word" else len(opened))
    if count == 0:
        return ()
    along = projections(opened, direction.vector, count).astype(np.float64)
    steps, order = (along - along.mean()) / direction.scale, np.argsort(along, kind="stable")
    k = min(LISTED, max(1, count // 2))
    more, less = (
        [(opened.ids[int(row)], f"{steps[row]:+.1f}".replace("-", "−")) for row in end]
        for end in (order[::-1][:k], order[:k])
    )
    titles = (listed(direction.less, 3), listed(direction.more, 3)) if direction.more else ()
    below, above = titles or (f"less {direction.name}", f"more {direction.name}")
    return Pole(f"← {below}", less, False), Pole(f"{above} →", more, True)
