"""A space folder, opened: checked on the way in, then read column by column.

One idea: the order of `ids()` is the order of everything: vectors, fields, thumbnails and row numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import shorten
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
from jaxtyping import Float32, Int64, UInt8

from lateen.core.codec import LatentSpec
from lateen.core.errors import InputError, SpaceError, UnknownNameError, nearest_spellings
from lateen.store import lance_tables as tables
from lateen.store.derived import Derived, content_key
from lateen.store.identifiers import Identifiers
from lateen.store.ledger import Ledger
from lateen.store.meta import FILE, SpaceMeta, hash_files, read_meta, write_meta
from lateen.store.scanned import ScannedVectors

POINTS, THUMBS, CODEC = "points.lance", "thumbs.lance", "codec"
FOLDERS = ("directions", "derived", "ledger")
_OWN = ("id", "vector", "uri", "shard_id", "digest")


@dataclass(frozen=True, eq=False)
class SpaceFolder:
    """A space on disk; made by `SpaceFolder.open` or `SpaceFolder.create`.

    Args:
        path: The folder.
        meta: What space.json says.
    """

    path: Path
    meta: SpaceMeta
    _cache: dict[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def create(cls, path: str | Path, meta: SpaceMeta, fields: pa.Schema) -> SpaceFolder:
        """Make the folder of a space that is about to be built: empty tables, `complete` false.

        Doing it again on a folder that a kill left half made completes it.
        """
        path = Path(path)
        path.mkdir(parents=True, exist_ok=True)
        if not (path / FILE).exists():
            write_meta(path, meta)
        for name in FOLDERS:
            (path / name).mkdir(exist_ok=True)
        tables.create_table(path / POINTS, tables.points_schema(meta.spec.dim, meta.spec.dtype, fields))
        tables.create_table(path / THUMBS, tables.thumbs_schema())
        return cls(path, meta)

    @classmethod
    def open(cls, path: str | Path) -> SpaceFolder:
        """Open a finished space.

        Raises:
            SpaceError: If it is not a space, of another format version, unfinished or damaged, or if its
                codec is missing or was changed.
        """
        path = Path(path)
        if not path.is_dir():
            raise SpaceError(_no_space(path))
        meta = read_meta(path)
        if not meta.complete:
            done = sum(e.rows + len(e.rejected) for e in Ledger(path / "ledger").entries().values())
            raise SpaceError(
                f"{path} is unfinished: {done:,} of {meta.items:,} items are done. "
                "Run the same `lateen build` again with --resume."
            )
        _check_codec(path, meta)
        folder = cls(path, meta)
        expected = {POINTS: meta.compression.n, THUMBS: meta.compression.n if meta.spec.modality == "image" else 0}
        for name, n in expected.items():
            rows = folder.table(name).count_rows()
            if rows != n:
                raise SpaceError(
                    f"{path / name} holds {rows:,} rows, but {FILE} says {n:,}. "
                    "Restore it from a copy or build the space again."
                )
        dim = folder.table(POINTS).schema.field("vector").type.list_size
        if dim != meta.spec.dim:
            raise SpaceError(
                f"{path / POINTS} holds vectors of {dim} numbers, but {FILE} says {meta.spec.dim}. "
                "Restore it from a copy or build the space again."
            )
        return folder

    def __len__(self) -> int:
        return self.meta.compression.n

    @property
    def codec_path(self) -> Path | None:
        """The folder of the model that was trained here, or None if the space only refers to its encoder."""
        return self.path / CODEC if self.meta.codec_files else None

    def table(self, name: str) -> Any:
        """A Lance table, POINTS or THUMBS, in the version that belongs to space.json.

        Raises:
            SpaceError: If it is damaged.
        """
        if name in self._cache:
            return self._cache[name]
        table = tables.open_table(self.path / name, self.meta.versions.get(name))
        if self.meta.complete:
            self._cache[name] = table
        return table

    def latest_versions(self) -> dict[str, int]:
        """The newest version of each table, for a space.json that is about to be written."""
        return {name: tables.latest_version(self.path / name) for name in (POINTS, THUMBS)}

    def scan(self, columns: Sequence[str], rows: int = 65_536) -> Iterator[pa.RecordBatch]:
        """Columns of the points in row order, batch by batch: memory stays flat."""
        return tables.scan(self.path / POINTS, columns, rows, self.meta.versions.get(POINTS))

    def described(self, meta: SpaceMeta) -> SpaceFolder:
        """The same folder with another space.json, which is written."""
        write_meta(self.path, meta)
        return SpaceFolder(self.path, meta)

    def check_encoder(self, spec: LatentSpec) -> None:
        """Refuse an encoder other than the one that made this space.

        Raises:
            SpaceError: If its fingerprint, or the dimension, differs.
        """
        own = self.meta.spec
        if spec.fingerprint not in (own.fingerprint, self.meta.given_fingerprint) or spec.dim != own.dim:
            raise SpaceError(
                f"{self.path} was encoded by {_described(own)}; {_described(spec)} is another encoder, "
                "so its vectors mean something else. Encode with the space's own."
            )

    def ids(self) -> Identifiers:
        """The id of each row."""
        if "ids" not in self._cache:
            derived = Derived(self.path / "derived")
            self._cache["ids"] = Identifiers.kept(len(self), self._id_column, derived, self.content())
        ids: Identifiers = self._cache["ids"]
        return ids

    def row(self, id: str) -> int:
        """The row number of an id; raises UnknownNameError with near spellings."""
        row = self.ids().row(id)
        if row is None:
            raise UnknownNameError("id", id, self.ids().like(id), f"space {self.path.name}")
        return row

    def vectors(self) -> Float32[np.ndarray, "n dim"]:
        """All vectors, memory-mapped from a float32 copy in `derived/`, which is made when it is not there.

        Raises:
            StorageError: If the copy can't be written, say on a full disk.
        """
        if not len(self):
            return np.empty((0, self.meta.spec.dim), np.float32)
        key = content_key(self.content(), "float32")
        derived = Derived(self.path / "derived")
        copy = derived.path("vectors", key, ".npy")
        try:
            return self._mapped(copy)
        except (OSError, ValueError, EOFError):  # not there, or cut short
            copy.unlink(missing_ok=True)
        derived.make("vectors", key, ".npy", self._write_vectors)
        derived.keep_only("vectors", key)
        return self._mapped(copy)

    def scanned_vectors(self) -> ScannedVectors:
        """All vectors, read from the table as they are asked for: nothing is copied."""
        return ScannedVectors(lambda: self._reading(POINTS), (len(self), self.meta.spec.dim))

    def take(self, rows: Sequence[int], columns: Sequence[str]) -> pa.Table:
        """Columns of some rows, in that order."""
        with self._reading(POINTS) as table:
            return table.take(list(rows), columns=list(columns))

    def content(self) -> str:
        """A key that is the same as long as the rows are: what is derived from them is kept under it."""
        if "content" not in self._cache:
            fragments = self.table(POINTS).get_fragments()
            files = [file.path for fragment in fragments for file in fragment.data_files()]
            self._cache["content"] = content_key(self.meta.spec.fingerprint, files)
        key: str = self._cache["content"]
        return key

    def field_schema(self) -> pa.Schema:
        """Names and types of the user's fields."""
        schema = self.table(POINTS).schema
        return pa.schema([f for f in schema if f.name not in _OWN])

    def fields(self, names: Sequence[str] | None = None) -> pa.Table:
        """The fields of all rows; only the named ones, if names are given.

        Raises:
            UnknownNameError: If there is no such field; the message names those there are.
        """
        known = self.field_schema().names
        chosen = known if names is None else list(names)
        for name in chosen:
            if name not in known:
                raise UnknownNameError("field", name, known, f"space {self.path.name}")
        if not chosen:
            return pa.table({"_": pa.nulls(len(self))}).select([])
        with self._reading(POINTS) as table:
            return table.scanner(columns=chosen, scan_in_order=True).to_table()

    def rows_where(self, filter: str) -> Int64[np.ndarray, " m"]:
        """The row numbers, in order, of the items that a condition on fields holds for.

        Args:
            filter: A condition as in SQL's WHERE: "glasses = 1", "age > 30 AND label = 'cat'".

        Raises:
            UnknownNameError: If it names a field that doesn't exist.
            InputError: If it can't be understood.
        """
        known = [*_OWN[:1], *self.field_schema().names]
        quoted = [name for name in re.findall(r'"([^"]*)"', filter) if name in known]
        if quoted:  # Lance would take it for a text and find nothing
            raise InputError(
                f'The filter {filter!r} has "{quoted[0]}" in double quotes, which makes it a text. '
                f"Write the field bare or as `{quoted[0]}`, and texts in single quotes."
            )
        table = self.table(POINTS)
        try:
            # The parentheses make an error of what follows a condition ("; DROP ...", "ORDER BY ..."), which Lance
            # would leave out in silence; the new line ends a comment.
            whole = f"({filter}\n)"
            rows = table.scanner(columns=["_rowoffset"], filter=whole, scan_in_order=True).to_table()
        except (ValueError, OSError) as error:
            raise self._filter_error(filter, str(error), known) from error
        return np.sort(rows.column("_rowoffset").to_numpy().astype(np.int64))

    def thumbnails(self, ids: Iterable[str]) -> dict[str, bytes]:
        """JPEG bytes of the small picture of each id; {} in a space whose items are no pictures.

        Raises:
            UnknownNameError: If an id doesn't exist.
        """
        rows = [self.row(id) for id in ids]
        if self.meta.spec.modality != "image":
            return {}
        with self._reading(THUMBS) as table:
            taken = table.take(rows, columns=["id", "image"])
        return dict(zip(taken.column("id").to_pylist(), taken.column("image").to_pylist(), strict=True))

    def uri(self, id: str) -> str:
        """Where an item came from; "" if from nowhere."""
        return str(self.take([self.row(id)], ["uri"]).column("uri")[0].as_py())

    def digests(self) -> UInt8[np.ndarray, "n 16"] | None:
        """What names the content of each item; None in a space from before it was kept."""
        if "digest" not in self.table(POINTS).schema.names:
            return None
        found = np.empty((len(self), 16), np.uint8)
        row = 0
        for batch in self.scan(["digest"]):
            here = b"".join(batch.column(0).to_pylist())
            found[row : row + len(batch)] = np.frombuffer(here, np.uint8).reshape(-1, 16)
            row += len(batch)
        return found

    @contextmanager
    def _reading(self, name: str) -> Iterator[Any]:
        table = self.table(name)
        with tables.read_errors(self.path / name):
            yield table

    def _id_column(self) -> Iterator[pa.Array]:
        for batch in self.scan(["id"]):
            yield batch.column(0)

    def _mapped(self, path: Path) -> Float32[np.ndarray, "n dim"]:
        mapped: np.ndarray = np.load(path, mmap_mode="r", allow_pickle=False)
        if mapped.shape != (len(self), self.meta.spec.dim) or mapped.dtype != np.float32:
            raise ValueError(f"{path} has shape {mapped.shape}")
        return mapped

    def _write_vectors(self, file: BinaryIO) -> None:
        shape = (len(self), self.meta.spec.dim)
        np.lib.format.write_array_header_1_0(file, {"descr": "<f4", "fortran_order": False, "shape": shape})
        for batch in self.scan(["vector"], rows=16_384):
            flat = batch.column(0).flatten().to_numpy(zero_copy_only=False)
            file.write(flat.astype("<f4", copy=False).tobytes())

    def _filter_error(self, filter: str, message: str, known: list[str]) -> InputError:
        unknown = re.search(r"""No field named ("[^"]*"|\S+?)\.(?=[\s,]|$)""", message)
        if unknown:
            return UnknownNameError("field", unknown[1].strip('"`'), known, f"space {self.path.name}")
        example = f"{known[1]} = 1" if len(known) > 1 else "id = 'a.jpg'"
        cause = re.sub(r", /\S+\.rs:\d+:\d+|Invalid user input: |SELECT 1 FROM t WHERE ", "", message)
        cause = shorten(cause.replace(f"({filter}\n)", filter), 200, placeholder=" ...")
        return InputError(
            f'The filter {filter!r} can\'t be used: {cause}. Write a condition such as "{example}", '
            f"with texts in single quotes. Fields: {', '.join(known)}."
        )


