"""What a noisy difference of two means says of the true one: zero in most runs of axes, normal in the others.

One idea: the prior's width, shape and sparsity are averaged over as the difference itself makes them likely.

Reference:
    Johnstone and Silverman, *Needles and Straw in Haystacks: Empirical Bayes Estimates of Possibly Sparse Sequences*,
    2004; in runs of axes as Cai, *Adaptive Wavelet Estimation: A Block Thresholding and Oracle Inequality Approach*,
    1999.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from lateen.directions.background import Background

RUN = 4  # neighbouring axes that matter or don't together
POWERS = (1.0, 1.5, 2.0)  # of the items' variances, to which the difference's are proportional
LENGTHS = np.geomspace(0.04, 2, 6)  # expected squared length of the difference, as a share of the items' variance
SHARES = (0.06, 0.25, 0.999)  # of the runs that matter


@dataclass(frozen=True, eq=False)
class Posterior:
    """A mixture over priors, in each of which a run of axes matters with some chance.

    Args:
        mean: (dim,) the expected difference.
        weights: (g,) of each prior; they sum to one.
        chance: (g, runs) that a run matters.
        middles: (g, dim) the expected difference where it does.
        spreads: (g, dim) its standard deviation there.
        run: Axes of a run.
    """

    mean: Float64[np.ndarray, " dim"]
    weights: Float64[np.ndarray, " g"]
    chance: Float64[np.ndarray, "g runs"]
    middles: Float64[np.ndarray, "g dim"]
    spreads: Float64[np.ndarray, "g dim"]
    run: int

    def cosine(self, rng: np.random.Generator, draws: int) -> tuple[float, float, float]:
        """Expected cosine of the mean with the true difference, and the interval that holds it with 95 %."""
        if not self.spreads.any():
            return (float("nan"),) * 3
        dim = len(self.mean)
        prior = rng.choice(len(self.weights), draws, p=self.weights)
        matters = rng.random((draws, self.chance.shape[1])) < self.chance[prior]
        noise = rng.standard_normal((draws, dim)) * self.spreads[prior]
        drawn = (self.middles[prior] + noise) * np.repeat(matters, self.run, axis=1)[:, :dim]
        norms = np.linalg.norm(drawn, axis=1) * np.linalg.norm(self.mean)
        cosines = np.divide(drawn @ self.mean, norms, out=np.zeros(draws), where=norms > 0)
        low, high = np.quantile(cosines, [0.025, 0.975])
        return float(cosines.mean()), float(low), float(high)


def posterior(
    difference: Float64[np.ndarray, " dim"], noise: Float64[np.ndarray, " dim"], background: Background
) -> Posterior:
    """The posterior of a difference along the axes of a background.

    Args:
        difference: (dim,) as it was seen.
        noise: (dim,) variance of what was added to each of its numbers; all zero where that is not known.
        background: Whose variances say where a difference is to be expected.
    """
    dim = len(difference)
    if not noise.any():
        whole = np.ones((1, 1))
        return Posterior(difference, whole[0], whole, difference[None], np.zeros((1, dim)), dim)
    run = dim if background.is_alike else RUN
    prior, shares = _priors(background, difference)
    total = noise + prior
    middles = difference * prior / total
    gains = 0.5 * (np.log(noise / total) + difference**2 * (1 / noise - 1 / total))
    odds = np.add.reduceat(gains, np.arange(0, dim, run), axis=1) + np.log(shares / (1 - shares))[:, None]
    log = (np.logaddexp(0, odds) + np.log1p(-shares)[:, None]).sum(axis=1)
    weights = np.exp(log - log.max())
    weights /= weights.sum()
    chance = 0.5 * (1 + np.tanh(odds / 2))
    each = np.repeat(weights[:, None] * chance, run, axis=1)[:, :dim]
    return Posterior((each * middles).sum(axis=0), weights, chance, middles, np.sqrt(noise * prior / total), run)


def _priors(
    background: Background, difference: Float64[np.ndarray, " dim"]
) -> tuple[Float64[np.ndarray, "g dim"], Float64[np.ndarray, " g"]]:
    """The variances of the difference where it is not zero, and the share of runs where it is not."""
    v = background.variances
    if background.is_alike:  # by the difference itself, which may be far longer than the examples are apart
        most = max(float(difference @ difference) / len(v), float(v[0]))
        return np.geomspace(1e-3, 10, 32)[:, None] * most * np.ones(len(v)), np.full(32, SHARES[-1])
    shapes = np.stack([(v / v.mean()) ** power for power in POWERS])
    shapes /= shapes.mean(axis=1, keepdims=True)
    shares = np.repeat(SHARES, len(LENGTHS))
    lengths = v.mean() * np.tile(LENGTHS, len(SHARES)) / shares
    return (lengths[:, None, None] * shapes).reshape(-1, len(v)), np.repeat(shares, len(POWERS))
