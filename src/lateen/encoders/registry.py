"""From `scheme:id[@revision]` to an encoder, through the entry points `lateen.encoders`.

One idea: lateen's own schemes come in by the same door as any other package's. An entry point named after the
scheme refers to a function `load(id, revision)` that returns a `Codec` or an `Encoder`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from lateen.core.codec import Encoder
from lateen.core.errors import InputError, UnknownNameError

GROUP = "lateen.encoders"


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
        """Take `scheme:id[@revision]` apart; an @ in the name of an existing folder belongs to it.

        Raises:
            InputError: If there is no scheme or no id.
        """
        scheme, colon, id = text.partition(":")
        drive = colon and len(scheme) == 1 and id[:1] in ("\\", "/")
        if not colon or not id or drive or not re.fullmatch(r"[\w+.-]+", scheme):
            hint = f"vae:{text}" if text and scheme not in encoder_schemes() else "vae:faces.model"
            raise InputError(
                f"The encoder {text!r} can't be read; write scheme:id, such as {hint!r}. "
                f"Schemes: {', '.join(encoder_schemes())}."
            )
        name, at, revision = id.rpartition("@")
        if at and name and revision and not re.search(r"[\\/]", revision) and not Path(id).exists():
            return cls(scheme, name, revision)
        return cls(scheme, id)

    def __str__(self) -> str:
        return f"{self.scheme}:{self.id}" + (f"@{self.revision}" if self.revision else "")


def load_encoder(text: str) -> Encoder:
    """Load an encoder by its name.

    Args:
        text: `scheme:id[@revision]`, such as "vae:faces.model".

    Returns:
        The encoder; it is a `Codec` as well if it decodes.

    Raises:
        InputError: If the name can't be read, or the loader refuses it or gives something else.
        UnknownNameError: If there is no such scheme; the message names those there are.
    """
    name = EncoderName.parse(text)
    points = _entry_points()
    if name.scheme not in points:
        raise UnknownNameError("encoder scheme", name.scheme, points, f"{text!r}; schemes: {', '.join(points)}")
    loaded = points[name.scheme].load()(name.id, name.revision)
    if not isinstance(loaded, Encoder):
        raise InputError(f"The loader of {text!r} gave a {type(loaded).__name__}, which is no encoder.")
    return loaded


def encoder_schemes() -> list[str]:
    """The schemes that are installed, in order."""
    return list(_entry_points())


def _entry_points() -> dict[str, EntryPoint]:
    return {point.name: point for point in sorted(entry_points(group=GROUP), key=lambda p: p.name)}
