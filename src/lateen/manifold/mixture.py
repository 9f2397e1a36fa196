"""A mixture of normal distributions over a space: where its items are, so that new ones can be drawn there.

One idea: one normal distribution fills the holes between classes (half-glasses between glasses and none); a few, each
with a covariance of its own, leave most of them empty.

Reference:
    Ghosh et al., *From Variational to Deterministic Autoencoders*, ICLR 2020 (ex-post density estimation with ten
    components).
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32

from lateen.core.errors import InputError

COMPONENTS = 10
MOST_ITEMS = 10_000
_ITEMS_PER_NUMBER = 4  # items that each component needs per dimension, so that its covariance is one of data
_ROUNDS, _TOLERANCE, _FLOOR = 40, 1e-2, 1e-4


@dataclass(frozen=True, eq=False)
class Mixture:
    """A fitted mixture.

    Args:
        weights: (c,) share of each component.
        means: (c, dim).
        factors: (c, dim, rank): each covariance is factor @ factor.T.
    """

    weights: Float[np.ndarray, " c"]
    means: Float[np.ndarray, "c dim"]
    factors: Float[np.ndarray, "c dim rank"]

    @classmethod
    def fit(cls, vectors: Float[np.ndarray, "n dim"], seed: int = 0) -> Mixture:
        """Fit by expectation maximisation from a k-means start.

        Args:
            vectors: (n, dim) data; of more than 10,000 rows a seeded sample is taken. With few items there are fewer
                components, down to a single one with the covariance of the data.
            seed: Of sample and start.

        Raises:
            InputError: If there are no vectors.
        """
        if len(vectors) == 0:
            raise InputError("A mixture of no vectors is not defined; give at least one.")
        rng = np.random.default_rng(seed)
        data = np.asarray(vectors[np.sort(rng.permutation(len(vectors))[:MOST_ITEMS])], np.float64)
        components = min(COMPONENTS, len(data) // (_ITEMS_PER_NUMBER * data.shape[1]))
        if components < 2 or (data == data[0]).all():
            centred = data - data.mean(axis=0)
            return cls(np.ones(1), data.mean(axis=0)[None], centred.T[None] / np.sqrt(len(data)))
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.mixture import GaussianMixture

        model = GaussianMixture(
            components, max_iter=_ROUNDS, tol=_TOLERANCE, reg_covar=_FLOOR * data.var(axis=0).mean(), random_state=seed
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # a rough fit is all that drawing needs
            model.fit(data)
        return cls(model.weights_, model.means_, np.linalg.cholesky(model.covariances_))

    def sample(self, n: int, seed: int = 0) -> Float32[np.ndarray, "n dim"]:
        """Draw n vectors; the same seed gives the same ones.

        Raises:
            InputError: If n < 1.
        """
        if n < 1:
            raise InputError(f"Got n = {n}; ask for at least one sample.")
        rng = np.random.default_rng(seed)
        which = rng.choice(len(self.weights), n, p=self.weights / self.weights.sum())
        noise = rng.standard_normal((n, self.factors.shape[2]))
        points = self.means[which]
        for component, factor in enumerate(self.factors):
            points[which == component] += noise[which == component] @ factor.T
        return np.asarray(points, np.float32)
