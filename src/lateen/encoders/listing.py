"""What `lateen encoders` says: every scheme that is installed, what it takes, and what it needs.

One idea: a plug-in is asked as the built-ins are, and one that can't even be imported is listed with the reason.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from inspect import Parameter, signature
from typing import Any

from lateen.encoders.calling import in_a_line
from lateen.encoders.registry import GROUP


@dataclass(frozen=True)
class SchemeInfo:
    """A scheme of encoders.

    Args:
        scheme: Its name: "hf".
        example: How an encoder of it is written.
        encodes: What its items are, in the user's words; "" if that isn't known before one is loaded.
        decodes: Whether its points become items again; None if that isn't known before one is loaded.
        extra: The optional part of lateen that it needs, or None.
        installed: Whether what it needs is there.
        options: What its loader takes besides, as written in Python: "trust_remote_code".
        package: Who brings it.
        summary: What it is, in a line.
        problem: Why it can't be loaded at all, or None.
    """

    scheme: str
    example: str
    encodes: str
    decodes: bool | None
    extra: str | None
    installed: bool
    options: tuple[str, ...]
    package: str
    summary: str
    problem: str | None = None

    def to_dict(self) -> dict[str, object]:
        """Plain data."""
        return {**asdict(self), "options": list(self.options)}


@dataclass(frozen=True)
class _Known:
    example: str
    encodes: str
    decodes: bool
    extra: str | None = None
    module: str | None = None


# What lateen's own loaders can't say of themselves before they have loaded something.
_KNOWN = {
    "diffusers": _Known("diffusers:madebyollin/taesd", "pictures", True, "hf", "diffusers"),
    "hf": _Known("hf:openai/clip-vit-base-patch32", "pictures", False, "hf", "transformers"),
    "none": _Known("none", "vectors or words", False),
    "onnx": _Known("onnx:model.onnx", "pictures or texts", False, "onnx", "onnxruntime"),
    "pca": _Known("pca:64", "pictures, vectors or words", True),
    "pixels": _Known("pixels:32", "pictures", True),
    "st": _Known("st:sentence-transformers/all-MiniLM-L6-v2", "texts", False, "hf", "sentence_transformers"),
    "vae": _Known("vae:faces.model", "pictures", True),
}


def encoder_list() -> list[SchemeInfo]:
    """Every scheme that is installed, by name."""
    points = {point.name: point for point in sorted(entry_points(group=GROUP), key=lambda p: p.name)}
    return [_info(point) for point in points.values()]


def _info(point: EntryPoint) -> SchemeInfo:
    package = point.dist.name if point.dist is not None else point.module.partition(".")[0]
    own = point.module.startswith("lateen.")
    known = _KNOWN.get(point.name) if own else None
    try:
        load = point.load()
        summary, options, problem = _first_line(load.__doc__), _options(load), None
    except Exception as error:  # a plug-in's module may raise anything
        summary, options = "", ()
        problem = f"{point.value} can't be loaded: {in_a_line(error)}"
    return SchemeInfo(
        scheme=point.name,
        example=known.example if known else f"{point.name}:ID",
        encodes=known.encodes if known else "",
        decodes=known.decodes if known else None,
        extra=known.extra if known else None,
        installed=problem is None and (known is None or known.module is None or find_spec(known.module) is not None),
        options=options,
        package=package,
        summary=summary,
        problem=problem,
    )


def _first_line(docstring: str | None) -> str:
    return ((docstring or "").strip().splitlines() or [""])[0]


def _options(load: Callable[..., Any]) -> tuple[str, ...]:
    """The loader's options: what it takes besides an id and a revision."""
    named = (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)
    return tuple(p.name for p in list(signature(load).parameters.values())[2:] if p.kind in named)
