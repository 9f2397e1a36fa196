"""Arrays and labels as users give them, read into what is measured, or refused in words.

One idea: numbers are centred and scaled before they become float32, so that where the data lies, and in which units,
costs no digits.
"""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
from jaxtyping import Float32, Int, Shaped

from lateen.core.errors import InputError, first_line
from lateen.core.geometry import Euclidean, Geometry, Sphere

MOST = 400  # values of a field that tells items apart
BLOCK = 8_000_000  # numbers that are converted at a time
LARGEST = 1e15  # the squares of such numbers are well within float32


def as_vectors(array: object, geometry: Geometry | None = None) -> tuple[Float32[np.ndarray, "n dim"], float]:
    """An array as (n, dim) vectors, and the length of their unit.

    Args:
        array: (n, dim) or (n,) numbers.
        geometry: Whose points they become; flat space by default, where they are centred and scaled.

    Raises:
        InputError: If these are no finite numbers, have another shape, or are no points of the geometry.
    """
    try:
        given = np.asarray(array)
    except (TypeError, ValueError) as error:
        cause = first_line(error)
        raise InputError(f"dimension got what is no array: {cause}. Give numbers of shape (n, dim).") from error
    if given.dtype.kind not in "fiub":
        raise InputError(f"dimension got an array of {given.dtype}; give numbers of shape (n, dim).")
    if given.ndim == 1:
        given = given[:, None]
    if given.ndim != 2 or given.shape[1] == 0:
        flat = " Pictures become rows by array.reshape(len(array), -1)." if given.ndim > 2 else ""
        raise InputError(f"dimension got an array of shape {given.shape}; give (n, dim), an item in each row.{flat}")
    step = max(1, BLOCK // given.shape[1])
    blocks = [given[i : i + step] for i in range(0, len(given), step)]
    for number, block in enumerate(blocks):
        bad = np.flatnonzero(~np.isfinite(block).all(axis=1))
        if len(bad):
            raise InputError(
                f"dimension got NaN or infinity in row {number * step + bad[0]} of {len(given)}; leave such rows out."
            )
    if geometry is not None and not isinstance(geometry, Euclidean):
        return _points(given, geometry), 1.0
    vectors = np.empty(given.shape, np.float32)
    if not len(given):
        return vectors, 1.0
    with np.errstate(over="ignore", invalid="ignore"):
        center = given.mean(axis=0, dtype=np.float64)
        unit = max(float(np.abs(block - center).max()) for block in blocks) or 1.0
    if not math.isfinite(unit):
        raise InputError("dimension got numbers too large to be added up; divide them by the largest.")
    for number, block in enumerate(blocks):
        vectors[number * step : number * step + len(block)] = (block - center) / unit
    return vectors, unit


def _points(given: Shaped[np.ndarray, "n dim"], geometry: Geometry) -> Float32[np.ndarray, "n dim"]:
    """Numbers as points of a geometry that is not flat."""
    if isinstance(geometry, Sphere):
        lengths = np.abs(given).max(axis=1, keepdims=True).astype(np.float64)  # only directions count
        if not lengths.all():
            row = int(np.flatnonzero(lengths == 0)[0])
            raise InputError(
                f"dimension got the zero vector in row {row} of {len(given)}, which has no direction; leave it out."
            )
        return np.asarray(geometry.project((given / lengths).astype(np.float32)), np.float32)
    largest = float(np.abs(given).max(initial=0))
    if largest > LARGEST:
        raise InputError(f"dimension got {largest:.3g}; in this geometry numbers up to {LARGEST:.0e} can be measured.")
    return np.asarray(geometry.project(given.astype(np.float32)), np.float32)


def distinct_values(column: Shaped[np.ndarray, " n"]) -> list[str] | None:
    """The values of a field in their order, missing ones left out; None if they are too many to tell items apart."""
    try:
        counts = Counter(value for value in column.tolist() if not _missing(value))
    except TypeError:  # lists and the like
        return None
    if len(counts) > max(2, min(MOST, len(column) // 2)) or any(isinstance(v, float) and v % 1 for v in counts):
        return None
    numbers = all(isinstance(value, int | float) for value in counts)
    ordered = sorted(counts) if numbers else sorted(counts, key=str)
    return [_text(value) for value in ordered]


def categories(column: Shaped[np.ndarray, " n"], n: int, name: str) -> tuple[list[str], Int[np.ndarray, " n"]]:
    """The values of a field, and of each item which it has; -1 where it is missing.

    Raises:
        InputError: If there isn't one value for each item, or there are too many to tell items apart.
    """
    if column.shape != (n,):
        raise InputError(f"dimension got {name} of shape {column.shape} for {n} items; give one value for each.")
    names = distinct_values(column)
    if names is None:
        raise InputError(
            f"{name!r} can't tell items apart: it has fractions or nearly as many values as items. Give a field of few."
        )
    place = {value: code for code, value in enumerate(names)}
    codes = [-1 if _missing(value) else place[_text(value)] for value in column.tolist()]
    return names, np.array(codes, np.int64)


def _missing(value: object) -> bool:
    return value is None or (isinstance(value, float) and not math.isfinite(value))


def _text(value: object) -> str:
    return str(int(value)) if isinstance(value, float) else str(value)
