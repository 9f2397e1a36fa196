"""From `scheme:id[@revision]` to an encoder, through the entry points `lateen.encoders`.

One idea: lateen's own schemes come in by the same door as any other package's. An entry point named after the
scheme refers to a function `load(id, revision, **options)` that returns a `Codec`, an `Encoder`, or something
`Unfitted` that becomes one when it sees the source. The first line of its docstring is what `lateen encoders` says.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from inspect import Parameter, signature
from pathlib import Path
from typing import Any

from lateen.core.codec import Encoder, LatentSpec, Unfitted
from lateen.core.errors import EncoderError, InputError, LateenError, UnknownNameError
from lateen.encoders.calling import in_a_line

GROUP = "lateen.encoders"
TRUST = "LATEEN_TRUST_REMOTE_CODE"  # "1": models of spaces that are opened may run the code that they come with


@dataclass(frozen=True)
class EncoderName:
    """What a user calls an encoder, taken apart.

    Args:
        scheme: Which loader: "vae", "hf", ...
        id: What the loader loads: a path, or a name in a collection.
        revision: Which version of it, or None.
    """

    scheme: str
    id: str
    revision: str | None = None

    @classmethod
    def parse(cls, text: str) -> EncoderName:
        """Take `scheme:id[@revision]`, or a scheme alone, apart; an @ in the name of an existing folder belongs to it.

        Raises:
            InputError: If there is no scheme, or none of that name when it stands alone.
        """
        if text in encoder_schemes():
            return cls(text, "")
        scheme, colon, id = text.partition(":")
        drive = colon and len(scheme) == 1 and id[:1] in ("\\", "/")
        if not colon or not id or drive or not re.fullmatch(r"[\w+.-]+", scheme):
            hint = f"vae:{text}" if text.strip(" :") and scheme not in encoder_schemes() else "vae:faces.model"
            raise InputError(
                f"The encoder {text!r} can't be read; write scheme:id, such as {hint!r}. "
                f"Schemes: {', '.join(encoder_schemes())}."
            )
        name, at, revision = id.rpartition("@")
        if at and name and revision and not re.search(r"[\\/]", revision) and not Path(id).exists():
            return cls(scheme, name, revision)
        return cls(scheme, id)

    def __str__(self) -> str:
        id = f":{self.id}" if self.id else ""
        return f"{self.scheme}{id}" + (f"@{self.revision}" if self.revision else "")


def load_encoder(text: str, options: Mapping[str, object] | None = None) -> Encoder | Unfitted:
    """Load an encoder by its name.

    Args:
        text: `scheme:id[@revision]`, such as "vae:faces.model", or a scheme alone, such as "none".
        options: What the loader takes besides, by name: "size", "prompt", "query_prompt", "truncate_dim",
            "trust_remote_code". Those that are None or False are not handed on.

    Returns:
        The encoder; it is a `Codec` as well if it decodes. Or what becomes an encoder once it has seen items.

    Raises:
        InputError: If the name can't be read, or the loader refuses it or gives something else.
        UnknownNameError: If there is no such scheme; the message names those there are.
        EncoderError: If the loader of another package fails.
    """
    name = EncoderName.parse(text)
    points = _entry_points()
    if name.scheme not in points:
        raise UnknownNameError("encoder scheme", name.scheme, points, f"{text!r}; schemes: {', '.join(points)}")
    load = _imported(points[name.scheme], text)
    if not name.id and _needs_id(load):
        raise InputError(
            f"The encoder {text!r} doesn't say which model; write {text}:ID. `lateen encoders` has an example of each."
        )
    given = {key: value for key, value in (options or {}).items() if value is not None and value is not False}
    _require_options(load, given, text)
    try:
        loaded = load(name.id, name.revision, **given)
    except (LateenError, MemoryError):
        raise
    except Exception as error:  # a loader may raise anything
        if _ours(points[name.scheme]):
            raise
        raise EncoderError(f"The encoder {text!r} can't be loaded: {in_a_line(error)}.") from error
    if not isinstance(loaded, Encoder | Unfitted):
        raise InputError(f"The loader of {text!r} gave a {type(loaded).__name__}, which is no encoder.")
    if isinstance(loaded, Encoder) and not isinstance(loaded.spec, LatentSpec):
        found = type(loaded.spec).__name__
        raise InputError(f"The encoder {text!r} has a {found} for its spec; expected a LatentSpec.")
    return loaded


def encoder_schemes() -> list[str]:
    """The schemes that are installed, in order."""
    return list(_entry_points())


def _entry_points() -> dict[str, EntryPoint]:
    return {point.name: point for point in sorted(entry_points(group=GROUP), key=lambda p: p.name)}


def _imported(point: EntryPoint, text: str) -> Callable[..., Any]:
    try:
        load: Callable[..., Any] = point.load()
    except (LateenError, MemoryError):
        raise
    except Exception as error:  # as may its module
        if _ours(point):
            raise
        raise EncoderError(f"The encoder {text!r} can't be loaded: {point.value}: {in_a_line(error)}.") from error
    return load


def _ours(point: EntryPoint) -> bool:
    """Whether it is one of lateen's own, whose failures are defects that want a traceback."""
    return point.module.startswith("lateen.")


def _needs_id(load: Callable[..., Any]) -> bool:
    parameters = list(signature(load).parameters.values())
    return bool(parameters) and parameters[0].default is Parameter.empty


def _require_options(load: Callable[..., Any], given: Mapping[str, object], text: str) -> None:
    parameters = signature(load).parameters.values()
    if any(p.kind is Parameter.VAR_KEYWORD for p in parameters):
        return
    taken = [p.name for p in list(parameters)[2:]]
    for option in given:
        if option not in taken:
            flags = ", ".join(_flag(name) for name in taken) or "none"
            raise InputError(f"The encoder {text!r} takes no {_flag(option)}; its options are: {flags}.")


def _flag(option: str) -> str:
    return "--" + option.replace("_", "-")
