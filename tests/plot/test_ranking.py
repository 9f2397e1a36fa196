"""The list of answers: the question in full, marks as long as the figures say, the question's own words told apart."""

from __future__ import annotations

import math

import numpy as np
import pytest
from PIL import Image

from lateen.core.errors import InputError
from lateen.plot.answers import FIRST, OTHER, ROW
from lateen.plot.canvas import Page
from lateen.plot.palette import MUTED, PAPER, mix
from lateen.plot.ranking import LONGEST_TITLE, MOST, Ranked, ranking

REST = mix(OTHER, PAPER, 0.25)
LONG = " + ".join(f"word{i}" for i in range(90))


def width_of(image: Image.Image, color: tuple[int, int, int], least: int = 30) -> list[int]:
    """Lengths of the bars of one colour, from top to bottom."""
    inked = (np.asarray(image) == np.array(color)).all(axis=2).sum(axis=1)
    rows = [row for row in range(len(inked)) if inked[row] >= least]
    starts = [row for row in rows if row - 1 not in rows]
    return [int(inked[row + 2]) for row in starts]


def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    texts: list[str] = []
    put = Page.text

    def kept(page: Page, x: float, y: float, text: str, **how: object) -> None:
        texts.append(text)
        put(page, x, y, text, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(Page, "text", kept)
    return texts


def test_bars_are_as_long_as_the_cosines() -> None:
    image = ranking([Ranked("a", 0.8), Ranked("b", 0.4), Ranked("c", 0.2)], title="q")
    (first,), (second, third) = width_of(image, FIRST), width_of(image, REST)
    assert second / first == pytest.approx(0.5, abs=0.01)
    assert third / first == pytest.approx(0.25, abs=0.01)


def test_scores_fill_the_column_and_other_cosines_leave_it_as_it_is() -> None:
    scored = width_of(ranking([Ranked("a", 7.0)], title="q", measure="score"), FIRST)[0]
    assert width_of(ranking([Ranked("a", 0.5)], title="q"), FIRST)[0] == pytest.approx(scored / 2, abs=2)


def test_negative_cosines_go_the_other_way_from_zero() -> None:
    image = np.asarray(ranking([Ranked("a", 0.5), Ranked("b", -0.5)], title="q"))
    right, left = (np.nonzero((image == np.array(color)).all(axis=2))[1] for color in (FIRST, REST))
    assert left.max() <= np.median(right)
    assert left.max() == pytest.approx(right.min(), abs=60)


def test_a_distance_is_a_dot_at_its_place() -> None:
    answers = [Ranked("a", 1.0), Ranked("b", 2.0), Ranked("c", 4.0)]
    image = np.asarray(ranking(answers, title="q", measure="distance"))
    columns = np.nonzero((image == np.array(REST)).all(axis=2))[1]
    ((first,), (second, third)) = (
        [float(np.median(np.nonzero((image == np.array(FIRST)).all(axis=2) & (np.arange(image.shape[1]) > 150))[1]))],
        [float(np.median(part)) for part in (columns[columns < 500], columns[columns >= 500])],
    )
    assert (third - second) / (second - first) == pytest.approx(2, rel=0.03)


def test_the_first_that_was_not_asked_is_in_colour_and_what_was_asked_is_hollow(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    texts = written(monkeypatch)
    image = ranking([Ranked("king", 0.9, asked=True), Ranked("queen", 0.6)], title="king + woman")
    assert len(width_of(image, FIRST)) == 1
    assert texts.count("asked") == 1
    edge = int((np.asarray(image) == np.array(MUTED)).all(axis=2).sum())
    assert 600 < edge < 2_500  # a full bar, some 480 x 10 pixels, would be more
    assert len(width_of(ranking([Ranked("king", 0.9, asked=True)], title="q"), FIRST)) == 0


def test_long_questions_and_notes_are_written_in_full(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = written(monkeypatch)
    note = " ".join(f"note{i}" for i in range(60))
    ranking([Ranked("a", 0.5)], title=LONG, notes=[note], support=0.5)
    whole = " ".join(texts)
    assert LONG in whole
    assert note in whole
    letters = "漢" * 150
    ranking([Ranked("a", 0.5)], title=letters)
    assert letters in "".join(texts)


def test_endless_questions_end() -> None:
    assert ranking([Ranked("a", 0.5)], title="w " * 30_000).height < 24 * LONGEST_TITLE


def test_every_number_of_answers_has_a_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = (ranking([Ranked("a", 0.5)] * n, title="q").height for n in (1, 2))
    assert two - one == ROW
    texts = written(monkeypatch)
    ranking([], title="q")
    assert "Nothing was found." in texts
    ranking([Ranked("a", 0.5)] * (MOST + 5), title="q")
    assert "and 5 more, not drawn" in texts


@pytest.mark.parametrize("measure", ["cosine", "score", "distance"])
@pytest.mark.parametrize("values", [(math.nan, math.inf), (0.0, 0.0), (1e300, 1e-300), (-1.0, -1.0), (5e-324, 0.0)])
def test_no_figure_breaks_it(measure: str, values: tuple[float, ...]) -> None:
    answers = [Ranked(label, value, asked) for value in values for label in ("", "x" * 900) for asked in (True, False)]
    assert ranking(answers, title="", measure=measure, support=math.nan).width > 300


def test_support_is_checked() -> None:
    with pytest.raises(InputError, match=r"ranking got the support 1\.5"):
        ranking([], title="q", support=1.5)
