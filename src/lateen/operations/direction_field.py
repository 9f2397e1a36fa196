"""Directions of a field: fitted, with what the data can't separate from it said, and refitted without some items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeAlias

import numpy as np
from jaxtyping import Int, Shaped

from lateen.core.direction import Direction
from lateen.core.errors import InputError, UnknownNameError
from lateen.directions import Contrast, contrast, fit_direction
from lateen.directions.contrast import as_numbers, contrast_again
from lateen.directions.held_equal import INSEPARABLE, HeldEqual, associations, check_separable, held_equal
from lateen.operations.direction import check_name, described, kept
from lateen.operations.fitted import Fitted
from lateen.operations.opened import Opened

MOST_VALUES = 50  # directions of one field
MOST_LOOKED_AT = 20_000  # items whose fields are compared with the attribute
STRONG = 0.3  # association from which on a field that goes along is spoken of
NAMED, ADVISED = 5, 2  # fields that are named, and advised to hold equal


def fit(
    opened: Opened,
    name: str,
    field: str,
    positive: str | None = None,
    method: str = "mean_difference",
    group: str | None = None,
    seed: int = 0,
    force: bool = False,
    without: Sequence[str] = (),
) -> Fitted:
    """Fit a direction on a field and keep it with the space under its name.

    Raises:
        InputError: If the field has one value, or the data can't separate it from what is to be held equal.
        UnknownNameError: If there is no such field.
    """
    check_name(opened, name, seed, force)
    split = contrast(opened.column(field), field, positive)
    return _kept(opened, _fit(opened, name, split, method, group, seed, without))


def fit_values(
    opened: Opened,
    name: str,
    field: str,
    method: str = "mean_difference",
    group: str | None = None,
    seed: int = 0,
    force: bool = False,
    without: Sequence[str] = (),
) -> tuple[Fitted, ...]:
    """Fit one direction for each value of a categorical field, called NAME:VALUE, against all other values.

    Raises:
        InputError: If the field has fewer than 2 values, or more than 50.
    """
    column = opened.column(field)
    values = values_of(column)
    if not 2 <= len(values) <= MOST_VALUES:
        raise InputError(
            f"{field!r} has {len(values):,} values; a direction for each is fitted for 2 to {MOST_VALUES} of them. "
            "Say with --positive which one has the attribute."
        )
    for value in values:  # before the first is kept
        check_name(opened, f"{name}:{value}", seed, force)
    made = [  # all of them, before the first is kept
        _fit(opened, f"{name}:{value}", contrast(column, field, value), method, group, seed, without)
        for value in values
    ]
    fitted = [_kept(opened, each) for each in made]
    return tuple(replace(f, cosine_with=described(opened, f.direction).cosine_with) for f in fitted)


def values_of(column: Shaped[np.ndarray, " n"]) -> list[str]:
    """The values of a field as `--positive` takes them, in order."""
    if column.dtype.kind == "M":
        return sorted({str(v) for v in column[~np.isnat(column)]})
    numbers = as_numbers(column)
    if numbers is None:
        return sorted({str(v) for v in column if v is not None})
    return [_digits(float(v)) for v in np.unique(numbers[~np.isnan(numbers)])]


def _digits(value: float) -> str:
    """A number with as few digits as say exactly which."""
    short = f"{value:g}"
    return short if float(short) == value else str(int(value)) if value.is_integer() else repr(value)


def needs_value(column: Shaped[np.ndarray, " n"]) -> bool:
    """Whether a field has several values of which none is the attribute: it gets one direction for each."""
    numbers, values = as_numbers(column), values_of(column)
    return len(values) > 2 and (numbers is None or len(values) <= 10)


def refit(opened: Opened, direction: Direction, rows: Int[np.ndarray, " r"]) -> Direction:
    """The direction fitted anew on some rows only, as it was fitted on all.

    Raises:
        InputError: If it was not fitted on a field, or the rows hold one side only.
    """
    if direction.field is None or direction.positive is None:
        raise InputError(f"The direction {direction.name!r} was not fitted on a field; it can't be fitted again.")
    split = contrast_again(opened.column(direction.field), direction.field, direction.positive)
    there = np.zeros(len(split.positive), bool)
    there[rows] = True
    values = None if split.values is None else np.where(there, split.values, np.nan)
    split = Contrast(split.field, split.rule, split.positive & there, split.negative & there, values)
    if not (split.positive.any() and split.negative.any()):
        raise InputError(f"Of {split.rule} the {len(rows):,} rows hold one side only; give more of them.")
    again = fit_direction(
        opened.points,
        direction.name,
        split,
        method=direction.method,
        held=_held(opened, direction.without),
        group=None if direction.group is None else opened.column(direction.group),
        fingerprint=direction.fingerprint,
    )
    return replace(again, group=direction.group)


_Made: TypeAlias = tuple[Direction, dict[str, float], list[str]]


def _kept(opened: Opened, made: _Made) -> Fitted:
    direction, along, doubts = made
    return replace(kept(opened, direction), goes_along=along, doubts=tuple(doubts))


def _fit(
    opened: Opened, name: str, split: Contrast, method: str, group: str | None, seed: int, without: Sequence[str]
) -> _Made:
    """The direction, what goes along with it, and what was noticed."""
    _check_fields(opened, split.field, group, without)
    groups = None if group is None else opened.column(group)
    if groups is not None:
        _check_group(split, groups, str(group))
    held, notes = _held(opened, without), []
    if method == "leace" and held is None:
        notes.append("nothing is held equal (--without), so leace is the difference of means")
    if held is not None:
        labelled = split.positive | split.negative
        rows = np.flatnonzero(labelled & held.known)
        missing = int(labelled.sum()) - len(rows)
        if missing:
            notes.append(f"{missing:,} items have no value in {' or '.join(held.names)} and were left out")
        if split.positive[rows].any() and split.negative[rows].any():
            hardly = check_separable(split.rule, split.positive[rows].astype(np.float64), held, rows)
            notes += [] if hardly is None else [hardly]
    fingerprint = opened.spec.fingerprint
    direction = fit_direction(
        opened.points, name, split, method=method, held=held, group=groups, fingerprint=fingerprint, seed=seed
    )
    along = _goes_along(opened, split, (*without, *([] if group is None else [group])))
    same = [field for field, r in along.items() if r * r > INSEPARABLE]
    if same:
        notes.append(f"{', '.join(same[:NAMED])} can't be told from {split.rule} in this data")
    strong = [field for field, r in along.items() if abs(r) >= STRONG and field not in same][:NAMED]
    if strong:
        said = ", ".join(f"{field} ({along[field]:+.2f})" for field in strong)
        first = ",".join([*without, *strong[:ADVISED]])
        notes.append(
            f"{split.rule} goes along with {said} in this data, so the direction carries that along; "
            f"--without holds it equal, such as --without {first} (what is left may be little)"
        )
    return replace(direction, group=group), along, notes


def _held(opened: Opened, without: Sequence[str]) -> HeldEqual | None:
    return held_equal({name: opened.column(name) for name in without}) if without else None


def _check_fields(opened: Opened, field: str, group: str | None, without: Sequence[str]) -> None:
    for name in without:
        if name not in opened.fields.column_names:
            raise UnknownNameError("field", name, opened.fields.column_names, f"{opened.name} (--without)")
        if name == field:
            raise InputError(f"--without {name} holds equal what the direction is fitted on; leave it out.")
    if len(set(without)) < len(without):
        raise InputError(f"--without {','.join(without)} names a field twice.")
    if group == field:
        raise InputError(
            f"--group {group} keeps the items of one {group} together, so nobody would be left of either side: an "
            "attribute that is the identity can't be tested on others. Leave --group out."
        )


def _check_group(split: Contrast, groups: Shaped[np.ndarray, " n"], name: str) -> None:
    sides = [np.unique(groups[side].astype(str)) for side in (split.positive, split.negative)]
    for side, word in zip(sides, ("with", "without"), strict=True):
        if len(side) < 2:
            raise InputError(
                f"All items {word} {split.rule} are of one {name} ({side[0]}), so {split.rule} can't be told from "
                f"being {side[0]}. Add items of others, or leave out --group."
            )


def _goes_along(opened: Opened, split: Contrast, besides: Sequence[str]) -> dict[str, float]:
    """The other fields that go along with the attribute among the labelled items."""
    rows = np.flatnonzero(split.positive | split.negative)
    rows = np.sort(np.random.default_rng(0).permutation(rows)[:MOST_LOOKED_AT])
    names = [name for name in opened.fields.column_names if name != split.field and name not in besides]
    columns = {name: opened.column(name)[rows] for name in names}
    return associations(split.positive[rows].astype(np.float64), columns)

