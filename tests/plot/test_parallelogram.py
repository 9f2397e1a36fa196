"""The picture of an analogy: a true parallelogram, dots where the points are, an honest list, and no NaN."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from lateen.core.errors import InputError
from lateen.plot import parallelogram as module
from lateen.plot.answers import CORNER, FIRST, OTHER, Answer, marks_of
from lateen.plot.canvas import PADDING
from lateen.plot.palette import INK, Color, support_color
from lateen.plot.parallelogram import FIELD, LOWEST, MOST, OFFSET, analogy_picture, parallelogram

LONG = "漢字 and <b>words</b>\n" * 40
LABELS = ("man", "king", "woman")
FLAT = np.array([[0.0, 0.0], [4.0, 0.0], [1.0, 2.0]])  # a, b, c; the sum is (5, 2)
CASES = ("general", "a = b", "a = c", "b = c", "all one", "line", "tiny offset", "huge", "minute", "far answer")


def answer(x: float = 2.0, y: float = 1.0, off: float = 0.5, label: str = "queen", *, asked: bool = False) -> Answer:
    return Answer(label, (x, y), off, 0.25, asked)


def is_color(image: Image.Image, color: Color) -> np.ndarray:
    return (np.asarray(image)[:, : PADDING + FIELD] == np.array(color)).all(axis=2)


def discs(image: Image.Image, color: Color, radius: float = CORNER) -> list[tuple[float, float]]:
    """Centres of all discs of one colour in the field, from left to right."""
    inked = is_color(image, color)
    reach = int(0.6 * radius)  # of a square inside
    whole = np.lib.stride_tricks.sliding_window_view(inked, (2 * reach, 2 * reach)).all(axis=(2, 3))
    found: list[list[tuple[int, int]]] = []
    for y, x in np.argwhere(whole).tolist():
        near = next((group for group in found if math.dist(group[0], (x, y)) < 2 * radius), None)
        found.append([(x, y)]) if near is None else near.append((x, y))
    return sorted((float(x) + reach, float(y) + reach) for x, y in (np.mean(group, axis=0) for group in found))


def corners_of(case: str, dim: int) -> np.ndarray:
    a, b, c = np.random.default_rng(0).normal(size=(3, dim))
    return {
        "a = b": np.stack([a, a, c]),
        "a = c": np.stack([a, b, a]),
        "b = c": np.stack([a, b, b]),
        "all one": np.stack([a, a, a]),
        "line": np.stack([a, b, a - 2 * (b - a)]),
        "tiny offset": np.stack([a, a + 1e-9 * b, c]),
        "huge": np.stack([a, b, c]) * 1e30,
        "minute": np.stack([a, b, c]) * 1e-30,
    }.get(case, np.stack([a, b, c]))


def drawn(case: str = "general", n: int = 9, dim: int = 20, **options: object) -> Image.Image:
    """A made-up analogy in `dim` dimensions, its answers spread around the sum."""
    corners = corners_of(case, dim)
    a, b, c = corners
    size = max(float(np.abs(corners - a).max()), 1e-3 if case == "all one" else 0.0)
    answers = (b - a + c) + 0.4 * size * np.random.default_rng(1).normal(size=(n, dim))
    if case == "far answer":
        answers[-1] += 50 * (b - a)
    names = [f"word {i}" for i in range(n)]
    return analogy_picture(corners, LABELS, answers, names, np.linspace(0.3, 0.9, n), **options)  # type: ignore[arg-type]


def test_corners_are_a_parallelogram_with_one_scale_on_both_axes() -> None:
    image = parallelogram(FLAT, [answer()], labels=LABELS)
    a, c, b = (np.array(at) for at in discs(image, INK))
    scale = np.linalg.norm(b - a) / 4
    assert a[1] == pytest.approx(b[1], abs=0.5)
    np.testing.assert_allclose((c - a) / scale, [1, -2], atol=1 / scale)
    ((x, y),) = discs(image, FIRST, 8)
    np.testing.assert_allclose((np.array([x, y]) - a) / scale, [2, -1], atol=1 / scale)
    rows, columns = np.nonzero(is_color(image, OFFSET))
    np.testing.assert_allclose([columns.max() - 9 - a[0], a[1] - rows.min() - 9], [5 * scale, 2 * scale], atol=2)


def test_both_arrows_are_the_same_offset() -> None:
    inked = is_color(parallelogram(FLAT, [answer()], labels=LABELS), OFFSET)
    lengths = inked.sum(axis=1)
    shafts = np.flatnonzero(lengths > 0.6 * lengths.max())
    lower, upper = shafts[shafts > shafts.mean()], shafts[shafts < shafts.mean()]
    assert len(lower) == len(upper)
    ends = [np.flatnonzero(inked[rows[0]])[[0, -1]] for rows in (lower, upper)]
    assert np.ptp(ends[0]) == pytest.approx(np.ptp(ends[1]), abs=26)  # the ring keeps one of them shorter


def test_distances_on_paper_are_those_in_the_space() -> None:
    """In two dimensions nothing is off the plane: the drawing is a map of the space, turned."""
    corners = np.array([[3.0, 1.0], [3.0, 5.0], [0.0, 2.0]])
    answers = np.array([[1.0, 4.0], [0.5, 7.0]])
    image = analogy_picture(corners, LABELS, answers, ["one", "two"], [0.1, 0.2])
    (first,) = discs(image, FIRST, 8)
    a, b = discs(image, INK)[0], discs(image, INK)[-1]
    scale = math.dist(a, b) / 4
    for corner, at in ((corners[0], a), (corners[1], b)):
        true = float(np.linalg.norm(answers[0] - corner))
        assert math.dist(first, at) / scale == pytest.approx(true, abs=1.5 / scale)


def test_an_answer_off_the_plane_is_drawn_at_its_foot_whatever_its_height() -> None:
    corners = np.eye(5)[:3]
    low = np.array([[0.1, 0.7, 0.4, 0.0, 0.0]])
    high = low + np.array([[0.0, 0.0, 0.0, 3.0, 4.0]])
    images = [analogy_picture(corners, LABELS, at, ["queen"], [0.5]) for at in (low, high)]
    assert discs(images[0], FIRST, 8) == discs(images[1], FIRST, 8)
    assert images[0].tobytes() != images[1].tobytes()  # the list says how far


def test_marks_are_less_the_farther_off_and_the_first_is_largest() -> None:
    answers = [answer(off=0, label="king", asked=True), *(answer(off=off) for off in (0.9, 0.0, 0.3, 0.6, 0.9))]
    marks = marks_of(answers)
    assert [mark.asked for mark in marks] == [True, False, False, False, False, False]
    assert [mark.first for mark in marks] == [False, True, False, False, False, False]
    assert all(a.radius > b.radius and a.alpha > b.alpha for a, b in pairwise(marks[2:]))
    assert marks[1].radius > marks[2].radius
    assert {mark.color for mark in marks[2:]} == {OTHER}


def test_words_of_the_question_get_a_ring_and_are_not_the_answer() -> None:
    plain = parallelogram(FLAT, [answer()], labels=LABELS)
    asked = parallelogram(FLAT, [answer(4, 0, 0, "king", asked=True), answer()], labels=LABELS)
    assert discs(asked, FIRST, 8)
    assert is_color(asked, INK).sum() > is_color(plain, INK).sum()
    only = parallelogram(FLAT, [answer(4, 0, 0, "king", asked=True)], labels=LABELS)
    assert not is_color(only, FIRST).any()
    corners = np.random.default_rng(0).normal(size=(3, 8))
    named = analogy_picture(corners, LABELS, corners[1:2], ["king"], [0.4])
    assert not is_color(named, FIRST).any()


@pytest.mark.parametrize("n", [1, 2, 10, 29, 30, 31, 200])
def test_any_number_of_answers(n: int) -> None:
    image = drawn(n=n, title="t", support=0.5)
    assert image.width == drawn(n=1).width
    assert image.height >= LOWEST
    assert len(discs(image, FIRST, 8)) == 1


def test_what_is_beyond_the_list_changes_no_dot() -> None:
    corners = np.random.default_rng(0).normal(size=(3, 6))
    near = np.random.default_rng(1).normal(size=(MOST + 5, 6))
    names = [str(i) for i in range(len(near))]
    fields = [
        np.asarray(analogy_picture(corners, LABELS, near[:k], names[:k], np.ones(k)))[: MOST * 20, : PADDING + FIELD]
        for k in (MOST + 1, MOST + 5)
    ]
    assert (fields[0] == fields[1]).all()


@pytest.mark.parametrize("case", CASES)
def test_degenerate_analogies_are_drawn(case: str) -> None:
    image = drawn(case)
    assert LOWEST < image.height < 1000
    assert is_color(image, INK).any()
    assert is_color(image, FIRST).any()


def test_all_points_in_one_place() -> None:
    same = np.ones((3, 4))
    image = analogy_picture(same, LABELS, np.ones((6, 4)), list("abcdef"), np.zeros(6))
    assert is_color(image, OFFSET).any()
    assert analogy_picture(np.ones((3, 1)), LABELS, np.zeros((1, 1)), ["x"], [0.0]).width == image.width


def test_long_and_foreign_words_stay_in_their_room() -> None:
    labels = (LONG, "Königin" * 20, "женщина")
    corners = np.random.default_rng(0).normal(size=(3, 9))
    near = np.random.default_rng(1).normal(size=(12, 9))
    image = analogy_picture(corners, labels, near, [LONG, "βασίλισσα", "", "\u202e", "漢", *"abcdefg"], near[:, 0],
                            title=LONG, support=None, measure=LONG)  # fmt: skip
    pixels = np.asarray(image)
    assert (pixels[:, :PADDING] == pixels[0, 0]).all()
    assert (pixels[:, -PADDING + 4 :] == pixels[0, 0]).all()
    between = pixels[PADDING + 50 : 300, PADDING + FIELD + 2 : PADDING + FIELD + 20]
    assert (between == pixels[0, 0]).all()


def test_support_is_shown_if_given() -> None:
    given, unknown, without = drawn(support=0.9), drawn(support=float("nan")), drawn()
    bar = np.array(support_color(0.9))
    assert (np.asarray(given) == bar).all(axis=2).any()
    assert not (np.asarray(unknown) == bar).all(axis=2).any()
    assert unknown.size == given.size
    assert without.height < given.height


def test_the_note_says_which_share_the_plane_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    draw = module.Page.note

    def note(page: module.Page, text: str, y: int) -> None:
        written.append(text)
        draw(page, text, y)

    monkeypatch.setattr(module.Page, "note", note)
    corners = np.eye(4)[:3]
    beside = corners[1] - corners[0] + corners[2] + np.array([[1, -1, 0, math.sqrt(6)]])  # 2 in the plane, 6 off it
    analogy_picture(corners, LABELS, beside, ["queen"], [0.5], measure="angle")
    assert any("25 % of the squared distance" in text and "by angle in all 4 dimensions" in text for text in written)
    assert "from man to king; the second starts at woman" in written[0]


def test_the_picture_is_deterministic() -> None:
    assert drawn(support=0.5, title="t").tobytes() == drawn(support=0.5, title="t").tobytes()


def test_bad_calls_are_named() -> None:
    corners, near = np.eye(4)[:3], np.ones((2, 4))
    with pytest.raises(InputError, match="got no answers"):
        analogy_picture(corners, LABELS, np.zeros((0, 4)), [], [])
    with pytest.raises(InputError, match="1 labels and 2 distances for 2 neighbours"):
        analogy_picture(corners, LABELS, near, ["a"], [0.1, 0.2])
    with pytest.raises(InputError, match="2 labels; give three"):
        analogy_picture(corners, ("a", "b"), near, ["a", "b"], [0.1, 0.2])
    with pytest.raises(InputError, match="NaN or infinity"):
        analogy_picture(corners * np.nan, LABELS, near, ["a", "b"], [0.1, 0.2])
    with pytest.raises(InputError, match="NaN or infinity"):
        analogy_picture(corners, LABELS, near * np.inf, ["a", "b"], [0.1, 0.2])
    with pytest.raises(InputError, match=r"support 1.5"):
        analogy_picture(corners, LABELS, near, ["a", "b"], [0.1, 0.2], support=1.5)
    with pytest.raises(InputError, match="parallelogram got no answers"):
        parallelogram(FLAT, [], labels=LABELS)
    with pytest.raises(InputError, match="parallelogram got 2 labels"):
        parallelogram(FLAT, [answer()], labels=LABELS[:2])
    with pytest.raises(InputError, match="'queen' with a place that is not finite"):
        parallelogram(FLAT, [answer(x=float("nan"))], labels=LABELS)
    with pytest.raises(InputError, match="corners that are not all finite"):
        parallelogram(FLAT + np.inf, [answer()], labels=LABELS)
