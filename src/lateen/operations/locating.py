"""What an ITEM is: an id, a file, an expression over both, or, where the space's encoder takes texts, a text.

One idea: what needs no encoder is tried first, so a model is loaded only for what nothing else explains.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32, UInt8

from lateen.arithmetic import Expression, parse
from lateen.core.codec import Encoder, QueryEncoder
from lateen.core.errors import InputError, LateenError, SpaceError, UnknownNameError, shown
from lateen.core.geometry import Geometry, Sphere
from lateen.encoders.calling import encode, encode_query
from lateen.neighbors import Vectors
from lateen.sources.picture import SUFFIXES, View, read_picture
from lateen.store import SpaceFolder

Vector = Float32[np.ndarray, " dim"]
Picture = UInt8[np.ndarray, "height width 3"]
_JOINED = re.compile(r"[+\-−–*/]")
TOGETHER = 64  # pictures that are encoded at once
FARTHEST = 1e15  # the squares of such numbers are well within float32
_NO_TEXTS = ("vae", "pca", "pixels", "none", "diffusers")  # loading these to find out would be in vain


@dataclass(frozen=True, eq=False)
class Located:
    """An ITEM that the user named, as a point.

    Args:
        label: What to call it in messages and pictures.
        vector: (dim,) the point.
        id: Its id if it is an item of the space, else None.
        image: The picture, if it came from a file.
        is_text: Whether the label is a text that was encoded.
    """

    label: str
    vector: Vector
    id: str | None = None
    image: Picture | None = None
    is_text: bool = False


@dataclass(frozen=True, eq=False)
class Locator:
    """Turns what the user named into points of a space.

    Args:
        folder: The space.
        vectors: Gives its vectors.
        geometry: Gives its geometry.
        encoder: Loads its encoder.
        step: Gives the vector of one step along a direction.
    """

    folder: SpaceFolder
    vectors: Callable[[], Vectors]
    geometry: Callable[[], Geometry]
    encoder: Callable[[], Encoder]
    step: Callable[[str], Vector]

    def locate(self, item: str) -> Located:
        """Turn an ITEM into a point.

        Raises:
            UnknownNameError: If it is none of what an ITEM can be, with the nearest ids.
            InputError: If it can't be read, or leads too far out.
        """
        found = self._item(item)
        if found is not None:
            return found
        try:
            expression = parse(item)
        except InputError as cause:
            return self._text_or(item, self._no_expression(item, cause), cause)
        unknown = next((name for name in expression.names if not self._is_named(name, expression)), None)
        if unknown is None:
            return self.combine(expression)
        if expression.is_single and unknown == item:
            return self._text_or(item, self._unknown(item, "nor a file of that name"))
        where = f"nor a file of that name; the expression is {shown(item)}"
        return self._text_or(item, self._unknown(unknown, where))

    def locate_all(self, items: Sequence[str]) -> list[Located]:
        """Many ITEMs as points: ids are read at once, and picture files are encoded together.

        Raises:
            UnknownNameError: If one is none of what an ITEM can be, with the nearest ids.
            InputError: If one can't be read.
        """
        ids = {item: id for item in items if (id := self._id(item)) is not None}
        rows = np.array([self.folder.row(id) for id in ids.values()], np.int64)
        vectors = np.asarray(self.vectors()[rows], np.float32) if len(rows) else ()
        found = {
            item: Located(id, self._point(np.array(vector), shown(id)), id=id)
            for (item, id), vector in zip(ids.items(), vectors, strict=True)
        }
        files = [item for item in items if item not in found and _is_file(item)]
        pictures = [item for item in files if Path(item).suffix.lower() != ".npy"]
        for start in range(0, len(pictures), TOGETHER):
            some = pictures[start : start + TOGETHER]
            images = np.stack([self._image(Path(item)) for item in some])
            encoded = encode(self.encoder(), images, self.folder.meta.spec.dim)
            for item, vector, image in zip(some, encoded, images, strict=True):
                found[item] = Located(Path(item).name, self._encoded_point(vector, item), image=image)
        return [found[item] if item in found else self.locate(item) for item in items]

    def is_known(self, item: str) -> bool:
        """Whether an ITEM is an id or a file, so that nothing needs to be encoded to find out."""
        return self._id(item) is not None or _is_file(item)

    def terms(self, expression: Expression) -> dict[str, Located]:
        """The items, files and texts that an expression names, as points."""
        return {name: self.term(name, expression) for name in expression.names}

    def combine(self, expression: Expression, terms: Mapping[str, Located] | None = None) -> Located:
        """Evaluate an expression over ids, files and quoted texts to a point of the space.

        Args:
            expression: The expression.
            terms: What `terms` gave for it, if that is known: files and texts are encoded once.
        """
        text, points = expression.text, self.terms(expression) if terms is None else terms
        if expression.is_single:
            return points[expression.names[0]]
        with np.errstate(over="ignore", invalid="ignore"):  # said below
            vector = expression.evaluate(lambda name: points[name].vector, self.step)
        return Located(text, self._point(within_reach(vector, text), shown(text)))

    def term(self, name: str, expression: Expression) -> Located:
        """One name of an expression.

        Raises:
            UnknownNameError: If it is no id, no file, and no text that the encoder takes.
        """
        found = self._item(name)
        if found is not None:
            return found
        text = expression.text
        where = "nor a file of that name" + ("" if text == name else f"; the expression is {shown(text)}")
        unknown = self._unknown(name, where)
        if name not in expression.quoted and text != name:
            raise unknown
        return self._text_or(name, unknown)

    def _item(self, item: str) -> Located | None:
        """An id, else a file."""
        id = self._id(item)
        if id is not None:
            row = np.array([self.folder.row(id)])
            return Located(id, self._point(np.array(self.vectors()[row][0]), shown(id)), id=id)
        return self._file(Path(item)) if _is_file(item) else None

    def _id(self, name: str) -> str | None:
        """The id that a name is; among words a phrase is also found under underscores, as training joins it."""
        ids = self.folder.ids()
        if name in ids:
            return name
        joined = name.replace(" ", "_")
        return joined if self.folder.meta.spec.modality == "word" and joined != name and joined in ids else None

    def _point(self, vector: Vector, what: str) -> Vector:
        """The point of the space that a vector stands for: where only angles count, the unit vector."""
        if isinstance(self.geometry(), Sphere) and not np.abs(vector).max(initial=0) > 0:
            raise InputError(f"{what} is the zero vector, which has no direction, and here only directions count.")
        return self.geometry().project(vector)

    def _is_named(self, name: str, expression: Expression) -> bool:
        return self._id(name) is not None or _is_file(name) or name in expression.quoted

    def _file(self, path: Path) -> Located:
        if path.suffix.lower() == ".npy" and self.folder.meta.spec.modality in ("vector", "word"):
            return Located(path.name, self._point(self._vector(path), str(path)))
        image = self._image(path)
        return Located(path.name, self._encoded(encode, image[None], str(path)), image=image)

    def _image(self, path: Path) -> Picture:
        spec, fit = self.folder.meta.spec, self.folder.meta.fit
        if spec.modality != "image":
            raise SpaceError(f"The {self._name} was not built from pictures, so {path.name} can't be encoded into it.")
        try:
            return read_picture(path, View.of(spec.preprocessing, fit or None)).pixels
        except InputError as cause:
            raise InputError(f"The picture {path} can't be read: {cause}.") from cause

    def _vector(self, path: Path) -> Vector:
        spec = self.folder.meta.spec
        try:
            vector = np.load(path, allow_pickle=False)
        except (OSError, ValueError, EOFError) as cause:
            raise InputError(f"The vector {path} can't be read: {cause}.") from cause
        if vector.dtype.kind not in "fiu" or not vector.ndim or vector.size != vector.shape[-1]:
            raise InputError(f"{path} is no vector; expected a .npy file of one row of numbers.")
        numbers: Vector = vector.reshape(-1).astype(np.float32)
        if not np.isfinite(numbers).all():
            raise InputError(f"The vector {path} holds NaN or infinity.")
        if spec.encoder.partition(":")[0] != "none":
            return self._encoded(encode, numbers[None], str(path))
        if len(numbers) != spec.dim:
            raise InputError(f"The vector {path} has {len(numbers)} numbers; those of {self._name} have {spec.dim}.")
        return numbers

    def _text_or(self, text: str, error: InputError, cause: Exception | None = None) -> Located:
        """The text as a point where the encoder takes texts, else the error."""
        spec = self.folder.meta.spec
        if _like_a_path(text) or not text.strip():
            raise error from cause
        if spec.modality == "text":
            return Located(text, self._encoded(encode_query, [text], shown(text)), is_text=True)
        if spec.modality != "image" or spec.encoder.partition(":")[0] in _NO_TEXTS:
            raise self._no_text(error) from cause
        try:
            encoder = self.encoder()
        except LateenError as missing:  # it is not known to take texts; a wrong id is likelier
            if not _is_a_name(error):
                raise InputError(f"{error} If it is a text: {missing}") from cause
            raise error from cause
        if not isinstance(encoder, QueryEncoder):
            raise self._no_text(error) from cause
        return Located(text, self._encoded(encode_query, [text], shown(text)), is_text=True)

    def _encoded(self, how: Callable[[Encoder, Any, int], np.ndarray], items: Any, called: str) -> Vector:
        return self._encoded_point(how(self.encoder(), items, self.folder.meta.spec.dim)[0], called)

    def _encoded_point(self, vector: Vector, called: str) -> Vector:
        if not np.isfinite(vector).all():
            raise InputError(f"{called} can't be searched with: the encoder made NaN or infinity of it.")
        return self._point(vector, called)

    def _no_expression(self, item: str, cause: InputError) -> InputError:
        if " " in item:  # meant as an expression
            return InputError(f"{shown(item)} is no id of {self._name} and no file. {cause}")
        return self._unknown(item, "nor a file of that name")

    def _no_text(self, error: InputError) -> InputError:
        if _is_a_name(error) or self.folder.meta.spec.modality == "word":
            return error
        return InputError(f"{error} As a text it can't be searched for: {self.folder.meta.spec.encoder} takes none.")

    def _unknown(self, name: str, besides: str) -> UnknownNameError:
        ids = self.folder.ids()
        parts = _JOINED.split(name)
        if len(parts) > 1 and all(part in ids for part in parts):
            spaced = _JOINED.sub(r" \g<0> ", name)
            besides += f"; a sum needs spaces around its signs: {spaced!r}"
        return UnknownNameError("id", name, ids.like(name), f"{self._name} ({besides})")

    @property
    def _name(self) -> str:
        return f"space {self.folder.path.name}"


def within_reach(vector: Vector, what: str) -> Vector:
    """The vector; raises InputError if it lies so far out that distances to it can't be told."""
    if not np.abs(vector).max(initial=0) < FARTHEST:  # NaN included
        raise InputError(f"{shown(what)} leads farther out than numbers reach; use smaller factors or fewer steps.")
    return vector


def _is_a_name(error: InputError) -> bool:
    """Whether what is not known was one word: texts are sentences."""
    return isinstance(error, UnknownNameError) and " " not in error.name


def _like_a_path(text: str) -> bool:
    return Path(text).suffix.lower() in (*SUFFIXES, ".npy") or (" " not in text and ("/" in text or "\\" in text))


def _is_file(item: str) -> bool:
    try:
        return os.path.isfile(item)
    except ValueError:  # a null character, or a name longer than the system takes
        return False
