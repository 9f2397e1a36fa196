"""Training on pictures: a source becomes a trained model on disk."""

from __future__ import annotations

import math
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32, UInt8

from lateen.core.codec import Decoder, Encoder, LatentSpec
from lateen.core.errors import InputError, StorageError
from lateen.models.decoder import DecoderConfig, train_decoder
from lateen.models.run import TrainResult, check_training
from lateen.models.training import Progress
from lateen.models.vae import VAEConfig, train_vae
from lateen.operations.attach import attach as attach_to
from lateen.operations.attach import check_attachable
from lateen.operations.opened import Opened
from lateen.sources.opening import Source, open_source
from lateen.sources.picture import View
from lateen.sources.reading import read_ahead
from lateen.sources.source import Batch, Rejected, Stretch
from lateen.store import SpaceFolder

IN_MEMORY = 2 * 1024**3  # bytes of pictures, or of codes, that training holds in memory; more go to a file
_ROWS = 128  # pictures read at a time

Pictures = UInt8[np.ndarray, "n size size 3"]
Codes = Float32[np.ndarray, "n dim"]


def train_pictures(
    source: str | Path | Source,
    out: str | Path,
    *,
    model: str,
    size: int,
    latent_dim: int,
    steps: int | None,
    minutes: float | int | None,
    seed: int,
    resume: bool,
    fit: str | None,
    limit: int | None,
    config: VAEConfig | None,
    dtype: str,
    encoder: str | Encoder | None,
    attach: str | Path | None,
    progress: Progress | None,
    on_read: Callable[[int, int], None] | None,
) -> TrainResult:
    """Train a VAE or a decoder; the arguments are those of `lateen.train`.

    Raises:
        InputError: If the source holds no readable picture, or an argument is out of its range.
        SpaceError: If the space to attach to is of another encoder, or can't be opened.
        StorageError: If the disk is full; the last checkpoint is kept.
        InterruptedWorkError: At ^C; what was trained is kept.
    """
    check_training(Path(out), steps, minutes, resume)
    wanted = _wanted(encoder, attach, fit, size) if model == "decoder" else None
    if wanted is None and (encoder is not None or attach is not None):
        raise InputError("A VAE has an encoder of its own; give encoder and attach with model 'decoder' only.")
    opened = open_source(source, limit=limit) if isinstance(source, str | Path) else source
    if opened.modality != "image":
        raise InputError(f"A {model} is trained on pictures; {opened.name} holds {opened.modality} items.")
    run = {"steps": steps, "minutes": minutes, "seed": seed, "resume": resume, "progress": progress, "dtype": dtype}
    with _scratch(Path(out)) as scratch:
        read = _Reading(opened, scratch, on_read)
        if wanted is None:
            config = config or VAEConfig(size=size, latent_dim=latent_dim, fit=fit or "crop")
            trained = _vae(read, out, config, run)
        else:
            trained = _decoder(read, out, wanted, run)
    if wanted is not None and wanted.space is not None:
        attach_to(wanted.space, Path(out))
    notes = (*opened.notes, *(wanted.notes if wanted else ()), *trained.notes)
    return replace(trained, rejected=tuple((r.id, r.reason) for r in read.rejected), notes=notes)


@dataclass(frozen=True, eq=False)
class _Wanted:
    """What a decoder is to be trained from.

    Args:
        encoder: Whose codes it reads.
        spec: The encoder's, under the name that the user knows.
        seen: How the encoder sees pictures.
        target: How the decoder is to make them.
        config: Its hyper-parameters.
        space: Where it is to be attached.
        notes: What the user should know.
    """

    encoder: Encoder
    spec: LatentSpec
    seen: View
    target: View
    config: DecoderConfig
    space: Opened | None
    notes: tuple[str, ...]


def _vae(read: _Reading, out: str | Path, config: VAEConfig, run: dict[str, Any]) -> TrainResult:
    return train_vae(read.pictures(View(config.size, config.fit)), out, config=config, **run)


def _decoder(read: _Reading, out: str | Path, wanted: _Wanted, run: dict[str, Any]) -> TrainResult:
    pictures, codes = read.pairs(wanted)
    view = wanted.target.to_dict()
    return train_decoder(pictures, codes, out, spec=wanted.spec, view=view, config=wanted.config, **run)


def _wanted(named: str | Encoder | None, attach: str | Path | None, fit: str | None, size: int) -> _Wanted:
    """Everything that can be refused before a picture is read."""
    space = None if attach is None else Opened(SpaceFolder.open(attach))
    encoder = _encoder(named, space)
    spec = encoder.spec if space is None or named is not None else replace(encoder.spec, encoder=space.spec.encoder)
    if spec.modality != "image":
        raise InputError(
            f"{spec.encoder} encodes {spec.modality} items; a decoder makes pictures, of codes of pictures."
        )
    if space is not None:
        check_attachable(space, spec)
        fit = fit or space.folder.meta.fit
    try:
        seen = View.of(spec.preprocessing, fit)
    except InputError as error:
        raise InputError(f"No decoder can be trained for {spec.encoder}: {error}.") from error
    target = View(size, fit=seen.fit, keep=seen.keep)
    decodes = isinstance(encoder, Decoder)
    notes = (f"{spec.encoder} decodes by itself; where this decoder is attached, it takes its place.",)
    return _Wanted(encoder, spec, seen, target, DecoderConfig(spec.dim, size), space, notes if decodes else ())


