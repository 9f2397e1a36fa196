"""Column arithmetic: the score of every word of a chunk for a question, from the products of the chunk with few words.

One idea: almost never does a chunk hold anything better than what was found before, and the greatest of its scores,
which processors find quickly, says so. All compiled functions are in this file: what numba keeps of them depends on it.
"""

from __future__ import annotations

import math
from typing import Any, no_type_check

import numpy as np
from jaxtyping import Float32, Int32, Int64
from numba import njit

ADD, MUL, PAIR, ONE, CLASS = range(5)
LOW = np.float32(-3e38)  # below any score
_EPSILON = np.float32(1e-6)

Numbers = Float32[np.ndarray, "_ _"]
Row = Float32[np.ndarray, " n"]

jit: Any = njit(nogil=True, cache=True, error_model="numpy")


@jit
@no_type_check
def derive(
    products: Numbers,
    shifted: Numbers,
    inverse: Numbers,
    reach: Numbers,
    near: float,
    least: Float32[np.ndarray, " words"],
    most: Float32[np.ndarray, " words"],
    close: Int64[np.ndarray, " words"],
) -> None:
    """What 3CosMul and PairDirection need of each cosine s, for the first `w` words.

    Args:
        products: (words, n) cosines of a chunk's n rows.
        shifted, inverse: (w, n) filled with (1 + s) / 2, and one over that; empty (0, 0) if nobody asks.
        reach: (w, n) filled with 1 / |x - c|, or 0 where s is above `near` and rounding hides x - c; or empty.
        near: See `reach`.
        least, most: The least s so far; the greatest that isn't above `near`.
        close: How many were above `near` so far.
    """
    n = products.shape[1]
    for word in range(max(shifted.shape[0], reach.shape[0])):
        s = products[word]
        if shifted.size:
            low = least[word]
            for i in range(n):
                half = (np.float32(1) + s[i]) * np.float32(0.5)
                half = half if half > np.float32(0) else np.float32(0)
                shifted[word, i] = half
                inverse[word, i] = np.float32(1) / (half + _EPSILON)
            for i in range(n):
                low = s[i] if s[i] < low else low
            least[word] = low
        if reach.size:
            high = most[word]
            count = 0
            for i in range(n):
                if s[i] > near:
                    reach[word, i] = np.float32(0)
                    count += 1
                else:
                    reach[word, i] = np.float32(1) / np.sqrt(np.float32(2) - np.float32(2) * s[i])
                    high = s[i] if s[i] > high else high
            most[word] = high
            close[word] += count


@jit
@no_type_check
def _one(kind: int, x: float, y: float, z: float, shift: float) -> float:
    """The score of a word by any method but CLASS."""
    if kind == ADD:
        return x - y + z
    if kind == MUL:
        return x * y * z
    if kind == PAIR:
        return (x - y - shift) * z if z > np.float32(0) else LOW
    return x


@jit
@no_type_check
def fill(
    out: Row,
    kind: int,
    x: Row,
    y: Row,
    z: Row,
    scale: float,
    shift: float,
    least: float,
) -> None:
    """Scores of n words; by CLASS, of those that are certainly below `least`, some number that is.

    Args:
        out: (n,) filled.
        kind: ADD, MUL, PAIR, ONE or CLASS.
        x, y, z: (n,) what belongs to b, a and c; ONE has x alone, CLASS the classifier in x and c in z.
        scale, shift: Constants of the question.
        least: What matters.
    """
    if kind == ADD:  # a loop for each, so that each is compiled to vectors
        for i in range(out.size):
            out[i] = _one(ADD, x[i], y[i], z[i], shift)
    elif kind == MUL:
        for i in range(out.size):
            out[i] = _one(MUL, x[i], y[i], z[i], shift)
    elif kind == PAIR:
        for i in range(out.size):
            out[i] = _one(PAIR, x[i], y[i], z[i], shift)
    elif kind == ONE:
        for i in range(out.size):
            out[i] = x[i]
    else:
        for i in range(out.size):
            s = z[i]
            if s > least or least < np.float32(0):  # probabilities make no score larger, but for those below 0
                out[i] = s / (np.float32(1) + np.float32(math.exp(-np.float64(x[i] * scale + shift))))
            else:
                out[i] = LOW


@jit
@no_type_check
def _fold(scratch: Row, kind: int, x: Row, y: Row, z: Row, shift: float) -> None:
    """The greater score of words i and i + n // 2, by any method but CLASS."""
    h = x.size // 2
    if kind == ADD:
        for i in range(h):
            one, other = _one(ADD, x[i], y[i], z[i], shift), _one(ADD, x[i + h], y[i + h], z[i + h], shift)
            scratch[i] = one if one > other else other
    elif kind == MUL:
        for i in range(h):
            one, other = _one(MUL, x[i], y[i], z[i], shift), _one(MUL, x[i + h], y[i + h], z[i + h], shift)
            scratch[i] = one if one > other else other
    elif kind == PAIR:
        for i in range(h):
            one, other = _one(PAIR, x[i], y[i], z[i], shift), _one(PAIR, x[i + h], y[i + h], z[i + h], shift)
            scratch[i] = one if one > other else other
    else:
        for i in range(h):
            scratch[i] = x[i] if x[i] > x[i + h] else x[i + h]


