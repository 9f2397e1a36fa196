"""The pose and build of each head in a batch: where a point of the face lands when the head turns.

The face is an ellipsoid seen from the front, so turning moves features sideways by their depth and narrows
the side that turns away.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from lateen.sources.portraits import palette
from lateen.sources.portraits.shapes import Canvas, Plane, blank, ellipse, smooth_union

PIVOT = 0.30  # where the neck lets the head tilt
SKULL_Y, JAW_Y = -0.14, 0.16
EYE_X, EYE_Y = 0.195, -0.03
MOUTH_Y = 0.315


@dataclass(frozen=True)
class Head:
    """What the parts of a portrait share: its factors and the numbers and colours that follow from them.

    Args:
        factors: Every factor as float32, (n, 1, 1), angles in degrees.
        cos: Cosine of the turn.
        sin: Sine of the turn.
        radius: Half the width of the skull.
        skin: Colour of the skin; `skin_shade` in the shadow.
        skin_shade: Colour of the skin in the shadow.
        hair: Colour of the hair; `hair_shade` in the shadow.
        hair_shade: Colour of the hair in the shadow.
        smile: How far the corners of the mouth are up, from -0.4 (serious) to 1.
    """

    factors: Mapping[str, Plane]
    cos: Plane
    sin: Plane
    radius: Plane
    skin: np.ndarray
    skin_shade: np.ndarray
    hair: np.ndarray
    hair_shade: np.ndarray
    smile: Plane

    def __getitem__(self, factor: str) -> Plane:
        return self.factors[factor]

    def place(self, x: float, depth: float = 0.8) -> tuple[Plane, Plane]:
        """Return where a feature at x on the front of the face lands, and how much narrower it looks."""
        z = np.sqrt(self.radius * self.radius - np.float32(x * x))
        return x * self.cos + depth * z * self.sin, self.cos - depth * x / z * self.sin

    def outline(self, canvas: Canvas) -> Plane:
        """Return the distance to the outline of skull and jaw."""
        jaw = self["jaw"]
        skull = ellipse(canvas.x, canvas.y - SKULL_Y, self.radius, 0.52)
        chin = ellipse(
            canvas.x - 0.20 * self.sin,
            canvas.y - JAW_Y,
            self.radius * (0.70 + 0.26 * jaw) * (0.5 + 0.5 * self.cos),
            0.36 + 0.02 * jaw,
        )
        return smooth_union(skull, chin, 0.14)


def pose(factors: Mapping[str, np.ndarray], size: int) -> tuple[Head, Canvas]:
    """Return the heads of a batch and the blank canvas in whose frame they stand."""
    column = {name: np.asarray(values, np.float32).reshape(-1, 1, 1) for name, values in factors.items()}
    cos, sin = _turn(column["head_turn"])
    skin = palette.aged(palette.along(palette.SKIN, column["skin_tone"]), column["age"])
    hair = palette.along(palette.HAIR, column["hair_colour"])
    head = Head(
        factors=column,
        cos=cos,
        sin=sin,
        radius=0.402 + 0.096 * column["face_width"],
        skin=skin,
        skin_shade=palette.tinted(skin, 0.80, 0.66, 0.62),
        hair=hair,
        hair_shade=palette.tinted(hair, 0.74, 0.66, 0.64),
        smile=column["smile"] * 1.4 - 0.4,
    )
    canvas = blank(skin.shape[1], size, *_turn(column["head_tilt"]), pivot=PIVOT)
    return head, replace(canvas, face=head.outline(canvas))


def _turn(degrees: Plane) -> tuple[Plane, Plane]:
    angle = np.deg2rad(degrees.astype(np.float64))
    return np.cos(angle).astype(np.float32), np.sin(angle).astype(np.float32)
