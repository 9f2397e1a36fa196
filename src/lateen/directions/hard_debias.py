"""Hard debiasing: every word loses its part along the direction, but for the words that define it, which are equalised.

One idea: a neutral word is then as near to "he" as to "she", and to "man" as to "woman".
What that makes of the words that define it is no finding: king - man and queen - woman are equal by construction.

Reference:
    Bolukbasi et al., *Man is to Computer Programmer as Woman is to Homemaker? Debiasing Word Embeddings*, NeurIPS
    2016, section 6, steps 2a and 2b, with a subspace of one direction.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64


@dataclass(frozen=True, eq=False)
class HardDebias:
    """Neutralises points, and equalises sets of them; made by `HardDebias.of`.

    Args:
        direction: (dim,) of norm 1.
        center: Where along the direction nothing is said: 0 on the sphere, else where the mean of all points is.
        is_sphere: Whether points are unit vectors, and are to stay that.
    """

    direction: Float64[np.ndarray, " dim"]
    center: float
    is_sphere: bool

    @classmethod
    def of(cls, direction: Float[np.ndarray, " dim"], mean: Float[np.ndarray, " dim"] | None) -> HardDebias:
        """The eraser of a direction.

        Args:
            direction: (dim,) of any length but 0.
            mean: (dim,) of all points; None for unit vectors.
        """
        d = direction.astype(np.float64)
        d /= np.linalg.norm(d)
        return cls(d, 0.0 if mean is None else float(mean @ d), mean is None)

    def __call__(self, points: Float[np.ndarray, "*batch dim"]) -> Float[np.ndarray, "*batch dim"]:
        """Neutral points, which all read the same along the direction; zero where a unit vector had nothing else."""
        x = points.astype(np.float64)
        x -= (x @ self.direction - self.center)[..., None] * self.direction
        if self.is_sphere:
            norm = np.linalg.norm(x, axis=-1, keepdims=True)
            x = np.divide(x, norm, out=np.zeros_like(x), where=norm > 1e-6)
        return np.asarray(x, points.dtype)

    def equalise(self, points: Float[np.ndarray, "s dim"]) -> Float[np.ndarray, "s dim"]:
        """Points of one set, which differ only along the direction, and by as much on either side of what is neutral.

        Args:
            points: (s, dim) such as those of "he" and "she".
        """
        x = points.astype(np.float64)
        along = x @ self.direction
        middle = x.mean(axis=0)
        neutral = middle - (middle @ self.direction - self.center) * self.direction
        signs = np.sign(along - along.mean())
        if self.is_sphere:
            reach = np.sqrt(max(0.0, 1.0 - float(neutral @ neutral)))
        else:
            reach = float(np.abs(along - along.mean()).mean())
        return np.asarray(neutral + (signs * reach)[:, None] * self.direction, points.dtype)

    def to_bytes(self) -> bytes:
        """What it is, for a fingerprint."""
        return b"hard" + self.direction.tobytes() + np.float64(self.center).tobytes()
