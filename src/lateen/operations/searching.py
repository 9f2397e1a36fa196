"""How a space is searched: exactly, through what was computed of its vectors ahead, or through its index.

One idea: what answers depends on the space alone, never on the question, and each answer can say which it was.
"""

from __future__ import annotations

import io
from contextlib import suppress
from functools import cached_property
from zipfile import BadZipFile

import numpy as np
from jaxtyping import Float, Float32, Int64

from lateen.core.errors import InputError, StorageError
from lateen.core.geometry import Euclidean, Gaussian, Geometry, Sphere, geometry_named
from lateen.manifold import Support
from lateen.neighbors import Coarse, Found, Prepared, Vectors, cosine_bounds, nearest, read_coarse, write_coarse
from lateen.neighbors.coarse_file import FORMAT
from lateen.store import SpaceFolder
from lateen.store.derived import Derived, content_key
from lateen.store.index import IndexSearch

EXACT_ROWS = 1_000_000  # up to so many, exact search has a copy of the vectors to itself
SUPPORT_ROWS = 20_000  # what support is fitted to; of more items it is kept
FITTED_ROWS = 100_000  # what a geometry's statistics are taken from, where there is no copy
PREPARED_NUMBERS = 32_000_000  # up to so many, a copy in memory is sooner ready than loops in numba
_FEW = 5_000  # that a condition admits: they are compared one by one, index or not


class Search:
    """A space, open to be searched.

    Args:
        folder: The space.
    """

    def __init__(self, folder: SpaceFolder) -> None:
        self.folder = folder

    @cached_property
    def vectors(self) -> Vectors:
        """All vectors: mapped from a copy in `derived/`, or read from the table, where that is large or indexed."""
        if len(self.folder) > EXACT_ROWS or self.folder.meta.index is not None:
            return self.folder.scanned_vectors()
        return self.folder.vectors()

    @cached_property
    def geometry(self) -> Geometry:
        """The geometry that the spec names, fitted to the vectors where it has statistics."""
        name, n = self.folder.meta.spec.geometry, len(self.folder)
        if name != Gaussian().name or not n:
            return geometry_named(name)
        rows = slice(0, n) if n <= EXACT_ROWS else np.sort(np.random.default_rng(0).choice(n, FITTED_ROWS, False))
        return geometry_named(name, np.asarray(self.vectors[rows]))

    @cached_property
    def index(self) -> IndexSearch | None:
        """The index, if the space has one."""
        return IndexSearch.of(self.folder, self.geometry)

    @property
    def how(self) -> str:
        """What answers: "exact", or "index" with the share of true neighbours that it finds."""
        settings = self.folder.meta.index
        return "exact" if settings is None else f"index (finds {settings.recall:.1%} of the true neighbours)"

    @property
    def note(self) -> str | None:
        """What the user should know of how long a search takes."""
        n, settings, path = len(self.folder), self.folder.meta.index, self.folder.path
        if settings is not None and n > settings.rows * 1.1:
            return f"{n - settings.rows:,} of {n:,} items are not in the index yet; `lateen index {path}` adds them."
        if settings is None and n > EXACT_ROWS and self._is_large and not isinstance(self.geometry, Gaussian):
            size = n * self.folder.meta.spec.dim / 1e9
            return f"A search reads a byte of each number, {size:.1f} GB; `lateen index {path}` makes it read far less."
        return None

    def among(self, where: str | None) -> Int64[np.ndarray, " a"] | None:
        """Rows that a filter admits; None without a filter."""
        if where is None:
            return None
        rows = self.folder.rows_where(where)
        if len(rows) == 0:
            raise InputError(f"No item of space {self.folder.path.name} fulfils --where {where!r}.")
        return rows

    def nearest(self, vectors: Float32[np.ndarray, "m dim"], k: int, where: str | None = None) -> Found:
        """The k nearest items of each point, of those that a condition admits."""
        among = self.among(where)
        admitted = len(self.folder) if among is None else len(among)
        if self.index is None or (among is not None and admitted <= _FEW):
            return self._exactly(vectors, k, among)
        wanted = min(k, admitted)
        answers = [self.index.nearest(v, k, where, None if where is None else admitted) for v in vectors]
        if any(len(found.rows[0]) < wanted for found in answers):  # the index lost some of the few there are
            return self._exactly(vectors, k, among)
        if not answers:
            return Found(np.zeros((0, wanted), np.int64), np.zeros((0, wanted), np.float32))
        return Found(np.vstack([f.rows for f in answers]), np.vstack([f.distances for f in answers]))

    def cosine_bounds(
        self, vectors: Float32[np.ndarray, "m dim"]
    ) -> tuple[Float32[np.ndarray, "m n"], Float32[np.ndarray, "m n"]]:
        """Bounds of the cosines between points and all items, as tight as what is kept for searching gives them.

        Args:
            vectors: (m, dim) points.

        Returns:
            Lower and upper bounds, (m, n), within -1 and 1; both are -1 for an item that is no direction.

        Raises:
            InputError: If a point is zero.
        """
        if isinstance(self.geometry, Sphere) and self._is_large:
            return self._coarse.cosines(vectors)
        if isinstance(self.geometry, Sphere) and len(self.folder):
            return self._prepared.cosines(vectors)
        return cosine_bounds(self.vectors, vectors)

    def _exactly(
        self, vectors: Float32[np.ndarray, "m dim"], k: int, among: Int64[np.ndarray, " a"] | None
    ) -> Found:
        """What the function `nearest` finds, in the quickest way that the space allows."""
        if self.index is None and self._is_large and isinstance(self.geometry, Sphere | Euclidean):
            return self._coarse.nearest(self.vectors, vectors, k, among)
        if self._is_large or among is not None or not len(self.folder):
            return nearest(self.vectors, vectors, k, geometry=self.geometry, among=among)
        return self._prepared.nearest(vectors, k)

    @property
    def _is_large(self) -> bool:
        return len(self.folder) * self.folder.meta.spec.dim > PREPARED_NUMBERS

    @cached_property
    def _coarse(self) -> Coarse:
        return kept_coarse(self.folder, self.vectors, self.geometry)

    @cached_property
    def _prepared(self) -> Prepared:
        return Prepared.of(np.asarray(self.vectors[:]), self.geometry)

    def support(self, vectors: Float32[np.ndarray, "k dim"]) -> Float[np.ndarray, " k"]:
        """How near to data points are; NaN in a space of fewer than 4 items, where nobody can say."""
        return np.full(len(vectors), np.nan) if self._support is None else self._support(vectors)

    @cached_property
    def _support(self) -> Support | None:
        if len(self.folder) < 4:
            return None
        if len(self.folder) <= SUPPORT_ROWS:
            return Support.fit(self.vectors, self.geometry)
        return kept_support(self.folder, self.vectors, self.geometry)