@jit
@no_type_check
def _greatest(
    scratch: Row, kind: int, x: Row, y: Row, z: Row, scale: float, shift: float, least: float, scores: Row
) -> float:
    """The greatest score of n words, or something no greater than `least`.

    Halves are laid on each other, which takes a sixth of one comparison after another.
    """
    n = x.size
    best = LOW
    if kind == CLASS:
        fill(scores, kind, x, y, z, scale, shift, least)
        _fold(scratch, ONE, scores, scores, scores, shift)
        if n % 2:
            best = scores[n - 1]
    else:
        _fold(scratch, kind, x, y, z, shift)
        if n % 2:
            best = _one(kind, x[n - 1], y[n - 1], z[n - 1], shift)
    width = n // 2
    while width > 16:
        if width % 2:
            best = scratch[width - 1] if scratch[width - 1] > best else best
        width //= 2
        for i in range(width):
            other = scratch[i + width]
            scratch[i] = scratch[i] if scratch[i] > other else other
    for i in range(width):
        best = scratch[i] if scratch[i] > best else best
    return best


@jit
@no_type_check
def _rise(
    scores: Float32[np.ndarray, " n"],
    rows: Int64[np.ndarray, " n"],
    best: Float32[np.ndarray, " 2"],
    found: Int64[np.ndarray, " 1"],
) -> None:
    """Bring the two greatest scores so far, and the row of the first, up to date."""
    first = best[0]
    second = best[1]
    for i in range(scores.size):
        if scores[i] > second:
            if scores[i] > first:
                second = first
                first = scores[i]
                found[0] = rows[i]
            else:
                second = scores[i]
    best[0] = first
    best[1] = second


@jit
@no_type_check
def sweep(
    kind: int,
    of_b: Numbers,
    of_a: Numbers,
    of_c: Numbers,
    places: Int32[np.ndarray, "q 3"],
    constants: Float32[np.ndarray, "q 2"],
    rows: Int64[np.ndarray, " n"],
    starts: Int64[np.ndarray, " q1"],
    blocked: Int64[np.ndarray, " b"],
    at: Int64[np.ndarray, " q"],
    best: Float32[np.ndarray, "q 2 2"],
    found: Int64[np.ndarray, "q 2"],
    everywhere: bool,
) -> None:
    """Bring the questions of a method up to date with a chunk.

    Args:
        kind: Which method.
        of_b, of_a, of_c: (words, n) numbers of the chunk's rows, of which `places` (b, a, c) picks.
        places, constants: Of each question.
        rows: (n,) the row numbers, ascending.
        starts, blocked: Which rows may not be answers, ascending for each question: blocked[starts[q] : starts[q + 1]].
        at: (q,) how far into these each question has come.
        best: (q, run, 2) the two greatest scores; run 0 without the blocked rows, run 1 with all.
        found: (q, run) the row of the greatest.
        everywhere: Whether run 1 is wanted.
    """
    n = rows.size
    scores, scratch = np.empty(n, np.float32), np.empty(n // 2, np.float32)
    last = rows[n - 1]
    tops = np.full(of_b.shape[0], -LOW, np.float32)  # ONE's, of each word: many questions have the same
    for q in range(places.shape[0]):
        x, y, z = of_b[places[q, 0]], of_a[places[q, 1]], of_c[places[q, 2]]
        scale, shift, least = constants[q, 0], constants[q, 1], best[q, 0, 1]
        passed = at[q]
        while at[q] < starts[q + 1] and blocked[at[q]] <= last:
            at[q] += 1
        if kind == ONE and tops[places[q, 0]] != -LOW:
            top = tops[places[q, 0]]
        else:
            top = _greatest(scratch, kind, x, y, z, scale, shift, least, scores)
            tops[places[q, 0]] = top
        if top <= least:
            continue  # nor is it among the best of all, which are no worse
        fill(scores, kind, x, y, z, scale, shift, least)
        if everywhere:
            _rise(scores, rows, best[q, 1], found[q, 1:2])
        for k in range(passed, at[q]):
            i = np.searchsorted(rows, blocked[k])
            if i < n and rows[i] == blocked[k]:
                scores[i] = LOW
        _rise(scores, rows, best[q, 0], found[q, 0:1])


@jit
@no_type_check
def hopeful(
    kind: int,
    of_b: Numbers,
    of_a: Numbers,
    of_c: Numbers,
    places: Int32[np.ndarray, "m 3"],
    constants: Float32[np.ndarray, "m 2"],
    least: Float32[np.ndarray, " m"],
    start: int,
    which: Int64[np.ndarray, " room"],
    place: Int64[np.ndarray, " room"],
) -> tuple[int, int]:
    """Find the words of a chunk that may answer questions start to m - 1, for as many of these as there is room.

    Args:
        kind, of_b, of_a, of_c, places, constants: As of `sweep`.
        least: (m,) the score that a word must have; PairDirection's that rounding hides may have any.
        start: The first question.
        which, place: Filled with question and word; there must be room for the words of one chunk.

    Returns:
        How many were found, and the question to go on with.
    """
    n = of_b.shape[1]
    scores, scratch = np.empty(n, np.float32), np.empty(n // 2, np.float32)
    count = 0
    for q in range(start, places.shape[0]):
        if count + n > which.size:
            return count, q
        x, y, z = of_b[places[q, 0]], of_a[places[q, 1]], of_c[places[q, 2]]
        scale, shift = constants[q, 0], constants[q, 1]
        if kind != PAIR and _greatest(scratch, kind, x, y, z, scale, shift, LOW, scores) < least[q]:
            continue
        fill(scores, kind, x, y, z, scale, shift, LOW)
        for i in range(n):
            if scores[i] >= least[q] or (kind == PAIR and z[i] == np.float32(0)):
                which[count] = q
                place[count] = i
                count += 1
    return count, places.shape[0]
