"""How flat the data is around a point, by radius, beside data of which nothing but the covariance is alike.

One idea: a share of variance off the tangent means little by itself, since it falls with the dimension of the tangent
and with the number of neighbours. A normal distribution of the same covariance, asked in the same way, says what it is
where there is no manifold.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64

from lateen.core.errors import InputError
from lateen.core.geometry import Euclidean, Geometry
from lateen.core.threads import one_thread
from lateen.neighbors import nearest

DRAWS = 99  # places of the normal distribution
MOST_ITEMS = 10_000
MOST_NEIGHBOURS = 400


@dataclass(frozen=True)
class Ring:
    """The neighbourhood of one size.

    Args:
        k: Neighbours.
        radius: Distance to the farthest of them.
        off_tangent: Share of their variance outside of the d widest directions.
        null: Mean share at the places of the normal distribution, with as many neighbours.
        null_low: The share that only one of these in twenty falls below.
        null_radius: Mean radius there.
        p: Share of these places that are as flat, with 1 added above and below: small where the data is flatter.
        draws: How many places these were.
    """

    k: int
    radius: float
    off_tangent: float
    null: float
    null_low: float
    null_radius: float
    p: float
    draws: int

    @property
    def is_least(self) -> bool:
        """Whether none of the places was as flat: p can't be smaller with that many."""
        return self.p * (1 + self.draws) < 1.5


def flatness(
    center: Float[np.ndarray, " dim"],
    points: Float[np.ndarray, "n dim"],
    d: int,
    *,
    geometry: Geometry,
    seed: int = 0,
) -> tuple[Ring, ...]:
    """The off-tangent share in neighbourhoods of growing size.

    Args:
        center: (dim,) a point of the geometry; the items that equal it are left out.
        points: (n, dim) the data; of more than 10,000 a seeded sample is taken, here and for the null.
        d: Dimension of the tangent, below dim.
        geometry: Of the space.
        seed: Of the null and the sample.

    Returns:
        Neighbourhoods from 2 d neighbours up to 400; none where there are too few points.

    Raises:
        InputError: If d < 1.
    """
    if d < 1:
        raise InputError(f"flatness got d = {d}; a tangent has at least one direction.")
    rng = np.random.default_rng(seed)
    data = points if len(points) <= MOST_ITEMS else points[np.sort(rng.choice(len(points), MOST_ITEMS, replace=False))]
    data = np.asarray(data, np.float32)
    others = data[geometry.distance(data, center.astype(np.float32)) > 0]
    sizes = _sizes(d, len(others) - 1)
    if not sizes or d >= data.shape[1]:
        return ()
    radii, shares = _shares(center.astype(np.float32)[None], others, sizes, d, geometry, own=False)
    null = _normal(data, geometry, rng)
    draws = min(DRAWS, len(null))
    null_radii, null_shares = _shares(null[:draws], null, sizes, d, geometry, own=True)
    as_flat = (null_shares <= shares).sum(axis=0)
    return tuple(
        Ring(
            k,
            float(radii[0, i]),
            float(shares[0, i]),
            float(null_shares[:, i].mean()),
            float(np.quantile(null_shares[:, i], 0.05)),
            float(null_radii[:, i].mean()),
            float((1 + as_flat[i]) / (1 + draws)),
            draws,
        )
        for i, k in enumerate(sizes)
    )


def _sizes(d: int, most: int) -> list[int]:
    """Neighbourhoods that grow by half each, all larger than the tangent's dimension."""
    sizes, k = [], max(8, 2 * d)
    while k <= min(most, max(MOST_NEIGHBOURS, 4 * d)):
        sizes.append(k)
        k = -(-3 * k // 2)
    return sizes


def _shares(
    centers: Float[np.ndarray, "m dim"],
    points: Float[np.ndarray, "n dim"],
    sizes: list[int],
    d: int,
    geometry: Geometry,
    *,
    own: bool,
) -> tuple[Float64[np.ndarray, "m s"], Float64[np.ndarray, "m s"]]:
    """Radius and off-tangent share of each center's neighbourhoods; `own` says that centers are points themselves."""
    found = nearest(points, centers, sizes[-1] + own, geometry=geometry)
    rows, distances = found.rows[:, int(own) :], found.distances[:, int(own) :]
    radii = np.stack([distances[:, k - 1] for k in sizes], axis=1).astype(np.float64)
    shares = np.empty_like(radii)
    with one_thread():
        for i, center in enumerate(centers.astype(np.float64)):
            logs = geometry.log(center, points[rows[i]].astype(np.float64))
            shares[i] = [_off(logs[:k], d) for k in sizes]
    return radii, shares


def _off(logs: Float64[np.ndarray, "k dim"], d: int) -> float:
    x = logs - logs.mean(axis=0)
    variances = np.linalg.eigvalsh(x @ x.T if len(x) < x.shape[1] else x.T @ x)
    total = float(variances.sum())
    return max(0.0, 1 - float(variances[-d:].sum()) / total) if total > 0 else 0.0


def _normal(
    data: Float[np.ndarray, "n dim"], geometry: Geometry, rng: np.random.Generator
) -> Float[np.ndarray, "n r"]:
    """As many draws from the normal distribution with the mean and covariance of the data.

    In flat space its axes may be turned, so they are taken as they come.
    """
    n, dim = data.shape
    mean = data.mean(axis=0, dtype=np.float64)
    x = data - mean
    with one_thread():
        if dim <= n:
            variances, axes = np.linalg.eigh(x.T @ x / n)
        else:
            variances, sides = np.linalg.eigh(x @ x.T / n)
            axes = x.T @ (sides / np.sqrt(np.maximum(variances, 1e-12 * variances[-1]) * n))
        wide = variances > 1e-10 * max(float(variances[-1]), 1e-300)
        z = rng.standard_normal((n, int(wide.sum()))) * np.sqrt(variances[wide])
        if isinstance(geometry, Euclidean):
            return np.asarray(z, np.float32)
        return geometry.project((mean + z @ axes[:, wide].T).astype(np.float32))
