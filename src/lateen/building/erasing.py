"""A new space in which a concept is gone: the erasers of `directions`, applied to all items, and what that did.

One idea: three passes over the vectors, block by block: one to fit the eraser, one to write, and a few thousand items
to measure the effect. The old space is only read.
"""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pyarrow as pa
from jaxtyping import Float, Float32

from lateen.building import replacing
from lateen.building.erased import Effect, Erased
from lateen.building.erasure_effect import effect_of
from lateen.building.plan import own_version
from lateen.core.direction import Direction
from lateen.core.errors import InputError, InterruptedWorkError
from lateen.core.geometry import Sphere
from lateen.core.seed import require_seed
from lateen.directions.hard_debias import HardDebias
from lateen.directions.leace import Leace
from lateen.directions.moments import Moments
from lateen.operations.concept import Concept, concept
from lateen.operations.direction import get
from lateen.operations.opened import Opened
from lateen.operations.projecting import blocks
from lateen.store.derived import content_key
from lateen.store.directions import save_direction
from lateen.store.folder import POINTS, SpaceFolder
from lateen.store.meta import FILE, SpaceMeta
from lateen.store.writer import Shard, SpaceWriter, storage_errors

METHODS = ("leace", "hard")
SHARD_BYTES = 2**24  # of vectors: reading ahead and the copies that are worked on are many times that
PICTURES = 2048  # of a shard: their thumbnails come along

Note: TypeAlias = Callable[[str], object]


@dataclass(frozen=True, eq=False)
class _Erasing:
    """An eraser, and the rows that it treats otherwise: the words that define the direction."""

    eraser: Leace | HardDebias
    kept: dict[int, Float32[np.ndarray, " dim"]]
    equalised: int

    def __call__(self, points: Float32[np.ndarray, "n dim"], first: int) -> Float32[np.ndarray, "n dim"]:
        """Erase from the points of the rows from `first` on."""
        erased = self.eraser(points)
        for row, point in self.kept.items():
            if first <= row < first + len(points):
                erased[row - first] = point
        return erased


def erase(
    opened: Opened,
    name: str,
    out: str | Path,
    method: str = "leace",
    *,
    seed: int = 0,
    force: bool = False,
    note: Note | None = None,
) -> Erased:
    """Write a space without the concept of a direction, and measure what that did.

    Where only angles count, the points that are erased from are the unit vectors, and lengths are not kept.

    Args:
        opened: The space; it stays as it is.
        name: Of the direction.
        out: Folder of the new space. It has the ids, fields and pictures of the old one, but no decoder, and items
            that are not in it can't be encoded into it. Of the directions it has those that were erased, so that
            they can be read before and after: with their old steps, and marked as erased.
        method: "leace" (the sides' means become equal, by the least change) or "hard" (nothing is left along the
            direction, and the words that define it are equalised: analogies over them are right by construction).
        seed: Of what the measures draw.
        force: Replace a space that is there.
        note: Is told what is being done.

    Raises:
        InputError: If `out` is in the way, there is no such method, the direction's labels are no more, or it was
            erased from the space already.
        UnknownNameError: If there is no such direction.
        StorageError: If it can't be written; nothing is left of it then.
        InterruptedWorkError: On ^C; the message says whether the space is written.
    """
    out, say = Path(out), note or (lambda text: None)
    require_seed(seed)
    if method not in METHODS:
        raise InputError(f"There is no method {method!r}; choose {' or '.join(METHODS)}.")
    if get(opened, name).erased is not None:
        raise InputError(f"{name} was erased from {opened.name} already; erase another direction, or fit it anew.")
    _check_place(opened, out, force)
    started, found = time.perf_counter(), concept(opened, name, seed)
    with _stopping(f"{out} is not written."):
        fit = _fitter(opened, method, say)
        erasing = _erasing(opened, fit(found.difference), found)
        say(f"writing {out} ...")
        left_out, notes = _write(opened, erasing, found, method, out)
    with _stopping(f"{out} is written, but what that did is not measured."):
        say("measuring what it did ...")
        new = Opened(SpaceFolder.open(out))
        effect = effect_of(opened, new, found, fit, seed)
        _judge(new, name, effect)
    return Erased(
        path=out,
        source=opened.path.name,
        concept=name,
        direction=found.direction,
        method=method,
        n=len(new),
        left_out=left_out,
        equalised=erasing.equalised,
        is_sphere=isinstance(opened.geometry, Sphere),
        is_words=opened.spec.modality == "word",
        effect=effect,
        seconds=time.perf_counter() - started,
        notes=notes,
    )