def kept_coarse(folder: SpaceFolder, vectors: Vectors, geometry: Geometry) -> Coarse:
    """The coarse copy of a space, kept in `derived/` once it is made."""
    if not isinstance(geometry, Sphere | Euclidean):
        return Coarse.of(vectors, geometry)  # which says what is wrong
    derived, key = Derived(folder.path / "derived"), content_key(folder.content(), "coarse", FORMAT, geometry.name)
    path = derived.path("coarse", key, ".npy")
    with suppress(OSError, ValueError, EOFError):  # not there, or damaged
        return read_coarse(path, vectors.shape, geometry)
    try:
        path.unlink(missing_ok=True)
        path = derived.make("coarse", key, ".npy", lambda file: write_coarse(file, vectors, geometry))
        derived.keep_only("coarse", key)
        return read_coarse(path, vectors.shape, geometry)
    except (OSError, StorageError):  # no room, or it may only be read
        return Coarse.of(vectors, geometry)


def kept_support(folder: SpaceFolder, vectors: Vectors, geometry: Geometry) -> Support:
    """The support of a space, kept in `derived/` once it is fitted."""
    derived, key = Derived(folder.path / "derived"), content_key(folder.content(), "support", geometry.name)
    try:
        with derived.path("support", key, ".npz").open("rb") as file, np.load(file, allow_pickle=False) as kept:
            return Support(kept["reference"], kept["held_out"], int(kept["k"]), geometry)
    except (OSError, ValueError, EOFError, KeyError, BadZipFile):  # not there, or damaged
        fitted = Support.fit(vectors, geometry, most=SUPPORT_ROWS)
    packed = io.BytesIO()
    np.savez(packed, reference=fitted.reference, held_out=fitted.held_out, k=np.int64(fitted.k))
    with suppress(OSError):  # a space that may only be read is fitted anew each time
        derived.path("support", key, ".npz").unlink(missing_ok=True)
        derived.make("support", key, ".npz", lambda out: out.write(packed.getbuffer()))
        derived.keep_only("support", key)
    return fitted
