"""The push of all points on each, pair by pair: for few points it is quicker than a mesh, and it is exact."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float32

from lateen.core.threads import pieces
from lateen.projection.spectrum.kernels import push_pairs
from lateen.projection.spectrum.mesh import LEAST, Add, Each

UP_TO = {2: 1_500, 3: 6_000}  # points, from which on a mesh is quicker


class AllPairs:
    """The push on all points; has the methods of a `Mesh`.

    Args:
        each: Does pieces of work beside each other.
        parts: How many pieces.
    """

    def __init__(self, each: Each, parts: int) -> None:
        self._each = each
        self._parts = parts

    def push(self, positions: Float32[np.ndarray, "n dims"]) -> tuple[float, Add]:
        """What `Mesh.push` gives, without its small errors."""
        n, cuts = len(positions), pieces(len(positions), self._parts)
        pushes, sums = np.empty_like(positions), np.empty(n, np.float64)
        axes = np.ascontiguousarray(positions.T)
        self._each(lambda i: push_pairs(axes, pushes, sums, cuts[i], cuts[i + 1]), self._parts)

        def add(forces: Float32[np.ndarray, "n dims"], pulled: float, pushed: float, start: int, stop: int) -> None:
            there = slice(start, stop)
            forces[there] = np.float32(pulled) * forces[there] + np.float32(pushed) * pushes[there]

        return max(float(sums.sum()), LEAST * n), add
