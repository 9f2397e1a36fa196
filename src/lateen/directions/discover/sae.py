"""A sparse autoencoder: a dictionary of many features, of which each point has only a few.

One idea: of all features only the k strongest of a point are kept, so that each learns to stand for something that is
there or not. A batch is always worked on in the same pieces, so more threads make it quicker and change no bit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float32, Float64, Int64
from torch import Tensor

from lateen.core.errors import InputError
from lateen.core.threads import in_threads, team
from lateen.directions.discover.axes import BLOCK, Axes, Told, asked, moments_of, spread, units

FEWEST = 100  # points
PER_NUMBER = 4  # features for each number of a point,
PER_FEATURE = 32  # but this many points at least for a feature; of few points, as many features as a point has numbers
STEPS, BATCH, PIECE = 2_000, 1_024, 256
RATE = 2e-3
AUXILIARY = 1 / 32  # weight of what dead features are to explain of the error
ASLEEP = 100  # steps without firing after which a feature is dead
HELD_OUT = 0.1  # share of the points that the R2 is taken on
RAREST, USUALLY = 0.002, 0.5  # a feature is shown if it fires in a share of the points between these
ALIKE = 0.7  # |cosine| from which on two features show the same


Each: TypeAlias = Callable[[Callable[[int], object], int], None]
"""What `team` gives: a work done for each piece."""


@dataclass(frozen=True, eq=False)
class _Network:
    """What is trained: `z = top_k((x - bias) @ encoder.T + threshold)`, `x' = z @ decoder + bias`."""

    encoder: Tensor  # (features, dim)
    threshold: Tensor  # (features,)
    decoder: Tensor  # (features, dim), rows of norm 1
    bias: Tensor  # (dim,)
    k: int

    @property
    def tensors(self) -> list[Tensor]:
        return [self.encoder, self.threshold, self.decoder, self.bias]


def sae(
    points: Float32[np.ndarray, "m dim"],
    n: int | None = None,
    *,
    seed: int = 0,
    progress: Told | None = None,
    features: int | None = None,
    steps: int = STEPS,
) -> Axes:
    """The most telling features of a sparse dictionary.

    Shown are features that fire in 0.2 to 50 % of the points, those first whose firing explains most variance; of two
    that point the same way, or opposite ways (|cosine| above 0.7), the first. `share` is the variance of a feature's
    activation as a share of all.

    Args:
        points: (m, dim), m >= 100.
        n: How many features are shown; 10 if nothing is said.
        seed: Of the start, the order of the points and what is held out.
        progress: Told how many steps are done.
        features: Size of the dictionary; if nothing is said 4 dim, or of fewer than 128 dim points m / 32, or dim.
        steps: Of training, 1,024 points each.

    Raises:
        InputError: If there are too few points, all are at one place, or n is not between 1 and the features.

    Reference:
        Gao et al., *Scaling and evaluating sparse autoencoders*, 2024 (TopK, auxiliary loss, unit decoder columns).
    """
    m, dim = points.shape
    if m < FEWEST:
        raise InputError(f"A sparse autoencoder takes {FEWEST} items or more; there are {m}. Take --method pca.")
    width = max(2, min(PER_NUMBER * dim, max(dim, m // PER_FEATURE))) if features is None else features
    if width < 2:
        raise InputError(f"Got {width} features; a dictionary has at least 2, by default up to {PER_NUMBER} for each "
                         f"of the {dim} numbers of an item.")  # fmt: skip
    n = asked(n, width, f"so many features the dictionary has (--features {width})")
    moments = moments_of(points)
    center = moments.mean.astype(np.float32)
    unit = np.float32(np.sqrt(np.trace(moments.covariance) / dim))
    held = np.random.default_rng(seed).permutation(m) < max(1, round(HELD_OUT * m))
    with _alone(), team() as each:
        network = _start(dim, width, seed)
        training = _Training(network, each, steps)
        for step, batch in enumerate(_batches(np.flatnonzero(~held), steps, seed)):
            training.step(torch.from_numpy((points[batch] - center) / unit).to(network.bias.device), step)
            if progress is not None:
                progress("training", step + 1, steps)
        seen = _looked(network, points, center, unit, held)
    shown = _chosen(seen, network.decoder.cpu().numpy(), n)
    vectors, readers = units(network.decoder.cpu().numpy()[shown]), network.encoder.cpu().numpy()[shown]
    share = seen.variance[shown] / dim
    return Axes(vectors, readers, spread(points, vectors), share, seen.fires[shown], seen.r2, width)


@dataclass(frozen=True, eq=False)
class _Seen:
    """What the features do on the points: how often they fire, the variance of their activation, held-out R2."""

    fires: Float64[np.ndarray, " features"]
    variance: Float64[np.ndarray, " features"]
    r2: float


class _Training:
    """Adam on the loss, with what it remembers: which features sleep."""

    def __init__(self, network: _Network, each: Each, steps: int) -> None:
        self.network, self._each, self.steps = network, each, steps
        self._mean, self._square = ([torch.zeros_like(t) for t in network.tensors] for _ in range(2))
        self._asleep = torch.zeros(len(network.threshold), dtype=torch.int64, device=network.bias.device)

    def step(self, x: Tensor, at: int) -> None:
        """Learn from one batch of points."""
        network = self.network
        dead = (self._asleep >= ASLEEP).nonzero().ravel()
        parts: list[tuple[list[Tensor], Tensor]] = [([], x)] * -(-len(x) // PIECE)

        def work(piece: int) -> None:
            parts[piece] = _gradients(network, x[piece * PIECE : (piece + 1) * PIECE], len(x), dead)

        self._each(work, len(parts))
        fired = torch.stack([fired for _, fired in parts]).any(dim=0)
        self._asleep = torch.where(fired, 0, self._asleep + 1)
        each = zip(*(gradients for gradients, _ in parts), strict=True)
        encoder, threshold, decoder, bias = (sum(some[1:], some[0]) for some in each)
        decoder = decoder - (decoder * network.decoder).sum(dim=1, keepdim=True) * network.decoder  # the norm is fixed
        self._adam([encoder, threshold, decoder, bias], at)
        network.decoder.div_(network.decoder.norm(dim=1, keepdim=True))

    def _adam(self, gradients: list[Tensor], at: int) -> None:
        """Kingma and Ba, 2015; the rate rises at first and falls to nothing at the end."""
        rate = RATE * min(1.0, (at + 1) / 50, 2.5 * (self.steps - at) / self.steps)
        first, second = 1 - 0.9 ** (at + 1), 1 - 0.999 ** (at + 1)
        for tensor, mean, square, gradient in zip(
            self.network.tensors, self._mean, self._square, gradients, strict=True
        ):
            mean.lerp_(gradient, 0.1)
            square.mul_(0.999).addcmul_(gradient, gradient, value=0.001)
            tensor.addcdiv_(mean, (square / second).sqrt_().add_(1e-8), value=-rate / first)


def _gradients(network: _Network, x: Tensor, batch: int, dead: Tensor) -> tuple[list[Tensor], Tensor]:
    """Of the loss of some points of a batch, and which features fired in them."""
    encoder, threshold, decoder, bias = leaves = [tensor.detach().requires_grad_() for tensor in network.tensors]
    with torch.enable_grad():
        scores = F.linear(x - bias, encoder, threshold)
        values, which = scores.topk(network.k, dim=1, sorted=False)
        values = values.relu()
        error = x - bias - F.embedding_bag(which, decoder, per_sample_weights=values, mode="sum")
        loss = error.square().sum()
        if len(dead):
            k = min(len(dead), max(1, x.shape[1] // 2))
            values_of, at = scores[:, dead].topk(k, dim=1, sorted=False)
            guess = F.embedding_bag(dead[at], decoder, per_sample_weights=values_of.relu(), mode="sum")
            loss = loss + AUXILIARY * (error.detach() - guess).square().sum()
        gradients = torch.autograd.grad(loss / (batch * x.shape[1]), leaves)
    fired = torch.zeros(len(threshold), dtype=torch.bool, device=x.device)
    fired[which[values > 0]] = True
    return list(gradients), fired


def _start(dim: int, width: int, seed: int) -> _Network:
    """Random unit rows; the encoder starts as the decoder."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    rows = torch.randn((width, dim), generator=torch.Generator().manual_seed(seed))
    decoder = (rows / rows.norm(dim=1, keepdim=True)).to(device)
    k = min(max(round(dim / 8), 4), 32, width // 2)
    return _Network(decoder.clone(), torch.zeros(width, device=device), decoder, torch.zeros(dim, device=device), k)


def _batches(rows: Int64[np.ndarray, " m"], steps: int, seed: int) -> Iterator[Int64[np.ndarray, " batch"]]:
    """Rows of every step, in ascending order within a batch: each point comes once before any comes again."""
    rng, size = np.random.default_rng([seed, 1]), min(BATCH, len(rows))
    order, at = rng.permutation(rows), 0
    for _ in range(steps):
        if at + size > len(order):
            order, at = rng.permutation(rows), 0
        yield np.sort(order[at : at + size])
        at += size


def _looked(
    network: _Network,
    points: Float32[np.ndarray, "m dim"],
    center: Float32[np.ndarray, " dim"],
    unit: np.float32,
    held: Bool[np.ndarray, " m"],
) -> _Seen:
    """All points once more, to see what the trained features do."""
    m = len(points)
    sums = np.zeros((-(-m // BLOCK), 3, len(network.threshold)))
    errors = np.zeros((-(-m // BLOCK), 2))

    def look(start: int, stop: int) -> None:
        x = torch.from_numpy((points[start:stop] - center) / unit).to(network.bias.device)
        scores = F.linear(x - network.bias, network.encoder, network.threshold)
        values, which = scores.topk(network.k, dim=1, sorted=False)
        values = values.relu()
        error = x - network.bias - F.embedding_bag(which, network.decoder, per_sample_weights=values, mode="sum")
        chosen, active = which.cpu().numpy().ravel(), values.double().cpu().numpy().ravel()
        for i, weights in enumerate((active > 0, active, active**2)):
            sums[start // BLOCK, i] = np.bincount(chosen, weights, minlength=sums.shape[2])
        inside = torch.from_numpy(held[start:stop]).to(x.device)
        errors[start // BLOCK] = [float(part[inside].double().square().sum()) for part in (error, x)]

    in_threads(look, m, BLOCK)
    fires, mean, square = sums.sum(axis=0) / m
    left, all = errors.sum(axis=0)
    return _Seen(fires, square - mean**2, float(1 - left / all))


def _chosen(seen: _Seen, decoder: Float32[np.ndarray, "features dim"], n: int) -> list[int]:
    """The features that are shown: neither rare nor everywhere first, then by variance, no two of them alike."""
    telling = (seen.fires >= RAREST) & (seen.fires <= USUALLY)
    order = [int(i) for i in np.lexsort((-seen.variance, ~telling)) if seen.variance[i] > 0]
    shown: list[int] = []
    for feature in order:
        if len(shown) < n and not np.any(np.abs(decoder[shown] @ decoder[feature]) > ALIKE):
            shown.append(feature)
    return shown


@contextmanager
def _alone() -> Iterator[None]:
    """No gradients, and one thread for each of torch's products: the same sums on every machine of a kind."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.no_grad():
            yield
    finally:
        torch.set_num_threads(before)
