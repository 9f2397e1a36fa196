"""Maps of Fashion-MNIST by lateen, umap-learn and openTSNE: seconds, memory, and how good they are, in one run.

    python benchmarks/map.py FOLDER                 # the four idx.gz files of Fashion-MNIST: 70,000 x 784
    python benchmarks/map.py FOLDER --rows 5000     # fewer, to try it
    python benchmarks/map.py FOLDER --million       # 1,000,000 x 50 instead, lateen alone

Every contestant runs in a process of its own, one after the other, as many rounds as asked for. Seconds begin before
the first import and end when the positions are there: reading the vectors (float32 from .npy) is in them, for all
alike, and so are lateen's neighbour table and the searches of the others. CPU seconds are those of all threads. Peak is
the process's resident memory. "lateen, first time" has an empty compilation cache. Peers run as their users call
them: UMAP().fit_transform(x), which uses all cores; the same with random_state=0, which umap-learn does on one core;
TSNE(n_jobs=cores).fit(x).

Quality is measured in the full space, by exact ranks of the same anchors for all (see lateen.projection.quality); the
last label accuracy is that of all points. lateen's positions are hashed: each repeat, and one on a single core, must
agree.

The million: the 70,000 pictures on their first 50 principal components, row i being picture i mod 70,000 with normal
noise added (seed 0), the same on every axis, whose expected length is half the median distance from a picture to its
nearest other there (measured on 1,000 of them).
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

MILLION, AXES = 1_000_000, 50
_MEASURED = """
import hashlib, json, os, sys, time
begun = time.perf_counter()
if {alone}:
    os.sched_setaffinity(0, {{min(os.sched_getaffinity(0))}})
import numpy as np
x = np.load(sys.argv[1], allow_pickle=False)
{work}
y = np.ascontiguousarray(y, np.float32)
seconds, cpu = time.perf_counter() - begun, sum(os.times()[:4])
peak = int(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1]) / 1e6
np.save(sys.argv[2], y)
print(json.dumps(dict(seconds=seconds, cpu=cpu, peak=peak, hash=hashlib.sha256(y.tobytes()).hexdigest()[:16])))
"""
_LATEEN = """
from lateen.projection import layout
y = layout(x, method="lateen", seed=0, dims=2{more})
"""
_UMAP = """
from umap import UMAP
y = UMAP({more}).fit_transform(x)
"""
_OPENTSNE = """
from openTSNE import TSNE
y = TSNE(n_jobs=len(os.sched_getaffinity(0))).fit(x)
"""
CONTESTANTS = {
    "lateen": _LATEEN.format(more=""),
    "umap-learn": _UMAP.format(more=""),
    "umap-learn, seeded": _UMAP.format(more="random_state=0"),
    "lateen, attraction 1": _LATEEN.format(more=", attraction=1.0"),
    "openTSNE": _OPENTSNE,
}
SHARES = [("umap-learn", "lateen"), ("umap-learn, seeded", "lateen"), ("openTSNE", "lateen, attraction 1")]
Figures = dict[str, float | str]


def write_data(given: argparse.Namespace, folder: Path) -> None:
    """The vectors and the labels as .npy."""
    images, labels = [], []
    for part in ("train", "t10k"):
        with gzip.open(given.folder / f"{part}-images-idx3-ubyte.gz") as file:
            images.append(np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 784))
        with gzip.open(given.folder / f"{part}-labels-idx1-ubyte.gz") as file:
            labels.append(np.frombuffer(file.read(), np.uint8, offset=8))
    vectors = np.concatenate(images)[: given.rows].astype(np.float32) / 255
    classes = np.concatenate(labels)[: given.rows]
    if given.million:
        vectors, classes = jittered(vectors, classes, given.of_million)
    np.save(folder / "vectors.npy", vectors)
    np.save(folder / "labels.npy", classes)


def jittered(vectors: np.ndarray, classes: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Many more of the same kind: what the docstring says of the million."""
    centred = vectors - vectors.mean(axis=0)
    _, axes = np.linalg.eigh(centred.T @ centred)
    few = centred @ axes[:, ::-1][:, :AXES]
    rng = np.random.default_rng(0)
    nearest = []
    for row in rng.choice(len(few), min(1000, len(few)), replace=False):
        squares = ((few - few[row]) ** 2).sum(axis=1)
        squares[row] = np.inf
        nearest.append(float(np.sqrt(squares.min())))
    noise = statistics.median(nearest) / 2 / AXES**0.5
    rows = np.arange(n) % len(few)
    return few[rows] + np.float32(noise) * rng.standard_normal((n, AXES), dtype=np.float32), classes[rows]


