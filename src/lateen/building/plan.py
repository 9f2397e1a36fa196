"""What a build is to do, settled beforehand: shards by position, each named by what goes into it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from lateen.core.codec import Codec, Encoder
from lateen.core.errors import InputError
from lateen.sources.picture import FITS
from lateen.sources.source import Source, first_duplicate
from lateen.store.derived import content_key
from lateen.store.meta import FORMAT, SpaceMeta

SHARD_ROWS = 2048
CHUNK_ROWS = 256  # pictures in memory at a time, fewer if they are large
CHUNK_BYTES = 2**26


@dataclass(frozen=True, eq=False)
class Plan:
    """A build of one source with one encoder; made by `Plan.of`.

    Args:
        source: The items.
        encoder: What encodes them.
        size: Pixels a side that the encoder wants.
        fit: How pictures are made square.
        seed: Recorded with the space.
    """

    source: Source
    encoder: Encoder
    size: int
    fit: str
    seed: int

    @classmethod
    def of(cls, source: Source, encoder: Encoder, fit: str | None, seed: int) -> Plan:
        """Check that source and encoder fit each other.

        Raises:
            InputError: If they don't, or an id occurs twice.
        """
        spec = encoder.spec
        if spec.modality != source.modality:
            raise InputError(
                f"{spec.encoder} encodes {spec.modality} items; {source.name} holds {source.modality} items."
            )
        size = spec.preprocessing.get("size")
        if not isinstance(size, int):
            raise InputError(f"{spec.encoder} doesn't say the size of its pictures: its preprocessing lacks 'size'.")
        twice = first_duplicate(source.ids)
        if twice is not None:
            raise InputError(f"{source.name} has the id {twice!r} more than once; ids are unique.")
        fit = fit or str(spec.preprocessing.get("fit", "crop"))
        if fit not in FITS:
            raise InputError(f"There is no fit {fit!r}; choose {', '.join(FITS[:-1])} or {FITS[-1]}.")
        return cls(source, encoder, size, fit, seed)

    @property
    def shards(self) -> int:
        """How many shards the source is cut into."""
        return -(-len(self.source) // SHARD_ROWS)

    def key(self, shard: int) -> str:
        """Hash of the items, the encoder and the preprocessing of a shard."""
        items = self.source.keys(*self.rows(shard))
        return content_key(FORMAT, self.encoder.spec.fingerprint, self.size, self.fit, items)

    def rows(self, shard: int) -> tuple[int, int]:
        """The first item of a shard and the one after its last."""
        return shard * SHARD_ROWS, min((shard + 1) * SHARD_ROWS, len(self.source))

    def chunks(self, shard: int) -> Iterator[tuple[int, int]]:
        """The stretches of a shard that are read and encoded at a time: memory is flat whatever the size."""
        rows = max(1, min(CHUNK_ROWS, CHUNK_BYTES // (3 * self.size**2)))
        first, end = self.rows(shard)
        for start in range(first, end, rows):
            yield start, min(start + rows, end)

    def meta(self) -> SpaceMeta:
        """What space.json says at the beginning."""
        return SpaceMeta(
            spec=self.encoder.spec,
            source=self.source.name,
            items=len(self.source),
            fit=self.fit,
            seed=self.seed,
            decodes=isinstance(self.encoder, Codec),
            given_fingerprint=self.encoder.spec.fingerprint,
            lateen=_version(),
            created=datetime.now(UTC).isoformat(timespec="seconds"),
        )

    def require_same(self, out: Path, old: SpaceMeta) -> None:
        """Raise InputError, saying what differs, unless an unfinished space was begun by the same plan."""
        new = self.meta()
        pairs = {
            "source": (old.source, new.source),
            "number of items": (f"{old.items:,}", f"{new.items:,}"),
            "encoder": (old.spec.encoder, new.spec.encoder),
            "encoder's fingerprint": (old.given_fingerprint[:12], new.given_fingerprint[:12]),
            "fit": (old.fit, new.fit),
            "seed": (str(old.seed), str(new.seed)),
        }
        differing = [f"the {what} was {a}, now it is {b}" for what, (a, b) in pairs.items() if a != b]
        if differing:
            raise InputError(
                f"{out} can't be resumed: {'; '.join(differing)}. Give the same, or --force to start anew."
            )


def _version() -> str:
    try:
        return version("lateen")
    except PackageNotFoundError:
        return "not installed"  # run from a source tree
