"""The shipped VAE on portraits it has never seen: reconstruction, what its codes say linearly, and what an edit does.

    python benchmarks/shipped_vae.py [MODEL]

Edits are judged by a network that reads attributes from pixels and was trained on drawn portraits only.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import lateen
from lateen.directions import contrast, fit_direction
from lateen.measures import psnr
from lateen.models.pca import PCA
from lateen.models.vae import VAE
from lateen.sources.portraits import portraits
from pixel_reader import ATTRIBUTES, PixelReader, low_or_high

SHIPPED = Path(lateen.__file__).parent / "models" / "weights" / "portraits.model"
FIT, HELD_OUT, EDITED = 20_000, 2_000, 500
FIT_SEED, HELD_OUT_SEED, READER_SEED = 101, 102, 103
CONTINUOUS = ("hair_colour", "smile", "head_turn", "gaze", "mouth_open", "age", "beard", "hair_length", "skin_tone")
STEPS_OF_GAP = 1.25  # the edit goes a quarter farther than from mean to mean


def main() -> None:
    """Print all figures."""
    vae = VAE.load(sys.argv[1] if len(sys.argv) > 1 else SHIPPED)
    size = vae.config.size
    images, factors = portraits(FIT, FIT_SEED, size=size)
    held_images, held_factors = portraits(HELD_OUT, HELD_OUT_SEED, size=size)
    codes, held_codes = vae.encode(images), vae.encode(held_images)
    decoded = vae.decode(held_codes)
    pca = PCA.fit(images[:6_000], vae.config.latent_dim, seed=0)
    print(f"held-out PSNR, {HELD_OUT:,} portraits: {psnr(held_images, decoded):.2f} dB")
    print(f"  PCA with as many numbers: {psnr(held_images, pca.decode(pca.encode(held_images))):.2f} dB")
    probes(codes, factors, held_codes, held_factors)
    edits(vae, codes, factors, held_images, held_codes, held_factors)


def probes(
    codes: np.ndarray, factors: Mapping[str, np.ndarray], held: np.ndarray, held_factors: Mapping[str, np.ndarray]
) -> None:
    """Linear probes from codes to factors."""
    reader = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000, C=10))
    reader.fit(codes, factors["glasses"] > 0)
    print(f"probe glasses: accuracy {reader.score(held, held_factors['glasses'] > 0):.4f}")
    reader.fit(codes, factors["glasses"])
    print(f"probe glasses (none, clear, sun): accuracy {reader.score(held, held_factors['glasses']):.4f}")
    for name in CONTINUOUS:
        ridge = make_pipeline(StandardScaler(), RidgeCV(np.logspace(-3, 3, 7))).fit(codes, factors[name])
        print(f"probe {name}: R2 {ridge.score(held, held_factors[name]):.3f}")


def edits(
    vae: VAE,
    codes: np.ndarray,
    factors: Mapping[str, np.ndarray],
    held_images: np.ndarray,
    held_codes: np.ndarray,
    held_factors: Mapping[str, np.ndarray],
) -> None:
    """Put glasses on held-out faces without; let the pixel reader say what changed."""
    reader_images, reader_factors = portraits(12_000, READER_SEED, size=vae.config.size)
    reader = PixelReader()
    reader.fit(reader_images, low_or_high(dict(reader_factors)))
    truth = low_or_high(dict(held_factors))
    read = reader.read(held_images)
    known = truth >= 0
    print("pixel reader, accuracy on held-out drawn portraits:")
    accuracy = [np.mean(read[known[:, j], j] == truth[known[:, j], j]) for j in range(len(ATTRIBUTES))]
    print("  " + ", ".join(f"{name} {a:.3f}" for name, a in zip(ATTRIBUTES, accuracy, strict=True)))

    direction = fit_direction(codes, "glasses", contrast(factors["glasses"] > 0, "glasses"))
    print(f"direction glasses: held-out AUC {direction.auc:.4f}, stability {direction.stability:.4f}")
    rows = np.flatnonzero(held_factors["glasses"] == 0)[:EDITED]
    before = reader.read(vae.decode(held_codes[rows]))
    moved = direction.apply(held_codes[rows], STEPS_OF_GAP * direction.gap)
    after = reader.read(vae.decode(moved))
    print(f"glasses put on {len(rows)} held-out faces without, {STEPS_OF_GAP} x the gap between the means:")
    print(f"  reads as glasses before {before[:, 0].mean():.3f}, after {after[:, 0].mean():.3f}")
    stays = []
    for j, name in enumerate(ATTRIBUTES[1:], start=1):
        clear = truth[rows, j] >= 0
        stays.append(float(np.mean(after[clear, j] == before[clear, j])))
        print(f"  {name} stays: {stays[-1]:.3f} (n = {int(clear.sum())})")
    print(f"  other attributes stay, mean {np.mean(stays):.3f}, least {min(stays):.3f}")


if __name__ == "__main__":
    main()