@contextmanager
def _stopping(state: str) -> Iterator[None]:
    """Say of ^C what is there."""
    try:
        yield
    except KeyboardInterrupt:
        raise InterruptedWorkError(f"Stopped. {state}") from None


def _fitter(opened: Opened, method: str, say: Note) -> Callable[[Float[np.ndarray, " dim"]], Leace | HardDebias]:
    """What makes an eraser of a difference of means; what it needs to know of all points is gathered once."""
    moments = None
    if method == "leace" or not isinstance(opened.geometry, Sphere):
        say("fitting the eraser ...")
        moments = _moments(opened, covariance=method == "leace")
    if method == "leace":
        assert moments is not None
        return Leace.fitter(moments)
    return partial(HardDebias.of, mean=None if moments is None else moments.mean)


def _check_place(opened: Opened, out: Path, force: bool) -> None:
    if out.resolve() == opened.path.resolve():
        raise InputError(f"{out} is the space that is to be erased from, and it stays; give the new one another name.")
    replacing.require_name(out)
    replacing.restore(out)
    if out.exists() and not out.is_dir():
        raise InputError(f"{out} is a file; give the name of a folder for the space.")
    if out.is_dir() and any(out.iterdir()):
        if not (out / FILE).is_file():
            raise InputError(f"{out} exists and is not a space; give another name with -o.")
        if not force:
            raise InputError(f"{out} exists already; choose another name or replace it with --force (force=True).")


def _moments(opened: Opened, *, covariance: bool) -> Moments:
    """Of all points; without a covariance, which a mean alone doesn't need."""
    dim = opened.spec.dim
    if covariance:
        Leace.check(dim)
        moments = Moments(dim)
        for block in blocks(opened):
            moments.update(block)
        return moments
    moments, total = Moments(0), np.zeros(dim)
    for block in blocks(opened):
        total += block.sum(axis=0, dtype=np.float64)
    moments.n, moments.mean = len(opened), total / max(len(opened), 1)
    return moments


def _erasing(opened: Opened, eraser: Leace | HardDebias, found: Concept) -> _Erasing:
    """Hard debiasing leaves single words that define the direction as they are, and equalises sets of them."""
    if isinstance(eraser, Leace):
        return _Erasing(eraser, {}, 0)
    kept: dict[int, Float32[np.ndarray, " dim"]] = {}
    equalised = 0
    for rows in found.sets:
        points = opened.geometry.project(np.asarray(opened.search.vectors[np.array(rows)], np.float32))
        if len(rows) > 1:
            points, equalised = eraser.equalise(points), equalised + len(rows)
        kept |= dict(zip(rows, points, strict=True))
    return _Erasing(eraser, kept, equalised)


def _write(
    opened: Opened, erasing: _Erasing, found: Concept, method: str, out: Path
) -> tuple[int, tuple[str, ...]]:
    """Write the space beside its place, then put it there; returns how many items were left out, and notes."""
    place = replacing.beside(out)
    replacing.remove(place)
    try:
        with storage_errors(out):
            place.parent.mkdir(parents=True, exist_ok=True)
            meta = _meta(opened, erasing, found, method)
            folder = SpaceFolder.create(place, meta, opened.folder.field_schema())
        with SpaceWriter.on(folder) as writer:
            for number, shard in enumerate(_shards(opened, erasing)):
                writer.write(number, content_key(meta.spec.fingerprint, number), shard)
            finished = writer.finish()
        if finished.meta.compression.rejected >= len(opened):
            raise InputError(
                f"Without {found.direction.name} nothing is left of any item of {opened.name}: its points lie on that "
                "direction alone. Erase from a space of more dimensions."
            )
        for direction in _erased(opened, found, method):
            save_direction(place, replace(direction, fingerprint=meta.spec.fingerprint))
        with storage_errors(out):
            notes = replacing.take_place(place, out)
    finally:
        shutil.rmtree(place, ignore_errors=True)
    return finished.meta.compression.rejected, notes


