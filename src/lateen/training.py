"""`lateen.train`: a source becomes a trained model on disk."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from lateen.core.errors import InputError, StorageError
from lateen.core.seed import require_seed
from lateen.models.training import Progress
from lateen.models.vae import VAEConfig
from lateen.models.vae.train import TrainResult, check_training, train_vae
from lateen.sources.opening import Source, batches, open_source
from lateen.sources.source import Rejected

IN_MEMORY = 2 * 1024**3  # bytes of pictures that training holds in memory; more go to a file beside the model
KINDS = ("vae",)


def train(
    source: str | Path | Source,
    out: str | Path,
    *,
    model: str = "vae",
    size: int = 64,
    latent_dim: int = 64,
    steps: int | None = None,
    minutes: float | int | None = None,
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
        resume: Go on where a killed run stopped, with the same source, seed and hyper-parameters. Another budget is
            taken as it is said: the learning rate then follows the new one.
        fit: How pictures become square: "crop", "pad" or "stretch".
        limit: Use the first pictures only.
        config: All hyper-parameters; replaces `size`, `latent_dim` and `fit`.
        dtype: Type of the stored weights, "float32" or "float16".
        progress: Told after every step.
        on_read: Told (pictures read, pictures in all) while the source is read.

    Raises:
        InputError: If the source holds no readable picture, or an argument is out of its range.
        StorageError: If the disk is full; the last checkpoint is kept.
        InterruptedWorkError: At ^C; what was trained is kept.
    """
    if model not in KINDS:
        raise InputError(f"There is no model kind {model!r}; this version trains {', '.join(KINDS)}.")
    opened = open_source(source, limit=limit) if isinstance(source, str | Path) else source
    config = config or VAEConfig(size=size, latent_dim=latent_dim, fit=fit)
    require_seed(seed)
    check_training(Path(out), steps, minutes, resume)
    with _scratch(Path(out)) as scratch:
        images, rejected = _read(opened, config.size, config.fit, scratch, on_read)
        trained = train_vae(
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
    return replace(trained, rejected=tuple((r.id, r.reason) for r in rejected), notes=opened.notes)


def _read(
    source: Source, size: int, fit: str, scratch: Path, on_read: Callable[[int, int], None] | None
) -> tuple[UInt8[np.ndarray, "n size size 3"], list[Rejected]]:
    """All readable pictures, in memory or, beyond IN_MEMORY, memory-mapped; and those that can't be read."""
    images = _room(len(source), size, scratch)
    rejected: list[Rejected] = []
    read = 0
    for batch in batches(source, size=size, fit=fit):
        images[read : read + len(batch)] = batch.images
        read += len(batch)
        rejected += batch.rejected
        if on_read is not None:
            on_read(read + len(rejected), len(source))
    if read < 2:
        why = f"; {rejected[0].id!r}: {rejected[0].reason}" if rejected else ""
        raise InputError(
            f"The source {source.name} has {read} readable pictures of {len(source)}; training needs at least 2{why}."
        )
    return images[:read], rejected


def _room(n: int, size: int, scratch: Path) -> UInt8[np.ndarray, "n size size 3"]:
    """Memory for the pictures, or a file whose space is reserved before anything is written to it."""
    numbers = n * size * size * 3
    if numbers <= IN_MEMORY:
        return np.empty((n, size, size, 3), np.uint8)
    path = scratch / "images.bin"
    try:
        with path.open("wb") as file:
            reserve = getattr(os, "posix_fallocate", lambda handle, start, length: os.truncate(handle, length))
            reserve(file.fileno(), 0, numbers)
    except OSError as error:
        raise StorageError(
            f"Training on {n:,} pictures of {size} x {size} needs {numbers / 1e9:.1f} GB beside the model, but writing "
            f"{path} failed: {error.strerror or error}. Make room, use --limit, or choose another place with -o."
        ) from error
    return np.memmap(path, np.uint8, "r+", shape=(n, size, size, 3))


@contextmanager
def _scratch(out: Path) -> Iterator[Path]:
    """A folder beside the model for what training needs meanwhile; the one that a kill left is used again."""
    folder = out.with_name(f".{out.name}.scratch")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"Making {folder} failed: {error.strerror or error}.") from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
