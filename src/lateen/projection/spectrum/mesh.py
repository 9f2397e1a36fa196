"""The push of all points on each, through a mesh: as many operations as points, and nothing drawn at random.

One idea: the push is a convolution of the points' density with a kernel, and convolutions are products of Fourier
transforms. Points are spread on the nodes of a mesh and read back by the same splines; dividing by their transform
takes out what spreading blurs.

Reference: Linderman, Rachh, Hoskins, Steinerberger and Kluger, *Fast interpolation-based t-SNE*, 2019; Hockney and
Eastwood, *Computer Simulation Using Particles*, 1981 (meshes with splines).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from jaxtyping import Complex64, Float32, Float64

from lateen.core.threads import pieces
from lateen.projection.spectrum.kernels import extent, push_deep, push_flat, spread_deep, spread_flat

NODES_APART = {2: 0.4, 3: 0.6}  # units of the map: the kernel is about one wide
MOST_NODES = {2: 1280, 3: 72}  # along an axis; a larger map has a coarser mesh
_MARGIN = 4  # nodes
_COARSER = 1.04  # meshes of large maps get coarser by so much, so that kernels are seldom computed anew
LEAST = 0.05  # mean similarity of a point to all others that is reckoned with
_ROUND = {2: 16, 3: 4}  # meshes grow by so many nodes, so that kernels are seldom computed anew

Each = Callable[[Callable[[int], object], int], None]
Kernel: TypeAlias = Float32[np.ndarray, "*spectrum"] | Complex64[np.ndarray, "*spectrum"]
Fields: TypeAlias = Float32[np.ndarray, "dims *nodes"]
Add: TypeAlias = Callable[[Float32[np.ndarray, "n dims"], float, float, int, int], None]


@dataclass(frozen=True, eq=False)
class Spacing:
    """A mesh around the points: nodes along each axis, how far apart, and where it starts."""

    nodes: int
    apart: float
    corner: Float32[np.ndarray, " dims"]

    @classmethod
    def between(cls, low: Float32[np.ndarray, " dims"], high: Float32[np.ndarray, " dims"]) -> Spacing:
        """The mesh for points from one corner to the other."""
        from scipy.fft import next_fast_len

        dims = len(low)
        wide = float((high - low).max())
        finest = NODES_APART[dims]
        coarser = max(1.0, wide / (MOST_NODES[dims] - 2 * _MARGIN) / finest)
        apart = finest * _COARSER ** math.ceil(math.log(coarser, _COARSER) - 1e-9)
        wanted = -(-(int(wide / apart) + 2 * _MARGIN) // _ROUND[dims]) * _ROUND[dims]
        nodes = next_fast_len(wanted, real=True)
        return cls(nodes, apart, ((low + high) / 2 - apart * (nodes - 1) / 2).astype(np.float32))


class Mesh:
    """The push on all points; keeps the transformed kernels of the last mesh.

    Args:
        dims: 2 or 3.
        each: Does pieces of work beside each other.
        parts: How many pieces; sums depend on it, so it must not depend on the number of threads.
    """

    def __init__(self, dims: int, each: Each, parts: int = 8) -> None:
        self._dims = dims
        self._each = each
        self._parts = parts
        self._known: tuple[int, float] | None = None
        self._kernels: list[Kernel] = []
        self._own = 1.0  # what a point adds to the sum by itself

    def push(self, positions: Float32[np.ndarray, "n dims"]) -> tuple[float, Add]:
        """Sum the similarities of all pairs, 1 / (1 + distance^2), and make ready what pushes each point.

        Returns:
            The sum over ordered pairs of different points (as if they were no farther apart than most can be, where
            there are few), and a function that, for points `start` to `stop`, scales forces by its second argument and
            adds its third times the push: sum of similarity^2 times the difference.
        """
        from scipy import fft

        low, high = np.empty(self._dims, np.float32), np.empty(self._dims, np.float32)
        extent(positions, low, high)
        space = Spacing.between(low, high)
        if self._known != (space.nodes, space.apart):
            (whole, *pushes), self._own = transformed_kernels(self._dims, space.nodes, space.apart, fft, np.asarray)
            self._kernels = [whole.astype(np.float32), *(push.astype(np.complex64) for push in pushes)]
            self._known = (space.nodes, space.apart)
        total, fields = self._convolve(self._spread(positions, space), space.nodes)
        per_unit = np.float32(1 / space.apart)
        push = push_flat if self._dims == 2 else push_deep

        def add(forces: Float32[np.ndarray, "n dims"], pulled: float, pushed: float, start: int, stop: int) -> None:
            push(
                positions, space.corner, per_unit, fields, np.float32(pulled), np.float32(pushed), forces, start, stop
            )

        n = len(positions)
        return max(total - self._own * n, LEAST * n), add

    def _spread(self, positions: Float32[np.ndarray, "n dims"], space: Spacing) -> Float32[np.ndarray, "*mesh"]:
        meshes = np.zeros((self._parts, *[space.nodes] * self._dims), np.float32)
        bounds = pieces(len(positions), self._parts)
        per_unit = np.float32(1 / space.apart)
        spread = spread_flat if self._dims == 2 else spread_deep

        def spread_part(i: int) -> None:
            spread(positions, space.corner, per_unit, meshes[i], bounds[i], bounds[i + 1])

        self._each(spread_part, self._parts)
        cuts = pieces(space.nodes, self._parts)
        whole = np.empty(meshes.shape[1:], np.float32)

        def add_up(i: int) -> None:
            np.sum(meshes[:, cuts[i] : cuts[i + 1]], axis=0, out=whole[cuts[i] : cuts[i + 1]])

        self._each(add_up, self._parts)
        return whole

    def _convolve(self, mesh: Float32[np.ndarray, "*mesh"], g: int) -> tuple[float, Fields]:
        """The sum of all similarities and the fields that push, from the density on the mesh.

        Each transform of one axis is cut into the same pieces whatever the number of threads. Only the half of the
        doubled mesh that holds points is transformed to and fro along the last axis.
        """
        from scipy import fft

        dims, double = self._dims, 2 * g
        half = np.zeros((*[double] * (dims - 1), g + 1), np.complex64)
        cuts = pieces(g, self._parts)

        def last_axis(i: int) -> None:
            there = (slice(cuts[i], cuts[i + 1]), *[slice(0, g)] * (dims - 2))
            half[there] = fft.rfft(mesh[cuts[i] : cuts[i + 1]], n=double, axis=-1)

        self._each(last_axis, self._parts)
        fields = np.empty((dims, *[g] * dims), np.float32)
        back = np.empty((dims, *half.shape), np.complex64)
        ends = pieces(g + 1, self._parts)
        totals = np.zeros(self._parts)
        shares = sides(g)

        def other_axes(i: int) -> None:
            columns = (..., slice(ends[i], ends[i + 1]))
            density = fft.fftn(half[columns], axes=range(dims - 1))
            power = (density.real**2 + density.imag**2) * self._kernels[0][columns]
            sums = power.sum(axis=tuple(range(dims - 1)), dtype=np.float64)
            totals[i] = float((sums * shares[ends[i] : ends[i + 1]]).sum())
            for axis in range(dims):
                back[axis][columns] = fft.ifftn(density * self._kernels[1 + axis][columns], axes=range(dims - 1))

        self._each(other_axes, self._parts)

        def real_again(i: int) -> None:
            axis, part = divmod(i, self._parts)
            there = (slice(cuts[part], cuts[part + 1]), *[slice(0, g)] * (dims - 2))
            fields[axis, cuts[part] : cuts[part + 1]] = fft.irfft(back[axis][there], n=double, axis=-1)[..., :g]

        self._each(real_again, dims * self._parts)
        return float(totals.sum() / float(double) ** dims), fields


def transformed_kernels(
    dims: int, g: int, apart: float, fft: Any, array: Callable[[np.ndarray], Any]
) -> tuple[list[Any], float]:
    """Transforms of 1 / (1 + d^2) and of d / (1 + d^2)^2 along each axis, divided by that of the splines, twice.

    Also what one point adds to the sum of similarities by itself, on average over its places between nodes: it would be
    1 on a mesh of endless fineness. `fft` and `array` are of SciPy and NumPy, or of torch.
    """
    steps = np.arange(2 * g)
    gaps = np.where(steps <= g, steps, steps - 2 * g) * apart
    axes = [array(axis) for axis in np.meshgrid(*[gaps] * dims, indexing="ij", sparse=True)]
    squares = 1.0
    for axis in axes:
        squares = squares + axis**2
    waves = [2 * np.pi * w for w in [np.fft.fftfreq(2 * g)] * (dims - 1) + [np.fft.rfftfreq(2 * g)]]
    blur, own = 1.0, 1.0
    for wave in np.meshgrid(*waves, indexing="ij", sparse=True):
        blur = blur * array((0.75 + 0.25 * np.cos(wave)) ** 2)
        own = own * array((66 + 52 * np.cos(wave) + 2 * np.cos(2 * wave)) / 120)
    whole = fft.rfftn(1 / squares).real / blur
    alone = float((whole * own * array(sides(g))).sum() / float(2 * g) ** dims)
    return [whole, *(fft.rfftn(axis / squares**2) / blur for axis in axes)], alone


def sides(g: int) -> Float64[np.ndarray, " half"]:
    """How often each wave of a half transform is in the whole one."""
    both = np.full(g + 1, 2.0)
    both[[0, -1]] = 1
    return both
