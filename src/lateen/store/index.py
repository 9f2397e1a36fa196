"""The search index of a large space: Lance's IVF_RQ (IVF_SQ), made, measured against exact search, and asked.

One idea: how hard the index is asked (parts looked into, candidates compared by their true vectors) is not guessed but
measured when it is made, and the least that finds 99.5 of 100 neighbours is written into space.json, with the figure.

Reference:
    Gao and Long, *RaBitQ: Quantizing High-Dimensional Vectors with a Theoretical Error Bound for Approximate Nearest
    Neighbor Search*, SIGMOD 2024.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float32, Int64

from lateen.core.errors import InputError, SpaceError
from lateen.core.geometry import Geometry, geometry_named
from lateen.neighbors import Found, nearest
from lateen.store import lance_tables as tables
from lateen.store.folder import POINTS, SpaceFolder
from lateen.store.ledger import Ledger
from lateen.store.meta import IndexSettings
from lateen.store.writer import storage_errors

NAME = "vectors"
FEWEST = 5_000  # items; of fewer, exact search takes a millisecond
METRICS = {"euclidean": "l2", "sphere": "cosine"}
WANTED = 0.995  # recall on the queries that settings are chosen by, so that others reach 0.99
LEAST = 0.99  # recall that an index must reach to be kept
_MEASURED_K = 10
_ASKED = _MEASURED_K + 1  # an item finds itself, too
_QUERIES = 128
_REFINES = (50, 20, 10, 5, 3, 2)

Note = Callable[[str], None]


def build_index(
    folder: SpaceFolder, *, force: bool = False, seed: int = 0, note: Note = lambda text: None
) -> SpaceFolder:
    """Make the search index of a space, in place of an older one, and measure how to ask it.

    Args:
        folder: The space.
        force: Whether to make it for a space so small that it is of no use.
        seed: Of the queries that it is measured with.
        note: Is told what is being done.

    Returns:
        The folder with the index in its space.json.

    Raises:
        InputError: If the space is small, its geometry has no index, or none finds enough.
        SpaceError: If a build is writing to the space or was stopped there.
        StorageError: If the index can't be written; the space is as it was.
    """
    n, spec = len(folder), folder.meta.spec
    if spec.geometry not in METRICS:
        raise InputError(
            f"{folder.path} has {spec.geometry} geometry, whose distances no index knows; it is searched exactly."
        )
    if n < FEWEST and not force:
        raise InputError(
            f"{folder.path} has {n:,} items: exact search is quick there and an index not needed "
            f"(from {FEWEST:,} items on it can help). Use --force to make one anyway."
        )
    if n < 2:
        raise InputError(f"{folder.path} has {n:,} items; there is nothing to search in.")
    with _only_writer(folder):
        partitions = max(1, round(math.sqrt(n)))
        note(f"cutting {n:,} vectors into {partitions:,} parts")
        for kind in index_kinds(spec.dim):
            table = tables.open_table(folder.path / POINTS)
            bits = {"num_bits": 5} if kind == "IVF_RQ" else {}
            metric = METRICS[spec.geometry]
            table = table.create_index(
                "vector", kind, name=NAME, metric=metric, num_partitions=partitions, replace=True, **bits
            )
            note("measuring it against exact search")
            settings = _chosen(folder, table, IndexSettings(kind, n, partitions, partitions, _REFINES[0], 0.0, 0), seed)
            if settings.recall >= LEAST:
                return _described(folder, settings)
        table.drop_index(NAME)
        _described(folder, None)
    raise InputError(
        f"No index of {folder.path} finds 99 of 100 neighbours (the best {settings.recall:.1%}; are very many vectors "
        "equal?), so it stays searched exactly."
    )


def index_kinds(dim: int) -> tuple[str, ...]:
    """Which of Lance's indices are tried: RaBitQ, which wants multiples of 8 numbers, then one byte per number."""
    return ("IVF_RQ", "IVF_SQ") if dim % 8 == 0 else ("IVF_SQ",)


def drop_index(folder: SpaceFolder) -> SpaceFolder:
    """Remove the index of a space; it is searched exactly from then on.

    Raises:
        InputError: If it has none.
    """
    if folder.meta.index is None:
        raise InputError(f"{folder.path} has no index; `lateen index {folder.path}` makes one.")
    with _only_writer(folder):
        table = tables.open_table(folder.path / POINTS)
        if any(index.name == NAME for index in table.describe_indices()):
            table.drop_index(NAME)
        return _described(folder, None)