def _erased(opened: Opened, found: Concept, method: str) -> list[Direction]:
    """This direction and those that were erased before; the figures are taken when the space is written."""
    nan = float("nan")
    before = [direction for direction in opened.directions.values() if direction.erased is not None]
    now = replace(found.direction, erased=method, auc=nan, ordered=nan, stability=nan, gap=nan)
    return [*before, now]


def _judge(new: Opened, name: str, effect: Effect) -> None:
    """Give the erased direction the figure of what is left, unless the user has fitted it anew."""
    direction = new.direction(name)
    if direction.erased is not None:
        save_direction(new.path, replace(direction, auc=effect.reading.after))


def _meta(opened: Opened, erasing: _Erasing, found: Concept, method: str) -> SpaceMeta:
    old, direction = opened.folder.meta, found.direction
    fingerprint = hashlib.sha256(old.spec.fingerprint.encode() + erasing.eraser.to_bytes()).hexdigest()
    before = old.spec.preprocessing.get("erased")
    done = {
        "concept": direction.name,
        "fitted_on": direction.positive,
        "method": method,
        "from": opened.path.name,
        "fingerprint": old.spec.fingerprint,
    }
    erased = [*(before if isinstance(before, list) else []), done]
    encoder = old.spec.encoder if before else f"erased:{old.spec.encoder}"
    spec = replace(
        old.spec, encoder=encoder, fingerprint=fingerprint, preprocessing=old.spec.preprocessing | {"erased": erased}
    )
    return SpaceMeta(
        spec=spec,
        source=f"{opened.path.name} without {direction.name}",
        items=len(opened),
        fit=old.fit,
        seed=old.seed,
        given_fingerprint=fingerprint,
        lateen=own_version(),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        shown=old.shown,
    )


def _shards(opened: Opened, erasing: _Erasing) -> Iterator[Shard]:
    """The items of the old space with their new vectors, a batch at a time."""
    folder, spec, compression = opened.folder, opened.spec, opened.folder.meta.compression
    has_digests = "digest" in folder.table(POINTS).schema.names
    names = folder.field_schema().names
    columns = ["id", "vector", "uri", *(["digest"] if has_digests else []), *names]
    rows = PICTURES if spec.modality == "image" else max(1, min(65_536, SHARD_BYTES // (4 * spec.dim)))
    first = 0
    for batch in folder.scan(columns, rows):
        table, n = pa.Table.from_batches([batch]), len(batch)
        flat = table.column("vector").combine_chunks().flatten().to_numpy(zero_copy_only=False)
        points = opened.geometry.project(np.asarray(flat.reshape(n, spec.dim), np.float32))
        erased = erasing(points, first)
        is_left = np.linalg.norm(erased, axis=1) > 0 if isinstance(opened.geometry, Sphere) else np.ones(n, bool)
        ids = table.column("id").to_pylist()
        there = table if is_left.all() else table.filter(pa.array(is_left))
        kept: list[str] = there.column("id").to_pylist()
        pictures = folder.thumbnails(kept) if spec.modality == "image" else {}
        yield Shard(
            ids=kept,
            uris=there.column("uri").to_pylist(),
            vectors=erased[is_left],
            fields=there.select(names),
            digests=there.column("digest").to_pylist() if has_digests else [bytes(16)] * len(kept),
            thumbnails=[pictures[id] for id in kept] if pictures else [],
            rejected=[(ids[row], "nothing of it is left without the concept") for row in np.flatnonzero(~is_left)],
            numbers=round(compression.numbers_before * len(kept)),
            bytes=round(compression.bytes_before * len(kept)),
        )
        first += n
