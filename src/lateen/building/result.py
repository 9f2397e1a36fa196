"""What a build says while it runs and when it is done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeAlias

from lateen.building.growing import Grown
from lateen.store.meta import Compression


@dataclass(frozen=True)
class BuildProgress:
    """How far a build is.

    Args:
        done: Items dealt with so far, those of an earlier run included.
        total: Items of the source.
        items_per_second: In this run.
        eta_seconds: How long the rest will take at this rate.
        rejected: Items that could not be used.
        model_busy: Share of the time that the encoder was at work.
        doing: "encoding", or "comparing" a source that grew with the space.
    """

    done: int
    total: int
    items_per_second: float
    eta_seconds: float
    rejected: int
    model_busy: float = 0.0
    doing: str = "encoding"


Progress: TypeAlias = Callable[[BuildProgress], object]


@dataclass(frozen=True)
class BuildResult:
    """A finished build.

    Args:
        path: The space.
        n: Items in it.
        rejected: Items that could not be used; rejected.jsonl in the space says which and why.
        resumed: Items that were done by an earlier run.
        seconds: Of this run.
        read_seconds: Spent waiting for items to be read.
        encode_seconds: Spent in the encoder.
        write_seconds: Spent waiting for storage.
        modality: What the items are.
        compression: What encoding did to the size of items.
        notes: What the user should know of how source and encoder were understood.
        growth: How the space grew, if it was there before.
    """

    path: Path
    n: int
    rejected: int
    resumed: int
    seconds: float
    read_seconds: float
    encode_seconds: float
    write_seconds: float
    modality: str
    compression: Compression
    notes: tuple[str, ...] = ()
    growth: Grown | None = None

    def __repr__(self) -> str:
        if self.growth is not None:
            return f"{self.path}: {self.growth.describe()} {self.n:,} items now"
        c, rejected = self.compression, ""
        if self.rejected:
            rejected = f"\n{self.rejected:,} could not be used: {self.path / 'rejected.jsonl'} says which and why"
        return (
            f"{self.path}: {self.n:,} items in {self.seconds:.1f} s ({self.items_per_second:,.0f} items/s)"
            f"{rejected}\n{c.describe(self.modality)}"
        )

    @property
    def items_per_second(self) -> float:
        """Items of this run over its seconds."""
        items = self.n + self.rejected if self.growth is None else self.growth.added
        return max(0, items - self.resumed) / self.seconds if self.seconds else 0.0

    @property
    def model_busy(self) -> float:
        """Share of the time that the encoder was at work."""
        return self.encode_seconds / self.seconds if self.seconds else 0.0

    def to_dict(self) -> dict[str, object]:
        """Plain data for `--json`."""
        rates = {"items_per_second": self.items_per_second, "model_busy": self.model_busy}
        return {**asdict(self), "path": str(self.path), "notes": list(self.notes), **rates}
