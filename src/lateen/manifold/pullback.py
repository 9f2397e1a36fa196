"""Geodesics under a decoder's metric: ways along which the decoded picture changes as little as it can.

One idea: the energy of a way is the sum of the squared changes from frame to frame; whatever lowers it shortens the way
and evens its speed. A single decoder knows nothing of where it saw no data and cuts across holes, so a term of the
data's density, or the disagreement of several decoders, makes these dear.

Reference:
    Arvanitidis, Hansen, Hauberg, *Latent Space Oddity*, ICLR 2018; Syrota et al., *Decoder Ensembling for Learned
    Latent Geometries*, 2024.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64

from lateen.core.codec import SmoothDecoder
from lateen.core.errors import InputError
from lateen.core.geometry import Geometry, Sphere
from lateen.core.path import Path, Polyline
from lateen.core.threads import one_thread

STEPS, ROUNDS = 16, 100
MOST_DIMS = 256
DENSITY = 3.0  # how dear it is to leave the data, as a share of the straight way's energy
_SETTLED = 1e-3  # share by which the energy still falls in a round when it is settled
_FELL = 0.01  # share by which it has to fall to be called shorter
_ITEMS, _ASKED, _NEAR = 5_000, 500, 6
Vector = Float[np.ndarray, " dim"]


@dataclass(frozen=True, eq=False)
class Pulled(Polyline):
    """A way of least decoded energy: straight steps at constant speed.

    Args:
        geometry: Whose lengths count.
        points: (m, dim) what it goes through, ends included.
        energy: Squared changes from frame to frame, per number and in squared grey levels: of a way at constant
            speed the square of its decoded length.
        energy_straight: The same of the straight way.
        started: From which way the best one came: "straight" or "graph".
        rounds: Rounds of minimising.
        converged: Whether it had settled.
    """

    energy: float
    energy_straight: float
    started: str
    rounds: int
    converged: bool

    def __repr__(self) -> str:
        doubted = f"; {' '.join(self.doubts)}" if self.doubts else ""
        energies = f"energy {self.energy:.4g} (straight {self.energy_straight:.4g})"
        return f"Pulled to length {self.length:.4g}, {energies}, {self.rounds} rounds{doubted}"

    @property
    def doubts(self) -> tuple[str, ...]:
        """Why it can't be trusted, a sentence each; empty where nothing speaks against it."""
        doubts = []
        if not self.converged:
            doubts.append(f"The energy had not settled after {self.rounds} rounds.")
        if self.energy_straight > 0 and self.energy > (1 - _FELL) * self.energy_straight:
            doubts.append(
                f"The decoded energy did not fall: {self.energy:.4g} against {self.energy_straight:.4g} of the "
                "straight way. Keeping to the data took more than the decoder's metric saves."
            )
        return tuple(doubts)


@dataclass(frozen=True, eq=False)
class Density:
    """How much farther from the data points are than its items are from each other, by the nearest few.

    Args:
        items: (n, dim) the data, or a sample of it.
        deep: The mean squared distance to others that a tenth of the items stays below.
        usual: That which half of them stay below.
    """

    items: Float64[np.ndarray, "n dim"]
    deep: float
    usual: float

    @classmethod
    def fit(cls, points: Float[np.ndarray, "n dim"], seed: int = 0) -> Density:
        """Of (n, dim) data, n >= 2; of more than 5,000 rows a seeded sample."""
        rng = np.random.default_rng(seed)
        items = np.asarray(points[np.sort(rng.permutation(len(points))[:_ITEMS])], np.float64)
        asked = items[np.sort(rng.permutation(len(items))[:_ASKED])]
        with one_thread():
            squares = np.sort(_squares(asked, items), axis=1)
        far = squares[:, 1 : _NEAR + 1].mean(axis=1)  # the nearest is the item itself
        deep, usual = (float(q) for q in np.quantile(far, (0.1, 0.5)))
        return cls(items, deep, usual if usual > deep else deep + (float(squares.mean()) or 1.0))

    def excess(self, points: Float64[np.ndarray, "s dim"]) -> tuple[float, Float64[np.ndarray, "s dim"]]:
        """A mean over points, with its gradient: 0 as deep in the data as a tenth of the items, .4 as half of them,
        and growing with the square of the distance.
        """
        squares = _squares(points, self.items)
        nearest = np.argpartition(squares, min(_NEAR, squares.shape[1]) - 1, axis=1)[:, :_NEAR]
        range_ = self.usual - self.deep
        over = np.maximum((np.take_along_axis(squares, nearest, axis=1).mean(axis=1) - self.deep) / range_, 0)
        level = np.sqrt(1 + over**2)
        slopes = 2 * (points - self.items[nearest].mean(axis=1)) / range_
        return float((level - 1).mean()), (over / level / len(points))[:, None] * slopes


