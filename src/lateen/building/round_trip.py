"""What encoding and decoding costs, measured on a sample of the source, against PCA with as many numbers."""

from __future__ import annotations

import numpy as np
from jaxtyping import UInt8

from lateen.building.plan import Plan
from lateen.core.codec import Codec
from lateen.measures import psnr
from lateen.models.pca import PCA
from lateen.store.meta import RoundTrip

RUNS = 16  # stretches of the source that the sample is read from, because files of a folder lie together
MOST_ITEMS, MOST_NUMBERS = 2048, 2**25  # of the sample: 128 MB as float32
LEAST_ITEMS = 8


def measure_round_trip(plan: Plan) -> RoundTrip | None:
    """PSNR of the encoder's round trip and of PCA's at equal dimension; None if the encoder can't decode.

    PCA is fitted to three quarters of the sample, and both figures are of the last quarter: PCA has never seen it,
    a codec that was trained on this very source may have.
    """
    if not isinstance(plan.encoder, Codec):
        return None
    images = _sample(plan)
    if len(images) < LEAST_ITEMS:
        return None
    n_fit = (3 * len(images)) // 4
    test, dim = images[n_fit:], min(plan.encoder.spec.dim, n_fit - 1)
    pca = PCA.fit(images[:n_fit], dim, seed=plan.seed)
    return RoundTrip(
        psnr=round(psnr(test, plan.encoder.decode(plan.encoder.encode(test))), 2),
        psnr_pca=round(psnr(test, pca.decode(pca.encode(test))), 2),
        pca_dim=dim,
        n=len(test),
    )


def _sample(plan: Plan) -> UInt8[np.ndarray, "n size size 3"]:
    """Pictures from all over the source, in seeded order."""
    total, size = len(plan.source), plan.size
    most = max(1, min(MOST_ITEMS, MOST_NUMBERS // (3 * size**2), total))
    runs = min(RUNS, most)
    starts, counts = (np.arange(runs + 1) * n // runs for n in (total, most))
    stops = np.minimum(starts[:-1] + np.diff(counts), starts[1:])
    stretches = zip(starts[:-1].tolist(), stops.tolist(), strict=True)
    read = [plan.source.read(start, stop, size=size, fit=plan.fit).images for start, stop in stretches]
    images = np.concatenate(read)
    return images[np.random.default_rng(plan.seed).permutation(len(images))]
