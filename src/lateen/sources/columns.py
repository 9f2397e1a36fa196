"""Which column of a table holds the items, and which their ids: what the user said, else what the names tell.

One idea: a guess is made only where there is one candidate, and it is always said.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

import pyarrow as pa

from lateen.core.errors import InputError, UnknownNameError

_NAMES = {
    "text": "text texts sentence sentences caption captions content contents document documents body",
    "image": "image images img picture pictures photo path paths file files file_name filename image_path img_path",
    "vector": "vector vectors embedding embeddings emb",
}
_BY_NAME = {name: modality for modality, names in _NAMES.items() for name in names.split()}
_FLAGS = "--text, --image or --vector"


@dataclass(frozen=True)
class Content:
    """The columns of a table that matter.

    Args:
        modality: "text", "image" or "vector".
        name: The column that holds the items.
        id: The column that holds their ids; None for row numbers.
        notes: What was guessed, a sentence each.
    """

    modality: str
    name: str
    id: str | None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Columns:
    """What the user said of a table's columns; None where nothing was said.

    Args:
        text: The column whose texts are the items.
        image: The column whose pictures are the items: paths, or contents of files.
        vector: The column whose vectors are the items.
        id: The column that names the items.

    Raises:
        InputError: If more than one of text, image and vector is given.
    """

    text: str | None = None
    image: str | None = None
    vector: str | None = None
    id: str | None = None

    def __post_init__(self) -> None:
        given = [f"--{f.name} {getattr(self, f.name)}" for f in fields(self)[:3] if getattr(self, f.name) is not None]
        if len(given) > 1:
            raise InputError(f"{' and '.join(given)} were given; an item is one of them: give one of {_FLAGS}.")

    def __bool__(self) -> bool:
        return any(getattr(self, f.name) is not None for f in fields(self))

    def __str__(self) -> str:
        given = [f"--{f.name} {value}" for f in fields(self) if (value := getattr(self, f.name)) is not None]
        return " ".join(given)

    def choose(self, schema: pa.Schema, where: str) -> Content:
        """The columns that matter, of those that a table has.

        Args:
            schema: The table's columns.
            where: The table, in the user's words.

        Raises:
            InputError: If a column holds something else, or none or several could hold the items.
            UnknownNameError: If there is no such column; the message names near spellings.
        """
        for name in (self.text, self.image, self.vector, self.id):
            if name is not None and name not in schema.names:
                raise UnknownNameError("column", name, schema.names, where)
        id = self.id if self.id is not None else "id" if "id" in schema.names else None
        if id is not None and not _names_items(schema.field(id).type):
            raise InputError(f"The column {id!r} of {where} holds {schema.field(id).type}; ids are texts or numbers.")
        given = {"text": self.text, "image": self.image, "vector": self.vector}
        for modality, name in given.items():
            if name is not None:
                _require(modality, name, schema.field(name).type, where)
                return Content(modality, name, id if self.id is not None or id != name else None)
        modality, name = _guess([f for f in schema if f.name != id], where, schema)
        others = ", ".join(f"--{m}" for m in given)
        what = {"text": "text", "image": "picture", "vector": "vector"}[modality]
        note = f"The column {name!r} is taken as the {what} of each item; choose with {others}."
        return Content(modality, name, id, (note,))


def is_text(kind: pa.DataType) -> bool:
    """Whether it holds texts."""
    if pa.types.is_dictionary(kind):
        return is_text(kind.value_type)
    return any(test(kind) for test in (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view))


def is_bytes(kind: pa.DataType) -> bool:
    """Whether it holds contents of files."""
    return any(test(kind) for test in (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_binary_view))


def is_picture_struct(kind: pa.DataType) -> bool:
    """Whether it holds pictures as the library datasets keeps them: bytes and path."""
    return pa.types.is_struct(kind) and {f.name for f in kind} == {"bytes", "path"}


def is_vectors(kind: pa.DataType) -> bool:
    """Whether it holds lists of numbers."""
    lists = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)
    return any(test(kind) for test in lists) and (
        pa.types.is_integer(kind.value_type) or pa.types.is_floating(kind.value_type)
    )


_HOLDS: dict[str, Callable[[pa.DataType], bool]] = {
    "text": is_text,
    "image": lambda kind: is_text(kind) or is_bytes(kind) or is_picture_struct(kind),
    "vector": lambda kind: is_vectors(kind) or is_text(kind),
}


def _guess(columns: Sequence[pa.Field], where: str, schema: pa.Schema) -> tuple[str, str]:
    named = [(_BY_NAME[f.name.lower()], f) for f in columns if f.name.lower() in _BY_NAME]
    by_name = [(modality, f.name) for modality, f in named if _HOLDS[modality](f.type)]
    if len(by_name) == 1:
        return by_name[0]
    pictures = [("image", f.name) for f in columns if is_picture_struct(f.type)]
    by_kind = pictures + [("vector", f.name) for f in columns if is_vectors(f.type)]
    by_kind = by_kind or [("text", f.name) for f in columns if is_text(f.type)]
    if not by_name and len(by_kind) == 1:
        return by_kind[0]
    found = by_name or by_kind
    problem = "several could" if found else "none does by its name"
    shown = ", ".join(f"{f.name} ({f.type})" for f in schema if not f.name.startswith("\0"))
    could = " (" + ", ".join(f"--{modality} {name}" for modality, name in found) + ")" if found else ""
    raise InputError(f"Which column of {where} holds the items? {problem}{could}. Give {_FLAGS}. Columns: {shown}.")


def _require(modality: str, name: str, kind: pa.DataType, where: str) -> None:
    if _HOLDS[modality](kind):
        return
    if pa.types.is_null(kind):
        raise InputError(f"The column {name!r} of {where} is empty in every row; --{modality} takes one that is not.")
    expected = {
        "text": "texts",
        "image": "paths of pictures, or the contents of picture files",
        "vector": "lists of numbers, or texts such as '0.1 0.2 0.3'",
    }[modality]
    numbers = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    found = f"numbers ({kind})" if numbers else str(kind)
    raise InputError(f"The column {name!r} of {where} holds {found}; --{modality} takes a column of {expected}.")


def _names_items(kind: pa.DataType) -> bool:
    return not (pa.types.is_nested(kind) or is_bytes(kind) or pa.types.is_fixed_size_binary(kind))
