"""space.json: what a space is and how it was made. Read without trust, written in one step."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from hashlib import file_digest
from pathlib import Path

from lateen.core.atomic import write_file
from lateen.core.codec import LatentSpec
from lateen.core.errors import SpaceError
from lateen.core.typed import from_plain

FORMAT = 1
FILE = "space.json"


@dataclass(frozen=True)
class RoundTrip:
    """What encoding and decoding costs, on a sample of the source.

    Args:
        psnr: Of the space's codec, in dB.
        psnr_pca: Of PCA with as many numbers, or as many as the sample allows.
        pca_dim: How many these were.
        n: Items that both were measured on.
    """

    psnr: float
    psnr_pca: float
    pca_dim: int
    n: int


@dataclass(frozen=True)
class Compression:
    """What encoding did to the size of items; means per item.

    Args:
        n: Items in the space.
        rejected: Items of the source that could not be used.
        numbers_before: Height x width x channels, as found.
        bytes_before: Size of the file.
        numbers_after: Dimension of the vector.
        bytes_after: Size of the vector.
        round_trip: What encoding and decoding costs; None if the encoder can't decode.
    """

    n: int = 0
    rejected: int = 0
    numbers_before: float = 0.0
    bytes_before: float = 0.0
    numbers_after: int = 0
    bytes_after: int = 0
    round_trip: RoundTrip | None = None

    @property
    def numbers_ratio(self) -> float:
        """Numbers before for one after."""
        return self.numbers_before / max(self.numbers_after, 1)

    @property
    def bytes_ratio(self) -> float:
        """Bytes before for one after."""
        return self.bytes_before / max(self.bytes_after, 1)

    def describe(self, modality: str) -> str:
        """What became of an item's numbers, in a line; of a text the letters are counted."""
        what = "letters" if modality == "text" else "numbers"
        after = f"{self.numbers_after:,}" + (" numbers" if modality == "text" else "")
        return f"{self.numbers_before:,.0f} {what} -> {after} per item ({_ratio(self.numbers_ratio)})"

    def describe_bytes(self) -> str:
        """What became of an item's bytes, in a line."""
        return f"{self.bytes_before:,.0f} -> {self.bytes_after:,} per item ({_ratio(self.bytes_ratio)})"

    def to_dict(self) -> dict[str, object]:
        """Plain data for people's scripts: the figures and their ratios, the round trip beside them."""
        plain = asdict(self)
        round_trip = plain.pop("round_trip") or {"psnr": None, "psnr_pca": None, "pca_dim": None, "n": 0}
        round_trip["psnr_n"] = round_trip.pop("n")
        ratios = {"numbers_ratio": round(self.numbers_ratio, 2), "bytes_ratio": round(self.bytes_ratio, 2)}
        return {**plain, **ratios, **round_trip}


@dataclass(frozen=True)
class IndexSettings:
    """How the search index of a space is asked, and how well that does.

    Args:
        kind: Lance's name of it: "IVF_RQ" or "IVF_SQ".
        rows: Items that were indexed; later ones are searched one by one.
        partitions: Parts that the index cut them into.
        probes: Parts that are looked into for the 10 nearest.
        refine: Times as many items as are wanted are compared by their true vectors.
        recall: Share of the true 10 nearest that was found.
        queries: How many queries that was measured with.
    """

    kind: str
    rows: int
    partitions: int
    probes: int
    refine: int
    recall: float
    queries: int


def _ratio(ratio: float) -> str:
    """192 : 1, 6.1 : 1, or where things grow, 1 : 9.6."""
    if 0 < ratio < 0.995:
        return f"1 : {1 / ratio:,.1f}"
    return f"{ratio:,.1f} : 1" if ratio < 10 else f"{ratio:,.0f} : 1"


@dataclass(frozen=True)
class SpaceMeta:
    """What space.json says.

    Args:
        spec: The latent space: encoder, dimension, geometry, preprocessing, fingerprint.
        source: Name of the source that was encoded.
        items: How many items the source had.
        fit: How pictures were made square: "crop", "pad" or "stretch".
        seed: Seed of the build.
        given_fingerprint: Fingerprint of the encoder as it was handed over; saving it in `codec/` may have
            given it another (in `spec`), say when half precision was stored as float32.
        lateen: Version that built it.
        created: When, in UTC, ISO 8601.
        complete: Whether the build has finished.
        decodes: Whether the encoder decodes too, so that points can be turned into pictures by it.
        compression: What encoding did to the size of items.
        codec_files: SHA-256 of each file in `codec/`; empty if the space only refers to its encoder.
        versions: Version of each Lance table that belongs to this space.json, by name; the latest where it is not said.
            So rows that an unfinished append has written are not seen, and a finished one is seen all at once.
        shown: Field with the text of an item, where items are texts.
        shards: Shards of the ledger that are rows of this space; later ones belong to an append that is not finished.
        index: The search index that was made, if any.
        format: Version of the layout of the folder.
    """

    spec: LatentSpec
    source: str
    items: int
    fit: str = "crop"
    seed: int = 0
    given_fingerprint: str = ""
    lateen: str = ""
    created: str = ""
    complete: bool = False
    decodes: bool = False
    compression: Compression = field(default_factory=Compression)
    codec_files: dict[str, str] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    shown: str = ""
    shards: int = 0
    index: IndexSettings | None = None
    format: int = FORMAT

    def to_dict(self) -> dict[str, object]:
        """Plain data for space.json."""
        return asdict(self)


def write_meta(space: Path, meta: SpaceMeta) -> None:
    """Write space.json."""
    write_file(space / FILE, (json.dumps(meta.to_dict(), indent=2, ensure_ascii=False) + "\n").encode())


def read_meta(space: Path) -> SpaceMeta:
    """Read space.json.

    Raises:
        SpaceError: If it is not there, not of this format version, or damaged.
    """
    try:
        plain = json.loads((space / FILE).read_text("utf-8"))
    except FileNotFoundError:
        raise SpaceError(f"{space} is not a space: it has no {FILE}. Make one with `lateen build`.") from None
    except (ValueError, OSError, RecursionError) as error:
        raise SpaceError(f"{space / FILE} can't be read: {error}. Restore it or build the space again.") from error
    found = plain.get("format") if isinstance(plain, dict) else None
    if found != FORMAT:
        raise SpaceError(
            f"{space} has format version {found!r}; this lateen reads version {FORMAT}. "
            + ("Install a newer lateen." if isinstance(found, int) and found > FORMAT else "Build the space again.")
        )
    try:
        meta = from_plain(SpaceMeta, plain)
    except TypeError as error:
        raise SpaceError(f"{space / FILE} doesn't say what it should: {error}. Build the space again.") from error
    if "decodes" in plain:
        return meta
    # Spaces from before `decodes` was noted: what was measured, or is kept as a model, decodes.
    return replace(meta, decodes=meta.compression.round_trip is not None or bool(meta.codec_files))


def hash_files(folder: Path) -> dict[str, str]:
    """SHA-256 of each file below a folder, by its path with forward slashes."""
    files = sorted(f for f in folder.rglob("*") if f.is_file())
    hashes = {}
    for path in files:
        with path.open("rb") as file:
            hashes[path.relative_to(folder).as_posix()] = file_digest(file, "sha256").hexdigest()
    return hashes
