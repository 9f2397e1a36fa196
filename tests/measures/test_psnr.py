from __future__ import annotations

import numpy as np
import pytest

from lateen.core.errors import InputError
from lateen.measures import psnr


def test_known_values() -> None:
    grey = np.full((3, 4, 5, 3), 100, np.uint8)
    assert psnr(grey, grey + 1) == pytest.approx(20 * np.log10(255))
    assert psnr(grey, grey - 10) == pytest.approx(20 * np.log10(25.5))
    assert psnr(grey[:1], np.zeros_like(grey[:1])) == pytest.approx(20 * np.log10(2.55))
    assert psnr(grey, grey) > 100


def test_errors_are_pooled_over_pictures_not_averaged_in_decibels() -> None:
    images = np.zeros((2, 2, 2, 3), np.uint8)
    decoded = images.copy()
    decoded[1] = 10
    assert psnr(images, decoded) == pytest.approx(10 * np.log10(255**2 / 50))


def test_nothing_has_no_ratio() -> None:
    empty = np.zeros((0, 2, 2, 3), np.uint8)
    with pytest.raises(InputError, match="no pictures"):
        psnr(empty, empty)
