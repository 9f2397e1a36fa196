"""What a build is to do, settled beforehand: shards by position, each named by what goes into it."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

from lateen.core.codec import Codec, Encoder, LatentSpec
from lateen.core.errors import InputError
from lateen.core.geometry import GEOMETRIES
from lateen.sources.picture import View
from lateen.sources.source import Rejected, Rows, Source, repeated_ids, shown_field
from lateen.store.derived import content_key
from lateen.store.meta import FORMAT, SpaceMeta

SHARD_ROWS = {"image": (128, 2048), "text": (2048, 8192)}  # at least and at most: what a stop loses
SHARDS = 500  # about so many, where these bounds let them
MOST_SHARD_ROWS, SHARD_BYTES = 65_536, 2**27  # of vectors
CHUNK_ROWS = 64  # pictures that are read and encoded at a time: the model begins soon, and memory stays small
CHUNK_BYTES = 2**26
PROBE_ROWS = 64  # items that tell how heavy a source's items are
DTYPES = ("float32", "float16")


@dataclass(frozen=True)
class Wishes:
    """What the user asked of a build besides source and encoder.

    Args:
        fit: How pictures are made square; by default as the encoder was trained.
        geometry: Of the space, if not the encoder's own: "euclidean", "sphere" or "gaussian".
        dtype: Type of the stored numbers, "float32" or "float16".
        seed: Recorded with the space; of what is random in encoders that are fitted to the source.
        options: What was asked of the encoder's loader, by name.

    Raises:
        InputError: If geometry or dtype don't exist.
    """

    fit: str | None = None
    geometry: str | None = None
    dtype: str | None = None
    seed: int = 0
    options: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.geometry is not None and self.geometry not in GEOMETRIES:
            raise InputError(f"There is no geometry {self.geometry!r}; choose one of {', '.join(GEOMETRIES)}.")
        if self.dtype is not None and self.dtype not in DTYPES:
            raise InputError(f"There is no dtype {self.dtype!r}; choose one of {', '.join(DTYPES)}.")

    def where_unsaid(self, old: SpaceMeta, options: bool) -> Wishes:
        """The same, and what was not said is as it was in a space that is gone on with or added to.

        Args:
            old: What its space.json says.
            options: Whether that goes for the options of the encoder, too.
        """
        kept = old.spec.preprocessing.get("options")
        was = kept if options and not self.options and isinstance(kept, Mapping) else self.options
        return replace(
            self,
            fit=self.fit or old.fit or None,
            geometry=self.geometry or old.spec.geometry,
            dtype=self.dtype or old.spec.dtype,
            options=was,
        )

    def spec(self, spec: LatentSpec) -> LatentSpec:
        """The spec of the space: the encoder's, with the wishes."""
        # Leave to run a model's code is given by whoever opens the space, not by whoever made it
        kept = {name: value for name, value in self.options.items() if name != "trust_remote_code"}
        preprocessing = spec.preprocessing | ({"options": kept} if kept else {})
        return replace(
            spec,
            geometry=self.geometry or spec.geometry,
            dtype=self.dtype or spec.dtype,
            preprocessing=preprocessing,
        )


