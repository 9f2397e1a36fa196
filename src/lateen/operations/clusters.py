"""Clusters: which items of a space belong together, what stands for each group, and what it is called."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from jaxtyping import Int64

from lateen.manifold import clusters as manifold
from lateen.operations.cluster_names import Name, name_clusters
from lateen.operations.opened import Opened
from lateen.operations.result import Written
from lateen.store.derived import Derived, content_key

VERSION = 1  # of the method and of the file
NEIGHBOURS = 30
LINES = 12


@dataclass(frozen=True, eq=False)
class Clusters(Written):
    """The clusters of a space, the largest first.

    Args:
        labels: (n,) the cluster of each item from 0, -1 where it is in none.
        sizes: (clusters,) items of each.
        exemplars: Rows that stand for each cluster, the one in its middle first.
        islands: (clusters,) clusters with the same number have no valley of density between them: they are regions of
            one cloud.
        names: What is said of each.
    """

    labels: Int64[np.ndarray, " n"]
    sizes: Int64[np.ndarray, " c"]
    exemplars: list[Int64[np.ndarray, " _"]]
    islands: Int64[np.ndarray, " c"]
    names: list[Name]
    _opened: Opened = field(repr=False)

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.sizes)

    @cached_property
    def ids(self) -> list[list[str]]:
        """Ids of the exemplars of each cluster."""
        return [[self._opened.ids[int(row)] for row in rows] for rows in self.exemplars]

    def __repr__(self) -> str:
        if self.count == 0:
            return "No clusters: the space has no items"
        if self.count == 1:
            return f"One cluster of {self.sizes[0]:,} items"
        apart, none = len(np.unique(self.islands)), int((self.labels < 0).sum())
        what = f"{self.count} clusters"
        if apart == 1:
            what += ", regions of one cloud: no clear valley of density lies between them"
        elif apart < self.count:
            what += f", {apart} groups of which valleys of density set apart"
        return what + (f"; {none:,} items in none" if none else "")

    def describe(self) -> str:
        """The clusters as lines for people."""
        if self.count < 2:
            return repr(self)
        lines = [f"  {size:>9,}  {self._line(place)}" for place, size in enumerate(self.sizes[:LINES].tolist())]
        more = self.count - LINES
        return "\n".join([f"{self!r}:", *lines, *([f"  and {more} more"] if more > 0 else [])])

    def to_dict(self) -> dict[str, object]:
        """Plain data, as `--json` prints it."""
        return {
            "clusters": [
                {
                    "cluster": place,
                    "size": int(self.sizes[place]),
                    "name": name.text,
                    "why": name.why,
                    "island": int(self.islands[place]),
                    "exemplars": self.ids[place],
                }
                for place, name in enumerate(self.names)
            ]
        }

    def _line(self, place: int) -> str:
        name = self.names[place]
        return f"{name.text} ({name.why})" if name.why else name.text


def clusters(opened: Opened, progress: Callable[[int, int], None] | None = None) -> Clusters:
    """The clusters of a space, found in its neighbour table and kept with it.

    Args:
        opened: The space.
        progress: Told how far the neighbour table is, if it has to be made.
    """
    n = len(opened)
    if n < 2:
        found = manifold.Clusters(
            np.zeros(n, np.int64), np.ones(n, np.int64), [np.zeros(1, np.int64)] * n, np.zeros(n, np.int64)
        )
    else:
        found = _kept(opened, progress)
    names = name_clusters(opened, found) if n else []
    return Clusters(found.labels, found.sizes, found.exemplars, found.islands, names, opened)


def _kept(opened: Opened, progress: Callable[[int, int], None] | None) -> manifold.Clusters:
    derived = Derived(opened.path / "derived")
    key = content_key(opened.folder.content(), opened.geometry.name, VERSION)
    path = derived.path("clusters", key, ".npz")
    found = _read(path, len(opened))
    if found is None:
        made = found = manifold.find_clusters(np.asarray(opened.points), opened.table(NEIGHBOURS, progress))
        path.unlink(missing_ok=True)
        derived.make("clusters", key, ".npz", lambda file: file.write(_packed(made)))
        derived.keep_only("clusters", key)
    return found


def _packed(found: manifold.Clusters) -> bytes:
    file = io.BytesIO()
    lengths = np.array([len(rows) for rows in found.exemplars], np.int64)
    rows = np.concatenate(found.exemplars)
    np.savez(file, labels=found.labels, islands=found.islands, exemplars=rows, lengths=lengths)
    return file.getvalue()


def _read(path: Path, n: int) -> manifold.Clusters | None:
    """Clusters that were kept; None if they aren't there or are damaged."""
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as kept:
            labels, islands, rows, lengths = (kept[name] for name in ("labels", "islands", "exemplars", "lengths"))
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        return None
    count = len(lengths)
    whole = labels.shape == (n,) and islands.shape == (count,) and rows.shape == (int(lengths.sum()),)
    whole = whole and all(part.dtype == np.int64 for part in (labels, islands, rows, lengths))
    if not (whole and labels.min() >= -1 and labels.max() < count and ((rows >= 0) & (rows < n)).all()):
        return None
    sizes = np.bincount(labels[labels >= 0], minlength=count)
    return manifold.Clusters(labels, np.asarray(sizes, np.int64), np.split(rows, np.cumsum(lengths)[:-1]), islands)
