"""A new space in which a concept is gone: the erasers of `directions`, applied to all items, and what that did.

One idea: three passes over the vectors, block by block: one to fit the eraser, one to write, and a few thousand items
to measure the effect. The old space is only read.
"""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pyarrow as pa
from jaxtyping import Float, Float32

from lateen.building import replacing
from lateen.building.erased import Effect, Erased
from lateen.building.plan import own_version
from lateen.core.errors import InputError, InterruptedWorkError
from lateen.core.geometry import Gaussian, Sphere
from lateen.core.seed import require_seed
from lateen.directions.effect import Change, Eraser, held_out, told_apart
from lateen.directions.hard_debias import HardDebias
from lateen.directions.leace import Leace
from lateen.directions.moments import Moments
from lateen.operations.concept import Concept, concept
from lateen.operations.opened import Opened
from lateen.operations.projecting import blocks, projections
from lateen.store.derived import content_key
from lateen.store.folder import POINTS, SpaceFolder
from lateen.store.meta import FILE, SpaceMeta, read_meta
from lateen.store.writer import Shard, SpaceWriter, storage_errors

METHODS = ("leace", "hard")
SIDED = 500  # items of each side that a classifier is to tell apart, as in the paper
FREQUENT = 50_000  # words that these are taken from: the rare ones are placed by chance
ANCHORS, SLOW_ANCHORS = 1000, 100  # the fewer where distances are no matrix products
NEIGHBOURS = 10
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
        out: Folder of the new space. It has the ids, fields and pictures of the old one, but no directions and no
            decoder, and items that are not in it can't be encoded into it.
        method: "leace" (the sides' means become equal, by the least change) or "hard" (nothing is left along the
            direction, and the words that define it are equalised).
        seed: Of what the measures draw.
        force: Replace a space that is there.
        note: Is told what is being done.

    Raises:
        InputError: If `out` is in the way, there is no such method, or the direction's labels are no more.
        UnknownNameError: If there is no such direction.
        StorageError: If it can't be written; nothing is left of it then.
        InterruptedWorkError: On ^C; the message says whether the space is written.
    """
    out, say = Path(out), note or (lambda text: None)
    require_seed(seed)
    if method not in METHODS:
        raise InputError(f"There is no method {method!r}; choose {' or '.join(METHODS)}.")
    _check_place(opened, out, force)
    try:
        return _erase(opened, name, out, method, seed, say)
    except KeyboardInterrupt:
        state = "is written, but what that did is not measured" if _is_finished(opened, name, out) else "is not written"
        raise InterruptedWorkError(f"Stopped. {out} {state}.") from None


def _erase(opened: Opened, name: str, out: Path, method: str, seed: int, say: Note) -> Erased:
    started, found = time.perf_counter(), concept(opened, name, seed)
    is_sphere = isinstance(opened.geometry, Sphere)
    say("fitting the eraser ...")
    moments = _moments(opened, covariance=method == "leace") if method == "leace" or not is_sphere else None

    def fit(difference: Float[np.ndarray, " dim"]) -> Leace | HardDebias:
        if method == "leace":
            assert moments is not None
            return Leace.fit(moments, difference)
        return HardDebias.of(difference, None if moments is None else moments.mean)

    erasing = _erasing(opened, fit(found.difference), found)
    say(f"writing {out} ...")
    path, left_out, notes = _written(opened, erasing, found, method, out)
    say("measuring what it did ...")
    new = Opened(SpaceFolder.open(path))
    reading, probe = held_out(
        found.points, found.positive, found.together, lambda d: _on_points(opened, fit(d)), seed=seed
    )
    classified, neighbours, sided = _sides(opened, new, found, seed)
    kept, anchors, moved = _cost(opened, new, seed)
    return Erased(
        path=path,
        source=opened.path.name,
        concept=name,
        what=found.direction.positive or "",
        method=method,
        n=len(new),
        left_out=left_out,
        equalised=erasing.equalised,
        is_sphere=is_sphere,
        is_words=opened.spec.modality == "word",
        effect=Effect(reading, probe, classified, neighbours, sided, kept, anchors, moved),
        seconds=time.perf_counter() - started,
        notes=notes,
    )


def _check_place(opened: Opened, out: Path, force: bool) -> None:
    if out.resolve() == opened.path.resolve():
        raise InputError(f"{out} is the space that is to be erased from, and it stays; give the new one another name.")
    replacing.restore(out)
    if out.exists() and not out.is_dir():
        raise InputError(f"{out} is a file; give the name of a folder for the space.")
    if out.is_dir() and any(out.iterdir()):
        if not (out / FILE).is_file():
            raise InputError(f"{out} exists and is not a space; give another name with -o.")
        if not force:
            raise InputError(f"{out} exists already; choose another name or replace it with --force (force=True).")


def _is_finished(opened: Opened, name: str, out: Path) -> bool:
    """Whether the new space took its place before ^C came."""
    return (out / FILE).is_file() and read_meta(out).source == _source(opened, name)


def _source(opened: Opened, name: str) -> str:
    return f"{opened.path.name} without {name}"


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


def _on_points(opened: Opened, eraser: Leace | HardDebias) -> Eraser:
    """The eraser as the space's points show it: on a sphere they are unit vectors again."""
    if not isinstance(opened.geometry, Sphere):
        return eraser
    return lambda points: _units(eraser(points))