@dataclass(frozen=True, eq=False)
class Plan:
    """A build of rows of one source with one encoder; made by `Plan.of`.

    Args:
        source: The items.
        encoder: What encodes them.
        encoder_name: What the user called it.
        view: How it wants to see pictures; None if the items are none.
        wishes: What the user asked besides.
        rows: (m,) the rows that are to be encoded, ascending.
        repeated: For rows whose id has occurred before, the row where it did; they are rejected.
        base: Number of the first shard.
        notes: What the user should know of the choice of encoder.
    """

    source: Source
    encoder: Encoder
    encoder_name: str
    view: View | None
    wishes: Wishes
    rows: Rows
    repeated: Mapping[int, int]
    base: int = 0
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, source: Source, encoder: Encoder, wishes: Wishes, name: str | None = None) -> Plan:
        """Check that source and encoder fit each other.

        Raises:
            InputError: If they don't.
        """
        spec = encoder.spec
        if spec.modality != source.modality:
            raise InputError(
                f"{spec.encoder} encodes {spec.modality} items; {source.name} holds {source.modality} items."
            )
        view = None
        if spec.modality == "image":
            try:
                view = View.of(spec.preprocessing, wishes.fit)
            except InputError as error:
                raise InputError(f"{spec.encoder} can't be given pictures: {error}") from error
        elif wishes.fit is not None:
            raise InputError(f"--fit {wishes.fit} is about pictures; {source.name} holds {source.modality} items.")
        rows = np.arange(len(source))
        return cls(source, encoder, name or spec.encoder, view, wishes, rows, repeated_ids(source.ids))

    def only(self, rows: Rows, base: int) -> Plan:
        """The same for some of the rows, as shards from `base` on."""
        return replace(self, rows=rows, base=base)

    @property
    def shards(self) -> range:
        """The numbers of the shards."""
        return range(self.base, self.base - (-len(self.rows) // self._shard_rows))

    @property
    def _shard_rows(self) -> int:
        spec = self.encoder.spec
        least, most = SHARD_ROWS.get(spec.modality, (MOST_SHARD_ROWS, MOST_SHARD_ROWS))
        rows = min(most, max(least, len(self.rows) // SHARDS))
        return max(1, min(rows, SHARD_BYTES // (4 * spec.dim)))

    def shard(self, number: int) -> Rows:
        """The rows of a shard."""
        start = (number - self.base) * self._shard_rows
        return self.rows[start : start + self._shard_rows]

    def key(self, shard: int) -> str:
        """Hash of the items, the encoder and the preprocessing of a shard."""
        items, seen = self.source.keys(self.shard(shard)), self.view and self.view.to_dict()
        return content_key(FORMAT, self.encoder.spec.fingerprint, seen, items)

    def chunks(self, shard: int) -> Iterator[Rows]:
        """The rows of a shard that are read and encoded at a time: memory is flat whatever the size."""
        rows = self.shard(shard)
        for start in range(0, len(rows), self._chunk_rows):
            yield rows[start : start + self._chunk_rows]

    @cached_property
    def _chunk_rows(self) -> int:
        """As many as the pixels, and what the source hands out for them, leave room for: the same in each run."""
        most = self._shard_rows if self.view is None else CHUNK_ROWS
        heaviest = 0 if self.view is None else 3 * self.view.size**2
        if len(self.source):  # the first items stand for all
            rows = np.arange(min(PROBE_ROWS, len(self.source)))
            heaviest = max(heaviest, len(pickle.dumps(self.source.take(rows))) // len(rows))
        return max(1, min(most, CHUNK_BYTES // max(1, heaviest)))

    def usable(self, rows: Rows) -> Rows:
        """Those of some rows whose id is their own."""
        if not self.repeated:
            return rows
        return rows[[int(row) not in self.repeated for row in rows]]

    def refused(self, rows: Rows) -> list[Rejected]:
        """Those of some rows whose id has occurred before."""
        if not self.repeated:
            return []
        ids = self.source.ids
        again = [int(row) for row in rows if int(row) in self.repeated]
        return [Rejected(ids[row], f"its id occurs before, in item {self.repeated[row] + 1:,}") for row in again]

    def meta(self) -> SpaceMeta:
        """What space.json says at the beginning."""
        spec = replace(self.wishes.spec(self.encoder.spec), encoder=self.encoder_name)
        return SpaceMeta(
            spec=spec,
            source=self.source.name,
            items=len(self.source),
            fit=self.view.fit if self.view is not None else "",
            seed=self.wishes.seed,
            decodes=isinstance(self.encoder, Codec),
            shown=shown_field(self.source),
            given_fingerprint=self.encoder.spec.fingerprint,
            lateen=own_version(),
            created=datetime.now(UTC).isoformat(timespec="seconds"),
        )

    def require_same(self, out: Path, old: SpaceMeta, *, grown: bool = False) -> None:
        """Raise InputError, saying what differs, unless a space was begun by the same plan.

        Args:
            out: The space.
            old: What its space.json says.
            grown: Whether the source may have other items now.
        """
        new = self.meta()
        pairs = {
            "source": (old.source, new.source),
            "number of items": (f"{old.items:,}", f"{new.items:,}"),
            "kind of items": (old.spec.modality, new.spec.modality),
            "encoder": (old.spec.encoder, new.spec.encoder),
            "encoder's fingerprint": (old.given_fingerprint[:12], new.given_fingerprint[:12]),
            "encoder's options": (_options(old.spec), _options(new.spec)),
            "geometry": (old.spec.geometry, new.spec.geometry),
            "dtype": (old.spec.dtype, new.spec.dtype),
            "fit": (old.fit or "none", new.fit or "none"),
            "seed": (str(old.seed), str(new.seed)),
        }
        if grown:
            for what in ("source", "number of items", "seed", "encoder"):  # the fingerprint says more than a name
                del pairs[what]
        differing = [f"the {what} was {a}, now it is {b}" for what, (a, b) in pairs.items() if a != b]
        if differing:
            verb = "added to" if grown else "resumed"
            raise InputError(
                f"{out} can't be {verb}: {'; '.join(differing)}. Give the same, or --force to start anew."
            )


def own_version() -> str:
    """The version of lateen that runs."""
    try:
        return version("lateen")
    except PackageNotFoundError:
        return "not installed"  # run from a source tree


def _options(spec: LatentSpec) -> str:
    options = spec.preprocessing.get("options") or {}
    assert isinstance(options, dict)
    return ", ".join(f"{name}={value}" for name, value in sorted(options.items())) or "none"
