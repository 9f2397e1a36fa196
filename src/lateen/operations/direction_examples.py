"""Directions from two sets of examples: pictures, items, texts, or two groups that were lassoed on the map.

One idea: an example is whatever the space takes as an ITEM; the space's own items say how such examples scatter.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

import numpy as np
from jaxtyping import Float32

from lateen.core.direction import Direction
from lateen.core.errors import InputError, shown
from lateen.directions.background import Background
from lateen.directions.examples import ExampleFit, fit_examples
from lateen.operations.direction import check_name, kept, scaled
from lateen.operations.fitted import Fitted
from lateen.operations.locating import Located
from lateen.operations.opened import Opened

MOST_ITEMS = 20_000  # of the space, that say how items scatter
MOST_NUMBERS = 2**25  # which they have together
Examples: TypeAlias = str | Path | int | Sequence[str | Path | int]
"""ITEMs: one or more, `a.png,b.png`, or a text file of one a line; what is an ITEM as it stands is not split."""


def fit_of_examples(
    opened: Opened,
    name: str,
    examples: Examples,
    against: Examples,
    *,
    seed: int = 0,
    force: bool = False,
) -> Fitted:
    """Fit a direction from some examples to others and keep it with the space under its name.

    Args:
        opened: The space.
        name: What to call it.
        examples: ITEMs that it points to.
        against: ITEMs that it points away from.
        seed: Of what is held out, of the bootstrap and of the interval.
        force: Replace an older direction of that name.

    Raises:
        InputError: If a side is empty, one ITEM is on both, pictures are set against texts, or the two means agree.
        UnknownNameError: If an ITEM is unknown, with the nearest ids.
    """
    check_name(opened, name, seed, force)
    sides = _listed(opened, examples, "--examples"), _listed(opened, against, "--against")
    _check(*sides)
    points = [opened.locate_all(side) for side in sides]
    _check_points(opened, sides, points)
    of_texts = opened.spec.modality == "image" and points[0][0].is_text
    found = fit_examples(
        _stacked(points[0]),
        _stacked(points[1]),
        name,
        (sides[0], sides[1]),
        background=None if of_texts else _background(opened, seed),
        fingerprint=opened.spec.fingerprint,
        seed=seed,
    )
    return replace(kept(opened, _stepped(opened, found)), expected_cosine=_expected(found))


def _stepped(opened: Opened, found: ExampleFit) -> Direction:
    direction = scaled(opened, found.direction)
    return replace(direction, dose=direction.gap)


def _expected(found: ExampleFit) -> tuple[float, float, float] | None:
    return None if np.isnan(found.cosine) else (found.cosine, found.low, found.high)


def _listed(opened: Opened, given: Examples, option: str) -> tuple[str, ...]:
    """The ITEMs of one side as the user means them."""
    values = [given] if isinstance(given, str | Path | int) else list(given)
    items = [item for value in values for item in _split(opened, str(value), option)]
    if not items:
        raise InputError(f"{option} got no examples; give one ITEM at least, such as {option} a.png,b.png.")
    twice = [item for item, count in Counter(items).items() if count > 1]
    if twice:
        raise InputError(f"{option} has {shown(twice[0])} more than once; give each example once.")
    return tuple(items)


def _split(opened: Opened, value: str, option: str) -> list[str]:
    """A value as it stands if that is an id or a picture, the lines of a text file, else its parts, if any is known."""
    if Path(value).suffix.lower() in (".txt", ".lst") and os.path.isfile(value) and value not in opened.ids:
        return _lines(Path(value), option)
    parts = [part.strip() for part in value.split(",") if part.strip()]
    if len(parts) < 2 and value.strip() == value:
        return parts
    if opened.is_known(value):
        return [value]
    if any(opened.is_known(part) for part in parts):
        return parts
    try:
        opened.locate(value)
    except InputError:
        return parts
    return [value]


def _lines(path: Path, option: str) -> list[str]:
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as cause:
        raise InputError(f"The {option} {path} can't be read: {cause}. Give a text file in UTF-8.") from cause
    return [line.strip() for line in lines if line.strip()]


def _check(more: tuple[str, ...], less: tuple[str, ...]) -> None:
    both = set(more) & set(less)
    if both:
        raise InputError(
            f"{shown(min(both))} is on both sides; an example is more of the direction or less of it, not both."
        )


def _check_points(opened: Opened, sides: tuple[tuple[str, ...], ...], points: list[list[Located]]) -> None:
    """What can only be seen when the ITEMs are found: two names of one item, and texts among pictures."""
    ids = [
        {point.id: item for point, item in zip(found, side, strict=True) if point.id is not None}
        for found, side in zip(points, sides, strict=True)
    ]
    both = set(ids[0]) & set(ids[1])
    if both:
        id = min(both)
        raise InputError(f"{shown(ids[0][id])} and {shown(ids[1][id])} are the same item, {id!r}, on both sides.")
    if opened.spec.modality == "image" and len({p.is_text for at in points for p in at}) == 2:
        raise InputError(
            "Some examples are texts and some are pictures: their difference is mostly that of texts and pictures. "
            "Give texts on both sides, or pictures on both."
        )


def _stacked(points: list[Located]) -> Float32[np.ndarray, "n dim"]:
    return np.stack([point.vector for point in points])


def _background(opened: Opened, seed: int) -> Background:
    """How the space's items scatter, of a sample where they are many."""
    n, vectors = len(opened), opened.search.vectors
    most = max(1000, min(MOST_ITEMS, MOST_NUMBERS // opened.spec.dim))
    rows = np.sort(np.random.default_rng(seed).permutation(n)[:most])
    return Background.of(opened.geometry.project(np.asarray(vectors[rows], np.float32)))
