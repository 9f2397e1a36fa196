"""The two Lance tables of a space: points and thumbs. The only module that imports lance.

One idea: rows are only ever appended, whole shards at a time and in order, so a row number means the same for
ever and is the same in both tables.
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from lateen.core.errors import LateenError, SpaceError

DATA_STORAGE_VERSION = "2.1"


class UnsupportedProcessorError(LateenError):
    """The processor lacks what the storage library is compiled for."""


def points_schema(dim: int, dtype: str, fields: pa.Schema) -> pa.Schema:
    """Columns of `points.lance`: id, vector, uri, shard_id, digest (of the item's content), then the user's fields."""
    number = pa.float16() if dtype == "float16" else pa.float32()
    own = [
        ("id", pa.string()),
        ("vector", pa.list_(number, dim)),
        ("uri", pa.string()),
        ("shard_id", pa.int64()),
        ("digest", pa.binary(16)),
    ]
    return pa.schema([pa.field(*column) for column in own] + [pa.field(f.name, f.type) for f in fields])


def thumbs_schema() -> pa.Schema:
    """Columns of `thumbs.lance`: id, image (bytes of a JPEG, never null), shard_id."""
    return pa.schema([("id", pa.string()), ("image", pa.large_binary()), ("shard_id", pa.int64())])


def uri(path: Path) -> str:
    """How Lance is told a path: absolute, for it takes a leading `~` for the home folder and `a:` for a scheme.

    Raises:
        SpaceError: If it takes no such path.
    """
    whole = os.path.abspath(path)
    try:
        whole.encode()
    except UnicodeEncodeError as error:
        raise SpaceError(f"{whole!r} can't hold a space: its name is not UTF-8. Choose another name.") from error
    if any(ord(letter) < 32 or letter == "\x7f" for letter in whole):
        raise SpaceError(f"{whole!r} can't hold a space: it has a control character in it. Choose another name.")
    return whole


def create_table(path: Path, schema: pa.Schema) -> None:
    """Create an empty table, unless it is there."""
    if not exists(path):
        library = _lance()
        library.LanceDataset.commit(uri(path), library.LanceOperation.Overwrite(schema, []))


def exists(path: Path) -> bool:
    """Whether a table was ever committed at this path."""
    return (path / "_versions").is_dir() and any((path / "_versions").iterdir())


def open_table(path: Path, version: int | None = None) -> Any:
    """Open a version of a table, by default the latest, as a `lance.LanceDataset`.

    Raises:
        SpaceError: If it is not there or damaged.
    """
    if not exists(path):
        raise SpaceError(f"{path} is missing; restore it from a copy or build the space again.")
    try:
        return _lance().dataset(uri(path), version=version)
    except (OSError, ValueError) as error:
        raise SpaceError(f"{path} can't be opened: {error}. Restore it or build the space again.") from error


@contextmanager
def read_errors(path: Path) -> Iterator[None]:
    """Say the storage library's failures to read as a SpaceError: data files are missing or damaged."""
    try:
        yield
    except (OSError, ValueError) as error:
        raise SpaceError(f"{path} can't be read: {error}. Restore it or build the space again.") from error


def write_fragments(path: Path, rows: pa.Table) -> list[dict[str, Any]]:
    """Write rows as data files that no version of the table holds yet; `append` makes them part of it.

    Returns:
        What Lance needs to know of them, as plain data.
    """
    if not len(rows):
        return []
    from lance.fragment import write_fragments as write

    _lance()
    fragments = write(rows, uri(path), schema=rows.schema, data_storage_version=DATA_STORAGE_VERSION)
    written = sum(f.num_rows for f in fragments)
    if written != len(rows):
        raise SpaceError(f"{path}: {written:,} rows were written of {len(rows):,}.")
    return [f.to_json() for f in fragments]


def append(path: Path, fragments: Sequence[dict[str, Any]]) -> None:
    """Make written fragments part of the table, all in one step."""
    from lance.fragment import FragmentMetadata

    if not fragments:
        return
    library = _lance()
    table = open_table(path)
    parts = [FragmentMetadata.from_json(json.dumps(f)) for f in fragments]
    library.LanceDataset.commit(uri(path), library.LanceOperation.Append(parts), read_version=table.version)


def committed_shards(path: Path, version: int | None = None) -> set[int]:
    """The shards whose rows are in the table."""
    shards: set[int] = set()
    for batch in open_table(path, version).to_batches(columns=["shard_id"]):
        shards.update(batch.column(0).unique().to_pylist())
    return shards


def remove_unknown_files(path: Path, known: Sequence[dict[str, Any]]) -> int:
    """Remove data files that neither the table nor `known` fragments hold: a killed shard's."""
    names = {file["path"] for fragment in known for file in fragment["files"]}
    for fragment in open_table(path).get_fragments():
        names.update(Path(file.path).name for file in fragment.data_files())
    orphans = [f for f in (path / "data").glob("*.lance") if f.name not in names]
    for orphan in orphans:
        orphan.unlink()
    return len(orphans)


def latest_version(path: Path) -> int:
    """The number of the latest version of a table."""
    return int(open_table(path).version)


def go_back(path: Path, version: int | None) -> None:
    """Make the rows of an older version those of the latest, as if later ones had not been appended."""
    if version is not None and version != latest_version(path):
        open_table(path, version).restore()


def forget_old_versions(path: Path) -> None:
    """Drop the versions before the latest; since rows are only appended, they hold nothing of their own."""
    open_table(path).cleanup_old_versions(older_than=timedelta(0))


def scan(
    path: Path, columns: Sequence[str], rows: int = 65_536, version: int | None = None
) -> Iterator[pa.RecordBatch]:
    """The columns of a table in order, batch by batch: memory stays flat."""
    table, wanted = open_table(path, version), list(columns)
    batches = table.scanner(columns=wanted, scan_in_order=True, batch_size=rows, batch_readahead=2).to_batches()
    while True:
        with read_errors(path):
            batch = next(batches, None)
        if batch is None:
            return
        yield batch


def _lance() -> Any:
    """Import lance where the processor can run it; it dies with an illegal instruction otherwise."""
    require_avx2()
    os.environ.setdefault("LANCE_LOG", "error")  # its warnings are for its own developers
    import lance

    return lance


def require_avx2(cpuinfo: Path = Path("/proc/cpuinfo")) -> None:
    """Say plainly that an x86 processor is too old, where Linux tells what it can do.

    Raises:
        UnsupportedProcessorError: If it has no AVX2.
    """
    if platform.machine() not in ("x86_64", "AMD64") or not cpuinfo.is_file():
        return
    flags = next((line for line in cpuinfo.read_text().splitlines() if line.startswith("flags")), "avx2")
    if "avx2" not in flags.split():
        raise UnsupportedProcessorError(
            "Spaces are stored with Lance, which needs a processor with AVX2 (Intel Haswell 2013, AMD "
            "Excavator 2015 or later); this one has none. Use another machine; a virtual one may need its CPU "
            "type set to 'host'."
        )
