"""The page of a direction: what is said is there, what is missing leaves no hole, and nothing falls off the paper."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

import lateen as lt
from lateen.core.errors import InputError
from lateen.core.probe import Probe
from lateen.core.response import Response
from lateen.operations.direction_page import direction_page as page_of
from lateen.plot.canvas import Page
from lateen.plot.direction_page import Example, PageOfDirection, Pole, direction_page
from lateen.plot.dose_response import LINE, dose_response, round_numbers
from lateen.plot.palette import CATEGORIES, FALL, PAPER, RISE, Color, support_color
from lateen.plot.strip import strip
from lateen.plot.traversal import signed, traversal_grid
from lateen.space import Space

STEPS = ("−2", "−1", "0", "+1", "+2", "+3")
RESPONSE = Response((-1.0, 0.0, 1.0, 2.0), (0.02, 0.1, 0.6, 0.97), (0.0, 0.05, 0.4, 0.9), (0.05, 0.2, 0.8, 1.0))


def plain(color: Color, side: int = 64) -> np.ndarray:
    return np.full((side, side, 3), color, np.uint8)


def where(image: Image.Image, color: Color) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns of all pixels of exactly one colour."""
    rows, columns = np.nonzero((np.asarray(image) == np.array(color)).all(axis=2))
    return rows, columns


def example(color: Color, support: float | None = 0.5) -> Example:
    return Example("item", plain(color), [plain(color)] * 6, [support] * 6, [".50"] * 6)


def full(**changes: object) -> PageOfDirection:
    told = PageOfDirection(
        title="glasses",
        subtitle="glasses = 1   ·   mean_difference   ·   without age",
        figures=[("held-out AUC", "0.991"), ("stability", "0.98")],
        steps=STEPS,
        item_at=2,
        dose_at=4,
        examples=[example(color) for color in CATEGORIES[1:6]],
        response=RESPONSE,
        dose=2.0,
        ends=[("least", [plain(CATEGORIES[7])] * 9)],
        cosines=[("age", 0.5), ("smile", -0.25)],
        notes=["A note."],
    )
    return replace(told, **changes)  # type: ignore[arg-type]


def test_every_row_shows_its_item_and_a_frame_per_step() -> None:
    image = direction_page(full())
    tops = []
    for color in CATEGORIES[1:6]:
        rows, _ = where(image, color)
        assert len(rows) / (128 * 128) == pytest.approx(7, abs=0.05)
        tops.append(rows.min())
    assert tops == sorted(tops)


def test_the_margin_stays_free_whatever_is_said() -> None:
    long = "漢字 and <b>words</b>\n" * 40
    changes = {
        "title": long,
        "subtitle": long,
        "warning": long,
        "figures": [(long, long)] * 9,
        "cosines": [(long, 1.0), ("flat", -7.0)] * 8,
        "notes": [long] * 2,
        "steps": [long] * 6,
    }
    image = np.asarray(direction_page(full(**changes)))
    edges = [image[:8], image[-8:], image[:, :8], image[:, -8:]]
    assert all((edge == np.array(PAPER)).all() for edge in edges)


@pytest.mark.parametrize(
    "missing",
    [
        {"response": None},
        {"cosines": ()},
        {"ends": ()},
        {"figures": ()},
        {"examples": (), "steps": ()},
        {"dose": None, "dose_at": None},
        {"notes": (), "subtitle": "", "warning": None},
    ],
    ids=["response", "cosines", "ends", "figures", "examples", "dose", "words"],
)
def test_any_part_may_be_missing(missing: dict[str, object]) -> None:
    image, without = direction_page(full()), direction_page(full(**missing))
    assert without.width <= image.width
    assert not np.array_equal(np.asarray(image), np.asarray(without))


def test_the_title_alone_is_a_page() -> None:
    assert direction_page(PageOfDirection(title="glasses")).height < 200


def test_support_is_a_bar_as_long_as_it_is() -> None:
    image = direction_page(full(examples=[example(CATEGORIES[1], 0.25)]))
    rows, columns = where(image, support_color(0.25))
    assert len(columns) == 6 * len(np.unique(rows)) * round((128 - 30) * 0.25)
    assert direction_page(full(examples=[example(CATEGORIES[1], None)])).size == image.size


def test_bars_of_cosines_go_to_their_side_and_are_as_long() -> None:
    told = full(examples=(), steps=(), response=None, ends=(), cosines=[("a", 0.5), ("b", -0.25), ("c", 0.0)])
    image = direction_page(told)
    (_, more), (_, less) = where(image, RISE), where(image, FALL)
    assert np.ptp(more) == pytest.approx(2 * np.ptp(less), abs=3)
    assert less.max() <= more.min()