def run(work: str, folder: Path, name: str, *, alone: bool = False, cache: Path | None = None) -> Figures:
    """Seconds, CPU seconds, peak in GB and the hash of the positions, from a fresh process; the positions are kept."""
    environment = os.environ | ({"NUMBA_CACHE_DIR": str(cache)} if cache else {})
    code = _MEASURED.format(work=work, alone=alone)
    command = [sys.executable, "-W", "ignore", "-c", code, str(folder / "vectors.npy"), str(folder / f"{name}.npy")]
    printed = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout
    figures: Figures = json.loads(printed.splitlines()[-1])
    print(
        f"  {name:22} {figures['seconds']:7.2f} s ({figures['cpu']:.1f} CPU), peak {figures['peak']:.2f} GB,"
        f" positions {figures['hash']}",
        flush=True,
    )
    return figures


def compare(given: argparse.Namespace, folder: Path) -> None:
    """All contestants in turn, then their ratios and whether lateen repeats itself."""
    chosen = {name: work for name, work in CONTESTANTS.items() if not given.only or name in given.only}
    runs: dict[str, list[Figures]] = {name: [] for name in chosen}
    ours = [name for name in chosen if name.startswith("lateen")]
    for name in ours[:1]:
        run(chosen[name], folder, f"{name}, first time", cache=folder / "cache")
    for _ in range(given.rounds):
        for name, work in chosen.items():
            runs[name].append(run(work, folder, name))
    for name in ours:
        alone = run(chosen[name], folder, f"{name}, one core", alone=True)
        hashes = {str(figures["hash"]) for figures in [*runs[name], alone]}
        print(f"  {name}: the same bytes in {given.rounds} runs and on one core: {len(hashes) == 1}")
    for slow, quick in SHARES:
        if slow in runs and quick in runs:
            wall, cpu = (_median(runs[slow], kind) / _median(runs[quick], kind) for kind in ("seconds", "cpu"))
            print(f"  {slow} / {quick}: {wall:.2f} (CPU {cpu:.2f})")
    for name in chosen:
        judge(folder, name, given.anchors)


def judge(folder: Path, name: str, anchors: int) -> None:
    """Print a map's quality, measured in a process of its own."""
    command = [sys.executable, __file__, str(folder), "--judge", name, "--anchors", str(anchors)]
    subprocess.run(command, check=True)


def measure(folder: Path, name: str, anchors: int) -> None:
    """Print a map's quality."""

    from lateen.projection import map_quality
    from lateen.projection.label_quality import Classes, votes_right
    from lateen.projection.ranks import survey

    vectors, labels, positions = (
        np.load(folder / f"{part}.npy", allow_pickle=False) for part in ("vectors", "labels", name)
    )
    begun = time.perf_counter()
    quality = map_quality(vectors, positions, anchors=anchors, labels=labels).to_dict()
    seconds = time.perf_counter() - begun
    print(f"  {name}: {quality['anchors']:,} anchors against {len(vectors):,} in {seconds:.1f} s")
    for figure in ("trustworthiness", "continuity", "neighbour_recall", "shepard", "label_accuracy", "space_accuracy"):
        value, low, high = (quality[f"{figure}{end}"] for end in ("", "_low", "_high"))
        print(f"    {figure:22} {value:.4f} [{low:.4f}, {high:.4f}]")
    for figure in ("label_trustworthiness", "label_continuity", "label_accuracy_null"):
        print(f"    {figure:22} {quality[figure]:.4f}")
    if len(vectors) <= MILLION // 10:
        rows = np.arange(len(vectors))
        right = votes_right(Classes.of(labels), rows, survey(positions, rows, 15).rows).mean()
        print(f"    label accuracy of all  {right:.4f}", flush=True)


def _median(figures: list[Figures], kind: str) -> float:
    return statistics.median(float(f[kind]) for f in figures)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the files of Fashion-MNIST are")
    parser.add_argument("--rows", type=int, default=70_000)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--anchors", type=int, default=5_000)
    parser.add_argument("--only", nargs="+", metavar="NAME", help=f"some of {', '.join(CONTESTANTS)}")
    parser.add_argument("--million", action="store_true", help="1,000,000 x 50 instead")
    parser.add_argument("--of-million", type=int, default=MILLION, metavar="N", help="fewer than a million, to try it")
    parser.add_argument("--judge", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.judge:
        measure(given.folder, given.judge, given.anchors)
        return
    with tempfile.TemporaryDirectory() as folder:
        write_data(given, Path(folder))
        if given.million:
            print(f"{given.of_million:,} x {AXES}")
            run(CONTESTANTS["lateen"], Path(folder), "lateen")
            judge(Path(folder), "lateen", 1_500)
        else:
            print(f"{given.rows:,} x 784")
            compare(given, Path(folder))


if __name__ == "__main__":
    main()
