"""An analogy as a picture: b - a + c as the parallelogram it is, in the plane of the three words, with the answers.

One idea: both axes have one scale and every distance in the plane is true, so the offset is seen twice; how far each
answer stands off the plane, which the eye can't see, is in its size, its paleness and in the list beside.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import SupportsFloat

import numpy as np
from jaxtyping import Float
from PIL import Image

from lateen.arithmetic.plane import Plane
from lateen.core.errors import InputError
from lateen.plot.answers import CORNER, WORD, Answer, Mark, draw_list, list_height, marks_of
from lateen.plot.canvas import PADDING, SUPPORT_HEIGHT, SUPPORT_NOTE, Page, read_support, top_of
from lateen.plot.labelling import Label, Line, Placed, place_labels
from lateen.plot.palette import CATEGORIES, INK, MISSING, MUTED, PAPER, Color, mix
from lateen.plot.shapes import Place, Sheet
from lateen.plot.text import Number, shorten, text_width

FIELD, SIDE, BETWEEN = 820, 330, 34
LOWEST, HIGHEST = 460, 720  # of the field
MOST = 30
OFFSET: Color = CATEGORIES[0]
RING = 9
CORNER_WORD, SUM, NUMBER = 19, 14, 12
_LEAST = 1e-280  # a span at which the scale still is a number


def analogy_picture(
    corners: Float[np.ndarray, "3 dim"],
    labels: Sequence[str],
    neighbours: Float[np.ndarray, "n dim"],
    neighbour_labels: Sequence[str],
    distances: Sequence[SupportsFloat] | Float[np.ndarray, " n"],
    *,
    support: SupportsFloat | None = None,
    title: str | None = None,
    measure: str = "distance",
) -> Image.Image:
    """Draw b - a + c and its answers in the plane of a, b and c.

    Args:
        corners: (3, dim) the points a, b, c; on a sphere the unit vectors. The sum b - a + c is drawn as it is,
            not brought back to the sphere.
        labels: The names of a, b, c.
        neighbours: (n, dim) the answers, best first.
        neighbour_labels: Their names; one that is also a corner's is marked as part of the question.
        distances: (n,) what they were ranked by.
        support: Support of the result in 0 ... 1, None if not known.
        title: A line above.
        measure: What the distances are called over the list.

    Raises:
        InputError: If lengths differ, there are no neighbours, or a number is not finite.
    """
    n = len(neighbours)
    if len(neighbour_labels) != n or len(distances) != n:
        raise InputError(
            f"analogy_picture got {len(neighbour_labels)} labels and {len(distances)} distances for {n} neighbours; "
            "give one of each per neighbour."
        )
    if len(labels) != 3:
        raise InputError(f"analogy_picture got {len(labels)} labels; give three, of a, b and c in b - a + c.")
    if not np.isfinite(corners).all() or not np.isfinite(neighbours).all():
        raise InputError("analogy_picture got a vector that holds NaN or infinity.")
    a, b, c = corners.astype(np.float64)
    plane = Plane.through(a, b, c)
    feet, off = plane.coordinates(neighbours), plane.off_plane(neighbours)
    answers = [
        Answer(label, (float(x), float(y)), float(high), float(distance), label in labels)
        for label, (x, y), high, distance in zip(neighbour_labels, feet, off, distances, strict=True)
    ]
    own = [row for row, answer in enumerate(answers[:MOST]) if not answer.asked]
    note = f"The list is ordered by {measure} in all {len(a):,} dimensions."
    if own:
        share = _percent(plane.share(neighbours[own], b - a + c))
        note = f"A flat view: {share} of the squared distance from the cross to the answers lies in this plane. {note}"
    flat = plane.coordinates(np.stack([a, b, c]))
    return parallelogram(flat, answers, labels=labels, support=support, title=title, note=note, measure=measure)


def parallelogram(
    corners: Float[np.ndarray, "3 2"],
    answers: Sequence[Answer],
    *,
    labels: Sequence[str],
    support: SupportsFloat | None = None,
    title: str | None = None,
    note: str | None = None,
    measure: str = "distance",
) -> Image.Image:
    """Draw the parallelogram of a, b, c and b - a + c, the answers around it, and the list of answers.

    Args:
        corners: (3, 2) a, b, c; y points up.
        answers: The answers, best first; 30 are drawn.
        labels: The names of a, b, c.
        support: Support of the sum in 0 ... 1, None if not known.
        title: A line above.
        note: A small line under the picture.
        measure: What the answers' distances are called.

    Raises:
        InputError: If there are no answers, not three labels, or a number is not finite.
    """
    _check(corners, answers, labels)
    known = read_support([support], 1, "parallelogram")[0]
    shown = answers[:MOST]
    more = len(answers) - len(shown)
    table = list_height(len(shown), more)
    below = 0 if support is None else 30 + SUPPORT_HEIGHT
    everything = np.concatenate([corners, _sum(corners)[None], [answer.place for answer in shown]])
    scale, height = _fit(everything, least=table + below)
    top = top_of(title)
    scene = _Scene.of(corners, shown, labels, scale, height)
    notes = [*_explained(labels, scene), *([note] if note else []), *([SUPPORT_NOTE] if support is not None else [])]
    page = Page(2 * PADDING + FIELD + BETWEEN + SIDE, top + height + 18 + 22 * len(notes) + PADDING - 6, title)
    page.image.paste(scene.draw(height), (PADDING, top))
    scene.write(page, PADDING, top)
    _scale_bar(page, scale.factor, PADDING, top + height)
    x = PADDING + FIELD + BETWEEN
    draw_list(page, shown, more, measure, x, top, SIDE)
    if support is not None:
        page.support(known, x + 26, top + table + 30, 150, name="support")
    for line, text in enumerate(notes):
        page.note(text, top + height + 18 + 22 * line)
    return page.image


@dataclass(frozen=True)
class _Scale:
    """How units become pixels of the field: the same along x and y."""

    factor: float
    center: Place
    middle: Place

    def __call__(self, place: Place | Float[np.ndarray, " 2"]) -> Place:
        x, y = (float(p) for p in place)
        return (
            self.middle[0] + (x - self.center[0]) * self.factor,
            self.middle[1] - (y - self.center[1]) * self.factor,
        )


def _fit(points: Float[np.ndarray, "n 2"], least: int) -> tuple[_Scale, int]:
    """The scale at which all points are in the field with room for labels, and the field's height."""
    aside, above = 100, 56
    low, high = points.min(axis=0), points.max(axis=0)
    spans = high - low
    width = FIELD - 2 * aside
    wanted = width * spans[1] / spans[0] if spans[0] > _LEAST else HIGHEST
    height = max(LOWEST, least, round(min(wanted + 2 * above, HIGHEST)))
    factors = [room / span for room, span in ((width, spans[0]), (height - 2 * above, spans[1])) if span > _LEAST]
    factor = min(factors, default=0.0)
    center = (low + high) / 2
    spare = height - 2 * above - factor * spans[1]
    middle = above + factor * spans[1] / 2 + spare / 3  # a little above the middle of a high field
    return _Scale(float(factor), (float(center[0]), float(center[1])), (FIELD / 2, float(middle))), height


