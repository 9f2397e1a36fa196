"""Contrasts: which items have an attribute and which don't, read off a field.

One idea: whatever the field's type, a direction is fitted between two sets of rows.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Shaped

from lateen.core.errors import InputError

_COMPARISONS: dict[str, Callable[[np.ndarray, float], np.ndarray]] = {
    ">=": lambda x, v: x >= v,
    "<=": lambda x, v: x <= v,
    "!=": lambda x, v: x != v,
    ">": lambda x, v: x > v,
    "<": lambda x, v: x < v,
    "==": lambda x, v: x == v,
    "=": lambda x, v: x == v,
}
_FARTHEST = 1e30  # what lies beyond can't be squared, nor held in single precision once it is divided
_RULE = re.compile(r"\s*(>=|<=|!=|==|>|<|=)\s*(.*?)\s*$")


@dataclass(frozen=True, eq=False)
class Contrast:
    """Two disjoint sets of rows; rows without a value are in neither.

    Args:
        field: Name of the field.
        rule: What counts as having the attribute, in words.
        positive: (n,) rows that have it.
        negative: (n,) rows that don't.
        values: (n,) the field's values, NaN where missing, if it is a number whose amount counts; else None.
    """

    field: str
    rule: str
    positive: Bool[np.ndarray, " n"]
    negative: Bool[np.ndarray, " n"]
    values: Float64[np.ndarray, " n"] | None = None


def contrast(column: Shaped[np.ndarray, " n"], field: str, positive: str | None = None) -> Contrast:
    """Split the items by a field.

    Args:
        column: (n,) values: numbers, booleans or strings; None, NaN and infinities are missing.
        field: The field's name.
        positive: The value that has the attribute, or a comparison such as "> 0.5". Not needed for a field of two
            values (the greater one has it) and for a continuous one (upper against lower third).

    Raises:
        InputError: If `positive` is needed and missing, fits no item, or fits all of them.
    """
    numbers = as_numbers(column)
    present = ~np.isnan(numbers) if numbers is not None else np.array([v is not None for v in column], bool)
    values = np.unique((numbers if numbers is not None else column.astype(str))[present])
    rule = _RULE.match(positive) if positive is not None and numbers is not None else None
    if len(values) < 2:
        raise InputError(f"A direction needs two sides, but {field!r} has one value at most ({_some(values)}).")
    if rule is not None and numbers is not None:
        has = _COMPARISONS[rule[1]](numbers, _threshold(rule[2], field)) & present
        words = f"{field} {rule[1]} {rule[2]}"
    elif positive is not None:
        has, words = _equal(column, numbers, positive) & present, f"{field} = {positive}"
    elif len(values) == 2:
        has = (numbers if numbers is not None else column.astype(str)) == values[1]
        has, words = has & present, f"{field} = {_plain(values[1])}"
    elif numbers is not None and len(values) > 10:
        return _thirds(numbers, numbers[present], field)
    else:
        raise InputError(
            f"The field {field!r} has {len(values)} values ({_some(values)}); say with --positive which one has the "
            "attribute."
        )
    return _checked(Contrast(field, words, has, present & ~has), values)


def contrast_again(column: Shaped[np.ndarray, " n"], field: str, rule: str) -> Contrast:
    """The contrast that a rule of `Contrast.rule` tells of.

    Args:
        column: (n,) values of the field.
        field: Its name.
        rule: Such as "eyes = sunglasses", "age > 30" or "age upper third".

    Raises:
        InputError: If the rule doesn't fit the field's values any more.
    """
    with suppress(InputError):
        usual = contrast(column, field)
        if usual.rule == rule:
            return usual
    return contrast(column, field, rule.removeprefix(f"{field} ").removeprefix("= "))


def as_numbers(column: Shaped[np.ndarray, " n"]) -> np.ndarray | None:
    """The column as float64 with NaN where a value is missing, infinite or beyond 1e30, or None if it isn't numeric."""
    if column.dtype.kind in "mM":
        return np.where(np.isnat(column), np.nan, column.astype("int64")).astype(np.float64)
    try:
        is_plain = column.dtype.kind in "biuf"
        numbers = column if is_plain else np.array([np.nan if v is None else _number(v) for v in column])
    except TypeError:
        return None
    numbers = numbers.astype(np.float64)
    return np.asarray(np.where(np.abs(numbers) <= _FARTHEST, numbers, np.nan))


def _number(value: object) -> float:
    if isinstance(value, int | float | np.number | np.bool_):
        return float(value)
    raise TypeError(type(value))


def _thirds(numbers: np.ndarray, present: np.ndarray, field: str) -> Contrast:
    """The upper against the lower third; where one value fills a third, all others against it."""
    low, high = np.quantile(present, [1 / 3, 2 / 3])
    if not (present < low).any():
        return Contrast(field, f"{field} > {_plain(low)}", numbers > low, numbers <= low)
    if not (present > high).any():
        return Contrast(field, f"{field} >= {_plain(high)}", numbers >= high, numbers < high)
    return Contrast(field, f"{field} upper third", numbers > high, numbers < low, numbers)


def _threshold(text: str, field: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InputError(
            f"--positive compares {field!r} with {text!r}, which is not a number; write for example '> 0.5'."
        ) from None


def _equal(column: Shaped[np.ndarray, " n"], numbers: np.ndarray | None, value: str) -> np.ndarray:
    if numbers is None or column.dtype.kind == "M":
        return np.asarray(column.astype(str) == value)
    words = {"true": 1.0, "yes": 1.0, "false": 0.0, "no": 0.0}
    try:
        return np.asarray(numbers == (words[value.lower()] if value.lower() in words else float(value)))
    except ValueError:
        return np.zeros(len(numbers), bool)


def _checked(split: Contrast, values: np.ndarray) -> Contrast:
    n_positive, n_negative = int(split.positive.sum()), int(split.negative.sum())
    if n_positive == 0 or n_negative == 0:
        which = "no item has it" if n_positive == 0 else "no item lacks it"
        raise InputError(
            f"A direction needs items with the attribute and items without, but for {split.rule} {which} "
            f"({n_positive} with, {n_negative} without). Values of {split.field!r}: {_some(values)}."
        )
    return split


def _some(values: np.ndarray) -> str:
    shown = ", ".join(_plain(v) for v in values[:8])
    return shown + (", ..." if len(values) > 8 else "") if len(values) else "none"


def _plain(value: object) -> str:
    return f"{value:g}" if isinstance(value, float | np.floating) else str(value)
