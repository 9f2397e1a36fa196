"""Arithmetic as a picture: a − b + c = result, and under it the real items that the result is nearest to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import SupportsFloat

from PIL import Image

from lateen.core.errors import InputError
from lateen.plot.canvas import (
    CAPTION_HEIGHT,
    GAP,
    PADDING,
    SUPPORT_HEIGHT,
    SUPPORT_NOTE,
    Page,
    Picture,
    cell_size,
    check_pictures,
    read_support,
    shown,
    top_of,
)
from lateen.plot.palette import INK, MUTED
from lateen.plot.text import wrap

Term = tuple[str, Picture | None, str]
SIGN_WIDTH = 64
SIGNS = {"+": "+", "-": "-", "−": "-"}


def equation(
    terms: Sequence[Term],
    result: Picture | None,
    *,
    nearest: Sequence[tuple[Picture | None, str]] = (),
    support: SupportsFloat | None = None,
    result_label: str = "result",
    title: str | None = None,
    note: str | None = None,
) -> Image.Image:
    """The terms with their signs, the decoded result, its support, and the nearest items.

    Args:
        terms: (sign "+" or "-", picture, label) from left to right; a picture is None for words, whose
            label is then written large. The sign may carry a weight, as in "+0.5".
        result: What the sum decodes to, or None.
        nearest: (picture or None, label) of the items nearest to the result, nearest first.
        support: Support of the result in 0 ... 1, None if not known.
        result_label: What is written under the result.
        title: A line above.
        note: A sentence under the picture.

    Raises:
        InputError: If there are no terms, or a sign is not + or -.
    """
    if not terms:
        raise InputError("equation got no terms; give at least one (sign, picture, label).")
    known = read_support([support], 1, "equation")[0]
    pictures = [p for p in [*(p for _, p, _ in terms), result, *(p for p, _ in nearest)] if p is not None]
    check_pictures(pictures, "equation")
    signs = [_sign(sign) for sign, _, _ in terms]
    width, height = (128, 128) if not pictures else cell_size(*pictures[0].shape[:2])
    lead = SIGN_WIDTH if signs[0] != ("+", "") else 0
    upper = lead + (len(terms) + 1) * width + len(terms) * SIGN_WIDTH
    below = SUPPORT_HEIGHT if support is not None else 0
    per_row = max(1, (upper + GAP) // (width + GAP))
    rows = -(-len(nearest) // per_row)
    step = height + CAPTION_HEIGHT + 8
    top = top_of(title)
    under = top + height + CAPTION_HEIGHT + below + (30 if nearest else 0)
    said = [*([note] if note else []), *([SUPPORT_NOTE] if support is not None else [])]
    foot = [line for text in said for line in wrap(text, upper, 14)]
    page = Page(2 * PADDING + upper, under + (28 + rows * step if rows else 0) + 22 * len(foot) + PADDING - 4, title)

    def put(picture: Picture | None, label: str, x: int, y: int) -> None:
        if picture is None:
            page.missing(label, x, y, (width, height))
        else:
            page.picture(shown(picture, (width, height)), x, y)
            page.text(x + width / 2, y + height + 6, label, align="center", width=width, color=MUTED)

    x = PADDING
    for i, ((_, picture, label), (sign, weight)) in enumerate(zip(terms, signs, strict=True)):
        if i or lead:
            _draw_sign(page, sign, weight, x + SIGN_WIDTH // 2, top + height // 2)
            x += SIGN_WIDTH
        put(picture, label, x, top)
        x += width
    _draw_sign(page, "=", "", x + SIGN_WIDTH // 2, top + height // 2)
    put(result, result_label, x + SIGN_WIDTH, top)
    if support is not None:
        page.support(known, x + SIGN_WIDTH, top + height + CAPTION_HEIGHT + 8, width, name="support")
    for line, text in enumerate(foot):
        page.note(text, page.image.height - PADDING + 8 - 22 * (len(foot) - line))
    if nearest:
        page.text(PADDING, under - 4, "Nearest items", color=MUTED)
        for i, (picture, label) in enumerate(nearest):
            put(picture, label, PADDING + (i % per_row) * (width + GAP), under + 28 + (i // per_row) * step)
    return page.image


def _sign(text: str) -> tuple[str, str]:
    sign, weight = text[:1], text[1:].strip()
    if sign not in SIGNS:
        raise InputError(f"equation got the sign {text!r}; a sign is + or -, such as '+' or '-0.5'.")
    return SIGNS[sign], weight


def _draw_sign(page: Page, sign: str, weight: str, x: int, y: int) -> None:
    """Strokes, not letters: fonts put their signs at different heights."""
    arm, thick = 11, 4
    for level in (-6, 6) if sign == "=" else (0,):
        page.draw.rectangle((x - arm, y + level - thick // 2, x + arm, y + level + thick // 2 - 1), fill=INK)
    if sign == "+":
        page.draw.rectangle((x - thick // 2, y - arm, x + thick // 2 - 1, y + arm), fill=INK)
    if weight:
        page.text(x, y + 16, weight, align="center", width=SIGN_WIDTH - 6, color=MUTED)
