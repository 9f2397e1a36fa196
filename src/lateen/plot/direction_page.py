"""One page that tells a direction: what it does to some items, what is known of it, what dose does how much.

One idea: pictures at the left, figures at the right, so what is seen and what was measured can be compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from PIL import Image

from lateen.core.errors import InputError
from lateen.core.response import Response
from lateen.plot.canvas import GAP, PADDING, SUPPORT_NOTE, Page, Picture, cell_size, read_support, shown
from lateen.plot.dose_response import dose_response
from lateen.plot.palette import FAINT, FALL, INK, MUTED, PAPER, RISE, Color, mix
from lateen.plot.text import shorten, text_width, wrap
from lateen.plot.traversal import support_line

SIDE = 384  # width of the column of figures
GUTTER = 44
TITLE, SUBTITLE, TEXT, SMALL = 30, 17, 16, 14
LINE = 25
CHART = 220
MOST_COSINES = 8
END, END_GAP = 72, 6  # side of the small pictures of real items
WORDS = 560  # width of the two lists
UNDER = 42  # of what stands under a frame: reading and support
APART = 22  # between the item and its frames
NAMES = 24


@dataclass(frozen=True, eq=False)
class Example:
    """An item moved along the direction.

    Args:
        label: Its name.
        picture: What it is.
        frames: What it becomes, a picture for each of the page's steps.
        support: Of each frame, in 0 ... 1, or None.
        readings: What is written under each frame.
    """

    label: str
    picture: Picture
    frames: Sequence[Picture]
    support: Sequence[float | None]
    readings: Sequence[str]


@dataclass(frozen=True)
class Pole:
    """The items at one end of a direction.

    Args:
        title: What that end is.
        items: Their names and what is written beside, the farthest first.
        is_more: Whether it is the end that the direction points to.
    """

    title: str
    items: Sequence[tuple[str, str]]
    is_more: bool


@dataclass(frozen=True, eq=False)
class PageOfDirection:
    """What the page shows; all but the title may be missing.

    Args:
        title: The direction's name.
        subtitle: What it was fitted on, and how.
        warning: Why not to trust it.
        figures: Names, and what is known.
        steps: What stands above each column of frames.
        item_at: The column of the item itself.
        dose_at: The column of the suggested dose.
        examples: A row each.
        poles: Lists of items, where there are no pictures.
        response: What its probe reads by steps.
        reads_share: Whether these are probabilities.
        dose: Suggested steps.
        ends: Real items that have least and most of it: a title and their pictures.
        cosines: Of the angles to other directions, by name; the largest eight are drawn.
        notes: Sentences at the foot.
    """

    title: str
    subtitle: str = ""
    warning: str | None = None
    figures: Sequence[tuple[str, str]] = ()
    steps: Sequence[str] = ()
    item_at: int | None = None
    dose_at: int | None = None
    examples: Sequence[Example] = ()
    poles: Sequence[Pole] = ()
    response: Response | None = None
    reads_share: bool = True
    dose: float | None = None
    ends: Sequence[tuple[str, Sequence[Picture]]] = ()
    cosines: Sequence[tuple[str, float]] = ()
    notes: Sequence[str] = field(default=())


def direction_page(told: PageOfDirection) -> Image.Image:
    """Draw the page.

    Args:
        told: What it shows.

    Raises:
        InputError: If an example has more or fewer frames, supports or readings than there are steps.
    """
    _check(told)
    size = cell_size(*told.examples[0].picture.shape[:2]) if told.examples else (0, 0)
    left = _width_of_left(told, size[0])
    width = 2 * PADDING + left + (GUTTER if left else 0) + SIDE
    head = _head(told, width - 2 * PADDING)
    top = PADDING - 4 + sum(round(1.35 * letters) for _, letters, _ in head) + 22
    foot = [line for note in _notes(told) for line in wrap(note, width - 2 * PADDING, SMALL)]
    height = max(_height_of_left(told, size[1]), _height_of_side(told))
    page = Page(width, top + height + (18 + 20 * len(foot) if foot else 0) + PADDING)
    y = PADDING - 4
    for text, letters, color in head:
        page.text(PADDING, y, text, size=letters, color=color, width=width - 2 * PADDING)
        y += round(1.35 * letters)
    if told.examples:
        _draw_examples(page, told, size, top)
    elif told.poles:
        _draw_poles(page, told.poles, top)
    _draw_side(page, told, width - PADDING - SIDE, top)
    for number, line in enumerate(foot):
        page.note(line, top + height + 18 + 20 * number)
    return page.image


def _check(told: PageOfDirection) -> None:
    for example in told.examples:
        counts = len(example.frames), len(example.support), len(example.readings)
        if set(counts) != {len(told.steps)}:
            raise InputError(
                f"direction_page got {counts[0]} frames, {counts[1]} supports and {counts[2]} readings of "
                f"{example.label!r} for {len(told.steps)} steps; give one per step."
            )


def _head(told: PageOfDirection, room: int) -> list[tuple[str, int, Color]]:
    """Title, subtitle and warning, line by line."""
    lines = [(told.title, TITLE, INK)]
    lines += [(line, SUBTITLE, MUTED) for line in wrap(told.subtitle, room, SUBTITLE)[:3] if line]
    return lines + [(line, SUBTITLE, FALL) for line in wrap(told.warning or "", room, SUBTITLE)[:3] if line]


def _notes(told: PageOfDirection) -> list[str]:
    return [*told.notes, *([SUPPORT_NOTE] if told.examples else [])]


def _width_of_left(told: PageOfDirection, cell: int) -> int:
    if told.examples:
        return cell + APART + len(told.steps) * (cell + GAP) - GAP
    return WORDS if told.poles else 0


def _height_of_left(told: PageOfDirection, cell: int) -> int:
    if told.examples:
        return NAMES + len(told.examples) * (cell + UNDER + 10) - 10
    return max((36 + LINE * len(pole.items) for pole in told.poles), default=0)


def _draw_examples(page: Page, told: PageOfDirection, size: tuple[int, int], top: int) -> None:
    width, height = size
    first = PADDING + width + APART
    for column, text in enumerate(told.steps):
        at_dose = column == told.dose_at
        middle = first + column * (width + GAP) + width / 2
        said = f"dose {text}" if at_dose else text
        page.text(middle, top - 4, said, size=TEXT, color=RISE if at_dose else MUTED, align="center", width=width)
    for row, example in enumerate(told.examples):
        y = top + NAMES + row * (height + UNDER + 10)
        page.picture(shown(example.picture, size), PADDING, y)
        for line, text in enumerate(wrap(example.label, width, SMALL)[:2]):
            page.text(PADDING + width / 2, y + height + 3 + 18 * line, text, size=SMALL, align="center", width=width)
        supports = read_support(example.support, len(told.steps), "direction_page")
        for column, frame in enumerate(example.frames):
            x = first + column * (width + GAP)
            outline = RISE if column == told.dose_at else mix(PAPER, INK, 0.35) if column == told.item_at else None
            page.picture(shown(frame, size), x, y, outline=outline)
            page.text(x + width / 2, y + height + 3, example.readings[column], size=SMALL, align="center", width=width)
            support_line(page, supports[column], x, y + height + 22, width)


def _draw_poles(page: Page, poles: Sequence[Pole], top: int) -> None:
    """A list for each end, side by side."""
    room = (WORDS - 28) // max(2, len(poles))
    for number, pole in enumerate(poles):
        x, color = PADDING + number * (room + 28), RISE if pole.is_more else FALL
        page.text(x, top - 4, pole.title, size=TEXT, color=color, width=room)
        page.draw.line((x, top + 24, x + room, top + 24), fill=mix(PAPER, color, 0.4), width=2)
        for row, (name, figure) in enumerate(pole.items):
            y = top + 36 + row * LINE
            page.text(x, y, name, size=TEXT, width=room - 70)
            page.text(x + room, y + 1, figure, size=SMALL, color=MUTED, align="right")


def _height_of_side(told: PageOfDirection) -> int:
    height = LINE * len(told.figures) + 26 if told.figures else 0
    height += CHART + 56 if told.response is not None else 0
    height += len(told.ends) * (END + 34)
    return height + (26 + LINE * min(MOST_COSINES, len(told.cosines)) if told.cosines else 0)


def _draw_side(page: Page, told: PageOfDirection, x: int, top: int) -> None:
    for name, value in told.figures:
        figure = shorten(value, SIDE - 90, TEXT)
        page.text(x + SIDE, top - 4, figure, size=TEXT, align="right")
        page.text(x, top - 4, name, size=TEXT, color=MUTED, width=SIDE - text_width(figure, TEXT) - 12)
        page.draw.line((x, top + LINE - 7, x + SIDE, top + LINE - 7), fill=FAINT)
        top += LINE
    top += 26 if told.figures else 0
    if told.response is not None:
        page.text(x, top - 4, "What its probe reads of held-out items moved along it", size=SMALL, width=SIDE)
        place = x, top + 22, SIDE, CHART
        dose_response(page, told.response, place, dose=told.dose, share=told.reads_share)
        top += CHART + 56
    for title, pictures in told.ends:
        page.text(x, top - 4, title, size=SMALL, width=SIDE)
        for number, picture in enumerate(pictures[: SIDE // END]):
            page.picture(shown(picture, (END, END)), x + number * (END + END_GAP), top + 18)
        top += END + 34
    if told.cosines:
        _draw_cosines(page, told.cosines, x, top)


def _draw_cosines(page: Page, cosines: Sequence[tuple[str, float]], x: int, top: int) -> None:
    """Bars from the middle, of cosines from −1 to 1: far out is entangled."""
    shown_ones = sorted(cosines, key=lambda pair: -abs(pair[1]))[:MOST_COSINES]
    more = len(cosines) - len(shown_ones)
    page.text(x, top - 4, "Cosine with other directions", size=SMALL, width=SIDE)
    if more:
        page.text(x + SIDE, top - 4, f"{more:,} more", size=SMALL, color=MUTED, align="right")
    names = 130
    left, right = x + names + 10, x + SIDE - 52
    middle, half = (left + right) / 2, (right - left) / 2
    page.draw.rectangle((left, top + 25, right, top + 25 + LINE * len(shown_ones)), fill=mix(PAPER, FAINT, 0.4))
    page.draw.line((middle, top + 25, middle, top + 25 + LINE * len(shown_ones)), fill=mix(PAPER, INK, 0.2), width=2)
    for row, (name, cosine) in enumerate(shown_ones):
        y = top + 26 + row * LINE
        end = middle + half * min(max(cosine, -1.0), 1.0)
        if abs(end - middle) >= 1:
            bar = (min(middle, end), y + 5, max(middle, end), y + LINE - 7)
            page.draw.rectangle(bar, fill=RISE if cosine > 0 else FALL)
        page.text(x, y + 1, name, size=TEXT, width=names)
        page.text(x + SIDE, y + 1, f"{cosine:+.2f}".replace("-", "−"), size=TEXT, align="right")
