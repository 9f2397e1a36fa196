"""Directions of a space: fitted on pairs of words or on the words of two poles, named, kept, found again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias
from unicodedata import category
from urllib.parse import quote

import numpy as np
from jaxtyping import Float32

from lateen.core.direction import DISCOVERED, Direction
from lateen.core.errors import InputError, UnknownNameError, shown
from lateen.core.seed import require_seed
from lateen.directions import fit_axis, fit_pairs
from lateen.directions.terms import read_pairs, read_poles
from lateen.operations.fitted import Fitted
from lateen.operations.opened import Opened
from lateen.operations.projecting import origin, projections
from lateen.store import direction_names, remove_direction, save_direction

LONGEST_NAME = 200
_DISCOVERED_NAME = re.compile(rf"({'|'.join(DISCOVERED)})-\d+")
Pairs: TypeAlias = str | Path | Mapping[str, str] | Sequence[Sequence[str]]
"""Pairs of words: `he:she,man:woman`, a file of a pair a line, or the pairs themselves: {"he": "she"} or a list."""
Words: TypeAlias = str | Sequence[Sequence[str]]
"""Words of two poles: `warm,hot:cold,icy`, or the two lists."""


def fit_words(
    opened: Opened,
    name: str,
    *,
    pairs: Pairs | None = None,
    words: Words | None = None,
    skip_unknown: bool = False,
    seed: int = 0,
    force: bool = False,
) -> Fitted:
    """Fit a direction on pairs of words, or on the words of two poles, and keep it with the space under its name.

    A word is whatever the space takes as an ITEM: an id, a file, an expression, a text.
    """
    check_name(opened, name, seed, force)
    if (pairs is None) == (words is None):
        raise InputError("A direction of words is fitted on pairs or on the words of two poles; give one of the two.")
    found, around = _Lookup(opened, skip_unknown), origin(opened)
    if pairs is not None:
        given = read_pairs(pairs)
        there = tuple(pair for pair in given if found.has(pair, ":".join(pair)))
        more, less = (found.points([pair[side] for pair in there], "pair") - around for side in (0, 1))
        direction = fit_pairs(more, less, name, there, fingerprint=opened.spec.fingerprint, seed=seed)
    else:
        assert words is not None
        poles = read_poles(words)
        left, right = (tuple(w for w in pole if found.has((w,), w)) for pole in poles)
        sides = (left, "word of the first side"), (right, "word of the second side")
        more, less = (found.points(side, what) - around for side, what in sides)
        direction = fit_axis(more, less, name, (left, right), fingerprint=opened.spec.fingerprint, seed=seed)
    return replace(kept(opened, scaled(opened, direction)), skipped=tuple(found.skipped))


class _Lookup:
    """Words as points, each looked for once; unknown ones are an error, or left out."""

    def __init__(self, opened: Opened, skip: bool) -> None:
        self.opened, self.skip = opened, skip
        self.skipped: list[str] = []
        self._points: dict[str, Float32[np.ndarray, " dim"]] = {}

    def has(self, words: Iterable[str], shown: str) -> bool:
        """Whether the space knows all of some words that come together.

        Raises:
            UnknownNameError: If it doesn't and that is not to be passed over.
        """
        try:
            for word in words:
                if word not in self._points:
                    self._points[word] = self.opened.locate(word).vector
        except UnknownNameError as error:
            if not self.skip:
                error.args = (f"{error} Leave it out, or let --skip-unknown (skip_unknown=True) do it.",)
                raise
            self.skipped.append(shown)
            return False
        return True

    def points(self, words: Sequence[str], what: str) -> Float32[np.ndarray, "n dim"]:
        """The points of known words."""
        if not words:
            raise InputError(f"{self.opened.name} knows no {what} of those given ({', '.join(self.skipped)}).")
        return np.stack([self._points[word] for word in words])


def check_name(opened: Opened, name: str, seed: int, force: bool) -> None:
    """Raise InputError where a direction can't be called so, or one is and that is not to be replaced."""
    if not name or "/" in name or "=" in name or name.startswith("."):
        raise InputError(f"A direction can't be called {name!r}; give a name without '/' and '='.")
    if any(category(letter) in ("Cc", "Cs", "Zl", "Zp") for letter in name):
        raise InputError(f"A direction can't be called {shown(name)}: it is to be one line of UTF-8.")
    if len(quote(name, safe=" ")) > LONGEST_NAME:  # as its file is called
        raise InputError(f"A direction can't be called {shown(name)}: that is too long; a word or two are enough.")
    if name in direction_names(opened.path) and not force:
        raise InputError(f"The {opened.name} already has a direction {name!r}; replace it with --force (force=True).")
    if _DISCOVERED_NAME.fullmatch(name):
        raise InputError(f"A direction can't be called {name!r}: so discovered axes are called. Give it another name.")
    require_seed(seed)


def scaled(opened: Opened, direction: Direction) -> Direction:
    """The direction with the spread of the space's items along it as its step."""
    spread = float(projections(opened, direction.vector).astype(np.float64).std()) if len(opened) else 0.0
    scale = spread if spread > 0 else 1.0
    return replace(direction, scale=scale, gap=direction.gap / scale)


def kept(opened: Opened, direction: Direction) -> Fitted:
    """Keep a direction with the space."""
    save_direction(opened.path, direction)
    return described(opened, direction)


def get(opened: Opened, name: str) -> Direction:
    """A direction that the space keeps.

    Raises:
        UnknownNameError: If there is none of that name.
        SpaceError: If it was fitted in another latent space.
    """
    return opened.direction(name)


def remove(opened: Opened, name: str) -> None:
    """Remove a direction that the space keeps.

    Raises:
        UnknownNameError: If there is none of that name.
        StorageError: If it can't be removed.
    """
    remove_direction(opened.path, name)


def warning_of(opened: Opened, name: str) -> str | None:
    """Why a direction that the space keeps is not to be trusted, in a line, or None.

    Raises:
        UnknownNameError: If there is none of that name.
        SpaceError: If it was fitted in another latent space.
    """
    return get(opened, name).warning(kind_of(opened))


def kind_of(opened: Opened) -> str:
    """What the space's items are called: "words" or "items"."""
    return "words" if opened.spec.modality == "word" else "items"


def described(opened: Opened, direction: Direction) -> Fitted:
    """A direction beside the others."""
    others = [o for o in opened.comparable.values() if o.name != direction.name]
    return Fitted(direction, {o.name: direction.cosine(o) for o in others}, kind=kind_of(opened), _opened=opened)