def test_poles_stand_where_there_are_no_pictures() -> None:
    poles = [Pole("← she", [("mary", "−3.1")] * 5, False), Pole("he →", [("john", "+3.2")] * 9, True)]
    image = direction_page(full(examples=(), steps=(), poles=poles))
    assert image.width > direction_page(full(examples=(), steps=())).width


def test_frames_that_are_not_one_per_step_are_refused() -> None:
    with pytest.raises(InputError, match="6 frames, 6 supports and 6 readings of 'item' for 3 steps"):
        direction_page(full(steps=STEPS[:3]))


def drawn(response: Response, **options: object) -> Page:
    page = Page(400, 300)
    dose_response(page, response, (10, 10, 380, 260), **options)  # type: ignore[arg-type]
    return page


def test_the_curve_rises_as_the_readings_do_and_the_dose_stands_in_it() -> None:
    rows, columns = where(drawn(RESPONSE).image, LINE)
    assert rows[columns == columns.min()].mean() > rows[columns == columns.max()].mean()
    _, dose = where(drawn(RESPONSE, dose=1.0).image, RISE)
    assert len(dose)
    assert not len(where(drawn(RESPONSE).image, RISE)[0])
    beyond = drawn(RESPONSE, dose=6.0).image
    assert where(beyond, RISE)[1].max() < 395
    assert np.ptp(where(beyond, LINE)[1]) < np.ptp(columns)


@pytest.mark.parametrize(
    "response",
    [Response((0.0,), (5.0,), (5.0,), (5.0,)), Response((0.0, 1.0), (2e5, 2e5), (2e5, 2e5), (2e5, 2e5))],
    ids=["one step", "flat"],
)
def test_responses_of_little_are_drawn_too(response: Response) -> None:
    assert len(where(drawn(response, share=False).image, LINE)[0])


@pytest.mark.parametrize(("low", "high"), [(-2.5, 3.5), (0.0, 1e-3), (1e5, 2.2e5), (-0.2, 0.1)], ids=str)
def test_ticks_are_round_few_and_within(low: float, high: float) -> None:
    ticks = round_numbers(low, high, 6)
    assert 2 <= len(ticks) <= 7
    assert low - 1e-9 * abs(low) <= ticks[0] < ticks[-1] <= high * (1 + 1e-9)


def test_a_grid_has_the_second_direction_upwards() -> None:
    frames = np.stack([plain(color) for color in CATEGORIES[:6]])
    image = traversal_grid(
        frames, columns=STEPS[:3], rows=STEPS[:2], names=("smile", "hair"), support=[0.5] * 6, marked=1
    )
    places = [tuple(float(at.mean()) for at in where(image, color)) for color in CATEGORIES[:6]]
    assert places[0][0] > places[3][0]
    assert [x for _, x in places[:3]] == sorted(x for _, x in places[:3])
    assert len(where(image, RISE)[0]) > 4 * 100
    with pytest.raises(InputError, match="6 frames for 2 rows of 2"):
        traversal_grid(frames, columns=STEPS[:2], rows=STEPS[:2], names=("a", "b"), support=[None] * 6)


def test_a_strip_has_the_item_aside_its_readings_and_its_mark() -> None:
    frames = np.stack([plain(color) for color in CATEGORIES[:3]])
    bare = strip(frames, labels=STEPS[:3], support=[0.5] * 3)
    told = strip(
        frames,
        labels=STEPS[:3],
        support=[0.5] * 3,
        readings=[".1", ".5", ".9"],
        reads="smile",
        aside=(plain((1, 2, 3)), "7"),
        marked=1,
    )
    assert told.height == bare.height + 26
    assert where(told, (1, 2, 3))[1].max() < where(told, CATEGORIES[0])[1].min()
    assert len(where(told, RISE)[0]) > len(where(bare, RISE)[0])
    with pytest.raises(InputError, match="1 readings for 3 pictures"):
        strip(frames, readings=["x"])


def test_steps_are_written_short() -> None:
    assert [signed(s) for s in (-2, 0, 0.5, 1.4605, 0.0123)] == ["−2", "0", "+0.5", "+1.46", "+0.0123"]


def test_a_page_of_a_real_direction_is_the_same_each_time(faces: Space) -> None:
    fitted = faces.direction("smile", field="smile")
    read = fitted.direction
    probe = Probe(read.vector * np.float32(2 / read.scale), 0.0)
    told = replace(read, dose=2.0, probe=probe, response=RESPONSE, without=("age",))
    opened = lt.open(faces.folder)._opened
    image = page_of(opened, told, {"glasses": 0.2})
    assert image.width > 1000
    assert image.tobytes() == page_of(opened, told, {"glasses": 0.2}).tobytes()
    bare = replace(read, auc=float("nan"), gap=float("nan"), field=None)
    assert page_of(opened, bare, {}).height > 600
