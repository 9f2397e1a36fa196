"""Portraits keep their promises: the stream, the stated probabilities, counterfactuals, sizes, the pixels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lateen.core.errors import InputError, UnknownNameError
from lateen.sources.portraits import FACTORS, GLASSES_SHARES, SHIFTED, draw, portraits, sample_factors

GOLDEN = Path(__file__).parents[1] / "golden" / "portraits_32.png"
SEEN = [factor for factor in FACTORS if factor.name != "woman"]
CONTINUOUS = [factor for factor in SEEN if factor.kind == "continuous"]


def plain(n: int) -> dict[str, np.ndarray]:
    """Return n copies of one face on which every factor can be seen."""
    values = {factor.name: (factor.low + factor.high) / 2 for factor in FACTORS}
    values |= {"glasses": 0, "beard": 0.0, "moustache": 0.0, "fringe": 0.2, "hair_length": 0.5, "woman": 0}
    return {name: np.full(n, value) for name, value in values.items()}


def shrunk(images: np.ndarray, size: int) -> np.ndarray:
    n, old = images.shape[:2]
    return images.reshape(n, size, old // size, size, old // size, 3).mean(axis=(2, 4))


def test_shapes_and_types() -> None:
    images, factors = portraits(3, seed=5)
    assert images.shape == (3, 64, 64, 3)
    assert images.dtype == np.uint8
    assert list(factors) == [factor.name for factor in FACTORS]
    for factor in FACTORS:
        column = factors[factor.name]
        assert column.shape == (3,)
        assert column.dtype == (np.float32 if factor.kind == "continuous" else np.int8)


def test_none_and_one() -> None:
    assert portraits(0).images.shape == (0, 64, 64, 3)
    assert portraits(1, size=33).images.shape == (1, 33, 33, 3)


@pytest.mark.parametrize("independent", [False, True])
def test_an_item_depends_on_seed_and_index_only(independent: bool) -> None:
    whole = portraits(60, seed=3, independent=independent)
    first = portraits(10, seed=3, independent=independent)
    last = portraits(13, seed=3, independent=independent, start=47)
    np.testing.assert_array_equal(first.images, whole.images[:10])
    np.testing.assert_array_equal(last.images, whole.images[47:])


def test_windows_agree_across_blocks() -> None:
    whole = sample_factors(2100, seed=9)
    window = sample_factors(60, seed=9, start=2010)
    for name, column in window.items():
        np.testing.assert_array_equal(column, whole[name][2010:2070])


def test_seeds_differ_and_threads_do_not() -> None:
    one = portraits(37, seed=1, threads=1).images
    np.testing.assert_array_equal(one, portraits(37, seed=1, threads=3).images)
    assert not np.array_equal(one, portraits(37, seed=2).images)


def test_factors_fill_their_ranges() -> None:
    factors = sample_factors(5000, seed=1)
    for factor in FACTORS:
        column = factors[factor.name]
        assert factor.low <= column.min()
        assert column.max() <= factor.high
        span = factor.high - factor.low
        assert column.min() - factor.low < 0.01 * span
        assert factor.high - column.max() < 0.01 * span
        if factor.kind != "continuous":
            assert len(factor.values) == factor.high + 1


def test_the_stated_probabilities_hold() -> None:
    n = 40_000
    factors = sample_factors(n, seed=2)
    woman = factors["woman"] == 1
    assert woman.mean() == pytest.approx(0.5, abs=0.01)
    for name, law in SHIFTED.items():
        high = factors[name] > law.low[1]
        assert high[~woman].mean() == pytest.approx(law.man, abs=0.015), name
        assert high[woman].mean() == pytest.approx(law.woman, abs=0.015), name
    shares = np.bincount(factors["glasses"], minlength=3) / n
    np.testing.assert_allclose(shares, GLASSES_SHARES, atol=0.01)


def test_only_the_shifted_factors_correlate() -> None:
    factors = sample_factors(40_000, seed=4)
    table = np.corrcoef(np.stack([factors[factor.name] for factor in FACTORS]))
    for i, a in enumerate(FACTORS):
        for j, b in enumerate(FACTORS[:i]):
            confounded = {a.name, b.name} <= {*SHIFTED, "woman"}
            assert (abs(table[i, j]) > 0.03) == confounded, (a.name, b.name, table[i, j])


def test_independent_removes_correlations_and_keeps_marginals() -> None:
    free = sample_factors(40_000, seed=4, independent=True)
    tied = sample_factors(40_000, seed=4)
    table = np.corrcoef(np.stack([free[factor.name] for factor in FACTORS]))
    assert np.abs(table - np.eye(len(FACTORS))).max() < 0.03
    for factor in FACTORS:
        span = factor.high - factor.low
        assert free[factor.name].mean() == pytest.approx(tied[factor.name].mean(), abs=0.02 * span)


@pytest.mark.parametrize("factor", SEEN, ids=lambda factor: factor.name)
def test_every_factor_is_seen(factor) -> None:
    factors = plain(2)
    factors[factor.name] = np.array([factor.low, factor.high])
    low, high = draw(factors).astype(float)
    change = np.abs(high - low).mean(axis=2)
    assert np.sort(change, axis=None)[-20:].mean() > 17  # of 255, over the 20 pixels that change most
    assert change.mean() > 0.15


@pytest.mark.parametrize("factor", CONTINUOUS, ids=lambda factor: factor.name)
def test_pictures_are_continuous_in_every_factor(factor) -> None:
    factors = plain(257)
    factors[factor.name] = np.linspace(factor.low, factor.high, 257)
    steps = np.abs(np.diff(draw(factors, size=32).astype(float), axis=0))
    assert steps.max() < 30  # no pixel jumps between neighbouring values


def test_woman_leaves_no_trace_of_its_own() -> None:
    factors = sample_factors(4, seed=8)
    with_it = draw(factors)
    del factors["woman"]
    np.testing.assert_array_equal(draw(factors), with_it)


def test_hair_gets_lighter_along_its_scale() -> None:
    factors = plain(16)
    factors["hair_colour"] = np.linspace(0, 1, 16)
    crown = draw(factors)[:, 10:14, 28:36].mean(axis=(1, 2, 3))
    assert np.all(np.diff(crown) > 0)


@pytest.mark.parametrize("size", [32, 128])
def test_sizes_agree(size: int) -> None:
    factors = sample_factors(40, seed=6)
    small, large = sorted((size, 64))
    difference = np.abs(shrunk(draw(factors, size=large), small) - draw(factors, size=small))
    assert difference.mean() < 3.0


def test_large_pictures() -> None:
    image = portraits(1, seed=6, size=256).images
    assert image.shape == (1, 256, 256, 3)
    assert np.unique(image.reshape(-1, 3), axis=0).shape[0] > 1000


def test_pixels_stay_as_they_were() -> None:
    expected = np.asarray(Image.open(GOLDEN)).reshape(4, 32, 32, 3).astype(int)
    assert np.abs(portraits(4, seed=11, size=32).images - expected).max() <= 1


@pytest.mark.parametrize("wrong", [{"n": -1}, {"seed": -2}, {"start": -3}, {"size": 8}])
def test_bad_numbers_restate_the_call(wrong: dict[str, int]) -> None:
    ((name, value),) = wrong.items()
    with pytest.raises(InputError, match=rf"n={wrong.get('n', 2)}.*{name} is {value}; give"):
        portraits(**({"n": 2} | wrong))


def test_bad_columns_restate_the_call() -> None:
    factors = sample_factors(3)
    with pytest.raises(UnknownNameError, match=r"no factor 'smlie' in draw.*Did you mean 'smile'"):
        draw(factors | {"smlie": factors["smile"]})
    with pytest.raises(InputError, match=r"draw\(factors with 21 columns, size=64\).*'smile' is missing"):
        draw({name: column for name, column in factors.items() if name != "smile"})
    with pytest.raises(InputError, match=r"'smile' has shape \(2,\); expected \(3,\)"):
        draw(factors | {"smile": factors["smile"][:2]})
    with pytest.raises(InputError, match=r"'smile' holds values from 0.0 to 7.0; expected 0.0 to 1.0"):
        draw(factors | {"smile": np.array([0.0, 7.0, 1.0])})
    with pytest.raises(InputError, match="'smile' holds values"):
        draw(factors | {"smile": np.array([0.0, np.nan, 1.0])})
    with pytest.raises(InputError, match="size is 4; give 16 or more"):
        draw(factors, size=4)
