"""What every result can do: become plain data, become a picture, show itself in a notebook."""

from __future__ import annotations

import base64
import html
import io
import math
from abc import ABC, abstractmethod
from pathlib import Path

from PIL.Image import Image

from lateen.core.synthetic import Synthetic
from lateen.plot.save import save_picture


class Pictured(ABC):
    """A result that has a picture: it says how it is drawn, this says how it is saved and shown."""

    @abstractmethod
    def picture(self) -> Image:
        """Draw the result."""

    def save(self, path: str | Path, *, force: bool = False) -> Path:
        """Save the picture; the suffix says the format.

        Raises:
            InputError: If the file exists and `force` is not set, or the suffix is not known.
        """
        return save_picture(self.picture(), Path(path), force=force)

    def _repr_html_(self) -> str:
        encoded = io.BytesIO()
        self.picture().save(encoded, "PNG")
        source = base64.b64encode(encoded.getvalue()).decode()
        picture = f'<img style="max-width:100%" src="data:image/png;base64,{source}">'
        return f"<p>{html.escape(repr(self))}</p>{picture}"


class Written:
    """A result without a picture: a notebook shows its lines for people, else its repr, as they are."""

    def _repr_html_(self) -> str:
        describe = getattr(self, "describe", None)
        return f"<pre>{html.escape(repr(self) if describe is None else describe())}</pre>"


def stands_in(made: Synthetic) -> str | None:
    """What a picture must say of made-up points that nothing decodes; None where a decoder made them."""
    return None if made.decoded_by == "decoder" else "Nearest real items, not decoded"


def not_decoded(made: Synthetic, modality: str) -> tuple[str, ...]:
    """The same for people to read, with what to do about it."""
    if stands_in(made) is None:
        return ()
    advice = "; lateen train SOURCE --model decoder makes it one" if modality == "image" else ""
    return (f"This space has no decoder{advice}: what is shown are the real items nearest to each point.",)


def plain(value: object) -> object:
    """A NumPy or missing value as json can hold it: NaN and infinity become null."""
    item = value.item() if hasattr(value, "item") else value
    if isinstance(item, float):
        return item if math.isfinite(item) else None
    return item if item is None or isinstance(item, str | int | bool) else str(item)


def rounded(value: float, digits: int = 4) -> float | None:
    """A figure for json: rounded, NaN as null."""
    return round(float(value), digits) if math.isfinite(value) else None


def known(value: float) -> float | None:
    """The value, or None for NaN, as pictures take it."""
    return None if math.isnan(value) else value
