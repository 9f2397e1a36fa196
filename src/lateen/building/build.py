"""`build`: the checks before a run, the folder it writes to, and what is said when it is stopped."""

from __future__ import annotations

import shutil
import time
from dataclasses import replace
from pathlib import Path
from typing import Protocol, runtime_checkable

from lateen.building import replacing
from lateen.building.growing import Growth
from lateen.building.plan import Plan, Wishes
from lateen.building.result import BuildResult, Progress
from lateen.building.run import Run
from lateen.building.sampling import fitted
from lateen.core.atomic import PREFIX, write_folder
from lateen.core.codec import Encoder
from lateen.core.errors import InputError, InterruptedWorkError, StorageError
from lateen.core.seed import require_seed
from lateen.encoders.registry import EncoderName, load_encoder
from lateen.sources.columns import Columns
from lateen.sources.opening import open_source
from lateen.sources.source import Source
from lateen.store.folder import CODEC, SpaceFolder
from lateen.store.ledger import Ledger
from lateen.store.meta import FILE, SpaceMeta, read_meta
from lateen.store.writer import SpaceWriter, storage_errors

PORTRAITS = "vae:portraits"


@runtime_checkable
class Saveable(Protocol):
    """A codec that was trained here: it can write itself into a folder."""

    def save(self, path: Path) -> object:
        """Write the model; returns it as it will be loaded, or nothing."""
        ...


def build(
    source: str | Path | Source,
    *,
    out: str | Path,
    encoder: Encoder | str | None = None,
    columns: Columns | None = None,
    fields: str | Path | None = None,
    limit: int | None = None,
    resume: bool = False,
    append: bool = False,
    strict: bool = False,
    force: bool = False,
    fit: str | None = None,
    geometry: str | None = None,
    dtype: str | None = None,
    seed: int = 0,
    workers: int | None = None,
    progress: Progress | None = None,
    **options: object,
) -> BuildResult:
    """Encode a source into a space; into one that is there already, what is new in the source is added.

    Args:
        source: Whatever `open_source` opens, such as a folder of pictures, "captions.parquet" or "vectors.npy".
        out: Folder of the space.
        encoder: `scheme:id[@revision]`, or an encoder; one that can be saved is copied into the space. If nothing is
            said: that of a space which is there; else vectors and words are taken as they come ("none"), and pictures
            by principal components ("pca:64").
        columns: Which columns of a table to use.
        fields: A csv, tsv or parquet file of what is known of the items.
        limit: Use the first items only.
        resume: Go on with an unfinished build of the same source by the same encoder; begin if there is none.
        append: Add the source to a space that was built from another source.
        strict: Stop at the first item that can't be used, instead of noting it in rejected.jsonl.
        force: Replace a space that is there; it stays until the new one is finished, and so takes room beside it.
            Its directions and an attached decoder come along if the encoder is the same.
        fit: How pictures are made square: "crop", "pad" or "stretch"; by default as the encoder was trained.
        geometry: Of the space, if not the encoder's own: "euclidean", "sphere" or "gaussian".
        dtype: Type of the stored numbers: "float32" or "float16".
        seed: Recorded with the space, and used by encoders that are fitted to the source.
        workers: Processes that decode pictures; a core each by default, 0 for none. The result is the same.
        progress: Called after each chunk of items.
        options: What the encoder's loader takes besides, such as truncate_dim=128; see `lateen encoders`.

    Raises:
        InputError: If `out` exists and can't be added to, what is resumed differs, an item is bad and `strict` is
            set, or no item can be used.
        StorageError: If a write fails, as on a full disk; finished shards are kept.
        InterruptedWorkError: On ^C; finished shards are kept.

    Example:
        >>> build("photos/", encoder="vae:faces.model", out="photos.space")  # doctest: +SKIP
    """
    out, started = Path(out), time.perf_counter()
    require_seed(seed)
    replacing.require_name(out)
    replacing.restore(out)
    place = _place(out, resume, force, append)
    asked = {name: value for name, value in options.items() if value is not None and value is not False}
    old = read_meta(place) if (place / FILE).is_file() and not force else None
    wishes = Wishes(fit, geometry, dtype, seed, asked)
    if old is not None:
        wishes = wishes.where_unsaid(old, encoder is None)
    opened = open_source(source, fields=fields, limit=limit, columns=columns)
    plan = _plan(opened, encoder, wishes, place, old)
    run = Run(plan, strict, workers, progress, started)
    finished = resume and old is not None and old.items == len(opened) and _nothing_begun(place, old)
    if old is not None and old.complete and not finished:
        return _grow(run, out, old, append)
    if old is not None:
        plan.require_same(out, old)
    return _carry_out(run, out, place, force)


def _plan(
    source: Source, encoder: Encoder | str | None, wishes: Wishes, place: Path, old: SpaceMeta | None
) -> Plan:
    """Find the encoder and settle what is to do."""
    unsaid = old.spec.encoder if old is not None else _default(source)
    named = encoder if encoder is not None else unsaid
    if named is None:
        raise InputError(
            f"{source.name} holds {source.modality} items, which need an encoder; name one, such as "
            "--encoder st:ORG/NAME. `lateen encoders` lists them."
        )
    if not isinstance(named, str):
        return Plan.of(source, named, wishes)
    kept = _kept_encoder(place, named, old)
    if kept is not None and encoder is None:
        return Plan.of(source, kept, wishes, named)
    model = load_encoder(named, wishes.options)
    if isinstance(model, Encoder):
        return replace(Plan.of(source, model, wishes), notes=_advice(named, encoder, source))
    plan = Plan.of(source, kept or fitted(model, source, wishes.seed), wishes, named)
    return replace(plan, notes=_advice(named, encoder, source))


