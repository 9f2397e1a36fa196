"""What a user types as SOURCE becomes a source: the one place where its spelling is understood."""

from __future__ import annotations

from pathlib import Path

from lateen.core.errors import InputError, nearest_spellings
from lateen.sources.columns import Columns
from lateen.sources.fields import with_fields
from lateen.sources.folder import ImageFolder, open_folder
from lateen.sources.generated import PortraitSource
from lateen.sources.picture import SUFFIXES
from lateen.sources.source import Limited, Source, batches

__all__ = ["Columns", "Source", "batches", "open_source"]

_SUPPORTED = (
    "a folder of pictures, a table (csv, tsv, jsonl, parquet), arrays (npy, npz, idx), word vectors (vec, bin, txt, "
    "safetensors), hf:dataset[:split], or portraits:N[:SEED]"
)


def open_source(
    text: str | Path | Source,
    *,
    fields: str | Path | None = None,
    limit: int | None = None,
    columns: Columns | None = None,
) -> Source:
    """Open what a user names as a source.

    Args:
        text: A folder of pictures; a csv, tsv, jsonl, parquet or arrow file; an npy, npz or idx file; a file of word
            vectors; `hf:dataset[:split]`; or `portraits:N[:SEED]`. An open source is taken as it is.
        fields: A csv, tsv or parquet file to join on its `id` column, else its first.
        limit: Use the first items only.
        columns: Which columns of a table hold the items and their ids.

    Returns:
        The source; its `notes` say what was found, matched and left alone.

    Raises:
        InputError: If it doesn't exist, holds nothing that can be read, or is of a kind that isn't read.

    Example:
        >>> len(open_source("portraits:10:7"))
        10
    """
    source = _resolve(text, columns or Columns()) if isinstance(text, (str, Path)) else text
    if columns and not isinstance(text, (str, Path)):
        raise _no_columns(source.name, columns)
    if fields is not None:
        source = with_fields(source, fields, paths=isinstance(source, ImageFolder))
    return source if limit is None else Limited(source, limit)


def _resolve(text: str | Path, columns: Columns) -> Source:
    scheme = str(text).split(":")[0]
    if scheme == "hf" and ":" in str(text) and not Path(text).exists():
        from lateen.sources.huggingface import open_huggingface

        return open_huggingface(str(text), columns)
    if scheme == "portraits" and not Path(text).is_dir():
        source: Source = PortraitSource.parse(str(text))
    else:
        path = _existing(text)
        opened = _open_table(path, columns) if path.is_file() else None
        if opened is not None:
            return opened
        source = _open_file(path) if path.is_file() else _open_folder(path)
    if columns:
        raise _no_columns(str(text), columns)
    return source


def _open_table(path: Path, columns: Columns) -> Source | None:
    from lateen.sources.table import open_table, table_kind

    return open_table(path, columns) if table_kind(path) else None


def _open_file(path: Path) -> Source:
    name = path.name.lower()
    if name.endswith((".npy", ".npz")):
        from lateen.sources.arrays import npz_names, open_npy, open_npz

        if name.endswith(".npy"):
            return open_npy(path)
        if "words" not in npz_names(path):
            return open_npz(path)
    from lateen.sources.idx import is_idx, open_idx

    if is_idx(path):
        return open_idx(path)
    from lateen.sources import words

    if Path(name.removesuffix(".gz")).suffix in words.SUFFIXES:
        return words.open_words(path)
    if path.suffix.lower() in SUFFIXES:
        raise InputError(f"The source {path} is a single picture; give the folder it is in.")
    kind = f"a file of kind {path.suffix!r}" if path.suffix else "a file of no known kind"
    hint = " It looks like word vectors: if it holds some, rename it to end in .vec." * words.looks_like_words(path)
    raise InputError(f"The source {path} is {kind}, which is not read; give {_SUPPORTED}.{hint}")


def _open_folder(path: Path) -> Source:
    from lateen.sources.huggingface import saved_dataset

    if saved_dataset(path):
        raise InputError(f"The source {path} is a data set made by save_to_disk; write hf:{path}.")
    return open_folder(path)


def _no_columns(source: str, columns: Columns) -> InputError:
    return InputError(
        f"{columns} was given for {source}, which has no columns; "
        "--text, --image, --vector and --id are for tables (csv, tsv, jsonl, parquet) and hf: data sets."
    )


def _existing(text: str | Path) -> Path:
    if not str(text).strip():
        raise InputError(f"The source is empty; give {_SUPPORTED}.")
    try:
        path = Path(text).expanduser()
        found = path.exists()
    except (OSError, RuntimeError) as error:  # a name too long for the system; the ~ of a user who isn't there
        reason = (getattr(error, "strerror", None) or str(error)).rstrip(".")
        raise InputError(f"The source {str(text)!r} can't be looked at: {reason}. Give {_SUPPORTED}.") from error
    if found:
        return path
    parent = path.parent
    siblings = [p.name for p in parent.iterdir()] if parent.is_dir() else []
    near = nearest_spellings(path.name, siblings) if path.name else []
    hint = f" Did you mean {str(parent / near[0])!r}?" if near else ""
    raise InputError(f"There is no source {str(text)!r}.{hint} Give {_SUPPORTED}.")
