"""The picture of a dimension by scale."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from PIL import Image

from lateen.plot.dimension import HEIGHT, MOST, WIDTH, Line, Spot, dimension_picture
from lateen.plot.palette import CATEGORIES, PAPER, RISE, mix

LEVEL = [(1.0 * 2**i, 2.0, 1.9, 2.1) for i in range(5)]


def drawn(
    *lines: Line, bands: Sequence[tuple[float, float, float]] = (), spots: Sequence[Spot] = ()
) -> Image.Image:
    return dimension_picture(lines, bands=bands, spots=spots, title="roll: 2.00 dimensions", by="label")


def rows_of(image: Image.Image, color: tuple[int, int, int], right: int = WIDTH) -> np.ndarray:
    """Rows of the field of lines in which a colour stands."""
    pixels = np.asarray(image)[70 : 70 + HEIGHT, :right]
    return np.flatnonzero((pixels == color).all(axis=2).any(axis=1))


def test_higher_is_more_and_a_level_line_is_level() -> None:
    falling = [(x, 10 / x, 9 / x, 11 / x) for x, *_ in LEVEL]
    level, fall = (rows_of(drawn(Line("mle", points, True)), CATEGORIES[0]) for points in (LEVEL, falling))
    assert np.ptp(fall) > HEIGHT / 2 > np.ptp(level)


def test_a_plateau_is_shaded_where_it_lies() -> None:
    shade = mix(RISE, PAPER, 0.72)
    without, shaded = drawn(Line("mle", LEVEL, True)), drawn(Line("mle", LEVEL, True), bands=[(2.0, 8.0, 2.0)])
    assert not len(rows_of(without, shade))
    columns = np.flatnonzero((np.asarray(shaded)[70 : 70 + HEIGHT] == shade).all(axis=2).any(axis=0))
    field = WIDTH - 28 - 72
    assert 0.4 * field < np.ptp(columns) < 0.6 * field  # half of the way in logarithms


def test_groups_stand_beside_and_too_many_are_counted() -> None:
    few = drawn(Line("mle", LEVEL, True), spots=[Spot("a", 2.0, 1.8, 2.2), Spot("b", math.nan, math.nan, math.nan)])
    spots = [Spot(f"g{i}", float(i + 1), i + 0.9, i + 1.1) for i in range(MOST + 9)]
    many = drawn(Line("mle", LEVEL, True), spots=spots)
    assert few.size == many.size == drawn(Line("mle", LEVEL, True)).size
    assert (np.asarray(few)[:, -340:] != PAPER).any()
    assert (np.asarray(many)[480:, -340:] != PAPER).any()


@pytest.mark.parametrize(
    "points",
    [
        [(1.0, 2.0, math.nan, math.nan)],
        [(0.0, 2.0, 1.0, 3.0), (1e-30, 2.0, 1.0, 3.0), (1e30, 300.0, 1.0, 3000.0)],
        [(5.0, 1e-3, 1e-3, 1e-3), (5.0, math.nan, math.nan, math.nan)],
        [],
    ],
    ids=["one", "far apart", "small", "none"],
)
def test_any_figures_can_be_drawn(points: list[tuple[float, float, float, float]]) -> None:
    picture = drawn(Line("mle", points, True), Line("pca", [], False))
    assert picture.width == WIDTH
    edges = np.asarray(picture)[:, [0, 5, -6, -1]]
    assert (edges == PAPER).all()


def test_the_same_bytes_again() -> None:
    lines = [Line("mle", LEVEL, True), Line("two_nn", LEVEL, False)]
    assert drawn(*lines).tobytes() == drawn(*lines).tobytes()
