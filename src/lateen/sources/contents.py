"""Texts and vectors that were taken from a source but not looked at yet: what is no text or no vector is refused here.

Every source of texts or vectors hands out these stretches, as every source of pictures those of `pictures`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Bool, Float32, Int64

from lateen.sources.picture import View, content_digest
from lateen.sources.source import Batch, Rejected, Rows, Stretch, contents, rows_of


@dataclass(frozen=True, eq=False)
class Texts:
    """Texts, some of which may be missing.

    Args:
        rows: (m,) their rows in the source.
        ids: m ids.
        texts: m strings, or nulls.
        fields: m rows of what is known of them.
        place: Where they come from, as a URI; the row is added.
    """

    rows: Rows
    ids: Sequence[str]
    texts: pa.Array
    fields: pa.Table
    place: str

    def read(self, view: View | None) -> Batch:
        """Those that say something."""
        texts = self.texts.cast(pa.large_string())
        filled = pc.fill_null(pc.greater(pc.utf8_length(pc.utf8_trim_whitespace(texts)), 0), False)
        mask = filled.to_numpy(zero_copy_only=False)
        good = np.flatnonzero(mask)
        kept = texts if len(good) == len(texts) else texts.take(pa.array(good))
        items: list[str] = kept.to_pylist()
        return Batch(
            rows=self.rows[good],
            ids=[self.ids[i] for i in good.tolist()],
            items=items,
            uris=_uris(self.place, self.rows[good]),
            fields=rows_of(self.fields, good),
            numbers=pc.utf8_length(kept).to_numpy(zero_copy_only=False).astype(np.int64),
            bytes=pc.binary_length(kept).to_numpy(zero_copy_only=False).astype(np.int64),
            digests=[content_digest(text.encode()) for text in items],
            rejected=[Rejected(self.ids[i], "it has no text") for i in np.flatnonzero(~mask).tolist()],
        )


@dataclass(frozen=True, eq=False)
class Vectors:
    """Vectors, some of which may be missing or broken.

    Args:
        rows: (m,) their rows in the source.
        ids: m ids.
        vectors: (m, width) numbers, or an Arrow array of m lists of numbers or of m texts that spell them.
        width: Numbers that each must have.
        fields: m rows of what is known of them.
        place: Where they come from, as a URI; the row is added.
    """

    rows: Rows
    ids: Sequence[str]
    vectors: np.ndarray | pa.Array
    width: int
    fields: pa.Table
    place: str

    def read(self, view: View | None) -> Batch:
        """Those that are whole and finite, as float32."""
        if isinstance(self.vectors, np.ndarray):
            found = _Found(self.vectors, np.arange(len(self.rows)), {}, self.vectors.dtype.itemsize)
        elif pa.types.is_large_string(self.vectors.type):
            found = _spelled(self.vectors, self.width)
        else:
            found = _lists(self.vectors, self.width)
        with np.errstate(over="ignore"):  # what is too large for float32 becomes infinite and is refused
            items = np.ascontiguousarray(found.values, "<f4")
        finite = np.isfinite(items).all(axis=1)
        reasons = dict(found.reasons)
        if not finite.all():
            reasons |= {int(found.at[i]): _not_finite(found.values[i]) for i in np.flatnonzero(~finite)}
            items, good = items[finite], found.at[finite]
        else:
            good = found.at
        whole = len(good) == len(self.rows)
        return Batch(
            rows=self.rows[good],
            ids=list(self.ids) if whole else [self.ids[i] for i in good.tolist()],
            items=items,
            uris=_uris(self.place, self.rows[good]),
            fields=self.fields if whole and self.fields.num_columns else rows_of(self.fields, good),
            numbers=np.full(len(good), self.width, np.int64),
            bytes=np.full(len(good), self.width * found.item_bytes, np.int64),
            digests=vector_digests(items),
            rejected=[Rejected(self.ids[i], reasons[i]) for i in sorted(reasons)],
        )


@dataclass(frozen=True, eq=False)
class WithRejected:
    """A stretch, and items that were found bad when it was taken.

    Args:
        stretch: The others.
        rejected: The bad ones.
    """

    stretch: Stretch
    rejected: tuple[Rejected, ...]

    def read(self, view: View | None) -> Batch:
        """The others, with the bad ones beside them."""
        batch = self.stretch.read(view)
        return replace(batch, rejected=[*self.rejected, *batch.rejected])

    def digests(self) -> dict[int, bytes]:
        """Of the others."""
        return contents(self.stretch)


def common_width(vectors: pa.Array) -> int | None:
    """The commonest length among lists of numbers, or among texts that spell them; None if there are no numbers."""
    if pa.types.is_fixed_size_list(vectors.type):
        return int(vectors.type.list_size)
    if pa.types.is_large_string(vectors.type):
        parsed = [_parse(text) for text in vectors.drop_null().to_pylist()]
        lengths = np.array([len(numbers) for numbers in parsed if numbers], np.int64)
    else:
        lengths = pc.list_value_length(vectors.drop_null()).to_numpy(zero_copy_only=False).astype(np.int64)
    lengths = lengths[lengths > 0]
    return int(np.bincount(lengths).argmax()) if len(lengths) else None


def vector_digests(vectors: Float32[np.ndarray, "n width"]) -> list[bytes]:
    """A digest of each vector's little-endian float32 bytes."""
    raw = np.ascontiguousarray(vectors, "<f4").reshape(-1).view(np.uint8).data  # slices of a memoryview are no copies
    step = 4 * vectors.shape[1]
    return [content_digest(raw[start : start + step]) for start in range(0, len(raw), step)]