@dataclass(frozen=True)
class _Word:
    """A text that wants a place beside a mark; where it has no room, its number in the list may have."""

    text: str
    size: int
    color: Color
    at: Place
    radius: Number
    number: str = ""
    important: bool = True

    @property
    def label(self) -> Label:
        """Its size, as the placing needs it."""
        short = (text_width(self.number, NUMBER), 1.25 * NUMBER) if self.number else None
        size = (text_width(self.text, self.size), 1.25 * self.size)
        return Label(self.at, self.radius, size, short, important=self.important)


@dataclass(frozen=True)
class _Scene:
    """Everything in the field, in its pixels."""

    corners: tuple[Place, Place, Place, Place]
    marks: tuple[tuple[Place, Mark], ...]
    words: tuple[tuple[_Word, Placed | None], ...]

    @classmethod
    def of(
        cls,
        corners: Float[np.ndarray, "3 2"],
        answers: Sequence[Answer],
        labels: Sequence[str],
        scale: _Scale,
        height: int,
    ) -> _Scene:
        """Bring all to pixels and find places for the texts: the question first, then the answers in their order."""
        a, b, c = (scale(corner) for corner in corners)
        result = scale(_sum(corners))
        marks = tuple(zip((scale(answer.place) for answer in answers), marks_of(answers), strict=True))
        words = [
            _Word(shorten(label, 190, CORNER_WORD), CORNER_WORD, INK, at, CORNER + 2)
            for label, at in zip(labels, (a, b, c), strict=True)
        ]
        words.append(_Word(_formula(labels), SUM, mix(OFFSET, INK, 0.25), result, RING))
        for rank, (answer, (at, mark)) in enumerate(zip(answers, marks, strict=True), start=1):
            if not mark.asked:
                size = CORNER_WORD if mark.first else WORD
                text = shorten(answer.label, 190 if mark.first else 150, size)
                words.append(_Word(text, size, mark.text, at, mark.radius, str(rank), important=mark.first))
        lines: list[Line] = [(a, b), (c, result), (a, c), (b, result)]
        within = (4, 4, FIELD - 4, height - 34)
        placed = place_labels([word.label for word in words], within, lines=lines)
        return cls((a, b, c, result), marks, tuple(zip(words, placed, strict=True)))

    def draw(self, height: int) -> Image.Image:
        """All shapes; the text is written later, at its own size."""
        sheet = Sheet(FIELD, height)
        a, b, c, result = self.corners
        sheet.area([a, b, result, c], OFFSET, 13)
        for start, end in ((a, c), (b, result)):
            sheet.line(start, end, MISSING, 1.4)
        for _, placed in self.words:
            if placed is not None and placed.leader is not None:
                sheet.line(*placed.leader, MISSING, 1)
        ringed = {at for at, mark in self.marks if mark.asked}
        sheet.arrow(a, b, OFFSET, 3, CORNER + (5 if a in ringed else 2), CORNER + (6 if b in ringed else 3))
        sheet.arrow(c, result, OFFSET, 3, CORNER + (5 if c in ringed else 2), RING + 3)
        for at, mark in reversed(self.marks):
            mark.draw(sheet, at)
        for at in (a, b, c):
            sheet.disc(at, CORNER + 1.5, PAPER)
            sheet.disc(at, CORNER, INK)
        _draw_sum(sheet, result)
        return sheet.reduced()

    def write(self, page: Page, left: int, top: int) -> None:
        """The labels that have room."""
        for word, placed in self.words:
            if placed is not None:
                text, size = (word.number, NUMBER) if placed.short else (word.text, word.size)
                page.text(left + placed.box[0], top + placed.box[1] + 0.02 * size, text, size=size, color=word.color)


