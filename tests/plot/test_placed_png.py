"""New points on a map: their pictures or names where they belong, what can't be believed shaded."""

from __future__ import annotations

import numpy as np
import pytest

from lateen.core.errors import InputError
from lateen.plot.palette import CATEGORIES, PAPER
from lateen.plot.placed_png import DOUBTFUL, NEW, UNLIKE, placed_png

RED = np.full((32, 32, 3), (220, 20, 20), np.uint8)


def scattered(n: int) -> np.ndarray:
    return np.random.default_rng(0).uniform(-1, 1, (n, 2)).astype(np.float32)


def test_a_picture_is_where_its_point_is() -> None:
    corners = np.float32([[-1, -1], [1, 1]])
    drawn = np.asarray(placed_png(corners, np.float32([[-1, 1]]), thumbnails=lambda row: RED, size=800))
    ys, xs = np.nonzero((np.abs(drawn.astype(int) - RED[0, 0]) < 3).all(axis=2))
    assert xs.mean() < 0.15 * drawn.shape[1]
    assert ys.mean() < 0.15 * drawn.shape[0]


def test_names_stand_for_points_without_pictures() -> None:
    bare = placed_png(scattered(50), scattered(3), size=600)
    named = placed_png(scattered(50), scattered(3), names=lambda row: f"word {row}", size=600)
    assert bare.tobytes() != named.tobytes()
    assert bare.size == named.size


def test_what_cannot_be_believed_is_shaded() -> None:
    trusted = np.zeros((4, 4), bool)
    trusted[0] = True  # the lowest row
    none, corners = np.zeros((0, 2), np.float32), np.float32([[-1, -1], [1, 1]])
    drawn = np.asarray(placed_png(corners, none, trusted=trusted, size=600))
    middle = drawn[:, 300]
    assert tuple(middle[150]) == DOUBTFUL
    assert tuple(middle[540]) == PAPER


@pytest.mark.parametrize("n", [1, 2, 30_000])
def test_any_number_of_points(n: int) -> None:
    drawn = placed_png(scattered(n), scattered(1), thumbnails=lambda row: None, size=400, title="a map")
    colours = {colour for _, colour in drawn.getcolors(1 << 24) or []}
    assert any(np.abs(np.subtract(colour, CATEGORIES[1])).max() < 60 for colour in colours)


def test_all_in_one_place() -> None:
    there = np.zeros((5, 2), np.float32)
    drawn = placed_png(there, there[:2], trusted=np.ones((1, 1), bool), size=400)
    colours = {colour for _, colour in drawn.getcolors(1 << 24) or []}
    assert any(np.abs(np.subtract(colour, CATEGORIES[1])).max() < 60 for colour in colours)


def test_what_is_refused() -> None:
    with pytest.raises(InputError, match="0 points"):
        placed_png(scattered(0), scattered(1))
    with pytest.raises(InputError, match="size=10"):
        placed_png(scattered(3), scattered(1), size=10)


def test_what_is_unlike_the_data_is_hollow_or_framed_in_grey() -> None:
    corners, new = np.float32([[-1, -1], [1, 1]]), np.float32([[-0.5, 0], [0.5, 0]])
    plain = placed_png(corners, new, size=600)
    drawn = placed_png(corners, new, size=600, unlike=np.array([False, True]))
    assert drawn.height == plain.height + 30  # for the line that says so
    spots = [np.asarray(drawn)[40:570][:, part].reshape(-1, 3) for part in (slice(100, 300), slice(300, 500))]
    assert [bool((np.abs(spot.astype(int) - NEW).max(axis=1) < 30).any()) for spot in spots] == [True, False]
    framed = [placed_png(corners, new, thumbnails=lambda row: RED, size=600, unlike=far) for far in (
        np.array([False, False]), np.array([True, True]))]  # fmt: skip
    counts = [int((np.asarray(image) == UNLIKE).all(axis=2).sum()) for image in framed]
    assert counts[0] < 20 < counts[1]
