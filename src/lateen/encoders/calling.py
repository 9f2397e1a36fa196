"""Calling an encoder that may be anybody's: what it raises and what it gives are checked here, in one place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from lateen.core.codec import Encoder, Latents, QueryEncoder
from lateen.core.errors import EncoderError, LateenError, first_line


def encode(encoder: Encoder, items: Any, dim: int) -> Latents:
    """Encode items, and see that what comes back are vectors.

    Args:
        encoder: Of lateen or of a plug-in.
        items: `Items` of its modality.
        dim: Numbers that each vector must have.

    Raises:
        EncoderError: If it fails, or gives something else than `dim` numbers per item.
    """
    return _checked(encoder.spec.encoder, encoder.encode, items, dim)


def encode_query(encoder: Encoder, texts: Sequence[str], dim: int) -> Latents:
    """The same for texts to search with, in the encoder's own way for queries if it has one.

    Args:
        encoder: One that takes texts.
        texts: n strings.
        dim: Numbers that each vector must have.

    Raises:
        EncoderError: If it fails, or gives something else than `dim` numbers per text.
    """
    call = encoder.encode_query if isinstance(encoder, QueryEncoder) else encoder.encode
    return _checked(encoder.spec.encoder, call, texts, dim)


def in_a_line(error: Exception) -> str:
    """What kind of error it is, and the first line of what it says."""
    kind, said = type(error).__name__, first_line(error)
    return kind if said in ("", kind) else f"{kind}: {said}"


def _checked(name: str, call: Callable[[Any], Any], items: Any, dim: int) -> Latents:
    n = len(items)
    what = "1 item" if n == 1 else f"{n:,} items"
    try:
        vectors = np.asarray(call(items))
    except (LateenError, MemoryError):
        raise
    except Exception as error:  # an encoder may raise anything
        raise EncoderError(f"The encoder {name} failed on {what}: {in_a_line(error)}.") from error
    if vectors.shape != (n, dim) or vectors.dtype.kind not in "fiu":
        raise EncoderError(
            f"The encoder {name} gave {vectors.dtype} of shape {vectors.shape} for {what}; its spec says {dim:,} "
            "numbers for each."
        )
    with np.errstate(over="ignore"):  # what is too large becomes infinite, and is refused item by item
        return np.asarray(vectors, np.float32)
