"""The neighbour table of Fashion-MNIST in its full space, beside faiss's flat search in the same run.

    python benchmarks/neighbours.py FOLDER [-k 20] [--rounds 2]

FOLDER holds the four idx files. The contestants alternate; wall and CPU seconds are those of the search alone. Recall
is the share of the true neighbours by distance, over all items, where those of faiss are the truth. Needs faiss-cpu
(extra bench).
"""

from __future__ import annotations

import argparse
import gzip
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import faiss
import numpy as np

from lateen.core.geometry import Euclidean
from lateen.neighbors import Table, neighbour_table


def pictures(folder: Path) -> np.ndarray:
    """All 70,000 pictures, (n, 784) float32."""
    parts = []
    for name in ("train", "t10k"):
        raw = gzip.decompress((folder / f"{name}-images-idx3-ubyte.gz").read_bytes())
        parts.append(np.frombuffer(raw, np.uint8, offset=16).reshape(-1, 784))
    return np.concatenate(parts).astype(np.float32)


def flat(x: np.ndarray, k: int) -> np.ndarray:
    """Distances of the k nearest others by faiss."""
    index = faiss.IndexFlatL2(x.shape[1])
    index.add(x)
    squares, _ = index.search(x, k + 1)
    return np.sqrt(np.maximum(squares[:, 1:], 0))


def timed(work: Callable[[], object]) -> tuple[object, float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    made = work()
    return made, time.perf_counter() - wall, time.process_time() - cpu


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("-k", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=2)
    asked = parser.parse_args()
    x, k = pictures(asked.folder), asked.k
    neighbour_table(x[:20_000, :300].copy(), k, geometry=Euclidean())  # numba reads its compiled loops
    ours: list[tuple[float, float]] = []
    theirs: list[tuple[float, float]] = []
    for _ in range(asked.rounds):
        table, *times = timed(lambda: neighbour_table(x, k, geometry=Euclidean()))
        ours.append((times[0], times[1]))
        truth, *times = timed(lambda: flat(x, k))
        theirs.append((times[0], times[1]))
    assert isinstance(table, Table)
    assert isinstance(truth, np.ndarray)
    recall = float(np.mean(table.distances <= truth[:, -1:] * (1 + 1e-4)))
    mine, flats = (statistics.median(wall for wall, _ in runs) for runs in (ours, theirs))
    print(f"{len(x):,} x {x.shape[1]}, k = {k}, medians of {asked.rounds} rounds")
    print(f"lateen      {mine:6.2f} s wall {statistics.median(cpu for _, cpu in ours):6.1f} s CPU   "
          f"recall {recall:.4f} of all, {table.recall:.4f} by its own anchors")
    print(f"faiss flat  {flats:6.2f} s wall {statistics.median(cpu for _, cpu in theirs):6.1f} s CPU")
    print(f"ratio       {flats / mine:6.1f}")


if __name__ == "__main__":
    main()