def pullback(
    start: Vector,
    end: Vector,
    decoders: Sequence[SmoothDecoder],
    *,
    geometry: Geometry,
    density: Density | None,
    along: Path | None = None,
    steps: int = STEPS,
    rounds: int = ROUNDS,
    progress: Callable[[int, int], None] | None = None,
) -> Pulled:
    """Minimise the decoded energy between two points.

    Args:
        start: (dim,) where it starts.
        end: (dim,) where it ends.
        decoders: One, or several trained on the same data: where they disagree, no way is cheap.
        geometry: Of the space.
        density: The data's, which makes ways away from it dear; None to leave it to several decoders.
        along: Another way to start from than the straight one, such as that of the graph; the better end is kept.
        steps: Of the way.
        rounds: Of minimising, at the most.
        progress: Told how many rounds are done or not needed, and of how many.

    Raises:
        InputError: If there are more than 256 dimensions, no decoder, or fewer than two steps.
    """
    check_dims(len(start))
    if not decoders or steps < 2:
        raise InputError(f"pullback got {len(decoders)} decoders and steps = {steps}; give a decoder and two steps.")
    times = np.linspace(0, 1, steps + 1)
    straight = _between(geometry, start, end, times)
    starts = [("straight", straight)]
    if along is not None:
        starts.append(("graph", np.asarray(along.evaluate(times), np.float64)))
    energy_straight = _energy(straight, decoders)[0]
    if energy_straight == 0:
        return Pulled(geometry, straight.astype(start.dtype), 0.0, 0.0, "straight", 0, True)
    total = rounds * len(starts)
    found = []
    for i, (_, way) in enumerate(starts):
        told = None if progress is None else _Rounds(progress, i * rounds, total)
        found.append(_minimised(way, decoders, geometry, density, energy_straight, rounds, told))
        if progress is not None:
            progress((i + 1) * rounds, total)
    best = min(range(len(found)), key=lambda i: found[i][1])
    way, _, done, settled = found[best]
    points = way.astype(start.dtype)
    points[0], points[-1] = start, end
    energy = _energy(way, decoders)[0]
    return Pulled(geometry, points, energy, energy_straight, starts[best][0], done, settled)


def check_dims(dim: int) -> None:
    """Raise InputError where the latents are too large for it."""
    if dim > MOST_DIMS:
        raise InputError(
            f"The pullback metric is for small latents, up to {MOST_DIMS} numbers; these have {dim:,}. "
            "Walk along graph."
        )


def _between(
    geometry: Geometry, start: Vector, end: Vector, times: Float64[np.ndarray, " s"]
) -> Float64[np.ndarray, "s dim"]:
    p, q = np.asarray(start, np.float64)[None], np.asarray(end, np.float64)[None]
    curved = isinstance(geometry, Sphere)
    return np.asarray(geometry.interpolate(p, q, times) if curved else p + times[:, None] * (q - p), np.float64)


@dataclass
class _Rounds:
    """Tells each round of minimising."""

    progress: Callable[[int, int], None]
    done: int
    total: int

    def __call__(self, _: np.ndarray) -> None:
        self.done += 1
        self.progress(min(self.done, self.total), self.total)


def _minimised(
    way: Float64[np.ndarray, "s dim"],
    decoders: Sequence[SmoothDecoder],
    geometry: Geometry,
    density: Density | None,
    scale: float,
    rounds: int,
    told: _Rounds | None,
) -> tuple[Float64[np.ndarray, "s dim"], float, int, bool]:
    """The way of least cost, its cost, the rounds that took, and whether it had settled."""
    from scipy.optimize import minimize

    unit = isinstance(geometry, Sphere)

    def placed(inner: np.ndarray) -> tuple[Float64[np.ndarray, "s dim"], Float64[np.ndarray, "i 1"]]:
        moved = inner.reshape(len(way) - 2, -1)
        norms = np.linalg.norm(moved, axis=1, keepdims=True) if unit else np.ones((len(moved), 1))
        return np.concatenate([way[:1], moved / norms, way[-1:]]), norms

    def cost(inner: np.ndarray) -> tuple[float, np.ndarray]:
        points, norms = placed(inner)
        energy, slope = _energy(points, decoders)
        value, gradient = energy / scale, slope[1:-1] / scale
        if density is not None:
            excess, away = density.excess(points[1:-1])
            value, gradient = value + DENSITY * excess, gradient + DENSITY * away
        if unit:  # only what turns a point moves it
            own = points[1:-1]
            gradient = (gradient - (gradient * own).sum(axis=1, keepdims=True) * own) / norms
        return value, gradient.ravel()

    with one_thread():
        settings = {"maxiter": rounds, "ftol": _SETTLED}
        done = minimize(cost, way[1:-1].ravel(), jac=True, method="L-BFGS-B", options=settings, callback=told)
    return placed(done.x)[0], float(done.fun), int(done.nit), bool(done.success)


def _energy(
    points: Float64[np.ndarray, "s dim"], decoders: Sequence[SmoothDecoder]
) -> tuple[float, Float64[np.ndarray, "s dim"]]:
    """Energy of a way and its gradient; with several decoders its mean over which of them made each frame."""
    smooth = [decoder.decode_smoothly(points.astype(np.float32)) for decoder in decoders]
    frames = np.stack([s.pictures for s in smooth]).astype(np.float64)
    mean = frames.mean(axis=0)
    steps, numbers = len(points) - 1, frames.shape[2]
    changes = np.diff(mean, axis=0)
    spread = frames - mean
    ends = np.full(len(points), 2.0)
    ends[[0, -1]] = 1.0  # each frame is in two changes, the first and the last in one
    variances = (spread**2).mean(axis=0).sum(axis=1)
    energy = steps / numbers * ((changes**2).sum() + (ends * variances).sum())
    pull = np.zeros_like(mean)
    pull[1:] += changes
    pull[:-1] -= changes
    each = 2 * steps / numbers / len(decoders) * (pull + ends[:, None] * spread)
    gradient = sum(s.back(part.astype(np.float32)).astype(np.float64) for s, part in zip(smooth, each, strict=True))
    return float(energy), np.asarray(gradient, np.float64)


def _squares(points: Float64[np.ndarray, "s dim"], items: Float64[np.ndarray, "n dim"]) -> Float64[np.ndarray, "s n"]:
    own, theirs = (points**2).sum(axis=1), (items**2).sum(axis=1)
    return np.asarray(np.maximum(own[:, None] + theirs - 2 * points @ items.T, 0))

