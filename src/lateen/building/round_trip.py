"""What encoding and decoding costs, measured on a sample of the source, against PCA with as many numbers."""

from __future__ import annotations

import numpy as np

from lateen.building.plan import Plan
from lateen.building.sampling import sample
from lateen.core.codec import Codec
from lateen.measures import psnr
from lateen.models.pca import PCA
from lateen.store.meta import RoundTrip

LEAST_ITEMS = 8


def measure_round_trip(plan: Plan) -> RoundTrip | None:
    """PSNR of the encoder's round trip and of PCA's at equal dimension; None if the encoder can't decode pictures.

    PCA is fitted to three quarters of the sample, and both figures are of the last quarter: PCA has never seen it,
    a codec that was trained on this very source may have.
    """
    if not isinstance(plan.encoder, Codec) or plan.view is None:
        return None
    images = sample(plan.source, plan.view, plan.wishes.seed)
    assert isinstance(images, np.ndarray)
    if len(images) < LEAST_ITEMS:
        return None
    n_fit = (3 * len(images)) // 4
    test, dim = images[n_fit:], min(plan.encoder.spec.dim, n_fit - 1)
    pca = PCA.fit(images[:n_fit], dim, seed=plan.wishes.seed)
    return RoundTrip(
        psnr=round(psnr(test, plan.encoder.decode(plan.encoder.encode(test))), 2),
        psnr_pca=round(psnr(test, pca.decode(pca.encode(test))), 2),
        pca_dim=dim,
        n=len(test),
    )
