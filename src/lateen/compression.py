"""How far a codec compresses the data and what the round trip costs, measured on a sample of the items."""

from __future__ import annotations

import numpy as np
from jaxtyping import UInt8

from lateen.core.codec import Codec, Encoder
from lateen.models.pca import PCA, psnr
from lateen.sources.source import Source

RUNS, RUN_LENGTH = 16, 128  # items are read in runs, because files of a folder lie together


def measure_compression(
    source: Source, encoder: Encoder, *, size: int, fit: str, numbers: float, bytes_before: float, seed: int = 0
) -> dict[str, object]:
    """Compression of a source by an encoder.

    Args:
        source: The items.
        encoder: What encodes them.
        size: Side of the pictures that the encoder takes, in pixels.
        fit: How pictures are made square.
        numbers: Mean numbers per item as it came (height x width x channels of the original picture).
        bytes_before: Mean bytes per item as it came (the file).
        seed: Of the sample.

    Returns:
        Numbers and bytes per item before and after, their ratios; the PSNR of the round trip in dB if the encoder
        decodes, and that of PCA at equal dimension. PCA is fitted to three quarters of the sample; both figures are
        of the last quarter, which is never seen by PCA, but may have been by a codec trained on this source.
    """
    dim = encoder.spec.dim
    after = dim * np.dtype(encoder.spec.dtype).itemsize
    facts: dict[str, object] = {
        "numbers_before": round(numbers, 1),
        "numbers_encoder_input": size * size * 3,
        "numbers_after": dim,
        "numbers_ratio": round(numbers / dim, 1),
        "bytes_before": round(bytes_before, 1),
        "bytes_after": after,
        "bytes_ratio": round(bytes_before / after, 2),
    }
    images = _sample(source, size, fit, seed)
    if len(images) >= 8 and isinstance(encoder, Codec):
        n_fit = (3 * len(images)) // 4
        test = images[n_fit:]
        pca = PCA.fit(images[:n_fit], min(dim, n_fit - 1), seed=seed)
        facts["psnr"] = round(psnr(test, encoder.decode(encoder.encode(test))), 2)
        facts["psnr_pca"] = round(psnr(test, pca.decode(pca.encode(test))), 2)
        facts["psnr_n"] = len(test)
        facts["pca_dim"] = min(dim, n_fit - 1)
    return facts


def _sample(source: Source, size: int, fit: str, seed: int) -> UInt8[np.ndarray, "n size size 3"]:
    """Up to RUNS x RUN_LENGTH pictures from all over the source, in seeded order."""
    n = len(source)
    all_of_it = n <= RUNS * RUN_LENGTH
    starts = np.arange(0, n, RUN_LENGTH) if all_of_it else np.linspace(0, n - RUN_LENGTH, RUNS).astype(int)
    read = [source.read(int(s), min(int(s) + RUN_LENGTH, n), size=size, fit=fit).images for s in starts]
    images = np.concatenate(read) if read else np.zeros((0, size, size, 3), np.uint8)
    return images[np.random.default_rng(seed).permutation(len(images))]
