"""The manifolds of Campadelli et al., by their published formulas: dimensions from 1 to 70, flat, curved and uneven.

One idea: each is a function of a generator and a number of items, beside the dimension that is true.

Reference:
    Hein & Audibert, Intrinsic dimensionality estimation of submanifolds in R^d, 2005; Campadelli, Casiraghi, Ceruti &
    Rozza, Intrinsic dimension estimation: relevant techniques and a benchmark framework, 2015.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Random = np.random.Generator


@dataclass(frozen=True)
class Manifold:
    """A manifold that items are drawn from.

    Args:
        name: As in the paper.
        dim: Its dimension.
        ambient: How many numbers an item has.
        draw: Gives (n, ambient) items.
        what: In words.
    """

    name: str
    dim: int
    ambient: int
    draw: Callable[[Random, int], np.ndarray]
    what: str


def sphere(random: Random, n: int) -> np.ndarray:
    x = random.normal(size=(n, 11))
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def affine(random: Random, n: int) -> np.ndarray:
    a, b, c = 4 * random.random((3, n))
    return np.stack(
        [
            1.2 * a - 0.5 * b + 3,
            0.5 * a + 0.9 * b - 1,
            c - 0.5 * a - 0.2 * b,
            0.4 * a - 0.9 * b - 0.1 * c,
            1.1 * a - 0.3 * b + 8,
        ],
        axis=1,
    )


def concentrated(random: Random, n: int) -> np.ndarray:
    a, b, c, d = random.random((4, n))
    turn = 2 * np.pi * a
    columns = [
        b**2 * np.cos(turn),
        c**2 * np.sin(turn),
        b + c + (b - d) ** 2,
        b - 2 * c + (a - d) ** 2,
        -b - 2 * c + (c - d) ** 2,
        a**2 - b**2 + c**2 - d**2,
    ]
    return np.stack(columns, axis=1)


def curled(dim: int, times: int) -> Callable[[Random, int], np.ndarray]:
    """Each axis is the radius of a circle that the one before turns on; all of it several times over."""

    def draw(random: Random, n: int) -> np.ndarray:
        x = random.random((n, dim))
        radius, turn = np.roll(x, -1, axis=1), 2 * np.pi * x
        return np.tile(np.concatenate([radius * np.cos(turn), radius * np.sin(turn)], axis=1), times)

    return draw


def helix(random: Random, n: int) -> np.ndarray:
    t = 2 * np.pi * random.random(n)
    return np.stack([(2 + np.cos(8 * t)) * np.cos(t), (2 + np.cos(8 * t)) * np.sin(t), np.sin(8 * t)], axis=1)


def helicoid(random: Random, n: int) -> np.ndarray:
    r, t = 10 * np.pi * random.random((2, n))
    return np.stack([r * np.cos(t), r * np.sin(t), 0.5 * t], axis=1)


def swiss_roll(random: Random, n: int) -> np.ndarray:
    t = 1.5 * np.pi * (1 + 2 * random.random(n))
    return np.stack([t * np.cos(t), 21 * random.random(n), t * np.sin(t)], axis=1)


def box(random: Random, n: int) -> np.ndarray:
    return 5 * random.random((n, 20)) - 2.5


def cube_surface(dim: int) -> Callable[[Random, int], np.ndarray]:
    """The faces of a cube of one dimension more."""

    def draw(random: Random, n: int) -> np.ndarray:
        x = random.random((n, dim + 1))
        x[np.arange(n), random.integers(dim + 1, size=n)] = random.integers(2, size=n)
        return x

    return draw


def moebius(random: Random, n: int) -> np.ndarray:
    turn, across = 2 * np.pi * random.random(n), random.uniform(-0.5, 0.5, n)
    radius = 1 + across * np.cos(5 * turn)
    return np.stack([radius * np.cos(turn), radius * np.sin(turn), across * np.sin(5 * turn)], axis=1)


def normal(random: Random, n: int) -> np.ndarray:
    return random.normal(size=(n, 20))


def s_curve(random: Random, n: int) -> np.ndarray:
    t = 3 * np.pi * (random.random(n) - 0.5)
    return np.stack([np.sin(t), 2 * random.random(n), np.sign(t) * (np.cos(t) - 1)], axis=1)


def spiral(random: Random, n: int) -> np.ndarray:
    t = 10 * np.pi * random.random(n)
    return np.column_stack([100 * np.cos(t), 100 * np.sin(t), t, np.zeros((n, 10))])


MANIFOLDS = (
    Manifold("M1", 10, 11, sphere, "sphere"),
    Manifold("M2", 3, 5, affine, "affine"),
    Manifold("M3", 4, 6, concentrated, "concentrated, nearly 3"),
    Manifold("M4", 4, 8, curled(4, 1), "curled"),
    Manifold("M5a", 1, 3, helix, "helix on a ring"),
    Manifold("M5b", 2, 3, helicoid, "helicoid"),
    Manifold("M6", 6, 36, curled(6, 3), "curled"),
    Manifold("M7", 2, 3, swiss_roll, "swiss roll"),
    Manifold("M8", 12, 72, curled(12, 3), "curled"),
    Manifold("M9", 20, 20, box, "box"),
    Manifold("M10a", 10, 11, cube_surface(10), "cube's faces"),
    Manifold("M10b", 17, 18, cube_surface(17), "cube's faces"),
    Manifold("M10c", 24, 25, cube_surface(24), "cube's faces"),
    Manifold("M10d", 70, 71, cube_surface(70), "cube's faces"),
    Manifold("M11", 2, 3, moebius, "Moebius, ten twists"),
    Manifold("M12", 20, 20, normal, "normal"),
    Manifold("M13a", 2, 3, s_curve, "S-curve"),
    Manifold("M13b", 1, 13, spiral, "spiral"),
)