@dataclass(frozen=True, eq=False)
class IndexSearch:
    """A space's index, open to be asked.

    Args:
        table: The points, in a version that holds the index.
        settings: How it is asked.
        geometry: In whose units distances come back.
    """

    table: Any
    settings: IndexSettings
    geometry: Geometry

    @classmethod
    def of(cls, folder: SpaceFolder, geometry: Geometry) -> IndexSearch | None:
        """The index of a space, or None if it has none."""
        settings = folder.meta.index
        return None if settings is None else cls(folder.table(POINTS), settings, geometry)

    def nearest(
        self, query: Float32[np.ndarray, " dim"], k: int, where: str | None = None, admitted: int | None = None
    ) -> Found:
        """The k items nearest to a point, all but a few of them; distances are exact.

        Args:
            query: (dim,) the point.
            k: How many; fewer come back where there are fewer.
            where: A condition on fields that was found to be good.
            admitted: How many items fulfil it.

        Raises:
            SpaceError: If the index can't be read.
        """
        n, wanted = self.table.count_rows(), max(k, _ASKED)
        # Of more neighbours, and of neighbours among fewer items, more parts hold some.
        wider = wanted / _ASKED * (n / max(1, admitted) if admitted is not None else 1)
        asked = {
            "column": "vector",
            "q": query,
            "k": wanted,
            "nprobes": min(self.settings.partitions, math.ceil(self.settings.probes * wider)),
            "refine_factor": self.settings.refine,
            "metric": METRICS[self.geometry.name],
        }
        only = {} if where is None else {"filter": f"({where}\n)", "prefilter": True}
        try:
            found = self.table.scanner(columns=["_distance", "_rowoffset", "vector"], nearest=asked, **only).to_table()
        except (OSError, ValueError) as error:
            raise SpaceError(
                f"The index of {self.table.uri} can't be read: {error}. If it was made anew just now, open the space "
                "again; else make it anew with `lateen index`."
            ) from error
        rows = found.column("_rowoffset").to_numpy().astype(np.int64)
        numbers = found.column("vector").combine_chunks().flatten().to_numpy(zero_copy_only=False)
        distances = self.geometry.distance(numbers.reshape(-1, len(query)).astype(np.float32), query)
        order = np.lexsort((rows, distances))[:k]
        return Found(rows[order][None], distances[order][None])


@contextmanager
def _only_writer(folder: SpaceFolder) -> Iterator[None]:
    """The lock of a build, on a space whose newest rows are those of its space.json."""
    with Ledger(folder.path / "ledger").lock(), storage_errors(folder.path):
        found = tables.open_table(folder.path / POINTS).count_rows()
        if found != len(folder):
            raise SpaceError(
                f"{folder.path} has {len(folder):,} items, but an unfinished build has added to its table "
                f"({found:,} rows). Finish that first: run the same `lateen build` again with --resume."
            )
        yield


def _described(folder: SpaceFolder, settings: IndexSettings | None) -> SpaceFolder:
    done = folder.described(replace(folder.meta, index=settings, versions=folder.latest_versions()))
    tables.forget_old_versions(folder.path / POINTS)  # and the indices that only they hold
    return done


def _chosen(folder: SpaceFolder, table: Any, widest: IndexSettings, seed: int) -> IndexSettings:
    """The fewest parts to look into, then the fewest candidates to compare, that find what is wanted."""
    geometry = geometry_named(folder.meta.spec.geometry)
    vectors = folder.scanned_vectors()
    queries, own = _queries(folder, geometry, seed)
    k = min(_MEASURED_K, len(folder) - 1)
    true = nearest(vectors, queries, k + 1, geometry=geometry)
    reach = np.array([_without(true, i, int(own[i]), k).max() for i in range(len(queries))])

    def measured(probes: int, refine: int) -> IndexSettings:
        settings = replace(widest, probes=probes, refine=refine, queries=len(queries))
        search = IndexSearch(table, settings, geometry)
        hits = 0
        for i, query in enumerate(queries):
            near = _without(search.nearest(query, k + 1), 0, int(own[i]), k)
            hits += int((near <= reach[i] * (1 + 1e-5)).sum())
        return replace(settings, recall=hits / (k * len(queries)))

    best = measured(widest.partitions, _REFINES[0])
    if best.recall < LEAST:
        return best
    wanted = min(WANTED, best.recall)
    probes = best.probes
    while probes > 1 and (tried := measured(max(1, round(probes / 1.5)), _REFINES[0])).recall >= wanted:
        best, probes = tried, tried.probes
    for refine in _REFINES[1:]:
        tried = measured(best.probes, refine)
        if tried.recall < wanted:
            break
        best = tried
    return best


def _queries(
    folder: SpaceFolder, geometry: Geometry, seed: int
) -> tuple[Float32[np.ndarray, "q dim"], Int64[np.ndarray, " q"]]:
    """Items, and points halfway between two, as arithmetic and paths ask for; and which rows the items are, else -1."""
    random, vectors, half = np.random.default_rng(seed), folder.scanned_vectors(), _QUERIES // 2
    rows = random.integers(0, len(folder), 3 * half)
    items, left, right = (vectors[part] for part in np.split(rows, 3))
    between = np.asarray((left + right) / 2, np.float32)
    between[~between.any(axis=1)] = left[~between.any(axis=1)]  # opposite to each other: the middle has no direction
    return np.concatenate([items, between]), np.concatenate([rows[:half], np.full(half, -1)])


def _without(found: Found, i: int, own: int, k: int) -> Float32[np.ndarray, " k"]:
    """The distances of the k nearest but the query itself."""
    return np.asarray(found.distances[i][found.rows[i] != own][:k], np.float32)
