"""What one line of a text file of vectors says, looked at slowly: the header, the odd number, what is wrong.

One idea: this is the definition of the format. The quick loops agree with it on all lines that they accept.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

ITEM, BROKEN, BLANK = 0, 1, 2  # what a line is
MOST_NUMBERS = 1_000_000  # of a line: more are no vector
_NUMBER = re.compile(rb"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_NO_NUMBER = re.compile(rb"[+-]?(nan|inf|infinity)", re.IGNORECASE)
_BLANKS = b" \t\r"
_BETWEEN = re.compile(rb"[ \t]+")


@dataclass(frozen=True)
class Header:
    """The first line of word2vec's and fastText's formats.

    Args:
        n: How many words follow.
        dim: How many numbers each has.
    """

    n: int
    dim: int

    @classmethod
    def parse(cls, line: bytes) -> Header | None:
        """The header that a line is, or None."""
        match = re.fullmatch(rb"\s*(\d{1,18})[ \t]+(\d{1,9})\s*", line)
        return None if match is None else cls(int(match[1]), int(match[2]))


def split(line: bytes) -> tuple[bytes, list[bytes]]:
    """A line without its dim: what comes before the numbers at its end, and these numbers."""
    tokens = _BETWEEN.split(line.rstrip(_BLANKS))
    first = len(tokens)
    while first > 0 and _looks_like_a_number(tokens[first - 1]):
        first -= 1
    numbers = tokens[first:]
    return _before(line, len(numbers)), numbers


def usual_dim(lines: Sequence[bytes]) -> int:
    """The count of numbers that most lines end in, a word in front; 0 if they don't end in numbers."""
    counts: Counter[int] = Counter()
    for line in lines:
        word, numbers = split(line)
        if word or numbers:
            counts[len(numbers) - (not word)] += 1
    most = max(counts.values(), default=0)
    return min((count for count in counts if counts[count] == most), default=0)


def fits(line: bytes, dim: int) -> bool:
    """Whether a line is a word and `dim` numbers, and not a word and more."""
    tokens = _BETWEEN.split(line.rstrip(_BLANKS))
    numbers = len(split(line)[1])
    return len(tokens) > dim and (numbers == dim or numbers == len(tokens) == dim + 1)


def ends_in_decimal(word: bytes) -> bool:
    """Whether a word of several parts ends in a number with a point, as if a line had too many numbers."""
    last = _BETWEEN.split(word)[-1]
    return b"." in last and bool(_NUMBER.fullmatch(last))


def vector_of(line: bytes, dim: int) -> Float32[np.ndarray, " dim"] | str:
    """The last `dim` numbers of a line, or what is wrong with them.

    Args:
        line: One line, or its end, that has at least `dim` parts.
        dim: How many.
    """
    values = np.empty(dim, np.float32)
    for column, token in enumerate(_BETWEEN.split(line.rstrip(_BLANKS))[-dim:]):
        shown = token[:40].decode("utf-8", "backslashreplace")
        if not _looks_like_a_number(token):
            return f"number {column + 1} is {shown!r}, which is no number"
        with np.errstate(over="ignore"):
            values[column] = np.float32(float(token))
        if not np.isfinite(values[column]):
            kind = "is not finite" if _NO_NUMBER.fullmatch(token) else "is too large for a float32"
            return f"number {column + 1}, {shown}, {kind}"
    return values


def fault(line: bytes, dim: int) -> str:
    """What is wrong with a line that is no word and `dim` numbers."""
    tokens = _BETWEEN.split(line.strip(_BLANKS))
    _, numbers = split(line)
    if len(tokens) > dim and _looks_like_a_number(tokens[-dim]):
        vector = vector_of(line, dim)
        return vector if isinstance(vector, str) else "the file ends here, perhaps within its last number"
    if len(tokens) == len(numbers) and line[0] in b" \t":
        return f"no word before {_numbers(len(numbers))}"
    wordless = len(tokens) == len(numbers)  # then the first of them is the word
    return f"{_numbers(len(numbers) - wordless)}, expected {dim:,}"


def word_of(line: bytes, dim: int) -> bytes:
    """The word of a broken line as far as it is known, else nothing."""
    tokens = _BETWEEN.split(line.strip(_BLANKS))
    if len(tokens) > dim and _looks_like_a_number(tokens[-dim]):
        return _before(line, dim)
    word, _ = split(line)
    return word if word or line[0] in b" \t" else tokens[0]


def _looks_like_a_number(token: bytes) -> bool:
    return bool(_NUMBER.fullmatch(token) or _NO_NUMBER.fullmatch(token))


def _numbers(n: int) -> str:
    return f"{n:,} number" + ("" if n == 1 else "s")


def _before(line: bytes, parts: int) -> bytes:
    """What is left of a line when so many parts are cut off at its right, and the blanks before them."""
    rest = line.rstrip(_BLANKS)
    for _ in range(parts):
        rest = rest[: max(rest.rfind(b" "), rest.rfind(b"\t")) + 1].rstrip(b" \t")
    return rest
