"""Text stays in its room and is drawn in a font that has its letters."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from lateen.plot.palette import PAPER
from lateen.plot.text import draw_text, one_line, shorten, text_width, wrap


def inked(text: str, **options: object) -> np.ndarray:
    image = Image.new("RGB", (400, 60), "white")
    draw_text(ImageDraw.Draw(image), 200, 10, text, size=20, color=(0, 0, 0), **options)  # type: ignore[arg-type]
    return np.asarray(image)[..., 0] < 128


@pytest.mark.parametrize("text", ["a" * 900, "ein langer Satz mit Wörtern " * 9, "漢字" * 200, "Жα≈" * 99])
@pytest.mark.parametrize("width", [5, 40, 160])
def test_cut_text_fits_and_ends_in_an_ellipsis(text: str, width: int) -> None:
    cut = shorten(text, width, 16)
    assert text_width(cut, 16) <= width
    assert cut == "" or cut.endswith("…")


@pytest.mark.parametrize("text", ["a" * 900, "ein langer Satz mit Wörtern " * 40, "漢字" * 200, "Жα≈ " * 99 + "b" * 90])
@pytest.mark.parametrize("width", [5, 40, 160])
def test_wrapped_text_fits_and_loses_nothing(text: str, width: int) -> None:
    lines = wrap(text, width, 16)
    assert all(text_width(line, 16) <= width or len(line) == 1 for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert not any(line != line.strip() or not line for line in lines)


def test_lines_break_at_spaces() -> None:
    assert wrap("king - man\n+  woman", 1000, 16) == ["king - man + woman"]
    assert wrap("mean(king, queen) - man", text_width("mean(king, queen)", 16), 16) == ["mean(king, queen)", "- man"]
    assert wrap("", 50, 16) == [""]


def test_short_text_is_left_alone() -> None:
    assert shorten("as it is", 500, 16) == "as it is"
    assert one_line("a\nb\tc\x00d") == "a b c d"


@pytest.mark.parametrize(("align", "low", "high"), [("left", 200, 280), ("center", 160, 240), ("right", 120, 200)])
def test_alignment(align: str, low: int, high: int) -> None:
    columns = np.nonzero(inked("middle", align=align).any(axis=0))[0]
    assert low - 3 <= columns.min()
    assert columns.max() <= high + 3


def test_a_halo_is_paper_around_letters_that_stay_as_they_are() -> None:
    image = Image.new("RGB", (400, 60), (90, 90, 90))
    draw_text(ImageDraw.Draw(image), 20, 10, "words Ж", size=20, color=(0, 0, 0), halo=2)
    drawn = np.asarray(image)[..., 0]
    plain = Image.new("RGB", (400, 60), PAPER)
    draw_text(ImageDraw.Draw(plain), 20, 10, "words Ж", size=20, color=(0, 0, 0))
    assert ((drawn == PAPER[0]).sum()) > 100
    np.testing.assert_array_equal(drawn < 40, np.asarray(plain)[..., 0] < 40)


def test_signs_that_one_font_lacks_come_from_the_other() -> None:
    drawn = [inked(sign, align="left")[:, 195:240].tobytes() for sign in "−≈→Жα"]
    assert len(set(drawn)) == 5
