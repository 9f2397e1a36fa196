"""The search index of a space: made and measured, or removed."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

from lateen.operations.opened import Opened
from lateen.operations.result import Written, rounded
from lateen.store.index import build_index, drop_index
from lateen.store.meta import IndexSettings


@dataclass(frozen=True)
class Indexed(Written):
    """What became of the index of a space.

    Args:
        space: Its folder's name.
        n: Items in the space.
        settings: The index and how well it searches; None where it was removed.
        seconds: What that took.
    """

    space: str
    n: int
    settings: IndexSettings | None
    seconds: float

    def __repr__(self) -> str:
        s = self.settings
        if s is None:
            return f"{self.space} has no index; it is searched exactly"
        return f"{self.space}: {self.n:,} items indexed in {self.seconds:.1f} s, recall@10 {s.recall:.4f}"

    def to_dict(self) -> dict[str, object]:
        """Plain data, as `--json` prints it."""
        settings = None if self.settings is None else asdict(self.settings)
        return {"space": self.space, "n": self.n, "index": settings, "seconds": rounded(self.seconds, 2)}


def make_index(opened: Opened, force: bool = False, note: Callable[[str], None] | None = None) -> Indexed:
    """Make the index of a space, in place of an older one; the open space searches through it from then on."""
    start = time.perf_counter()
    opened.changed(build_index(opened.folder, force=force, note=note or (lambda text: None)))
    return Indexed(opened.path.name, len(opened), opened.folder.meta.index, time.perf_counter() - start)


def remove_index(opened: Opened) -> Indexed:
    """Remove the index of a space; it is searched exactly from then on."""
    start = time.perf_counter()
    opened.changed(drop_index(opened.folder))
    return Indexed(opened.path.name, len(opened), None, time.perf_counter() - start)
