"""Small spaces for the tests of the store, written shard by shard without an encoder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from lateen.core.codec import LatentSpec
from lateen.store.folder import CODEC, SpaceFolder
from lateen.store.meta import SpaceMeta
from lateen.store.thumbnails import encode_thumbnails
from lateen.store.writer import Shard, SpaceWriter

DIM = 4
FIELDS = pa.schema([("glasses", pa.int64()), ("label", pa.string()), ("hair colour", pa.float64())])


def meta(items: int, dtype: str = "float32") -> SpaceMeta:
    spec = LatentSpec("test:noise", DIM, "image", "euclidean", dtype, "f00d", 192, {"size": 8})
    return SpaceMeta(spec, "noise", items, given_fingerprint="f00d", created="2026-01-01T00:00:00+00:00")


def shard(number: int, rows: int) -> Shard:
    random = np.random.default_rng(number)
    ids = [f"{number}/{i}.png" for i in range(rows)]
    fields = {
        "glasses": [i % 2 for i in range(rows)],
        "label": ["cat" if i % 3 else "dog" for i in range(rows)],
        "hair colour": [i / rows for i in range(rows)],
    }
    return Shard(
        ids=ids,
        uris=[f"file:///{id}" for id in ids],
        vectors=random.standard_normal((rows, DIM)).astype(np.float32),
        fields=pa.table(fields, schema=FIELDS),
        digests=[bytes([number, i]) * 8 for i in range(rows)],
        thumbnails=encode_thumbnails(random.integers(0, 256, (rows, 8, 8, 3), np.uint8)),
        rejected=[(f"{number}/bad.png", "an empty file (0 bytes)")],
        numbers=192 * rows,
        bytes=100 * rows,
    )


def make_space(path: Path, sizes: tuple[int, ...] = (5, 7), dtype: str = "float32") -> SpaceFolder:
    folder = SpaceFolder.create(path, meta(sum(sizes) + len(sizes), dtype), FIELDS)
    (path / CODEC).mkdir()
    (path / CODEC / "config.json").write_text('{"kind": "noise"}')
    with SpaceWriter.on(folder) as writer:
        for number, rows in enumerate(sizes):
            writer.write(number, f"key-{number}", shard(number, rows))
        return writer.finish()