@dataclass(frozen=True, eq=False)
class _Found:
    """Values of the right width, where they are among the items, and why the others are none."""

    values: np.ndarray
    at: Int64[np.ndarray, " found"]
    reasons: Mapping[int, str]
    item_bytes: int


def _lists(vectors: pa.Array, width: int) -> _Found:
    kind = vectors.type.value_type
    fixed = pa.types.is_fixed_size_list(vectors.type)
    null = vectors.is_null().to_numpy(zero_copy_only=False)
    lengths = np.full(len(vectors), width) if fixed else _lengths(vectors)
    fits: Bool[np.ndarray, " m"] = ~null & (lengths == width)
    at = np.flatnonzero(fits)
    flat = (vectors if len(at) == len(vectors) else vectors.take(pa.array(at))).flatten()
    if flat.null_count:
        flat = flat.cast(pa.float64())  # nulls become NaN
    values = flat.to_numpy(zero_copy_only=False).reshape(-1, width)
    reasons = {int(i): _odd(None if null[i] else int(lengths[i]), width) for i in np.flatnonzero(~fits)}
    return _Found(values, at, reasons, kind.bit_width // 8)


def _lengths(vectors: pa.Array) -> Int64[np.ndarray, " m"]:
    lengths: Int64[np.ndarray, " m"] = pc.fill_null(pc.list_value_length(vectors), 0).to_numpy().astype(np.int64)
    return lengths


def _spelled(texts: pa.Array, width: int) -> _Found:
    values, at, reasons = [], [], {}
    for i, text in enumerate(texts.to_pylist()):
        numbers = _parse(text or "")
        if numbers is None:
            reasons[i] = f"its vector can't be read: {text[:40]!r}"
        elif len(numbers) != width:
            reasons[i] = _odd(len(numbers) or None, width)
        else:
            values.append(numbers)
            at.append(i)
    found = np.array(values, np.float64).reshape(-1, width)
    return _Found(found, np.array(at, np.int64), reasons, np.dtype(np.float32).itemsize)


_BRACKETS = str.maketrans("[](){},;", " " * 8)


def _parse(text: str) -> list[float] | None:
    try:
        return [float(number) for number in text.translate(_BRACKETS).split()]
    except ValueError:
        return None


def _odd(length: int | None, width: int) -> str:
    if length is None:
        return "it has no vector"
    return f"its vector has {length:,} {'number' if length == 1 else 'numbers'}, the others {width:,}"


def _not_finite(values: np.ndarray) -> str:
    x = values.astype(np.float64)
    if np.isnan(x).any():
        return "its vector holds NaN or null"
    return "its vector holds infinity" if np.isinf(x).any() else "its vector holds numbers too large for float32"


def _uris(place: str, rows: Rows) -> list[str]:
    return [f"{place}#{row}" for row in rows.tolist()]
