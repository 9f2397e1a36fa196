"""The colours of every picture: ink and paper, support, categories, values.

One idea: colours are data, kept here once. The web page of a map carries the same lists, so a legend means
the same in a PNG and in the browser.
"""

from __future__ import annotations

import math
from itertools import pairwise

Color = tuple[int, int, int]

PAPER: Color = (253, 253, 251)
INK: Color = (31, 36, 48)
MUTED: Color = (107, 114, 128)
FAINT: Color = (232, 233, 230)
MISSING: Color = (176, 180, 186)
RISE: Color = (27, 138, 124)
FALL: Color = (201, 87, 80)

CATEGORIES: tuple[Color, ...] = (
    (66, 105, 208),
    (239, 177, 24),
    (255, 114, 92),
    (60, 169, 81),
    (164, 99, 242),
    (108, 197, 176),
    (255, 138, 183),
    (156, 107, 78),
    (62, 140, 165),
    (151, 187, 245),
    (184, 156, 40),
    (186, 72, 118),
    (47, 79, 134),
    (214, 145, 92),
    (120, 190, 220),
    (96, 128, 60),
    (222, 110, 220),
    (100, 80, 165),
    (236, 200, 130),
    (130, 44, 62),
)
"""For the commonest categories; what comes after them is drawn in MISSING and called "other"."""

VALUES: tuple[Color, ...] = (
    (68, 48, 124),
    (62, 76, 138),
    (49, 104, 142),
    (38, 130, 142),
    (31, 158, 137),
    (74, 193, 109),
    (137, 213, 72),
    (205, 225, 40),
    (247, 230, 66),
)
"""Viridis without its darkest end, at equal steps: even in lightness, readable with colour-blind eyes."""

HEAT: tuple[Color, ...] = (
    (247, 246, 242),
    (253, 224, 160),
    (247, 164, 84),
    (214, 82, 60),
    (128, 24, 60),
)

SUPPORT: tuple[tuple[float, Color], ...] = (
    (0.0, (168, 92, 96)),
    (0.05, (200, 108, 84)),
    (0.2, (226, 164, 62)),
    (0.5, (64, 168, 138)),
    (1.0, (18, 120, 112)),
)
"""Red-grey: farther from the data than 95 % of held-out items. Amber: weak. Teal: like the data."""


def support_color(support: int | float | None) -> Color:
    """The colour of a support in [0, 1]; grey where it isn't known."""
    if support is None or not math.isfinite(support):
        return MISSING
    value = min(max(support, 0.0), 1.0)
    for (low, below), (high, above) in pairwise(SUPPORT):
        if value <= high:
            return mix(below, above, (value - low) / (high - low))
    return SUPPORT[-1][1]


def scale_color(scale: tuple[Color, ...], share: int | float) -> Color:
    """The colour at a share of an evenly spaced scale."""
    at = min(max(share, 0.0), 1.0) * (len(scale) - 1)
    below = min(int(at), len(scale) - 2)
    return mix(scale[below], scale[below + 1], at - below)


def mix(a: Color, b: Color, share: int | float) -> Color:
    """The colour at a share of the way from a to b."""
    red, green, blue = (round((1 - share) * x + share * y) for x, y in zip(a, b, strict=True))
    return red, green, blue
