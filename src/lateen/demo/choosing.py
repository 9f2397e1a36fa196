"""Which portraits the tour shows: chosen by their factors alone, never by how well a picture came out.

One idea: a wish names the factors that matter and the values they should have; the portrait nearest to it is taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Shaped
from scipy.spatial.distance import cdist

from lateen.core.errors import InputError
from lateen.sources.portraits import FACTORS

FIRST, FACES = 10, 4

Wish = Mapping[str, float]
Columns = Mapping[str, Shaped[np.ndarray, " _"]]

FRONTAL: Wish = {"head_turn": 0.0, "head_tilt": 0.0, "gaze": 0.0, "light": 0.0}
CLEAN: Wish = {"beard": 0.0, "moustache": 0.0, "mouth_open": 0.0, "age": 0.2}

MAN: Wish = {**FRONTAL, **CLEAN, "woman": 0, "glasses": 0, "beard": 0.8, "moustache": 0.6}
MAN = {**MAN, "hair_length": 0.1, "hair_colour": 0.1, "fringe": 0.2, "smile": 0.4, "background": 0.8}
WOMAN: Wish = {**FRONTAL, **CLEAN, "woman": 1, "glasses": 0}
WOMAN = {**WOMAN, "hair_length": 0.8, "hair_colour": 0.8, "fringe": 0.6, "smile": 0.8, "background": 0.3}
CLASSES = tuple(factor.name for factor in FACTORS if factor.kind != "continuous")
OTHERS = tuple(factor.name for factor in FACTORS if factor.kind == "continuous")
RANGES = {factor.name: factor.high - factor.low for factor in FACTORS}


@dataclass(frozen=True)
class Cast:
    """The ids of the portraits that the tour shows.

    Args:
        first: The first portraits of the space, unchosen.
        man: Nearest to the wish MAN; the path starts here.
        woman: Nearest to the wish WOMAN; the path ends here.
        man_with_glasses: Of all pairs of men, one with clear glasses and one without, the most alike in all
            other factors that face the viewer: the one with.
        his_double: The one without.
        brown_haired: The first portraits that look ahead, without glasses, with hair of middle brown.
        without_glasses: The first portraits that look ahead, without glasses.
    """

    first: tuple[str, ...]
    man: str
    woman: str
    man_with_glasses: str
    his_double: str
    brown_haired: tuple[str, ...]
    without_glasses: tuple[str, ...]


def choose(columns: Columns) -> Cast:
    """Choose the cast from the factors of portraits 0, 1, ...

    Raises:
        InputError: If there are too few portraits to choose from.
    """
    man_with_glasses, his_double = _most_alike(columns)
    bare = (columns["glasses"] == 0) & (np.abs(columns["head_turn"]) < 12)
    brown = bare & (np.abs(columns["hair_colour"] - 0.5) < 0.15)
    return Cast(
        first=tuple(str(row) for row in range(FIRST)),
        man=str(nearest_to(columns, MAN)),
        woman=str(nearest_to(columns, WOMAN)),
        man_with_glasses=str(man_with_glasses),
        his_double=str(his_double),
        brown_haired=_first(brown, FACES),
        without_glasses=_first(bare, FACES),
    )


def nearest_to(columns: Columns, wish: Wish) -> int:
    """Row of the portrait nearest to a wish: classes must agree, the rest is compared as shares of its range."""
    rows = np.flatnonzero(np.all([columns[n] == wish[n] for n in wish if n in CLASSES], axis=0))
    if len(rows) == 0:
        raise InputError(f"None of {len(columns['woman'])} portraits is what the tour looks for; make more of them.")
    return int(rows[np.argmin(_distances(columns, wish)[rows])])


def _most_alike(columns: Columns) -> tuple[int, int]:
    """Rows of the two men, with clear glasses and without, who differ least in all else and face the viewer most."""
    man = columns["woman"] == 0
    first, second = np.flatnonzero(man & (columns["glasses"] == 1)), np.flatnonzero(man & (columns["glasses"] == 0))
    if len(first) == 0 or len(second) == 0:
        raise InputError(f"Among {len(man)} portraits no two men differ in their glasses; make more of them.")
    look = np.stack([columns[name].astype(np.float64) / RANGES[name] for name in OTHERS], axis=1)
    turned = _distances(columns, FRONTAL)
    cost = cdist(look[first], look[second], "sqeuclidean") + turned[first, None] + turned[second]
    i, j = np.unravel_index(np.argmin(cost), cost.shape)
    return int(first[i]), int(second[j])


def _distances(columns: Columns, wish: Wish) -> Float[np.ndarray, " _"]:
    parts = [(columns[n].astype(np.float64) - wish[n]) / RANGES[n] for n in wish if n not in CLASSES]
    return np.asarray(np.square(parts).sum(axis=0))


def _first(wanted: Bool[np.ndarray, " _"], k: int) -> tuple[str, ...]:
    return tuple(str(row) for row in np.flatnonzero(wanted)[:k])
