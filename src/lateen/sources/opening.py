"""What a user types as SOURCE becomes a source: the one place where its spelling is understood."""

from __future__ import annotations

from pathlib import Path

from lateen.core.errors import InputError, nearest_spellings
from lateen.sources.fields import with_fields
from lateen.sources.folder import ImageFolder, open_folder
from lateen.sources.generated import PortraitSource
from lateen.sources.picture import SUFFIXES
from lateen.sources.source import Limited, Source, batches

__all__ = ["Source", "batches", "open_source"]

_SUPPORTED = "a folder of pictures, or portraits:N[:SEED]"


def open_source(text: str | Path | Source, *, fields: str | Path | None = None, limit: int | None = None) -> Source:
    """Open what a user names as a source.

    Args:
        text: A folder of pictures or `portraits:N[:SEED]`; an open source is taken as it is.
        fields: A csv, tsv or parquet file to join on its `id` column, else its first.
        limit: Use the first items only.

    Returns:
        The source; its `notes` say what was found, matched and left alone.

    Raises:
        InputError: If it doesn't exist, holds nothing that can be read, or is of a kind that isn't read.

    Example:
        >>> len(open_source("portraits:10:7"))
        10
    """
    source = _resolve(text) if isinstance(text, (str, Path)) else text
    if fields is not None:
        source = with_fields(source, fields, paths=isinstance(source, ImageFolder))
    return source if limit is None else Limited(source, limit)


def _resolve(text: str | Path) -> Source:
    if str(text).split(":")[0] == "portraits" and not Path(text).is_dir():
        return PortraitSource.parse(str(text))
    return open_folder(_folder(text))


def _folder(text: str | Path) -> Path:
    if not str(text).strip():
        raise InputError(f"The source is empty; give {_SUPPORTED}.")
    try:
        path = Path(text).expanduser()
        found = path.is_dir()
    except (OSError, RuntimeError) as error:  # a name too long for the system; the ~ of a user who isn't there
        reason = (getattr(error, "strerror", None) or str(error)).rstrip(".")
        raise InputError(f"The source {str(text)!r} can't be looked at: {reason}. Give {_SUPPORTED}.") from error
    if found:
        return path
    if path.suffix.lower() in SUFFIXES and path.exists():
        raise InputError(f"The source {text} is a single picture; give the folder it is in.")
    if path.exists():
        kind = f"a file of kind {path.suffix!r}" if path.suffix else "a file of no known kind"
        raise InputError(f"The source {text} is {kind}, which is not read; give {_SUPPORTED}.")
    parent = path.parent
    siblings = [p.name for p in parent.iterdir()] if parent.is_dir() else []
    near = nearest_spellings(path.name, siblings) if path.name else []
    hint = f" Did you mean {str(parent / near[0])!r}?" if near else ""
    raise InputError(f"There is no source {str(text)!r}.{hint} Give {_SUPPORTED}.")
