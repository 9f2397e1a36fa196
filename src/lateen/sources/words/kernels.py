"""The two loops over every byte of a text file of vectors: where its lines break apart, and what its numbers are.

One idea: numbers are read exactly or not at all. What the quick way can't round with certainty, and what is no number,
is left to the caller, line by line.
"""

from __future__ import annotations

from typing import Any, no_type_check

import numpy as np
from jaxtyping import Bool, Float32, Int8, Int64, UInt8
from numba import njit

from lateen.sources.words.lines import BLANK, BROKEN, ITEM

Places = Int64[np.ndarray, " n"]
_FARTHEST = 60  # of the powers of ten that keep a product of 19 digits far from double's ends
_POWERS = np.array([float(f"1e{e}") for e in range(_FARTHEST + 1)])
_INVERSE = np.array([float(f"1e-{e}") for e in range(_FARTHEST + 1)])
_NEWLINE, _SPACE, _TAB, _RETURN, _PLUS, _MINUS, _DOT, _ZERO = 10, 32, 9, 13, 43, 45, 46, 48
_SMALL_E, _LARGE_E = ord("e"), ord("E")
_SMALLEST, _LARGEST = 1.2e-38, 3.4e38  # safely within the normal float32
_BELOW, _ABOVE = 1 - 2.0**-50, 1 + 2.0**-50  # eight units of roundoff

jit: Any = njit(nogil=True, cache=True, error_model="numpy")


@jit
@no_type_check
def find_lines(
    data: UInt8[np.ndarray, " size"],
    dim: int,
    starts: Places,
    word_ends: Places,
    numbers: Places,
    ends: Places,
    kinds: Int8[np.ndarray, " n"],
) -> int:
    """Split lines into a word and `dim` numbers, counted from the right.

    Args:
        data: (size,) bytes of whole lines; the last may lack its newline.
        dim: Numbers of a line.
        starts, word_ends, numbers, ends: (n,) filled with places in `data`: the line's start, the word's end, the
            first number's start, and the last number's end.
        kinds: (n,) filled with ITEM, BROKEN (no word, too few numbers, or no number where the first is due) or BLANK.

    Returns:
        How many lines were found.
    """
    size = data.size
    count = 0
    start = 0
    while start < size:
        stop = start
        while stop < size and data[stop] != _NEWLINE:
            stop += 1
        end = stop
        while end > start and (data[end - 1] == _SPACE or data[end - 1] == _TAB or data[end - 1] == _RETURN):
            end -= 1
        at = end
        left = dim
        first = end
        while left > 0 and at > start:
            while at > start and data[at - 1] != _SPACE and data[at - 1] != _TAB:
                at -= 1
            left -= 1
            first = at
            while at > start and (data[at - 1] == _SPACE or data[at - 1] == _TAB):
                at -= 1
        starts[count] = start
        word_ends[count] = at
        numbers[count] = first
        ends[count] = end
        if end == start:
            kinds[count] = BLANK
        elif left > 0 or at == start:
            kinds[count] = BROKEN
        else:
            byte = data[first]
            begins = _ZERO <= byte < _ZERO + 10 or byte in (_MINUS, _DOT, _PLUS)
            kinds[count] = ITEM if begins else BROKEN
        count += 1
        start = stop + 1
    return count


@jit
@no_type_check
def parse_numbers(  # noqa: PLR0912, PLR0915  (one piece: to hand an array on for each number takes longer than to read it)
    data: UInt8[np.ndarray, " size"],
    starts: Places,
    ends: Places,
    vectors: Float32[np.ndarray, "n dim"],
    good: Bool[np.ndarray, " n"],
) -> None:
    """Read numbers that stand between spaces and tabs, each as `np.float32(float(token))` would.

    Args:
        data: (size,) bytes.
        starts, ends: (n,) where the numbers of each row start and end.
        vectors: (n, dim) filled with them.
        good: (n,) filled with whether the whole row was read; if not, its numbers are undefined.
    """
    dim = vectors.shape[1]
    for row in range(starts.size):
        at = starts[row]
        end = ends[row]
        column = 0
        while column < dim and at < end:
            negative = data[at] == _MINUS
            if negative or data[at] == _PLUS:
                at += 1
            mantissa = np.uint64(0)
            digits = 0  # that count: after leading zeros, 19 at most
            exponent = 0
            seen = 0
            point = False
            while at < end:
                byte = data[at]
                digit = np.uint64(byte) - np.uint64(_ZERO)
                if digit < np.uint64(10):
                    seen += 1
                    if point:
                        exponent -= 1
                    if digits < 19:
                        mantissa = mantissa * np.uint64(10) + digit
                        if mantissa != np.uint64(0):
                            digits += 1
                    else:
                        exponent += 1
                elif byte == _DOT and not point:
                    point = True
                else:
                    break
                at += 1
            if seen == 0:
                break
            if at < end and (data[at] == _SMALL_E or data[at] == _LARGE_E):
                at += 1
                down = at < end and data[at] == _MINUS
                if at < end and (down or data[at] == _PLUS):
                    at += 1
                power = 0
                seen = 0
                while at < end and _ZERO <= data[at] < _ZERO + 10:
                    power = min(power * 10 + (np.int64(data[at]) - _ZERO), 100_000)
                    seen += 1
                    at += 1
                if seen == 0:
                    break
                exponent += -power if down else power
            if at < end and data[at] != _SPACE and data[at] != _TAB:
                break
            value = _rounded(mantissa, exponent)
            if value < 0:
                break
            vectors[row, column] = np.float32(-value if negative else value)
            column += 1
            while at < end and (data[at] == _SPACE or data[at] == _TAB):
                at += 1
        good[row] = column == dim and at >= end


@jit
@no_type_check
def _rounded(mantissa: int, exponent: int) -> float:
    """mantissa x 10^exponent as a double that rounds to the right float32; -1 if that isn't certain.

    If the mantissa is below 2^53 and the exponent within 22, one operation gives the double nearest to it. Otherwise
    three roundings are off by a few units in the last place, which a float32 doesn't see unless it lies between two.

    Reference:
        W. D. Clinger, How to read floating point numbers accurately, PLDI 1990.
    """
    value = np.float64(mantissa)
    if mantissa == np.uint64(0):
        return value
    if exponent > _FARTHEST or exponent < -_FARTHEST:
        return -1.0
    exact = mantissa < np.uint64(1 << 53) and -22 <= exponent <= 22
    if exponent >= 0:
        value *= _POWERS[exponent]
    elif exact:
        value /= _POWERS[-exponent]
    else:
        value *= _INVERSE[-exponent]
    if value > _LARGEST:
        return -1.0
    if not exact and (value < _SMALLEST or np.float32(value * _BELOW) != np.float32(value * _ABOVE)):
        return -1.0
    return value
