"""The layout on a GPU, through torch: the forces and steps of `descent`, with nothing said twice.

One idea: floating-point sums depend on their order, which a GPU doesn't keep; whole numbers don't. All sums over points
and edges are of whole numbers: shares of 2^-32, or as fine as 64 bits hold.

What is the same to the byte: the same input on the same kind of device with the same version of torch; on "cpu" for any
number of threads too. (The transforms alone add up numbers that are not whole, in an order that their sizes fix.) What
is not: maps of other devices, and those of `spectrum` on the processor's threads: their forces agree to about 1e-4, and
a descent makes small differences large. The maps are as good. "cpu" is slower than the threads: it is for trying this.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product

import numpy as np
import torch
from jaxtyping import Float32
from torch import Tensor

from lateen.core.errors import InputError, UnknownNameError
from lateen.projection.spectrum.all_pairs import UP_TO
from lateen.projection.spectrum.descent import HELD, LONGEST, Balance, Edges, follow
from lateen.projection.spectrum.kernels import FASTER, LEAST_GAIN, SLOWER
from lateen.projection.spectrum.mesh import LEAST, Spacing, sides, transformed_kernels

DEVICES = ("cpu", "cuda", "auto")
_SHARE = 2.0**32  # whole numbers for what a point gives to a node
_BITS = 62  # of the largest sum
_AT_ONCE = 1 << 22  # edges, or pairs


def found(device: str) -> str | None:
    """The device that is meant: "cpu" or "cuda", None for the processor's threads without torch.

    Args:
        device: "cpu", "cuda", or "auto": a GPU if there is one.

    Raises:
        InputError: If there is no such device on this machine.
    """
    if device not in DEVICES:
        raise UnknownNameError("device", device, DEVICES, "the layout")
    there = torch.cuda.is_available()
    if device == "cuda" and not there:
        raise InputError('A layout got device "cuda", but torch finds no such GPU here; give "auto" or "cpu".')
    return ("cuda" if there else None) if device == "auto" else device


def descend_on_torch(
    positions: Float32[np.ndarray, "n dims"],
    edges: Edges,
    balance: Balance,
    progress: Callable[[int, int], None] | None = None,
    device: str = "cuda",
) -> Float32[np.ndarray, "n dims"]:
    """Where the descent ends, on a device of torch.

    Args:
        positions: (n, dims) where it starts.
        edges: Who pulls whom.
        balance: How strongly.
        progress: Told how many steps are done, and of how many.
        device: "cpu" or "cuda".
    """
    descent = TorchDescent(positions, edges, device)
    follow(descent.step, balance, progress)
    end: Float32[np.ndarray, "n dims"] = descent.positions.cpu().numpy()
    return end


class TorchDescent:
    """The state between two steps; what `descent.Descent` is on threads.

    Args:
        positions: (n, dims) where the descent starts.
        edges: Who pulls whom.
        device: "cpu" or "cuda".
    """

    def __init__(self, positions: Float32[np.ndarray, "n dims"], edges: Edges, device: str) -> None:
        self.positions = torch.tensor(positions, device=device)
        self._edges = edges
        n, dims = positions.shape
        self._crowd = _TorchPairs() if n <= UP_TO[dims] else _TorchMesh(dims, device)
        self._speeds = torch.zeros_like(self.positions)
        self._gains = torch.ones_like(self.positions)
        self._ease = torch.tensor(edges.ease(), device=device)[:, None]
        own = np.repeat(np.arange(n, dtype=np.int32), np.diff(edges.starts))
        self._own, self._ends, self._weights = (
            torch.tensor(each, device=device) for each in (own, edges.ends, edges.weights)
        )

    def forces(self, attraction: float) -> Tensor:
        """What pulls and pushes each point."""
        total, push = self._crowd.push(self.positions)
        return self._pull() * (attraction / self._edges.weight) + push / total

    def step(self, attraction: float, momentum: float) -> None:
        """Move each point once (see `kernels.move`)."""
        n = len(self.positions)
        forces = self.forces(attraction) - self.positions * (HELD / n)
        slower = (self._gains * float(SLOWER)).clamp_(min=float(LEAST_GAIN))
        self._gains = torch.where(forces * self._speeds > 0, self._gains + float(FASTER), slower)
        steps = self._ease * (n / attraction) * self._gains * forces
        self._speeds = (self._speeds * momentum + steps).clamp_(-LONGEST, LONGEST)
        self.positions += self._speeds

    def _pull(self) -> Tensor:
        """The sum over the edges of a point of weight / (1 + distance^2) times the difference: each is at most 1."""
        n, dims = self.positions.shape
        scale = _finest(n)
        whole = torch.zeros((dims, n), dtype=torch.int64, device=self.positions.device)
        for start in range(0, len(self._own), _AT_ONCE):
            own, ends, weights = (each[start : start + _AT_ONCE] for each in (self._own, self._ends, self._weights))
            gaps = self.positions.index_select(0, ends) - self.positions.index_select(0, own)
            shares = weights / _one_and_squares(gaps) * scale
            for axis in range(dims):
                whole[axis].index_add_(0, own, (shares * gaps[:, axis]).to(torch.int64))
        return (whole.to(torch.float32) / scale).T


class _TorchPairs:
    """The push on few points; what `all_pairs.AllPairs` is on threads."""

    def push(self, positions: Tensor) -> tuple[Tensor, Tensor]:
        """The sum of the similarities of all pairs, and the sum of similarity^2 times the difference for each point."""
        n, dims = positions.shape
        of_all, of_one = _finest(n**2), _finest(n)
        total = torch.zeros((), dtype=torch.int64, device=positions.device)
        pushes = torch.empty((n, dims), dtype=torch.int64, device=positions.device)
        step = max(1, _AT_ONCE // n)
        for start in range(0, n, step):
            gaps = positions[start : start + step, None] - positions[None]
            similar = 1 / _one_and_squares(gaps)
            total += (similar * of_all).to(torch.int64).sum()
            shares = similar.square() * of_one
            for axis in range(dims):
                pushes[start : start + step, axis] = (shares * gaps[..., axis]).to(torch.int64).sum(dim=1)
        sums = total.to(torch.float64) / of_all - n  # a point is not a pair
        return sums.clamp_(min=LEAST * n), pushes.to(torch.float32) / of_one


class _TorchMesh:
    """The push on all points; what `mesh.Mesh` is on threads."""

    def __init__(self, dims: int, device: str) -> None:
        self._dims = dims
        self._device = device
        self._known: tuple[int, float] | None = None

    def push(self, positions: Tensor) -> tuple[Tensor, Tensor]:
        """The sum of the similarities of all pairs, and the sum of similarity^2 times the difference for each point."""
        n = len(positions)
        low, high = torch.stack([positions.amin(0), positions.amax(0)]).cpu().numpy()
        space = Spacing.between(low, high)
        if self._known != (space.nodes, space.apart):
            self._prepare(space)
        places = (positions - self._tensor(space.corner)) * (1 / space.apart)
        nodes = (places + 0.5).to(torch.int64)
        off = places - nodes
        splines = torch.stack([(0.5 - off).square() * 0.5, 0.75 - off.square(), (0.5 + off).square() * 0.5])
        total, fields = self._convolve(self._spread(nodes, splines, space.nodes), n)
        push = torch.zeros_like(positions)
        for at, share in _nearest(nodes, splines, space.nodes):
            push += fields.index_select(0, at) * share[:, None]
        return (total - self._alone * n).clamp_(min=LEAST * n), push

    def _prepare(self, space: Spacing) -> None:
        kernels, self._alone = transformed_kernels(self._dims, space.nodes, space.apart, torch.fft, self._tensor)
        self._whole = kernels[0].to(torch.float32)
        self._pushes = [kernel.to(torch.complex64) for kernel in kernels[1:]]
        self._known = (space.nodes, space.apart)

    def _spread(self, nodes: Tensor, splines: Tensor, g: int) -> Tensor:
        mesh = torch.zeros(g**self._dims, dtype=torch.int64, device=self._device)
        for at, share in _nearest(nodes, splines, g):
            mesh.index_add_(0, at, (share * _SHARE).to(torch.int64))
        return (mesh.to(torch.float32) / _SHARE).reshape([g] * self._dims)

    def _convolve(self, mesh: Tensor, n: int) -> tuple[Tensor, Tensor]:
        """The sum of all similarities, and for each node and axis the field that pushes.

        Products of waves are written out in real numbers: where a machine fuses them depends on how they are cut.
        """
        g, axes = len(mesh), range(self._dims)
        double, there = [2 * g] * self._dims, [slice(0, g)] * self._dims
        density = torch.fft.rfftn(mesh, s=double)
        power = (density.real.square() + density.imag.square()) * self._whole
        scale = _finest(n**2) / 4  # the transforms may err
        shares = power.to(torch.float64) * (self._tensor(sides(g)) * (scale / float(2 * g) ** self._dims))
        fields = torch.empty((*[g] * self._dims, self._dims), dtype=torch.float32, device=self._device)
        for axis in axes:
            fields[..., axis] = torch.fft.irfftn(_times(density, self._pushes[axis]), s=double)[tuple(there)]
        return shares.to(torch.int64).sum().to(torch.float64) / scale, fields.reshape(-1, self._dims)

    def _tensor(self, array: np.ndarray) -> Tensor:
        return torch.tensor(array, device=self._device)


def _nearest(nodes: Tensor, splines: Tensor, g: int) -> Iterator[tuple[Tensor, Tensor]]:
    """The nodes around each point, one after the other: where they are in the mesh, and their shares."""
    dims = nodes.shape[1]
    for steps in product(range(3), repeat=dims):
        at, share = nodes[:, 0] + (steps[0] - 1), splines[steps[0], :, 0]
        for axis in range(1, dims):
            at = at * g + nodes[:, axis] + (steps[axis] - 1)
            share = share * splines[steps[axis], :, axis]
        yield at, share


def _finest(count: int) -> float:
    """How many whole numbers 1 can be, where the sum of so many must fit."""
    return 2.0 ** (_BITS - count.bit_length())


def _one_and_squares(gaps: Tensor) -> Tensor:
    total = gaps[..., 0].square() + 1
    for axis in range(1, gaps.shape[-1]):
        total += gaps[..., axis].square()
    return total


def _times(a: Tensor, b: Tensor) -> Tensor:
    return torch.complex(a.real * b.real - a.imag * b.imag, a.real * b.imag + a.imag * b.real)
