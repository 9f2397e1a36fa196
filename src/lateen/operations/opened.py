"""An open space: what all operations read. Everything heavy is loaded when first asked for, then kept."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
from jaxtyping import Float, Float32, Int, Shaped, UInt8
from PIL import Image

from lateen.arithmetic import Expression, parse
from lateen.core.codec import Codec, Decoder, Encoder, LatentSpec
from lateen.core.direction import Direction
from lateen.core.errors import InputError, SpaceError, UnknownNameError
from lateen.core.geometry import Geometry, geometry_named
from lateen.core.synthetic import Decoding, Synthetic
from lateen.directions import Readout
from lateen.encoders.registry import load_encoder
from lateen.manifold import Support
from lateen.neighbors import nearest
from lateen.sources.picture import read_picture
from lateen.store import SpaceFolder, direction_names, load_direction
from lateen.store.attached import attached_path, damaged

Vector = Float32[np.ndarray, " dim"]
Picture = UInt8[np.ndarray, "height width 3"]
FARTHEST = 1e15  # the squares of such numbers are well within float32


@dataclass(frozen=True, eq=False)
class Located:
    """An ITEM that the user named, as a point.

    Args:
        label: What to call it in messages and pictures.
        vector: (dim,) the point.
        id: Its id if it is an item of the space, else None.
        image: The picture, if it came from a file.
    """

    label: str
    vector: Vector
    id: str | None = None
    image: Picture | None = None


class Opened:
    """The parts of a space folder, read once.

    Args:
        folder: The folder, already checked.
    """

    def __init__(self, folder: SpaceFolder) -> None:
        self.folder = folder

    @property
    def path(self) -> Path:
        """Where the space is."""
        return self.folder.path

    @property
    def name(self) -> str:
        """The space in messages."""
        return f"space {self.path.name}"

    @property
    def spec(self) -> LatentSpec:
        """What the vectors are."""
        return self.folder.meta.spec

    @property
    def ids(self) -> list[str]:
        """Ids in row order."""
        return self.folder.ids()

    @property
    def rows(self) -> dict[str, int]:
        """Row of each id."""
        return self.folder.rows()

    @cached_property
    def vectors(self) -> Float32[np.ndarray, "n dim"]:
        """All vectors, memory-mapped."""
        return self.folder.vectors()

    @cached_property
    def geometry(self) -> Geometry:
        """The geometry that the spec names, fitted to the vectors where it has statistics."""
        return geometry_named(self.spec.geometry, self.vectors)

    @cached_property
    def fields(self) -> pa.Table:
        """The user's fields, in row order."""
        return self.folder.fields()

    @property
    def directions(self) -> dict[str, Direction]:
        """The directions kept with the space, by name."""
        return {name: self._direction(name) for name in direction_names(self.path)}

    def _direction(self, name: str) -> Direction:
        try:
            return Direction.from_dict(load_direction(self.path, name))
        except InputError as error:
            raise SpaceError(f"The direction {name!r} of {self.name} is damaged: {error} Fit it again.") from error

    @cached_property
    def _support(self) -> Support | None:
        return Support.fit(self.vectors, self.geometry) if len(self.ids) >= 4 else None

    def support(self, vectors: Float32[np.ndarray, "k dim"]) -> Float[np.ndarray, " k"]:
        """How near to data points are; NaN in a space of fewer than 4 items, where nobody can say."""
        return np.full(len(vectors), np.nan) if self._support is None else self._support(vectors)

    @cached_property
    def codec(self) -> Codec | None:
        """The encoder, if it decodes too; None, and nothing is loaded, in a space built by one that doesn't."""
        if not self.folder.meta.decodes:
            return None
        if not isinstance(self.encoder, Codec):
            raise SpaceError(f"The encoder {self.spec.encoder} decoded when {self.name} was built, but not any more.")
        return self.encoder

    @cached_property
    def decoder(self) -> Decoder | None:
        """What turns points into pictures: the attached decoder, else the encoder if it decodes, else None.

        Raises:
            SpaceError: If the attached decoder is damaged, or not for this space.
        """
        path = attached_path(self.path)
        if path is None:
            return self.codec
        from lateen.models.decoder import LatentDecoder

        try:
            decoder = LatentDecoder.load(path)
            self.folder.check_encoder(decoder.spec)
        except (InputError, SpaceError) as error:
            raise damaged(self.path, error) from error
        return decoder

    def forget_decoder(self) -> None:
        """Look anew for what decodes: a decoder was attached or removed."""
        self.__dict__.pop("decoder", None)

    @cached_property
    def encoder(self) -> Encoder:
        """What encodes new items: the model in the space's own folder, else the encoder that the spec names.

        Raises:
            SpaceError: If it can't be loaded, or is not the one that made the space.
        """
        scheme = self.spec.encoder.partition(":")[0]
        kept = self.folder.codec_path
        try:
            encoder = load_encoder(f"{scheme}:{kept}" if kept is not None else self.spec.encoder)
        except InputError as cause:
            what = "encoded or decoded" if self.folder.meta.decodes else "encoded"
            raise SpaceError(
                f"No picture can be {what}: {self.spec.encoder}, the encoder of {self.name}, is missing here. {cause}"
            ) from cause
        self.folder.check_encoder(encoder.spec)
        return encoder

    @cached_property
    def readout(self) -> Readout:
        """Linear readers of all fields."""
        return Readout.fit(self.vectors, {name: self.column(name) for name in self.fields.column_names})

    def column(self, name: str) -> Shaped[np.ndarray, " n"]:
        """One field as an array; raises UnknownNameError with the fields that exist."""
        if name not in self.fields.column_names:
            raise UnknownNameError("field", name, self.fields.column_names, self.name)
        column = self.fields[name]
        if column.null_count or pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            values = np.empty(len(column), object)
            values[:] = column.to_pylist()
            return values
        return np.asarray(column.to_numpy())

    def row_fields(self, rows: Sequence[int]) -> list[dict[str, object]]:
        """The fields of some rows, as plain data."""
        if not self.fields.column_names:
            return [{} for _ in rows]
        found: list[dict[str, object]] = self.fields.take(pa.array(rows, pa.int64())).to_pylist()
        return found

    def among(self, where: str | None) -> Int[np.ndarray, " a"] | None:
        """Rows that a filter admits; None without a filter."""
        if where is None:
            return None
        rows = self.folder.rows_where(where)
        if len(rows) == 0:
            raise InputError(f"No item of {self.name} fulfils --where {where!r}.")
        return rows

    def locate(self, item: str | int) -> Located:
        """Turn an ITEM into a point: an id, else a picture file, else an expression over both.

        Raises:
            UnknownNameError: If it is none of these, with the nearest ids.
        """
        item = str(item)
        if item in self.rows:
            return Located(item, np.array(self.vectors[self.rows[item]]), id=item)
        if _is_file(item):
            image = self.read_image(Path(item))
            return Located(Path(item).name, self.encode(image[None])[0], image=image)
        try:
            expression = parse(item)
        except InputError as cause:
            if " " in item:  # meant as an expression
                raise InputError(f"{item!r} is no id of {self.name} and no file. {cause}") from cause
            expression = None
        if expression is None or (expression.is_single and next(iter(expression.weights)) == item):
            raise UnknownNameError("id", item, self.ids, f"{self.name} (nor a file of that name)")
        return self.combine(expression)

    def combine(self, expression: Expression) -> Located:
        """Evaluate an expression over ids and files to a point of the space."""
        if expression.is_single:
            return self.locate(next(iter(expression.weights)))
        with np.errstate(over="ignore", invalid="ignore"):  # said below
            vector = expression.evaluate(lambda name: self._named(name, expression))
        return Located(expression.text, self.geometry.project(within_reach(vector, expression.text)))

    def _named(self, name: str, expression: Expression) -> Vector:
        if name in self.rows or _is_file(name):
            return self.locate(name).vector
        where = f"{self.name} (nor a file of that name; the expression is {expression.text!r})"
        raise UnknownNameError("id", name, self.ids, where)

    def read_image(self, path: Path) -> Picture:
        """A picture file, prepared as the space's items were."""
        size = self.spec.preprocessing.get("size")
        if not isinstance(size, int):
            raise SpaceError(f"The {self.name} was not built from pictures, so {path.name} can't be encoded into it.")
        try:
            return read_picture(path, size=size, fit=self.folder.meta.fit).pixels
        except InputError as cause:
            raise InputError(f"The picture {path} can't be read: {cause}.") from cause

    def encode(self, images: UInt8[np.ndarray, "n height width 3"]) -> Float32[np.ndarray, "n dim"]:
        """Encode pictures with the codec that made the space."""
        return np.asarray(self.encoder.encode(images))

    def synthesise(self, vectors: Float32[np.ndarray, "k dim"]) -> list[Synthetic]:
        """Decode made-up points: by the decoder where there is one, else as the nearest real item."""
        found = nearest(self.vectors, vectors, 1, geometry=self.geometry)
        support = self.support(vectors)
        near = [self.ids[row] for row in found.rows[:, 0]]
        if self.decoder is not None:
            images: Sequence[Picture | None] = list(self.decoder.decode(np.ascontiguousarray(vectors, np.float32)))
        else:
            images = self.pictures(near)
        by: Decoding = "decoder" if self.decoder is not None else "nearest item"
        return [
            Synthetic(np.array(v, np.float32), float(s), by, image, id)
            for v, s, image, id in zip(vectors, support, images, near, strict=True)
        ]

    def pictures(self, ids: Iterable[str]) -> list[Picture | None]:
        """Thumbnails of items, decoded; None where an item has none."""
        wanted = list(ids)
        encoded = self.folder.thumbnails(wanted)
        return [_decode(encoded[id]) if encoded.get(id) else None for id in wanted]

    def picture_of(self, located: Located) -> Picture:
        """What to show for a point: the real picture if it has one, else its decoding."""
        if located.image is not None:
            return located.image
        real = self.pictures([located.id])[0] if located.id is not None else None
        if real is not None:
            return real
        made = self.synthesise(located.vector[None])[0].image
        return made if made is not None else np.full((64, 64, 3), 235, np.uint8)


def within_reach(vector: Vector, what: str) -> Vector:
    """The vector; raises InputError if it lies so far out that distances to it can't be told."""
    if not np.abs(vector).max(initial=0) < FARTHEST:  # NaN included
        raise InputError(f"{what!r} leads farther out than numbers reach; use smaller factors or fewer steps.")
    return vector


def _is_file(item: str) -> bool:
    try:
        return os.path.isfile(item)
    except ValueError:  # a null character, or a name longer than the system takes
        return False


def _decode(encoded: bytes) -> Picture:
    with Image.open(io.BytesIO(encoded)) as image:
        return np.asarray(image.convert("RGB"))
