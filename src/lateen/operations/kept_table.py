"""The neighbour table of a space, computed once and kept in `derived/` until the items change."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, runtime_checkable
from zipfile import BadZipFile

import numpy as np
from jaxtyping import Float32

from lateen.core.geometry import Geometry
from lateen.neighbors import Table, neighbour_table
from lateen.store import SpaceFolder
from lateen.store.derived import Derived, content_key

LEAST = 32  # neighbours that are computed even where fewer are asked for: others will ask for more
VERSION = 2  # of the algorithm and of the file


@runtime_checkable
class Whole(Protocol):
    """What a table is computed of."""

    folder: SpaceFolder

    @property
    def geometry(self) -> Geometry:
        """Whose distance ranks."""
        ...

    @property
    def points(self) -> Float32[np.ndarray, "n dim"]:
        """All items as points of the space."""
        ...


def kept_table(space: Whole, k: int, progress: Callable[[int, int], None] | None = None) -> Table:
    """The k nearest others of every item, read from `derived/` if it is there, else computed and kept.

    Raises:
        InputError: If there are fewer than 2 items.
    """
    n = len(space.folder)
    derived = Derived(space.folder.path / "derived")
    key = content_key(space.folder.content(), space.geometry.name, VERSION)
    wanted = max(1, min(k, n - 1))
    path = derived.path("neighbours", key, ".npz")
    table = _read(path, n, wanted)
    if table is None:
        made = neighbour_table(space.points, max(k, LEAST), geometry=space.geometry, progress=progress)
        path.unlink(missing_ok=True)
        derived.make("neighbours", key, ".npz", lambda file: file.write(_packed(made)))
        derived.keep_only("neighbours", key)
        table = made
    return table.first(wanted)


def _packed(table: Table) -> bytes:
    file = io.BytesIO()
    np.savez(file, rows=table.rows, distances=table.distances, recall=table.recall, how=np.array(table.how))
    return file.getvalue()


def _read(path: Path, n: int, k: int) -> Table | None:
    """A table that was kept; None if it isn't there, is damaged, or holds too few neighbours."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
            table = Table(kept["rows"], kept["distances"], float(kept["recall"]), str(kept["how"]))
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        return None
    whole = table.rows.shape == table.distances.shape and table.rows.shape[0] == n and table.k >= k
    whole = whole and table.rows.dtype == np.int32 and table.distances.dtype == np.float32
    return table if whole and table.rows.min() >= 0 and table.rows.max() < n else None
