"""The picture of items between two poles."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from lateen.core.errors import InputError
from lateen.plot.palette import FALL, RISE
from lateen.plot.reading import WIDTH, Dot, reading

TEXTS = {"title": "gender", "less": "she", "more": "he", "note": "all words"}
EVERYTHING = np.random.default_rng(0).normal(size=500)


def drawn(*dots: Dot, everything: np.ndarray = EVERYTHING) -> Image.Image:
    return reading(dots, everything, **TEXTS)


def places(image: Image.Image, color: tuple[int, int, int]) -> np.ndarray:
    """Columns of the pixels of a colour below the names of the poles."""
    pixels = np.asarray(image)[200:]
    return np.flatnonzero((pixels == color).all(axis=2).any(axis=0))


def test_items_stand_where_they_read() -> None:
    picture = drawn(Dot("king", 2.5, "+2.5"), Dot("queen", -1.0, "-1.0"))
    more, less = places(picture, RISE), places(picture, FALL)
    assert less.max() < more.min()
    farther = drawn(Dot("king", 2.5, "+2.5"), Dot("queen", -2.5, "-2.5"))
    assert places(farther, FALL).min() < less.min()


def test_a_row_each_and_the_same_bytes_again() -> None:
    dots = [Dot(f"w{i}", i / 20 - 1, f"{i}") for i in range(40)]
    picture = drawn(*dots)
    assert picture.width == WIDTH
    assert picture.height - drawn(*dots[:39]).height == 30
    assert picture.tobytes() == drawn(*dots).tobytes()


@pytest.mark.parametrize("everything", [np.zeros(3), np.ones(1), np.array([1.0, np.float32(1)])])
def test_items_that_are_all_alike(everything: np.ndarray) -> None:
    assert drawn(Dot("one", float(everything[0]), "0"), everything=everything).width == WIDTH


def test_names_of_any_length_and_script_stay_on_the_sheet() -> None:
    picture = drawn(Dot("word " * 80, 3.0, "+3.0"), Dot("слово" * 80, -3.0, "-3.0"), Dot("", 0.0, "0"))
    pixels = np.asarray(picture)
    for column in (0, 5, -6, -1):
        assert (pixels[200:, column] == pixels[0, 0]).all()


def test_nothing_to_draw() -> None:
    with pytest.raises(InputError, match="got 0 items beside 500"):
        drawn()
    with pytest.raises(InputError, match="got 1 items beside 0"):
        drawn(Dot("a", 0.0, "0"), everything=np.zeros(0))
