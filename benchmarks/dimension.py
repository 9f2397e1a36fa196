"""Intrinsic dimension beside scikit-dimension.

    python benchmarks/dimension.py campadelli       # 18 manifolds of 2,500 items, mean of 10 seeds: minutes
    python benchmarks/dimension.py fashion FOLDER   # FOLDER: Fashion-MNIST as idx.gz; all 70,000 x 784
    python benchmarks/dimension.py speed FOLDER     # its first 50 components: scikit-dimension needs minutes

`campadelli` prints a table in Markdown: the same estimator by both, from tables that each makes itself. In `speed`
scikit-dimension searches neighbours itself, as its estimators do; lateen's time is told from the table that is there,
and with making it. How long scikit-dimension's MLE takes where it is given the table comes last.
"""

from __future__ import annotations

import argparse
import gzip
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np

from campadelli import MANIFOLDS

N, SEEDS = 2_500, 10


def table_of(vectors: np.ndarray, k: int):
    from lateen.core.geometry import Euclidean
    from lateen.neighbors import neighbour_table

    return neighbour_table(vectors, k, geometry=Euclidean())


def by_lateen(vectors: np.ndarray) -> list[float]:
    from lateen.manifold.dimension import gride, local_pca, mle, two_nn

    distances = (table := table_of(vectors, 20)).distances
    values = [two_nn(distances), mle(distances, 10), mle(distances, 20), gride(distances, 4)]
    return [*(e.value for e in values), local_pca(vectors, table.rows[:, :10]).value]


def by_peer(vectors: np.ndarray) -> list[float]:
    from skdim.id import GRIDE, MLE, TwoNN

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mle = [MLE().fit(vectors, n_neighbors=k).dimension_ for k in (10, 20)]
        return [TwoNN().fit(vectors).dimension_, *mle, GRIDE(n1=4).fit(vectors).dimension_]


def campadelli() -> None:
    names = ["TwoNN", "MLE 10", "MLE 20", "GRIDE 4, 8"]
    print(f"| | d (D) | {' | '.join(names)} | local PCA |\n|---|---|{'---|' * (len(names) + 1)}")
    worst = 0.0
    for manifold in MANIFOLDS:
        own, peer = [], []
        for seed in range(SEEDS):
            vectors = manifold.draw(np.random.default_rng(seed), N).astype(np.float32)
            own.append(by_lateen(vectors))
            peer.append(by_peer(vectors.astype(np.float64)))
        ours, theirs = np.mean(own, axis=0), np.mean(peer, axis=0)
        worst = max(worst, float(np.abs(ours[: len(names)] / theirs - 1).max()))
        cells = [f"{a:.2f} / {b:.2f}" for a, b in zip(ours, theirs, strict=False)]
        what = f"{manifold.name} {manifold.what} | {manifold.dim} ({manifold.ambient})"
        print(f"| {what} | {' | '.join(cells)} | {ours[-1]:.2f} |", flush=True)
    print(f"\nlateen / scikit-dimension; {N:,} items, mean of {SEEDS} seeds; farthest apart: {worst:.2%}")


def pictures(folder: Path) -> np.ndarray:
    """Fashion-MNIST, both parts, (70,000, 784)."""
    parts = [gzip.decompress((folder / f"{part}-images-idx3-ubyte.gz").read_bytes()) for part in ("train", "t10k")]
    return np.concatenate([np.frombuffer(part, np.uint8, offset=16) for part in parts]).reshape(-1, 784)


def fashion(folder: Path) -> None:
    from lateen.manifold.dimension import mle

    began = time.perf_counter()
    table = table_of(pictures(folder).astype(np.float32), 32)
    print(f"{table!r} in {time.perf_counter() - began:.1f} s")
    for k, published in ((3, 14.7), (10, 14.9), (20, 14.5)):
        estimate = mle(table.distances, k)
        low, high = estimate.interval(table.rows[:, :k])
        print(f"MLE k = {k}: {estimate.value:.2f} (95 % {low:.2f} to {high:.2f}); published {published} +- .4")


def best(work: Callable[[], object], times: int = 5) -> float:
    seconds = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return min(seconds)


def speed(folder: Path) -> None:
    from skdim.id import MLE, TwoNN
    from sklearn.decomposition import PCA

    from lateen.manifold.dimension import mle, two_nn

    vectors = PCA(50, random_state=0).fit_transform(pictures(folder).astype(np.float32)).astype(np.float32)
    began = time.perf_counter()
    table = table_of(vectors, 10)
    building = time.perf_counter() - began
    print(f"{table!r} of {vectors.shape} in {building:.1f} s")
    arrays = table.distances.astype(np.float64), table.rows
    own = {"MLE": lambda: mle(table.distances, 10), "TwoNN": lambda: two_nn(table.distances)}
    near = table.rows[:, :10], table.rows[:, :2]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peers: dict[str, Callable[[], float]] = {
            "MLE": lambda: MLE().fit(vectors, n_neighbors=10).dimension_,
            "TwoNN": lambda: TwoNN().fit(vectors).dimension_,
        }
        for (name, estimate), rows in zip(own.items(), near, strict=True):
            seconds, value = best(estimate), estimate().value
            sure = best(lambda estimate=estimate, rows=rows: estimate().interval(rows))
            began = time.perf_counter()
            theirs = peers[name]()
            took = time.perf_counter() - began
            print(f"{name}: {value:.3f} in {1e3 * seconds:.1f} ms, with its interval {1e3 * sure:.1f} ms")
            print(f"  scikit-dimension: {theirs:.3f} in {took:.1f} s: ratio {took / seconds:,.0f}, {took / sure:,.0f}")
            print(f"  with building the table {building + seconds:.1f} s: ratio {took / (building + seconds):.2f}")
        began = time.perf_counter()
        MLE().fit(vectors, precomputed_knn_arrays=arrays, n_neighbors=10)
        took = time.perf_counter() - began
    print(f"scikit-dimension's MLE from the same table: {took:.2f} s: ratio {took / best(own['MLE']):,.0f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["campadelli", "fashion", "speed"])
    parser.add_argument("folder", type=Path, nargs="?", help="Fashion-MNIST")
    asked = parser.parse_args()
    if asked.what == "campadelli":
        campadelli()
    elif asked.folder is None:
        parser.error(f"{asked.what} needs the folder of Fashion-MNIST")
    else:
        {"fashion": fashion, "speed": speed}[asked.what](asked.folder)
