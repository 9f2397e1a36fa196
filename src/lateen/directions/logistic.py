"""Logistic regression: the normal of the boundary that tells the two sides apart with the most likely probabilities.

Reference:
    Cox, *The Regression Analysis of Binary Sequences*, JRSS B 1958. The repeats of the bootstrap are one Newton step
    each from the fit to all items (Davidson and MacKinnon, *Bootstrap Testing in Nonlinear Models*, 1999).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float64

from lateen.core.threads import one_thread
from lateen.directions.labelled import Labelled

PENALTY = 1.0  # sklearn's C on standardised points
MOST = 8_000  # labelled points that are used


def logistic(sample: Labelled, repeats: Float64[np.ndarray, "n b"]) -> tuple[
    Float64[np.ndarray, " dim"], Float64[np.ndarray, "dim b"]
]:
    """The normal of the boundary, and its repeats on resampled points.

    Args:
        sample: Labelled points; what they hold equal is taken out of them.
        repeats: (n, b) weights of the first n points in each resample, of mean 1.

    Returns:
        The normal (dim,), pointing to the labels 1, and the normals of the repeats (dim, b).
    """
    from sklearn.linear_model import LogisticRegression

    n = len(repeats)
    x = _without_held(sample)[:n]
    deviation = x.std(axis=0)
    x = (x - x.mean(axis=0)) / np.where(deviation > 0, deviation, 1.0)
    y = sample.labels[:n] > 0.5
    model: Any = LogisticRegression(C=PENALTY, solver="newton-cholesky", max_iter=100, tol=1e-6)
    with one_thread():
        model.fit(x, y)
        weights = model.coef_[0].astype(np.float64)
        p = model.predict_proba(x)[:, 1].astype(np.float64)
        hessian = (x.T * (p * (1 - p))) @ x + np.eye(x.shape[1]) / PENALTY
        steps = np.linalg.solve(hessian, x.T @ (repeats * (y - p)[:, None]) - weights[:, None] / PENALTY)
    scale = np.where(deviation > 0, 1 / np.where(deviation > 0, deviation, 1.0), 0.0)
    return weights * scale, (weights[:, None] + steps) * scale[:, None]


def _without_held(sample: Labelled) -> Float64[np.ndarray, "m dim"]:
    x = np.asarray(sample.points, np.float64)
    if sample.held is None or not sample.held.shape[1]:
        return x
    d = sample.held - sample.held.mean(axis=0)
    with one_thread():
        return np.asarray(x - d @ np.linalg.lstsq(d.T @ d, d.T @ (x - sample.mean), rcond=1e-10)[0])
