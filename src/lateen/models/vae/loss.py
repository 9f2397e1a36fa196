"""The VAE's loss: optimal-sigma Gaussian likelihoods of pixels and of their gradients, and the KL divergence.

One idea: with the variance that fits best, a Gaussian's negative log-likelihood is D/2 log(mse), so neither pixels
nor gradients need a weight tuned by hand, and the balance against the KL divergence is right at beta = 1.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

SCALES = (1, 2, 4)
"""Factors by which images are shrunk before their gradients are compared."""

_QUANTUM = 1 / (12 * 255**2)  # variance of rounding to grey levels: below it, a smaller error means nothing


def optimal_sigma_nll(squared_errors: Tensor, dims: int) -> Tensor:
    """Negative log-likelihood per item, up to a constant, of a Gaussian with the batch's best variance.

    Args:
        squared_errors: Squared errors of a batch, of any shape.
        dims: Numbers per item.

    Returns:
        Scalar in nats: dims/2 * log(mse + the variance of rounding to 8 bits).

    Reference:
        Rybkin et al., *Simple and Effective VAE Training with Calibrated Decoders*, ICML 2021.
    """
    return 0.5 * dims * (squared_errors.mean() + _QUANTUM).log()


def gradient_nll(output: Tensor, target: Tensor) -> Tensor:
    """Optimal-sigma likelihood of the differences between neighbouring pixels, averaged over scales.

    Glasses' rims, a smile and the gaze are few pixels, next to nothing in a mean squared error, but they are edges,
    where a gradient's energy is. Each scale has a variance of its own, so the finest doesn't drown the rest.

    Args:
        output: (n, c, h, w) reconstruction.
        target: (n, c, h, w) images.

    Returns:
        Scalar in nats per item, on the scale of the pixels' likelihood.
    """
    dims = target[0].numel()
    error = output - target  # gradients and shrinking are linear, so the error's are the difference of both images'
    total = error.new_zeros(())
    for scale in SCALES:
        shrunk = F.avg_pool2d(error, scale) if scale > 1 else error
        across, down = shrunk.diff(dim=3), shrunk.diff(dim=2)
        squared = 0.5 * (across.square().mean() + down.square().mean())
        total = total + optimal_sigma_nll(squared, dims)
    return total / len(SCALES)


def kl_per_dimension(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL divergence of N(mean, exp(log_variance)) from N(0, 1) in nats, batch mean: (n, d), (n, d) -> (d,)."""
    return 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).mean(dim=0)


def with_free_bits(kl: Tensor, free_bits: float) -> Tensor:
    """Sum of the divergences, each at least `free_bits`, so that no dimension is pushed below it.

    Reference:
        Kingma et al., *Improving Variational Inference with Inverse Autoregressive Flow*, NeurIPS 2016.
    """
    return torch.clamp(kl, min=free_bits).sum()