def _described(spec: LatentSpec) -> str:
    return f"{spec.encoder} ({spec.dim} numbers, fingerprint {spec.fingerprint[:12]})"


def _check_codec(path: Path, meta: SpaceMeta) -> None:
    if not meta.codec_files:
        return
    if not (path / CODEC).is_dir():
        raise SpaceError(
            f"{path} has no {CODEC}/, the model that made it ({meta.spec.encoder}). "
            "Copy the whole folder of the space, or build it again."
        )
    found = hash_files(path / CODEC)
    changed = sorted(name for name in meta.codec_files if found.get(name) != meta.codec_files[name])
    if changed:
        state = "missing" if changed[0] not in found else "not the file that made this space"
        raise SpaceError(
            f"{path / CODEC / changed[0]} is {state}: its fingerprint differs from the one in {FILE}. "
            "Restore it from a copy or build the space again."
        )


def _no_space(path: Path) -> str:
    if path.is_file():
        return f"{path} is a file, not a space; a space is a folder made by `lateen build`."
    siblings = [p.name for p in path.parent.iterdir() if p.is_dir()] if path.parent.is_dir() else []
    near = nearest_spellings(path.name, siblings) if path.name else []
    hint = f" Did you mean {str(path.parent / near[0])!r}?" if near else " Make one with `lateen build`."
    return f"There is no space {str(path)!r}.{hint}"
