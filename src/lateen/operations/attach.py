"""Attaching a decoder: a space whose encoder can't decode learns to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lateen.core.codec import LatentSpec
from lateen.core.errors import InputError, SpaceError
from lateen.operations.opened import Opened
from lateen.operations.result import rounded
from lateen.store.attached import DECODER, put_decoder, remove_decoder


@dataclass(frozen=True, eq=False)
class Attached:
    """What decodes in a space from now on.

    Args:
        space: Name of the space.
        encoder: Whose codes it reads.
        size: Side of its pictures in pixels.
        validation: Its measures on held-out pictures.
    """

    space: str
    encoder: str
    size: int
    validation: Mapping[str, float | int]

    def __repr__(self) -> str:
        return (
            f"{self.space} decodes: by an attached decoder of {self.encoder}, {self.size} x {self.size} pixels"
            f"{said_of(self.validation)}"
        )

    def to_dict(self) -> dict[str, object]:
        """Plain data, as `--json` prints it."""
        figures = {name: rounded(float(value)) for name, value in self.validation.items()}
        return {"space": self.space, "encoder": self.encoder, "size": self.size, "validation": figures}


def attach(opened: Opened, model: Path, *, force: bool = False) -> Attached:
    """Copy a trained decoder into the space.

    Args:
        opened: The space.
        model: A folder that `lateen train --model decoder` made.
        force: Replace a decoder that is there.

    Raises:
        InputError: If there is no such model, or the space has a decoder already.
        SpaceError: If the model is damaged, no decoder, or of another encoder than the space's.
    """
    from lateen.models.decoder import LatentDecoder

    if model.resolve() == (opened.path / DECODER).resolve():
        raise InputError(f"{model} is the decoder that is attached already.")
    decoder = LatentDecoder.load(model)
    _require_same_encoder(opened, decoder.spec)
    put_decoder(opened.path, model, force=force)
    opened.forget_decoder()
    return Attached(opened.name, decoder.spec.encoder, decoder.config.size, decoder.validation)


def detach(opened: Opened) -> None:
    """Remove the attached decoder; raises InputError if there is none."""
    remove_decoder(opened.path)
    opened.forget_decoder()


def check_attachable(opened: Opened, spec: LatentSpec) -> None:
    """Whether a decoder that is yet to be trained for codes of this spec can be put into a space.

    Raises:
        InputError: If there is one already.
        SpaceError: If dimension or fingerprint of the encoders differ.
    """
    _require_same_encoder(opened, spec)
    if (opened.path / DECODER).exists():
        raise InputError(
            f"The {opened.name} has a decoder already; detach it first: lateen attach {opened.path} --detach"
        )


def _require_same_encoder(opened: Opened, spec: LatentSpec) -> None:
    own, meta = opened.spec, opened.folder.meta
    if spec.dim != own.dim or spec.fingerprint not in (own.fingerprint, meta.given_fingerprint):
        raise SpaceError(
            f"{opened.path} holds codes of {_named(own)}; the decoder reads those of {_named(spec)}, so its pictures "
            "would mean nothing. Train one for the space: lateen train SOURCE --model decoder --attach "
            f"{opened.path} -o MODEL"
        )


def said_of(validation: Mapping[str, object]) -> str:
    """ " (PSNR 21.30 dB held out)", or nothing where it isn't known."""
    psnr = validation.get("psnr")
    return f" (PSNR {psnr:.2f} dB held out)" if isinstance(psnr, int | float) else ""


def _named(spec: LatentSpec) -> str:
    return f"{spec.encoder} ({spec.dim} numbers, fingerprint {spec.fingerprint[:12]})"
