"""A small source and a small codec for the tests of `build`, quick to import in a child process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from lateen.core.codec import Images, Latents, LatentSpec
from lateen.core.geometry import Euclidean
from lateen.sources.picture import View, content_digest
from lateen.sources.source import Batch, Rejected, Rows, Source

SIZE, DIM = 8, 6


class RandomProjection:
    """A codec: a fixed orthonormal projection of the pixels and its transpose. It saves its matrix."""

    geometry = Euclidean()

    def __init__(self, seed: int = 0, size: int = SIZE, fit: str = "crop") -> None:
        noise = np.random.default_rng(seed).standard_normal((size * size * 3, DIM))
        self.matrix = np.linalg.qr(noise)[0].astype(np.float32)
        preprocessing: dict[str, object] = {"size": size, "fit": fit}
        self.spec = LatentSpec(
            f"test:projection-{seed}",
            DIM,
            "image",
            "euclidean",
            "float32",
            f"seed{seed}",
            size * size * 3,
            preprocessing,
        )

    def encode(self, images: Images) -> Latents:
        return images.reshape(len(images), -1).astype(np.float32) @ self.matrix

    def decode(self, vectors: Latents) -> Images:
        size = int(str(self.spec.preprocessing["size"]))
        pixels = np.nan_to_num(vectors @ self.matrix.T).clip(0, 255).astype(np.uint8)
        return pixels.reshape(len(vectors), size, size, 3)

    def save(self, path: Path) -> None:
        path.mkdir(parents=True)
        np.save(path / "matrix.npy", self.matrix)


class Noise:
    """A source of n random pictures; every `bad`-th can't be read."""

    modality, notes = "image", ()
    field_schema = pa.schema([("even", pa.bool_())])

    def __init__(self, n: int, bad: int = 0, version: int = 0) -> None:
        self.n, self.bad, self.version = n, bad, version
        self.name = f"noise:{n}"

    @property
    def ids(self) -> Sequence[str]:
        return [f"n{i}" for i in range(self.n)]

    def __len__(self) -> int:
        return self.n

    def keys(self, rows: Rows) -> list[str]:
        return [f"{self.version}:{i}" for i in rows]

    def take(self, rows: Rows) -> Unmade:
        return Unmade(rows, self.bad, self.field_schema)


@dataclass(frozen=True)
class Unmade:
    rows: Rows
    bad: int
    schema: pa.Schema

    def read(self, view: View | None) -> Batch:
        assert view is not None
        size = view.size
        good = [i for i in self.rows.tolist() if not (self.bad and i % self.bad == self.bad - 1)]
        images = [np.random.default_rng(i).integers(0, 256, (size, size, 3), np.uint8) for i in good]
        return Batch(
            rows=np.array(good, np.int64),
            ids=[f"n{i}" for i in good],
            items=np.stack(images) if images else np.empty((0, size, size, 3), np.uint8),
            uris=["" for _ in good],
            fields=pa.table({"even": [i % 2 == 0 for i in good]}, schema=self.schema),
            numbers=np.full(len(good), size * size * 3, np.int64),
            bytes=np.full(len(good), 100, np.int64),
            digests=[content_digest(b"%d" % i) for i in good],
            rejected=[Rejected(f"n{i}", "too noisy") for i in self.rows.tolist() if i not in set(good)],
        )


def all_of(source: Source, size: int = SIZE, fit: str = "crop") -> Batch:
    return source.take(np.arange(len(source))).read(View(size, fit))
