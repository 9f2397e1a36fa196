"""The ledger of a build: one small file per finished shard, put there once and never changed.

One idea: the ledger is the truth. What a table holds is compared with it, never the other way round.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from lateen.core.atomic import remove_leftovers, write_file
from lateen.core.errors import SpaceError


@dataclass(frozen=True)
class ShardEntry:
    """A finished shard.

    Args:
        shard: Its number.
        key: Hash of the items, the encoder and the preprocessing that made it.
        rows: Items encoded.
        rejected: (id, reason) of the items that could not be used.
        numbers: Sum over its rows of the numbers before encoding.
        bytes: Sum over its rows of the bytes before encoding.
        points: Fragments of `points.lance`.
        thumbs: Fragments of `thumbs.lance`.
        moved: (old id, new id) of items that the space has already under another name.
    """

    shard: int
    key: str
    rows: int
    rejected: list[list[str]]
    numbers: int
    bytes: int
    points: list[dict[str, Any]]
    thumbs: list[dict[str, Any]]
    moved: list[list[str]] = field(default_factory=list)


class Ledger:
    """The folder `ledger/` of a space."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def entries(self) -> dict[int, ShardEntry]:
        """All finished shards by number, in order.

        Raises:
            SpaceError: If one can't be read.
        """
        entries = {}
        for path in sorted(self.folder.glob("*.json")):
            try:
                entry = ShardEntry(**json.loads(path.read_bytes()))
            except (ValueError, TypeError, OSError) as error:
                raise SpaceError(f"{path} can't be read: {error}. Build the space again with --force.") from error
            entries[entry.shard] = entry
        return entries

    def put(self, entry: ShardEntry) -> None:
        """Record a finished shard.

        Raises:
            SpaceError: If it is recorded already.
        """
        path = self.folder / f"{entry.shard:09d}.json"
        if path.exists():  # the lock makes this process the only one that could put it there
            raise SpaceError(f"Shard {entry.shard} is in the ledger {self.folder} already.")
        write_file(path, json.dumps(asdict(entry)).encode())

    def remove(self, shard: int) -> None:
        """Forget a finished shard that no table holds."""
        (self.folder / f"{shard:09d}.json").unlink(missing_ok=True)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Be the only build that writes to this space; the system lets go when the process ends."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("a") as file:
            if not _try_lock(file.fileno()):
                raise SpaceError(f"Another build is writing to {self.folder.parent}; wait for it or stop it.")
            remove_leftovers(self.folder)
            yield


def _try_lock(handle: int) -> bool:
    try:
        import fcntl
    except ImportError:  # no such lock on Windows; the user keeps builds apart there
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