def _encoder(named: str | Encoder | None, space: Opened | None) -> Encoder:
    if named is None:
        if space is None:
            raise InputError("A decoder is trained for an encoder; name it with --encoder, or its space with --attach.")
        return space.encoder
    if not isinstance(named, str):
        return named
    from lateen.encoders.registry import load_encoder

    loaded = load_encoder(named)
    if isinstance(loaded, Encoder):
        return loaded
    raise InputError(
        f"The encoder {named} is fitted when a space is built with it; build one, and train for it with --attach SPACE."
    )


class _Reading:
    """All readable pictures of a source; those that can't be read are in `rejected`.

    Args:
        source: Where they come from.
        scratch: A folder for what doesn't fit into memory.
        on_read: Told how far it is.
    """

    def __init__(self, source: Source, scratch: Path, on_read: Callable[[int, int], None] | None) -> None:
        self.rejected: list[Rejected] = []
        self._source, self._scratch, self._on_read = source, scratch, on_read

    def pictures(self, view: View) -> Pictures:
        """The pictures in one view, in memory or, beyond IN_MEMORY, memory-mapped."""
        room = _room_for_pictures(len(self._source), view.size, self._scratch)
        done = 0
        for batch in self._batches(view):
            room[done : done + len(batch)] = batch.items
            done += len(batch)
            self._tell(done)
        return room[: self._enough(done)]

    def pairs(self, wanted: _Wanted) -> tuple[Pictures, Codes]:
        """The pictures in the decoder's view, and what the encoder makes of them in its own."""
        target, side = wanted.target, wanted.seen.size
        n, dim = len(self._source), wanted.encoder.spec.dim
        room = _room_for_pictures(n, target.size, self._scratch)
        codes = _room((n, dim), np.dtype(np.float32), self._scratch / "codes.bin", f"{n:,} codes of {dim:,} numbers")
        done = 0
        for batch in self._batches(wanted.seen, target):
            both = np.asarray(batch.items)
            seen, made = both[:, : 3 * side**2], both[:, -3 * target.size**2 :]
            found = np.asarray(wanted.encoder.encode(seen.reshape(-1, side, side, 3)), np.float32)
            finite = np.isfinite(found).all(axis=1)
            self.rejected += [
                Rejected(batch.ids[i], "the encoder gave numbers that are not finite") for i in np.flatnonzero(~finite)
            ]
            part = slice(done, done + int(finite.sum()))
            room[part] = made[finite].reshape(-1, target.size, target.size, 3)
            codes[part] = found[finite]
            done = part.stop
            self._tell(done)
        return room[: self._enough(done)], codes[:done]

    def _batches(self, view: View, other: View | None = None) -> Iterator[Batch]:
        starts = range(0, len(self._source), _ROWS)
        taken = (self._source.take(np.arange(i, min(i + _ROWS, len(self._source)))) for i in starts)
        stretches: Iterator[Stretch] = taken if other is None else (_SeenTwice(stretch, other) for stretch in taken)
        for batch in read_ahead(stretches, view, count=len(starts), finish=_as_it_is):
            self.rejected += batch.rejected
            if len(batch):
                yield batch

    def _tell(self, done: int) -> None:
        if self._on_read is not None:
            self._on_read(done + len(self.rejected), len(self._source))

    def _enough(self, done: int) -> int:
        if done >= 2:
            return done
        why = f"; {self.rejected[0].id!r}: {self.rejected[0].reason}" if self.rejected else ""
        raise InputError(
            f"The source {self._source.name} has {done} readable pictures of {len(self._source)}; training needs at "
            f"least 2{why}."
        )


@dataclass(frozen=True, eq=False)
class _SeenTwice:
    """Pictures in two views, read in one go: a batch whose items are both, flattened side by side.

    Args:
        stretch: The pictures.
        other: The second view.
    """

    stretch: Stretch
    other: View

    def read(self, view: View | None) -> Batch:
        """Each file is decoded once per view, one right after the other, so that it comes from the disk once."""
        first = self.stretch.read(view)
        second = first if view == self.other else self.stretch.read(self.other)
        if not np.array_equal(first.rows, second.rows):
            raise InputError(
                f"The source changed while it was read: {len(first)} pictures could be read, then {len(second)}; "
                "train again."
            )
        flat = [np.asarray(batch.items).reshape(len(batch), -1) for batch in (first, second)]
        return replace(first, items=np.concatenate(flat, axis=1))


def _as_it_is(batch: Batch) -> Batch:
    return batch


def _room_for_pictures(n: int, size: int, scratch: Path) -> Pictures:
    what = f"{n:,} pictures of {size} x {size}"
    return _room((n, size, size, 3), np.dtype(np.uint8), scratch / "images.bin", what)


def _room(shape: tuple[int, ...], dtype: np.dtype, path: Path, what: str) -> np.ndarray:
    """Memory for an array, or a file whose space is reserved before anything is written to it."""
    needed = math.prod(shape) * dtype.itemsize
    if needed <= IN_MEMORY:
        return np.empty(shape, dtype)
    try:
        with path.open("wb") as file:
            reserve = getattr(os, "posix_fallocate", lambda handle, start, length: os.truncate(handle, length))
            reserve(file.fileno(), 0, needed)
    except OSError as error:
        raise StorageError(
            f"Training on {what} needs {needed / 1e9:.1f} GB beside the model, but writing "
            f"{path} failed: {error.strerror or error}. Make room, use --limit, or choose another place with -o."
        ) from error
    return np.memmap(path, dtype, "r+", shape=shape)


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