def _sum(corners: Float[np.ndarray, "3 2"]) -> Float[np.ndarray, " 2"]:
    a, b, c = corners
    return np.asarray(b - a + c)


def _formula(labels: Sequence[str]) -> str:
    a, b, c = (shorten(label, 90, SUM) for label in labels)
    return f"{b} − {a} + {c}"


def _explained(labels: Sequence[str], scene: _Scene) -> tuple[str, str]:
    a, b, c = (shorten(label, 120, 14) for label in labels)
    numbers = any(placed is not None and placed.short for _, placed in scene.words)
    return (
        f"Both arrows are the way from {a} to {b}; the second starts at {c} and leads to the cross.",
        "Dots are answers, smaller and paler the farther they stand off the plane"
        + ("; a number is a place in the list." if numbers else "."),
    )


def _percent(share: float) -> str:
    return "less than 1 %" if share < 0.01 else f"{100 * share:.0f} %"


def _draw_sum(sheet: Sheet, at: Place) -> None:
    """The computed point: a ring, since no word is there, with a cross at the very place."""
    sheet.ring(at, RING, OFFSET)
    for across, down in ((4.5, 0), (0, 4.5)):
        sheet.line((at[0] - across, at[1] - down), (at[0] + across, at[1] + down), OFFSET, 1.6)


def _scale_bar(page: Page, factor: float, x: int, bottom: int) -> None:
    """A round length of the space, drawn at its size: what the distances in the list look like on paper."""
    if not 0 < factor < math.inf:
        return
    longest = 170 / factor
    power = 10.0 ** math.floor(math.log10(longest))
    length = next(step * power for step in (5, 2, 1) if step * power <= longest)
    width, y = length * factor, bottom - 12
    page.draw.line((x, y, x + width, y), fill=MUTED, width=2)
    for end in (x, x + width):
        page.draw.line((end, y - 5, end, y + 5), fill=MUTED, width=2)
    page.text(x + width + 10, y - 10, f"{length:g}", size=14, color=MUTED)


def _check(corners: Float[np.ndarray, "3 2"], answers: Sequence[Answer], labels: Sequence[str]) -> None:
    if not answers:
        raise InputError("parallelogram got no answers; give at least one.")
    if len(labels) != 3:
        raise InputError(f"parallelogram got {len(labels)} labels; give three, of a, b and c in b - a + c.")
    if not np.isfinite(corners).all():
        raise InputError("parallelogram got corners that are not all finite.")
    for answer in answers:
        if not np.isfinite([*answer.place, answer.off_plane]).all():
            raise InputError(f"parallelogram got the answer {answer.label!r} with a place that is not finite.")
