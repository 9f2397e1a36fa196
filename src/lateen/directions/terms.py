"""What a direction of words is fitted on, as the user writes it: `he:she,man:woman`, `warm,hot:cold,icy`, or a file.

One idea: what stands before the colon is what the direction points to.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from lateen.core.errors import InputError

Pairs = tuple[tuple[str, str], ...]
Poles = tuple[tuple[str, ...], tuple[str, ...]]


def read_pairs(pairs: str | Path | Mapping[str, str] | Sequence[Sequence[str]]) -> Pairs:
    """Pairs of words, each of which differs mostly in what the direction is to mean.

    Args:
        pairs: `a:b,c:d`; or a file of a pair a line, written `a:b` or with a tab or spaces between, where empty lines
            and lines that begin with # are left out; or the pairs themselves, as a list or {"he": "she"}.

    Raises:
        InputError: If something is no pair, there is no such file, a word stands on both sides, or nothing is given.

    Example:
        >>> read_pairs("he:she,man:woman")
        (('he', 'she'), ('man', 'woman'))
    """
    if isinstance(pairs, Path) or (isinstance(pairs, str) and _is_file(pairs)):
        found = _of_file(Path(pairs))
    elif isinstance(pairs, str):
        if _like_a_file(pairs):
            raise InputError(f"There is no file {pairs}, and that is no pair; write pairs as he:she,man:woman.")
        found = [_pair(part, repr(part.strip())) for part in pairs.split(",") if part.strip()]
    else:
        found = [_given(pair) for pair in (pairs.items() if isinstance(pairs, Mapping) else pairs)]
    if not found:
        raise InputError("--pairs got no pairs; give some, such as he:she,man:woman, or a file of a pair a line.")
    twice = [pair for pair, count in Counter(found).items() if count > 1]
    if twice:
        raise InputError(f"--pairs has {':'.join(twice[0])} more than once; give each pair once.")
    _check_sides(tuple(a for a, _ in found), tuple(b for _, b in found), "--pairs")
    return tuple(found)


def read_poles(words: str | Sequence[Sequence[str]]) -> Poles:
    """The words at the two ends of a semantic axis.

    Args:
        words: `warm:cold`, or several a side: `warm,hot:cold,icy`; or the two lists themselves.

    Raises:
        InputError: If there are not two sides with a word each, or a word is given twice.

    Example:
        >>> read_poles("warm,hot:cold,icy")
        (('warm', 'hot'), ('cold', 'icy'))
    """
    sides = words.split(":") if isinstance(words, str) else list(words)
    if len(sides) != 2:
        raise InputError(
            f"--words got {words!r}; give two sides with one colon between, such as warm,hot:cold,icy. "
            "Pairs that belong together go to --pairs."
        )
    more, less = (_side(side) for side in sides)
    if not more or not less:
        raise InputError(f"--words got {words!r}, of which one side is empty; give words for both, such as warm:cold.")
    for side in (more, less):
        twice = [word for word, count in Counter(side).items() if count > 1]
        if twice:
            raise InputError(f"--words has {twice[0]!r} twice on one side; give each word once.")
    _check_sides(more, less, "--words")
    return more, less


def listed(words: Sequence[str], most: int = 3) -> str:
    """Some words for people: "he, man, king, ..."."""
    return ", ".join(words[:most]) + (", ..." if len(words) > most else "")


def _side(side: str | Sequence[str]) -> tuple[str, ...]:
    words = side.split(",") if isinstance(side, str) else side
    return tuple(word.strip() for word in words if word.strip())


def _check_sides(more: Sequence[str], less: Sequence[str], option: str) -> None:
    both = set(more) & set(less)
    if both:
        raise InputError(
            f"{option} has {min(both)!r} on both sides of the colon; a word is more of the direction or less, not both."
        )


def _given(pair: Sequence[str]) -> tuple[str, str]:
    if isinstance(pair, str) or len(pair) != 2:
        raise InputError(f"pairs got {pair!r}; give pairs of two words, such as ('he', 'she').")
    return _both(str(pair[0]), str(pair[1]), repr(pair))


def _pair(text: str, where: str) -> tuple[str, str]:
    parts = text.split(":")
    if len(parts) != 2:
        raise InputError(f"--pairs got {where}, which is no pair; write two words with a colon between, as he:she.")
    return _both(parts[0], parts[1], where)


def _both(a: str, b: str, where: str) -> tuple[str, str]:
    a, b = a.strip(), b.strip()
    if not a or not b:
        raise InputError(f"--pairs got {where}, of which one side is empty; write two words, as he:she.")
    if a == b:
        raise InputError(f"--pairs got {where}, which has the same word on both sides and so no difference.")
    return a, b


def _of_file(path: Path) -> list[tuple[str, str]]:
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as cause:
        raise InputError(f"The pairs {path} can't be read: {cause}. Give a text file in UTF-8.") from cause
    found = []
    for number, line in enumerate(lines, 1):
        text, where = line.strip(), f"line {number} of {path}, {line.strip()[:60]!r}"
        if not text or text.startswith("#"):
            continue
        parts = text.split("\t") if "\t" in text else text.split()
        found.append(_both(parts[0], parts[1], where) if len(parts) == 2 else _pair(text, where))
    return found


def _is_file(text: str) -> bool:
    try:
        return os.path.isfile(text)
    except ValueError:  # a null character
        return False


def _like_a_file(text: str) -> bool:
    return ":" not in text and ("/" in text or "\\" in text or Path(text).suffix != "")
