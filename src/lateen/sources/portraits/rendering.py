"""From factors to pictures.

Columns are checked, cut into chunks that fit a core's cache, and each chunk is painted back to front.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
from jaxtyping import UInt8

from lateen.core.errors import InputError, UnknownNameError
from lateen.sources.portraits import features, figure, glasses, hair
from lateen.sources.portraits.factors import FACTORS, sample_factors
from lateen.sources.portraits.head import pose

MIN_SIZE = 16
_CHUNK_PIXELS = 8 * 64 * 64  # a float32 plane of 128 KiB: a handful of them fit in the L2 cache
_DRAWN = tuple(factor for factor in FACTORS if factor.name != "woman")


class Portraits(NamedTuple):
    """Pictures and the factors they were drawn from.

    Args:
        images: RGB, 8 bits.
        factors: One column of length n per factor, exact.
    """

    images: UInt8[np.ndarray, "n size size 3"]
    factors: dict[str, np.ndarray]


def portraits(
    n: int,
    seed: int = 0,
    *,
    size: int = 64,
    independent: bool = False,
    start: int = 0,
    threads: int | None = None,
) -> Portraits:
    """Draw items start, ..., start + n - 1 of the stream of portraits named by a seed.

    Args:
        n: How many.
        seed: Names the stream; item i depends on the seed and i only.
        size: Height and width in pixels, 16 or more.
        independent: Whether the hidden cause is switched off; see `sample_factors`.
        start: Index of the first item.
        threads: How many threads draw; every processor by default. The bytes don't depend on it.

    Returns:
        The pictures and their factors.

    Raises:
        InputError: If n, seed or start is negative or the size too small.

    Example:
        >>> images, factors = portraits(2, seed=7)
        >>> images.shape
        (2, 64, 64, 3)
    """
    if size < MIN_SIZE:
        call = f"portraits(n={n}, seed={seed}, size={size})"
        raise InputError(f"{call}: size is {size}; give {MIN_SIZE} or more")
    factors = sample_factors(n, seed, independent=independent, start=start)
    return Portraits(draw(factors, size=size, threads=threads), factors)


def draw(
    factors: Mapping[str, np.ndarray], *, size: int = 64, threads: int | None = None
) -> UInt8[np.ndarray, "n size size 3"]:
    """Draw the portraits with given factors; change one column of a sample for exact counterfactuals.

    Args:
        factors: One column per name in `FACTORS`, all of one length; `woman` may be left out, since it is
            seen only through the factors it shifts.
        size: Height and width in pixels, 16 or more.
        threads: How many threads draw; every processor by default.

    Returns:
        RGB pictures, 8 bits.

    Raises:
        UnknownNameError: If a column is not a factor.
        InputError: If a column is missing, of another length or out of range, or if the size is too small.
    """
    columns = _checked(factors, size)
    n = len(columns["smile"])
    images = np.empty((n, size, size, 3), np.uint8)
    chunk = max(1, _CHUNK_PIXELS // size**2)

    def render(first: int) -> None:
        part = slice(first, min(first + chunk, n))
        images[part] = _render({name: column[part] for name, column in columns.items()}, size)

    with ThreadPoolExecutor(threads or os.cpu_count()) as pool:
        list(pool.map(render, range(0, n, chunk)))
    return images


def _render(factors: Mapping[str, np.ndarray], size: int) -> np.ndarray:
    """Paint one chunk from back to front."""
    head, canvas = pose(factors, size)
    ripples = hair.curls(canvas, head)
    mass = hair.outline(canvas, head, ripples)
    figure.background(canvas, head)
    hair.behind(canvas, head, mass)
    figure.body(canvas, head)
    figure.face(canvas, head)
    features.complexion(canvas, head)
    hair.beard(canvas, head)
    features.nose(canvas, head)
    features.eyes(canvas, head)
    features.mouth(canvas, head)
    hair.moustache(canvas, head)
    hair.brow_shadow(canvas, head)
    features.brows(canvas, head)
    glasses.arms(canvas, head)
    hair.front(canvas, head, mass, ripples)
    glasses.lenses(canvas, head)
    levels = np.minimum(np.maximum(canvas.pixels, 0.0), 1.0) * np.float32(255) + np.float32(0.5)
    return np.moveaxis(levels.astype(np.uint8), 0, -1)


def _checked(factors: Mapping[str, np.ndarray], size: int) -> dict[str, np.ndarray]:
    call = f"draw(factors with {len(factors)} columns, size={size})"
    if size < MIN_SIZE:
        raise InputError(f"{call}: size is {size}; give {MIN_SIZE} or more")
    known = [factor.name for factor in FACTORS]
    for name in factors:
        if name not in known:
            raise UnknownNameError("factor", name, known, call)
    columns: dict[str, np.ndarray] = {}
    for factor in _DRAWN:
        if factor.name not in factors:
            raise InputError(f"{call}: column {factor.name!r} is missing; all factors but 'woman' are needed")
        column = np.asarray(factors[factor.name])
        length = len(next(iter(columns.values()), column))
        if column.shape != (length,):
            raise InputError(f"{call}: {factor.name!r} has shape {column.shape}; expected ({length},)")
        if not bool(np.all((column >= factor.low) & (column <= factor.high))):
            raise InputError(
                f"{call}: {factor.name!r} holds values from {column.min()} to {column.max()}; "
                f"expected {factor.low} to {factor.high}"
            )
        columns[factor.name] = column
    return columns
