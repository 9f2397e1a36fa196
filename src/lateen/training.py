"""`lateen.train`: a source becomes a trained model on disk."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from lateen.core.errors import InputError
from lateen.models.training import Progress
from lateen.models.vae import VAEConfig
from lateen.models.vae.train import TrainResult, train_vae
from lateen.sources.opening import Source, batches, open_source

IN_MEMORY = 2 * 1024**3  # bytes of pictures that training holds in memory; more go to a temporary file
KINDS = ("vae",)


def train(
    source: str | Path | Source,
    out: str | Path,
    *,
    model: str = "vae",
    size: int = 64,
    latent_dim: int = 64,
    steps: int | None = None,
    minutes: float | None = None,
    seed: int = 0,
    resume: bool = False,
    fit: str = "crop",
    limit: int | None = None,
    config: VAEConfig | None = None,
    dtype: str = "float32",
    progress: Progress | None = None,
    on_read: Callable[[int, int], None] | None = None,
) -> TrainResult:
    """Train a model on the pictures of a source.

    Args:
        source: A folder of pictures or `portraits:N[:SEED]`.
        out: The model folder to make.
        model: Kind of model: "vae".
        size: Side of the pictures that the model sees, in pixels.
        latent_dim: Numbers per picture in the latent space.
        steps: Steps to train; the same steps and seed give the same bytes on the same machine.
        minutes: Minutes to train instead; 10 if neither is given.
        seed: Of weights, order and noise.
        resume: Go on where a killed run stopped; all other arguments must be as they were.
        fit: How pictures become square: "crop", "pad" or "stretch".
        limit: Use the first pictures only.
        config: All hyper-parameters; replaces `size`, `latent_dim` and `fit`.
        dtype: Type of the stored weights, "float32" or "float16".
        progress: Told after every step.
        on_read: Told (pictures read, pictures in all) while the source is read.

    Raises:
        InputError: If the source holds no readable picture, or an argument is out of its range.
        InterruptedWorkError: At ^C; what was trained is kept.
    """
    if model not in KINDS:
        raise InputError(f"There is no model kind {model!r}; this version trains {', '.join(KINDS)}.")
    opened = open_source(source, limit=limit) if isinstance(source, str | Path) else source
    config = config or VAEConfig(size=size, latent_dim=latent_dim, fit=fit)
    with tempfile.TemporaryDirectory(prefix="lateen-") as scratch:
        images = _read(opened, config.size, config.fit, Path(scratch), on_read)
        return train_vae(
            images,
            out,
            config=config,
            steps=steps,
            minutes=minutes,
            seed=seed,
            resume=resume,
            progress=progress,
            dtype=dtype,
        )


def _read(
    source: Source, size: int, fit: str, scratch: Path, on_read: Callable[[int, int], None] | None
) -> UInt8[np.ndarray, "n size size 3"]:
    """All readable pictures, in memory or, beyond IN_MEMORY, memory-mapped."""
    shape = (len(source), size, size, 3)
    if np.prod(shape, dtype=np.int64) <= IN_MEMORY:
        images = np.empty(shape, np.uint8)
    else:
        images = np.lib.format.open_memmap(scratch / "images.npy", "w+", np.uint8, shape)
    read = seen = 0
    for batch in batches(source, size=size, fit=fit):
        images[read : read + len(batch)] = batch.images
        read += len(batch)
        seen += len(batch) + len(batch.rejected)
        if on_read is not None:
            on_read(seen, len(source))
    if read < 2:
        raise InputError(
            f"The source {source.name} has {read} readable pictures of {seen}; training needs at least 2."
        )
    return images[:read]
