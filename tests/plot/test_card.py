"""Cards: any text is on one, in letters as large as fit, and nothing leaves the card."""

from __future__ import annotations

import numpy as np
import pytest

from lateen.plot.card import card


def ink(text: str, side: int = 128) -> np.ndarray:
    return card(text, side).min(axis=2) < 128


TEXTS = ["king", "a red shoe on a wooden table", "w" * 300, "word " * 200, "", "Ωμέγα 漢字 \n\t x", "\N{GRINNING FACE}"]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("side", [64, 128, 200])
def test_the_edge_stays_free(text: str, side: int) -> None:
    marks, edge = ink(text, side), max(2, side // 26)
    assert marks.shape == (side, side)
    inside = np.zeros_like(marks)
    inside[edge:-edge, edge:-edge] = marks[edge:-edge, edge:-edge]
    assert (marks == inside).all()
    assert marks.any() == bool(text.strip())


def test_short_texts_have_large_letters_and_long_ones_fill_the_card() -> None:
    def height(text: str) -> int:
        return int(np.flatnonzero(ink(text).any(axis=1)).size)

    lines = np.diff(np.flatnonzero(np.diff(ink("x").any(axis=1).astype(int))))[0]
    small = np.diff(np.flatnonzero(np.diff(ink("x " * 400).any(axis=1).astype(int))))[0]
    assert lines > small
    assert height("word " * 200) > 2 * height("word")


def test_another_text_is_another_card() -> None:
    assert (card("king") != card("queen")).any()
