"""Strips, grids, edits and equations: the right colours at the right places, whatever is drawn."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from lateen.core.errors import InputError
from lateen.plot.canvas import BAR_HEIGHT, cell_size
from lateen.plot.edit import Effect, before_after
from lateen.plot.equation import equation
from lateen.plot.grid import grid, neighbours, pairs
from lateen.plot.palette import CATEGORIES, SUPPORT, Color, support_color
from lateen.plot.strip import strip

LONG = "漢字 and <b>words</b>\n" * 40


def plain(color: Color, height: int = 64, width: int = 64) -> np.ndarray:
    return np.full((height, width, 3), color, np.uint8)


def box_of(image: Image.Image, color: Color) -> tuple[int, int, int, int]:
    """Left, top, right, bottom (exclusive) of all pixels of exactly one colour."""
    rows, columns = np.nonzero((np.asarray(image) == np.array(color)).all(axis=2))
    assert len(rows), f"{color} is nowhere"
    return int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1


def five() -> np.ndarray:
    return np.stack([plain(c) for c in CATEGORIES[:5]])


def test_strip_shows_the_frames_in_order_enlarged_by_a_whole_factor() -> None:
    image = strip(five(), labels=list("abcde"), title="Five")
    boxes = [box_of(image, c) for c in CATEGORIES[:5]]
    assert all(right - left == 128 and bottom - top == 128 for left, top, right, bottom in boxes)
    assert len({top for _, top, _, _ in boxes}) == 1
    assert {b[0] - a[0] for a, b in pairwise(boxes)} == {136}


@pytest.mark.parametrize("support", [0.02, 0.1, 0.35, 0.5, 0.8, 1.0])
def test_the_bar_is_as_high_as_the_support_and_has_its_colour(support: float) -> None:
    frames = five()
    image = strip(frames, support=[support] * 5)
    left, top, right, bottom = box_of(image, support_color(support))
    assert bottom - top == max(2, round(BAR_HEIGHT * support))
    assert left == box_of(image, CATEGORIES[0])[0]
    assert right == box_of(image, CATEGORIES[4])[2]


def test_unknown_support_is_drawn_without_a_bar() -> None:
    known = strip(five(), support=[0.5] * 5)
    unknown = strip(five(), support=[None, float("nan"), None, None, None])
    assert known.size == unknown.size
    assert not (np.asarray(unknown) == np.array(support_color(0.5))).all(axis=2).any()


def test_support_colors_pass_through_their_stops() -> None:
    assert [support_color(at) for at, _ in SUPPORT] == [color for _, color in SUPPORT]
    assert support_color(float("nan")) == support_color(None)


def test_strip_ends_stand_apart_and_long_paths_wrap() -> None:
    ends = (plain((200, 0, 0), 90, 50), plain((0, 0, 200)))
    image = strip(np.repeat(five(), 6, axis=0), ends=ends, labels=["x"] * 30, title=LONG)
    assert image.width <= 1760
    first, last = box_of(image, (200, 0, 0)), box_of(image, (0, 0, 200))
    assert first[2] < box_of(image, CATEGORIES[0])[0]
    assert last[0] > box_of(image, CATEGORIES[4])[2]
    assert last[1] > first[1] + 128


def test_grid_places_row_by_row_and_keeps_shapes() -> None:
    images = [plain(c, 40, 80) for c in CATEGORIES[:6]]
    image = grid(images, columns=3, labels=["ä", LONG, "", "4", "5", "6"])
    boxes = [box_of(image, c) for c in CATEGORIES[:6]]
    assert all((r - l, b - t) == cell_size(40, 80) == (160, 80) for l, t, r, b in boxes)  # noqa: E741
    assert boxes[0][1] == boxes[2][1] < boxes[3][1]
    assert boxes[0][0] == boxes[3][0] < boxes[1][0]


@pytest.mark.parametrize("n", [1, 2, 5, 7, 18, 64, 150])
def test_grid_of_any_number_has_room_for_all(n: int) -> None:
    image = grid(np.stack([plain((200, 40, 40))] * n))
    share = (np.asarray(image) == (200, 40, 40)).all(axis=2).sum() / (n * 128 * 128)
    assert share == pytest.approx(1, abs=0.01)
    assert image.width <= 1760


def test_pictures_of_other_shapes_are_fitted_not_cut() -> None:
    image = grid([plain((10, 10, 10)), plain((250, 0, 0), 30, 90), plain((0, 0, 250), 2000, 3)])
    left, top, right, bottom = box_of(image, (250, 0, 0))
    assert (right - left, bottom - top) == (128, 43)


def test_pairs_stand_one_above_the_other() -> None:
    image = pairs(five()[:2], five()[2:4], names=("original", LONG), labels=["1", "2"])
    for above, below in ((0, 2), (1, 3)):
        upper, lower = box_of(image, CATEGORIES[above]), box_of(image, CATEGORIES[below])
        assert upper[0] == lower[0]
        assert lower[1] == upper[3] + 4


def test_neighbours_follow_the_query() -> None:
    results = [(plain(CATEGORIES[i]), str(i)) for i in range(1, 4)]
    image = neighbours(plain(CATEGORIES[0]), [*results, (None, "word")], label="q", title="Nearest")
    lefts = [box_of(image, CATEGORIES[i])[0] for i in range(4)]
    assert lefts == sorted(lefts)
    assert neighbours(None, [], label="lonely").width > 100


def test_before_after_shows_where_and_how_much() -> None:
    before = plain((100, 100, 100))
    after = before.copy()
    after[16:32, 8:24] = (100, 180, 90)
    effects = [
        Effect("smile", 0.9, 0.8, 1.0, 1.0, "intended"),
        Effect("beard", -0.5, -0.7, -0.3, 1.0, "side effect"),
        Effect("none", 0.0, -0.1, 0.1),
        Effect("?", float("nan"), float("nan"), float("nan")),
    ]
    image = before_after(before, after, changed=effects, along=[("0", 0.5), ("+1", 0.0), ("+2", float("nan"))])
    heat = np.asarray(image)[:300, -290:]
    dark = (heat == np.array((128, 24, 60))).all(axis=2)
    rows, columns = np.nonzero(dark[:290])
    assert rows.max() - rows.min() + 1 == 16 * 4
    assert np.asarray(image).shape[0] > before_after(before, after).height
    assert box_of(image, (27, 138, 124))[0] > box_of(image, (201, 87, 80))[0]
    assert columns.size >= (16 * 4) ** 2


def test_before_after_of_equal_pictures_shows_no_heat() -> None:
    same = plain((90, 40, 10))
    image = np.asarray(before_after(same, same))
    assert not (image[80:250, -280:-40] == (128, 24, 60)).all(axis=2).any()


def test_equation_reads_from_left_to_right_and_lists_the_nearest_below() -> None:
    a, b, c, d, near = (plain(color) for color in CATEGORIES[:5])
    image = equation(
        [("+", a, "a"), ("-", b, "b"), ("+0.5", c, LONG)], d, nearest=[(near, "n"), (None, "word")], support=0.9
    )
    boxes = [box_of(image, color) for color in CATEGORIES[:5]]
    assert [box[0] for box in boxes[:4]] == sorted(box[0] for box in boxes[:4])
    assert boxes[4][1] > boxes[3][3]
    bar = box_of(image, support_color(0.9))
    assert (bar[0], bar[2]) == (boxes[3][0], boxes[3][2])
    words = equation([("-", None, "man"), ("+", None, "woman")], None, nearest=[(None, "queen")])
    assert words.width > 3 * 128


def test_pictures_are_deterministic() -> None:
    def draw() -> bytes:
        return strip(five(), labels=list("äЖ≈漢e"), support=[0.1, 0.2, 0.5, 0.7, None], title="t").tobytes()

    assert draw() == draw()


def test_bad_calls_are_named() -> None:
    with pytest.raises(InputError, match="strip got no frames"):
        strip(np.zeros((0, 4, 4, 3), np.uint8))
    with pytest.raises(InputError, match="3 labels for 5 pictures"):
        strip(five(), labels=["a", "b", "c"])
    with pytest.raises(InputError, match=r"support 1.5 at place 1; support lies in 0 ... 1"):
        strip(five(), support=[0.1, 1.5, 0, 0, 0])
    with pytest.raises(InputError, match="without pixels at place 1"):
        grid([plain((0, 0, 0)), np.zeros((0, 4, 3), np.uint8)])
    with pytest.raises(InputError, match="grid got no images"):
        grid([])
    with pytest.raises(InputError, match="columns=0"):
        grid(five(), columns=0)
    with pytest.raises(InputError, match="5 pictures above, 4 below"):
        pairs(five(), five()[:4])
    with pytest.raises(InputError, match=r"\(64, 64, 3\) and \(32, 32, 3\)"):
        before_after(plain((0, 0, 0)), plain((0, 0, 0), 32, 32))
    with pytest.raises(InputError, match="sign '/'"):
        equation([("/", None, "a")], None)
    with pytest.raises(InputError, match="no terms"):
        equation([], None)
    with pytest.raises(InputError, match="nothing to draw"):
        neighbours(None, [])
