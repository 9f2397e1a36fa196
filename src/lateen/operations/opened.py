"""An open space: what all operations read. Everything heavy is loaded when first asked for, then kept."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
from jaxtyping import Float, Float32, Int64, Shaped, UInt8
from PIL import Image

from lateen.arithmetic import Expression
from lateen.core.codec import Codec, Decoder, Encoder, Items, LatentSpec
from lateen.core.direction import Direction
from lateen.core.errors import InputError, SpaceError, UnknownNameError, first_line, shown
from lateen.core.geometry import Geometry
from lateen.core.synthetic import Decoding, Synthetic
from lateen.directions import Readout
from lateen.encoders.calling import encode
from lateen.encoders.hub import as_recorded
from lateen.encoders.registry import TRUST, load_encoder
from lateen.neighbors import Table
from lateen.operations.kept_table import kept_table
from lateen.operations.locating import Located, Locator, within_reach
from lateen.operations.searching import Search
from lateen.plot.card import card
from lateen.store import DISCOVERED, SpaceFolder, direction_names, load_direction
from lateen.store.attached import attached_path, damaged
from lateen.store.identifiers import Identifiers

__all__ = ["Located", "Opened", "within_reach"]

Picture = UInt8[np.ndarray, "height width 3"]


class Opened:
    """The parts of a space folder, read once.

    Args:
        folder: The folder, already checked.
    """

    def __init__(self, folder: SpaceFolder) -> None:
        self.folder = folder

    def changed(self, folder: SpaceFolder) -> None:
        """Go on with the same items in a folder whose index was made or removed."""
        self.folder = folder
        for name in ("search", "_locator"):
            self.__dict__.pop(name, None)

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

    def __len__(self) -> int:
        return len(self.folder)

    @property
    def ids(self) -> Identifiers:
        """Ids in row order."""
        return self.folder.ids()

    @cached_property
    def vectors(self) -> Float32[np.ndarray, "n dim"]:
        """All vectors, memory-mapped."""
        return self.folder.vectors()

    @property
    def points(self) -> Float32[np.ndarray, "n dim"]:
        """All items as points of the space: unit vectors where only angles count, else the vectors as they are."""
        return self.geometry.project(self.vectors)

    def table(self, k: int, progress: Callable[[int, int], None] | None = None) -> Table:
        """The k nearest others of every item (all others where there are fewer), kept with the space.

        Raises:
            InputError: If there are fewer than 2 items.
        """
        return kept_table(self, k, progress)

    @cached_property
    def search(self) -> Search:
        """How it is searched."""
        return Search(self.folder)

    @property
    def geometry(self) -> Geometry:
        """The geometry that the spec names, fitted to the vectors where it has statistics."""
        return self.search.geometry

    @cached_property
    def fields(self) -> pa.Table:
        """The user's fields, in row order."""
        return self.folder.fields()

    @property
    def directions(self) -> dict[str, Direction]:
        """The directions kept with the space, by name."""
        return {name: self._direction(name) for name in direction_names(self.path)}

    @property
    def comparable(self) -> dict[str, Direction]:
        """Those of this latent space that can be read: what another is compared with, whatever is damaged."""
        found = {}
        for name in direction_names(self.path):
            with suppress(SpaceError):  # said where it is asked for
                found[name] = self.direction(name)
        return found

    def direction(self, name: str) -> Direction:
        """A direction that the space keeps, else the discovered axis of that name.

        Raises:
            UnknownNameError: If there is none of that name.
            SpaceError: If it was fitted in another latent space.
        """
        names = direction_names(self.path)
        if name in names:
            direction = self._direction(name)
        else:
            found = self.discovered
            if name not in found:
                where = f"{self.name} (fit one: lateen direction fit)"
                raise UnknownNameError("direction", name, [*names, *found], where)
            direction = found[name]
        if direction.fingerprint != self.spec.fingerprint or len(direction.vector) != self.spec.dim:
            raise SpaceError(f"The direction {name!r} was fitted in another latent space than that of {self.name}.")
        return direction

    @property
    def discovered(self) -> dict[str, Direction]:
        """The axes discovered last by each method, by name; those of another latent space count as none."""
        found = {}
        for name in direction_names(self.path, DISCOVERED):
            with suppress(InputError, SpaceError, KeyError, TypeError):  # it can be discovered again
                plain = load_direction(self.path, name, DISCOVERED)
                plain.pop("description", None)
                direction = Direction.from_dict(plain)
                if direction.fingerprint == self.spec.fingerprint and len(direction.vector) == self.spec.dim:
                    found[name] = direction
        return found

    def _direction(self, name: str) -> Direction:
        try:
            return Direction.from_dict(load_direction(self.path, name)).renamed(name)  # as its file is called
        except InputError as error:
            cause = first_line(error)
            raise SpaceError(
                f"The direction {name!r} of {self.name} is damaged: {cause}. Fit it again with --force, or remove it."
            ) from error

    def support(self, vectors: Float32[np.ndarray, "k dim"]) -> Float[np.ndarray, " k"]:
        """How near to data points are; NaN in a space of fewer than 4 items, where nobody can say."""
        return self.search.support(vectors)

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
        if erased := self.spec.preprocessing.get("erased"):
            raise self._not_since(erased)
        scheme = self.spec.encoder.partition(":")[0]
        kept = self.folder.codec_path
        try:
            name = f"{scheme}:{kept}" if kept is not None else as_recorded(self.spec)
            encoder = load_encoder(name, self._options(kept))
        except InputError as cause:
            what = "encoded or decoded" if self.folder.meta.decodes else "encoded"
            raise SpaceError(
                f"No {self._kind} can be {what}: {self.spec.encoder}, the encoder of {self.name}, "
                f"is missing here. {cause}"
            ) from cause
        if not isinstance(encoder, Encoder):
            raise SpaceError(
                f"No {self._kind} can be encoded: {self.spec.encoder}, the encoder of {self.name}, was fitted to its "
                "items and not kept. Build the space again."
            )
        self.folder.check_encoder(encoder.spec)
        return encoder

    def _not_since(self, erased: object) -> SpaceError:
        """The error of a space from which concepts were erased: the encoder's vectors still have them."""
        done = erased if isinstance(erased, list) else []
        names = " and ".join(str(step.get("concept")) for step in done if isinstance(step, dict)) or "a concept"
        encoder = self.spec.encoder.removeprefix("erased:")
        return SpaceError(
            f"No {self._kind} can be encoded into {self.name}: {names} was erased from it, and what {encoder} encodes "
            "still has that. Name items by their ids, or ask the space that it was made from."
        )

    def _options(self, kept: Path | None) -> Mapping[str, object]:
        """What the user asked of the loader when the space was built; a model that is kept has it in itself.

        Leave to run code is never taken from a space: it may come from anybody.
        """
        options = self.spec.preprocessing.get("options", {})
        if kept is not None or not isinstance(options, Mapping):
            return {}
        asked = {name: value for name, value in options.items() if name != "trust_remote_code"}
        trusted = os.environ.get(TRUST) == "1" and self.spec.encoder.startswith(("hf:", "st:"))
        return {**asked, "trust_remote_code": True} if trusted else asked

    @property
    def _kind(self) -> str:
        return {"image": "picture"}.get(self.spec.modality, self.spec.modality)

    @cached_property
    def readout(self) -> Readout:
        """Linear readers of all fields."""
        return Readout.fit(self.points, {name: self.column(name) for name in self.fields.column_names})

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

    def items_at(self, rows: Sequence[int]) -> list[tuple[str, dict[str, object]]]:
        """Id and fields of some rows, as plain data."""
        if not len(rows):
            return []
        ids, names = [self.ids[int(row)] for row in rows], self.folder.field_schema().names
        fields = self.folder.take(rows, names).to_pylist() if names else [{} for _ in rows]
        return list(zip(ids, fields, strict=True))

    def locate(self, item: str | int) -> Located:
        """Turn an ITEM into a point: an id, else a file, else an expression over both, else a text.

        Raises:
            UnknownNameError: If it is none of these, with the nearest ids.
        """
        return self._locator.locate(str(item))

    def locate_all(self, items: Sequence[str]) -> list[Located]:
        """Turn many ITEMs into points at once: see `locate`."""
        return self._locator.locate_all(items)

    def is_known(self, item: str) -> bool:
        """Whether an ITEM is an id or a file, so that nothing needs to be encoded to find out."""
        return self._locator.is_known(item)

    def combine(self, expression: Expression, terms: Mapping[str, Located] | None = None) -> Located:
        """Evaluate an expression to a point of the space, over the points of its `terms` if these are known."""
        return self._locator.combine(expression, terms)

    def terms(self, expression: Expression) -> dict[str, Located]:
        """The items, files and texts that an expression names, as points."""
        return self._locator.terms(expression)

    @cached_property
    def _locator(self) -> Locator:
        return Locator(
            self.folder,
            lambda: self.search.vectors,
            lambda: self.geometry,
            lambda: self.encoder,
            lambda name: self.direction(name).step,
        )

    def encode(self, items: Items) -> Float32[np.ndarray, "n dim"]:
        """Encode items with the encoder that made the space.

        Raises:
            InputError: If it is one text instead of a list, or texts where items are vectors.
        """
        texts = isinstance(items, str) or (len(items) and isinstance(items[0], str) and self.spec.modality != "text")
        if texts:
            first = items if isinstance(items, str) else items[0]
            raise InputError(
                f"encode got {shown(first)}; it takes several {self._kind} items at once: (n, dim) numbers, "
                "(n, height, width, 3) pictures, or a list of texts. The point of one item is vector(ITEM)."
            )
        return encode(self.encoder, items, self.spec.dim)

    def synthesise(
        self, vectors: Float32[np.ndarray, "k dim"], rows: Int64[np.ndarray, " k"] | None = None
    ) -> list[Synthetic]:
        """Decode made-up points: by the decoder where there is one, else as the nearest real item.

        Args:
            vectors: (k, dim) points.
            rows: (k,) the item nearest to each, where that is known already.
        """
        nearest = self.search.nearest(vectors, 1).rows[:, 0] if rows is None else rows
        support = self.support(vectors)
        near = [self.ids[int(row)] for row in nearest]
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
        """Thumbnails of items, decoded; None where an item has none. Items that are no pictures show as cards."""
        wanted = list(ids)
        if self.spec.modality != "image":
            return [card(text) for text in self._texts(wanted)]
        encoded = self.folder.thumbnails(wanted)
        return [_decode(encoded[id]) if encoded.get(id) else None for id in wanted]

    def _texts(self, ids: list[str]) -> list[str]:
        shown = self.folder.meta.shown
        if not shown or not ids:
            return ids
        taken = self.folder.take([self.folder.row(id) for id in ids], [shown]).column(shown)
        return [id if text is None else str(text) for id, text in zip(ids, taken.to_pylist(), strict=True)]

    def picture_of(self, located: Located) -> Picture:
        """What to show for a point: the real picture if it has one, its text if it is one, else its decoding."""
        if located.image is not None:
            return located.image
        if located.is_text:
            return card(located.label)
        real = self.pictures([located.id])[0] if located.id is not None else None
        if real is not None:
            return real
        made = self.synthesise(located.vector[None])[0].image
        return made if made is not None else np.full((64, 64, 3), 235, np.uint8)


def _decode(encoded: bytes) -> Picture:
    with Image.open(io.BytesIO(encoded)) as image:
        return np.asarray(image.convert("RGB"))