def _units(points: Float[np.ndarray, "n dim"]) -> Float[np.ndarray, "n dim"]:
    norms = np.linalg.norm(points, axis=1, keepdims=True)
    return np.asarray(np.divide(points, norms, out=np.zeros_like(points), where=norms > 0))


def _written(
    opened: Opened, erasing: _Erasing, found: Concept, method: str, out: Path
) -> tuple[Path, int, tuple[str, ...]]:
    """Write the space beside its place, then put it there; returns where, and how many items were left out."""
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
        with storage_errors(out):
            notes = replacing.take_place(place, out)
    finally:
        shutil.rmtree(place, ignore_errors=True)
    return out, finished.meta.compression.rejected, notes


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
        source=_source(opened, direction.name),
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


def _sides(opened: Opened, new: Opened, found: Concept, seed: int) -> tuple[Change, Change, int]:
    """Whether the items farthest to both sides can still be told apart; words that define the direction don't count."""
    most = FREQUENT if opened.spec.modality == "word" else None
    along = projections(opened, found.difference / np.linalg.norm(found.difference), most)
    defining = found.defining
    order = np.array([row for row in np.argsort(along, kind="stable") if int(row) not in defining], np.int64)
    ids = opened.ids
    sided = min(SIDED, len(order) // 4)
    there = {} if not sided else {
        int(row): new.ids.row(ids[int(row)]) for row in np.concatenate([order[:sided], order[-sided:]])
    }
    rows = np.array([row for row, now in there.items() if now is not None], np.int64)
    if not len(rows):
        nothing = Change(float("nan"), float("nan"))
        return nothing, nothing, 0
    positive = np.isin(rows, order[-sided:])
    before = opened.geometry.project(np.asarray(opened.search.vectors[rows], np.float32))
    now = np.array([there[int(row)] for row in rows], np.int64)
    after = new.geometry.project(np.asarray(new.search.vectors[now], np.float32))
    classified, neighbours = told_apart(before, after, positive, seed=seed)
    return classified, neighbours, sided


def _cost(opened: Opened, new: Opened, seed: int) -> tuple[float, int, float]:
    """Share of nearest neighbours kept, of how many items, and how far they moved."""
    n = len(new)
    anchors = SLOW_ANCHORS if isinstance(opened.geometry, Gaussian) else ANCHORS
    rows = np.sort(np.random.default_rng(seed).permutation(n)[:anchors])
    ids = [new.ids[int(row)] for row in rows]
    was = np.array([opened.folder.row(id) for id in ids], np.int64)
    before = opened.geometry.project(np.asarray(opened.search.vectors[was], np.float32))
    after = new.geometry.project(np.asarray(new.search.vectors[rows], np.float32))
    if isinstance(opened.geometry, Sphere):
        moved = float(np.degrees(opened.geometry.distance(before, after)).mean())
    else:
        spread = float(np.linalg.norm(before - before.mean(axis=0), axis=1).mean())
        moved = float(np.linalg.norm(after - before, axis=1).mean()) / spread if spread > 0 else 0.0
    k = min(NEIGHBOURS, n - 1)
    if k < 1:
        return float("nan"), len(rows), moved
    shares = []
    found, again = opened.search.nearest(before, k + 1), new.search.nearest(after, k + 1)
    for own, old_rows, new_rows in zip(ids, found.rows, again.rows, strict=True):
        near = [id for id in (opened.ids[int(row)] for row in old_rows) if id != own][:k]
        still = {id for id in (new.ids[int(row)] for row in new_rows) if id != own}
        shares.append(np.mean([id in still for id in near]))
    return float(np.mean(shares)), len(rows), moved
