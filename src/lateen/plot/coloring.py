"""What a field is when points are coloured by it: categories, numbers, or free text that has no colour.

One idea: the same reading serves the PNG and the web page, and missing values are always their own thing.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float32, Int32, Shaped

from lateen.plot.palette import CATEGORIES, MISSING, VALUES, Color, scale_color

Column = Shaped[np.ndarray, " n"]
FEW_NUMBERS = 12
MANY_TEXTS = 400


@dataclass(frozen=True, eq=False)
class Categories:
    """A field of few values: numbers and truths in their order, texts with the commonest first.

    Args:
        names: The values as text.
        codes: (n,) place of each item's value in `names`, -1 where it is missing.
        counts: How often each value occurs.
    """

    names: list[str]
    codes: Int32[np.ndarray, " n"]
    counts: list[int]
    kind: Literal["categories"] = "categories"


@dataclass(frozen=True, eq=False)
class Numbers:
    """A continuous field, NaN where missing; its scale runs from the 1st to the 99th percentile."""

    values: Float32[np.ndarray, " n"]
    low: float
    high: float
    kind: Literal["numbers"] = "numbers"


@dataclass(frozen=True, eq=False)
class Texts:
    """A field of free text, "" where missing: it is shown and searched, not coloured."""

    values: list[str]
    kind: Literal["texts"] = "texts"


def read_field(values: Column) -> Categories | Numbers | Texts:
    """What kind of field a column is.

    Args:
        values: (n,) numbers, truths, texts, times or objects; None, NaN and NaT are missing.
    """
    plain: list[object] = values.tolist() if values.dtype.kind not in "mM" else _times(values)
    known = [v for v in plain if not _missing(v)]
    if known and all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in known):
        numbers = np.array([np.nan if _missing(v) else v for v in plain], np.float64)
        whole = all(float(v).is_integer() for v in known if isinstance(v, (int, float)))
        if not (whole and len(set(known)) <= FEW_NUMBERS):
            return _numbers(numbers)
        names = [_number_text(v) for v in sorted(set(known), key=_as_float)]
        return _categories(["" if _missing(v) else _number_text(v) for v in plain], names)
    texts = ["" if _missing(v) else str(v) for v in plain]
    counts = Counter(t for t in texts if t)
    if all(isinstance(v, bool) for v in known):
        return _categories(texts, [t for t in ("False", "True") if t in counts])
    if len(counts) > min(MANY_TEXTS, max(2, len(texts) // 2)) and len(counts) > FEW_NUMBERS:
        return Texts(texts)
    return _categories(texts, sorted(counts, key=lambda t: (-counts[t], t)))


def colors_of(field: Categories | Numbers | Texts) -> list[Color]:
    """One colour per item; grey where the value is missing, rare or free text."""
    if isinstance(field, Categories):
        return [category_color(code) for code in field.codes.tolist()]
    if isinstance(field, Numbers):
        span = field.high - field.low or 1.0
        shares = ((field.values - field.low) / span).tolist()
        return [scale_color(VALUES, s) if math.isfinite(s) else MISSING for s in shares]
    return [MISSING] * len(field.values)


def category_color(code: int) -> Color:
    """The colour of the category at a place of the legend."""
    return CATEGORIES[code] if 0 <= code < len(CATEGORIES) else MISSING


def number_text(value: int | float) -> str:
    """A number as short as it can be read."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}".replace("-", "−")


def _missing(value: object) -> bool:
    return value is None or (isinstance(value, float) and not math.isfinite(value))


def _times(values: Column) -> list[object]:
    return [None if np.isnat(v) else str(v) for v in values]


def _as_float(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) else 0.0


def _number_text(value: object) -> str:
    return str(int(_as_float(value)))


def _numbers(values: Float32[np.ndarray, " n"] | np.ndarray) -> Numbers:
    finite = values[np.isfinite(values)]
    low, high = (float(q) for q in np.percentile(finite, [1, 99]))
    if low == high:
        low, high = float(finite.min()), float(finite.max())
    return Numbers(values.astype(np.float32), low, high)


def _categories(texts: list[str], names: list[str]) -> Categories:
    place = {name: i for i, name in enumerate(names)}
    codes = np.array([place.get(t, -1) for t in texts], np.int32)
    return Categories(names, codes, np.bincount(codes[codes >= 0], minlength=len(names)).tolist())