def _kept_encoder(place: Path, named: str, old: SpaceMeta | None) -> Encoder | None:
    """The encoder in a space's own folder, if the space has it there and was made by one of that name."""
    if old is None or old.spec.encoder != named or not (place / CODEC).is_dir():
        return None
    kept = load_encoder(f"{EncoderName.parse(named).scheme}:{place / CODEC}")
    return kept if isinstance(kept, Encoder) else None


def _default(source: Source) -> str | None:
    """The encoder where none is named: what needs no download and can't be wrong."""
    if source.modality == "image":
        fitted_to = f"pca:{max(1, min(64, len(source) // 2))}"
        return PORTRAITS if source.name.startswith("portraits:") else fitted_to
    return "none" if source.modality in ("vector", "word") else None


def _advice(named: str, encoder: Encoder | str | None, source: Source) -> tuple[str, ...]:
    if named == PORTRAITS and not source.name.startswith("portraits:"):
        return (f"Encoded by {named}, which knows drawn portraits only; `lateen encoders` lists others.",)
    if encoder is None and named.startswith("pca:"):
        return (
            f"Encoded by {named}, fitted to these very pictures: a plain baseline that knows nothing of what they "
            f"show. `lateen encoders` lists those that do, or train one: lateen train {source.name} -o ...",
        )
    return ()


def _nothing_begun(place: Path, old: SpaceMeta) -> bool:
    """Whether a finished space has no append that was stopped."""
    return old.shards == 0 or len(Ledger(place / "ledger").entries()) == old.shards


def _grow(run: Run, out: Path, old: SpaceMeta, append: bool) -> BuildResult:
    """Add to a finished space what the source has and it lacks; it can be read as it was until that is done."""
    plan = run.plan
    if old.source != plan.source.name and not append:
        raise InputError(
            f"{out} was built from {old.source}, not from {plan.source.name}. Use --append to add these items to it, "
            "--force to replace it, or another name."
        )
    plan.require_same(out, old, grown=True)
    folder = SpaceFolder.open(out)
    writer: SpaceWriter | None = None
    try:
        growth = Growth.compare(plan.source, folder, plan.repeated, run.on_compared)
        if old.source != plan.source.name:
            growth.vanished_is_elsewhere(plan.source)
        growth.conform(plan.source.field_schema.empty_table(), 0)  # refused before anything is encoded
        with SpaceWriter.on(folder) as writer:
            run.plan = plan.only(growth.rows, writer.base)
            if any(n not in run.plan.shards or e.key != run.plan.key(n) for n, e in writer.new_entries.items()):
                writer.forget_new()  # of an append that was stopped, before the source changed again
            return run.all(writer, growth)
    except KeyboardInterrupt:
        raise InterruptedWorkError(f"Stopped. {_kept_new(out, writer)}") from None
    except StorageError as error:
        raise StorageError(f"{error} {_kept_new(out, writer)}") from error


def _kept_new(out: Path, writer: SpaceWriter | None) -> str:
    done = 0 if writer is None else writer.items_done
    return f"{out} is as it was, {done:,} new items wait beside it; run the same command again to go on."


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


def _place(out: Path, resume: bool, force: bool, append: bool) -> Path:
    """Where to build: in `out`, or beside it what is to replace it; raises InputError if `out` is in the way."""
    if sum((resume, force, append)) > 1:
        raise InputError(
            "--resume goes on with a space, --force starts anew and --append adds another source; give one of them."
        )
    if out.exists() and not out.is_dir():
        raise InputError(f"{out} is a file; give the name of a folder for the space.")
    beside = replacing.beside(out)
    if resume and beside.is_dir():
        return beside
    if not _occupied(out):
        return out
    if not (out / FILE).is_file():
        raise InputError(f"{out} exists and is not a space; give another name with -o.")
    if force:
        return beside
    if not resume and not read_meta(out).complete:
        raise InputError(
            f"{out} is unfinished. Use --resume to go on with it, --force to start anew, or another name."
        )
    return out


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
        encoder, saved = plan.encoder, folder.path / CODEC
        written: list[object] = []
        aside = saved.with_name(f"{PREFIX}{CODEC}")  # the encoder may have been loaded from there
        shutil.rmtree(aside, ignore_errors=True)
        write_folder(aside, lambda path: written.append(encoder.save(path)))
        shutil.rmtree(saved, ignore_errors=True)
        aside.rename(saved)
        fingerprint = written[0].spec.fingerprint if isinstance(written[0], Encoder) else folder.meta.given_fingerprint
        return folder.described(replace(folder.meta, spec=replace(folder.meta.spec, fingerprint=fingerprint)))


def _kept(out: Path, place: Path, writer: SpaceWriter | None, plan: Plan) -> str:
    done = 0 if writer is None else writer.items_done
    kept = f"{done:,} of {len(plan.rows):,} items are finished and kept in {place}"
    if place == out:
        return f"{kept}; run the same command with --resume to go on."
    return f"{kept}; {out} is as it was. Run the same command with --resume instead of --force to go on."
