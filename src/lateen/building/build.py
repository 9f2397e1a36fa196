"""`build`: the checks before a run, the folder it writes to, and what is said when it is stopped."""

from __future__ import annotations

import shutil
import time
from dataclasses import replace
from pathlib import Path
from typing import Protocol, runtime_checkable

from lateen.building import replacing
from lateen.building.plan import Plan
from lateen.building.result import BuildResult, Progress
from lateen.building.run import Run
from lateen.core.atomic import PREFIX, write_folder
from lateen.core.codec import Encoder
from lateen.core.errors import InputError, InterruptedWorkError, StorageError
from lateen.core.seed import require_seed
from lateen.encoders.registry import load_encoder
from lateen.sources.opening import open_source
from lateen.sources.source import Source
from lateen.store.folder import CODEC, SpaceFolder
from lateen.store.ledger import Ledger
from lateen.store.meta import FILE, read_meta
from lateen.store.writer import SpaceWriter, storage_errors


@runtime_checkable
class Saveable(Protocol):
    """A codec that was trained here: it can write itself into a folder."""

    def save(self, path: Path) -> object:
        """Write the model; returns it as it will be loaded, or nothing."""
        ...


def build(
    source: str | Path | Source,
    *,
    encoder: Encoder | str,
    out: str | Path,
    fields: str | Path | None = None,
    limit: int | None = None,
    resume: bool = False,
    strict: bool = False,
    force: bool = False,
    fit: str | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> BuildResult:
    """Encode a source into a space.

    Args:
        source: A folder of pictures, `portraits:N[:SEED]`, or an open source.
        encoder: `scheme:id[@revision]`, or an encoder; a codec that can be saved is copied into the space.
        out: Folder of the space.
        fields: A csv, tsv or parquet file of what is known of the items.
        limit: Use the first items only.
        resume: Go on with an unfinished build of the same source by the same encoder; begin if there is none.
        strict: Stop at the first item that can't be used, instead of noting it in rejected.jsonl.
        force: Replace a space that is there; it stays until the new one is finished, and so takes room beside it.
            Its directions come along if the encoder is the same.
        fit: How pictures are made square: "crop", "pad" or "stretch"; by default as the encoder was trained.
        seed: Recorded with the space.
        progress: Called after each chunk of items.

    Raises:
        InputError: If `out` exists (without `resume` or `force`), what is resumed differs, an item is bad and
            `strict` is set, or no item can be used.
        StorageError: If a write fails, as on a full disk; finished shards are kept.
        InterruptedWorkError: On ^C; finished shards are kept.

    Example:
        >>> build("photos/", encoder="vae:faces.model", out="photos.space")  # doctest: +SKIP
    """
    out, started = Path(out), time.perf_counter()
    require_seed(seed)
    replacing.restore(out)
    place = _place(out, resume, force)
    opened = open_source(source, fields=fields, limit=limit)
    model: Encoder = load_encoder(encoder) if isinstance(encoder, str) else encoder
    plan = Plan.of(opened, model, fit, seed)
    if resume and (place / FILE).is_file():
        plan.require_same(out, read_meta(place))
    return _carry_out(Run(plan, strict, progress, started), out, place, force)


def _carry_out(run: Run, out: Path, place: Path, force: bool) -> BuildResult:
    plan = run.plan
    writer: SpaceWriter | None = None
    try:
        with storage_errors(out):
            if force:
                replacing.remove(replacing.beside(out))  # of an earlier --force that was stopped
            folder = _prepare(place, plan)
        if folder.meta.complete:
            result = run.result(folder, folder.meta.items)
        else:
            with SpaceWriter.on(folder) as writer:
                result = run.all(writer)
        if place == out:
            return result
        with storage_errors(out):
            return replace(result, path=out, notes=(*result.notes, *replacing.take_place(place, out)))
    except KeyboardInterrupt:
        raise InterruptedWorkError(f"Stopped. {_kept(out, place, writer, plan)}") from None
    except StorageError as error:
        raise StorageError(f"{error} {_kept(out, place, writer, plan)}") from error


def _place(out: Path, resume: bool, force: bool) -> Path:
    """Where to build: in `out`, or beside it what is to replace it; raises InputError if `out` is in the way."""
    if resume and force:
        raise InputError("--resume goes on with a space and --force starts anew; give one of them.")
    if out.exists() and not out.is_dir():
        raise InputError(f"{out} is a file; give the name of a folder for the space.")
    beside = replacing.beside(out)
    if resume and beside.is_dir():
        return beside
    if not _occupied(out):
        return out
    if not (out / FILE).is_file():
        raise InputError(f"{out} exists and is not a space; give another name with -o.")
    if not resume and not force:
        raise InputError(
            f"{out} exists. Use --resume to go on with an unfinished build, --force to replace it, or another name."
        )
    return beside if force else out


def _occupied(out: Path) -> bool:
    return out.is_dir() and any(not entry.name.startswith(PREFIX) for entry in out.iterdir())


def _prepare(out: Path, plan: Plan) -> SpaceFolder:
    """The folder to write to: new, or as an earlier run left it."""
    fields = plan.source.field_schema
    if not (out / FILE).is_file():
        return _with_codec(SpaceFolder.create(out, plan.meta(), fields), plan)
    meta = read_meta(out)
    if meta.complete:
        return SpaceFolder.open(out)
    return _with_codec(SpaceFolder.create(out, meta, fields), plan)


def _with_codec(folder: SpaceFolder, plan: Plan) -> SpaceFolder:
    """Save a model that was trained here into the space, whatever a killed run left of it."""
    if not isinstance(plan.encoder, Saveable):
        return folder
    with Ledger(folder.path / "ledger").lock():
        shutil.rmtree(folder.path / CODEC, ignore_errors=True)
        saved: list[object] = []
        encoder = plan.encoder
        write_folder(folder.path / CODEC, lambda path: saved.append(encoder.save(path)))
        fingerprint = saved[0].spec.fingerprint if isinstance(saved[0], Encoder) else folder.meta.given_fingerprint
        return folder.described(replace(folder.meta, spec=replace(folder.meta.spec, fingerprint=fingerprint)))


def _kept(out: Path, place: Path, writer: SpaceWriter | None, plan: Plan) -> str:
    done = 0 if writer is None else writer.items_done
    kept = f"{done:,} of {len(plan.source):,} items are finished and kept in {place}"
    if place == out:
        return f"{kept}; run the same command with --resume to go on."
    return f"{kept}; {out} is as it was. Run the same command with --resume instead of --force to go on."
