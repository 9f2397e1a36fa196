"""Synthetic: a point that no item has. Whatever lateen makes up carries its support."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float32, UInt8

Decoding = Literal["decoder", "nearest item"]


@dataclass(frozen=True, eq=False)
class Synthetic:
    """A made-up point, what it decodes to, and how near to data it is.

    Args:
        vector: (dim,) the point.
        support: Share of held-out items that are at least as far from the data as this point: 1 is as deep in the
            data as items get, 0 is farther out than any held-out item.
        decoded_by: "decoder" if a generative decoder made the image, "nearest item" if it is the nearest real item.
        image: (height, width, 3) what the point decodes to, or None where there is nothing to show.
        nearest: Id of the nearest real item.
    """

    vector: Float32[np.ndarray, " dim"]
    support: float
    decoded_by: Decoding
    image: UInt8[np.ndarray, "height width 3"] | None
    nearest: str

    def __repr__(self) -> str:
        return f"Synthetic(support {self.support:.2f}, by {self.decoded_by}, nearest {self.nearest!r})"
