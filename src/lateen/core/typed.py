"""Plain data from a file becomes a dataclass: checked field by field, because a file may hold anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import is_dataclass
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")


def from_plain(kind: type[T], plain: object) -> T:
    """The dataclass that `asdict` took apart, dataclasses within it included.

    Args:
        kind: The dataclass.
        plain: What json gave.

    Raises:
        TypeError: If it is no object, a field is unknown, missing or of another type; the message names it.
    """
    if not isinstance(plain, Mapping):
        raise TypeError(f"{kind.__name__} is {_named(plain)}, expected an object")
    hints = get_type_hints(kind)
    return kind(**{name: _value(hints.get(name, object), value, str(name)) for name, value in plain.items()})


def _value(hint: Any, value: object, name: str) -> object:
    if get_origin(hint) in (Union, UnionType):
        if value is None and NoneType in get_args(hint):
            return None
        return _value(next(h for h in get_args(hint) if h is not NoneType), value, name)
    if is_dataclass(hint) and isinstance(hint, type):
        return from_plain(hint, value)
    expected = get_origin(hint) or hint
    if expected is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, expected) or (isinstance(value, bool) and expected not in (bool, object)):
        raise TypeError(f"{name} is {_named(value)}, expected {expected.__name__}")
    return value


def _named(value: object) -> str:
    return f"the {type(value).__name__} {str(value)[:40]!r}"
