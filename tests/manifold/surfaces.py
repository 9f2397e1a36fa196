"""Surfaces whose every point is known, and how far a point is from them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Draw = Callable[[int, np.random.Generator], np.ndarray]


@dataclass(frozen=True)
class Surface:
    """A surface of two dimensions in space.

    Args:
        draw: Gives n points of it.
        away: Gives the distance of points from it.
        size: What is small on it.
    """

    draw: Draw
    away: Callable[[np.ndarray], np.ndarray]
    size: float


def _plane(n: int, rng: np.random.Generator) -> np.ndarray:
    return rng.uniform(-1, 1, (n, 2)) @ np.array([[1.0, 0, 1], [0, 1, 0]])


def _sphere(n: int, rng: np.random.Generator) -> np.ndarray:
    x = rng.normal(size=(n, 3))
    return np.asarray(x / np.linalg.norm(x, axis=1, keepdims=True))


def _roll(n: int, rng: np.random.Generator) -> np.ndarray:
    t, height = 1.5 * np.pi * (1 + 2 * rng.random(n)), 21 * rng.random(n)
    return np.stack([t * np.cos(t), height, t * np.sin(t)], axis=1)


def _off_roll(x: np.ndarray) -> np.ndarray:
    t = np.linspace(1.2 * np.pi, 4.8 * np.pi, 20_000)
    spiral = np.stack([t * np.cos(t), t * np.sin(t)], axis=1)
    return np.array([np.sqrt(((spiral - point) ** 2).sum(axis=1).min()) for point in x[:, [0, 2]]])


SURFACES = {
    "plane": Surface(_plane, lambda x: np.abs(x[:, 0] - x[:, 2]) / np.sqrt(2), 0.05),
    "sphere": Surface(_sphere, lambda x: np.abs(np.linalg.norm(x, axis=1) - 1), 0.05),
    "swiss roll": Surface(_roll, _off_roll, 0.5),
}
