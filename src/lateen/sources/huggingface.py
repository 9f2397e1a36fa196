"""`hf:dataset[:split]`: a data set of Hugging Face, from a folder, a file or the hub, as a table.

One idea: the library datasets keeps Arrow columns that are mapped into memory, so its rows are taken as those of any
other table; pictures stay the bytes they are until a worker decodes them.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from lateen.core.errors import InputError, MissingExtraError, UnknownNameError
from lateen.sources.columns import Columns
from lateen.sources.source import Rows
from lateen.sources.table import TableSource, source_of

_BUILDERS = {
    ".csv": "csv", ".tsv": "csv", ".json": "json", ".jsonl": "json", ".parquet": "parquet", ".arrow": "arrow",
    ".txt": "text",
}  # fmt: skip
_SAMPLE = 2048


def open_huggingface(text: str, columns: Columns | None = None) -> TableSource:
    """Open `hf:dataset[:split]`.

    Args:
        text: `hf:` and a folder made by save_to_disk, a folder or file that load_dataset reads, or a name on the hub;
            then a split, which may be left out if it is "train" or the only one.
        columns: Which columns hold the items and their ids; found by their names where nothing is said.

    Raises:
        InputError: If it can't be loaded, or its columns aren't what is needed.
        UnknownNameError: If there is no such split or column.
        MissingExtraError: If the library datasets is not installed.
    """
    name, split = _parsed(text)
    dataset, split = _split(_load(name), split, text)
    absolute = os.path.abspath(os.path.expanduser(name)) if _exists(name) else name
    table = DatasetRows(dataset)
    named = f"hf:{absolute}:{split}"
    version = f"{dataset._fingerprint}"
    return source_of(table, columns or Columns(), name=named, place=named, version=version)


@dataclass(frozen=True, eq=False)
class DatasetRows:
    """The rows of a `datasets.Dataset`; class labels come as their names.

    Args:
        dataset: The data set.
    """

    dataset: Any

    @property
    def schema(self) -> pa.Schema:
        """Types as they come out."""
        schema: pa.Schema = self.dataset.data.schema.remove_metadata()
        for name, names in self._classes().items():
            if names:
                schema = schema.set(schema.get_field_index(name), pa.field(name, pa.string()))
        return schema

    def __len__(self) -> int:
        return len(self.dataset)

    def take(self, rows: Rows, columns: Sequence[str]) -> pa.Table:
        """Some columns of some rows, ascending; undecoded, as Arrow has them."""
        chosen = self.dataset.select_columns(list(columns)).with_format("arrow")
        run = len(rows) and int(rows[-1]) - int(rows[0]) + 1 == len(rows)
        table = chosen[int(rows[0]) : int(rows[-1]) + 1] if run else chosen[rows.tolist()]
        table = table.select(list(columns)).replace_schema_metadata(None).take(pa.array(np.arange(len(rows))))
        for name, names in self._classes().items():
            if names and name in columns:
                codes = table.column(name)
                known = pa.array(names, pa.string()).take(_codes(codes, len(names)))
                table = table.set_column(columns.index(name), name, known)
        return table

    def sample(self) -> Rows:
        """Rows from all over the data set."""
        return np.unique(np.linspace(0, len(self) - 1, min(len(self), _SAMPLE)).astype(np.int64))

    def _classes(self) -> dict[str, list[str]]:
        features = self.dataset.features.items()
        return {name: list(f.names) for name, f in features if type(f).__name__ == "ClassLabel" and f.names}


def saved_dataset(path: Path) -> bool:
    """Whether a folder was made by save_to_disk."""
    return (path / "dataset_dict.json").is_file() or (
        (path / "state.json").is_file() and (path / "dataset_info.json").is_file()
    )


def _codes(codes: pa.ChunkedArray, n: int) -> pa.Array:
    values = codes.combine_chunks()
    values = pa.concat_arrays(values.chunks) if isinstance(values, pa.ChunkedArray) else values
    numbers = values.to_numpy(zero_copy_only=False)
    known = (numbers >= 0) & (numbers < n)  # -1 is what datasets has for "not known"
    return pa.array(np.where(known, numbers, 0).astype(np.int64), mask=~known)


def _parsed(text: str) -> tuple[str, str | None]:
    rest = text.removeprefix("hf:")
    if _exists(rest):
        return rest, None
    name, colon, split = rest.rpartition(":")
    if colon and (_exists(name) or ":" not in name):
        rest, chosen = name, split or None
    else:
        chosen = None
    if not rest.strip():
        raise InputError(f"The source {text!r} names no data set; write hf:dataset or hf:dataset:split.")
    return rest, chosen


def _exists(name: str) -> bool:
    try:
        return bool(name.strip()) and Path(name).expanduser().exists()
    except (OSError, RuntimeError, ValueError):
        return False


def _load(name: str) -> Any:
    try:
        from datasets import load_dataset, load_from_disk
    except ImportError as error:
        raise MissingExtraError(f"The source hf:{name}", "hf") from error
    path = Path(name).expanduser()
    try:
        if not path.exists():
            if name[:1] in ("/", ".", "~"):
                raise InputError(f"There is no folder or file {name} for the source hf:{name}.")
            return load_dataset(name)
        if path.is_file():
            builder = _BUILDERS.get(path.suffix.lower())
            if builder is None:
                raise InputError(f"The source hf:{name} is a file of a kind that is not read: {', '.join(_BUILDERS)}.")
            options = {"sep": "\t"} if path.suffix.lower() == ".tsv" else {}
            return load_dataset(builder, data_files=str(path), **options)
        return load_from_disk(str(path)) if saved_dataset(path) else load_dataset(str(path))
    except InputError:
        raise
    except Exception as error:  # the library and what it loads raise almost anything
        reason = str(error).strip().split("\n")[0] or type(error).__name__
        raise InputError(
            f"The data set hf:{name} can't be loaded: {reason.rstrip('.')}. "
            "Give a folder made by save_to_disk, a folder or file of data, or the name of one on the hub."
        ) from error


def _split(loaded: Any, split: str | None, text: str) -> tuple[Any, str]:
    if not isinstance(loaded, dict):
        own = str(loaded.split or "train")
        if split is not None and split != own:
            raise UnknownNameError("split", split, [own], text)
        return loaded, own
    names = list(loaded)
    if split is None:
        if "train" not in loaded and len(names) != 1:
            raise InputError(f"{text} has the splits {', '.join(names)}; choose one: {text}:{names[0]}.")
        split = "train" if "train" in loaded else names[0]
    if split not in loaded:
        raise UnknownNameError("split", split, names, text)
    return loaded[split], split
