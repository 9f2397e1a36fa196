"""From a file of vectors to an indexed space, and searching it, beside exact search in NumPy and in faiss.

    python benchmarks/search.py                     # 1,000,000 x 256 from .npy and from .parquet
    python benchmarks/search.py --opening           # also how long ten million items take to open

The vectors are a mixture of 2,000 normal distributions (seeded): their centres are drawn with deviation 1 per axis,
the points around them with 0.6, and their sizes from a Dirichlet distribution. Queries: half are items, half points
halfway between two items. Each step runs in its own process, whose peak of anonymous memory and of all resident
memory (mapped files included) is printed.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from resource import RUSAGE_SELF, getrusage

import numpy as np

SHARD = 65_536
QUERIES = 200


def clustered(n: int, dim: int, seed: int = 0) -> Iterator[np.ndarray]:
    """Vectors of the mixture, some at a time."""
    random = np.random.default_rng(seed)
    centres = random.standard_normal((2_000, dim), dtype=np.float32)
    sizes = random.dirichlet(np.full(2_000, 2.0))
    for start in range(0, n, SHARD):
        m = min(SHARD, n - start)
        yield centres[random.choice(2_000, m, p=sizes)] + 0.6 * random.standard_normal((m, dim), dtype=np.float32)


def write_npy(path: Path, n: int, dim: int) -> None:
    out = np.lib.format.open_memmap(path, "w+", np.float32, (n, dim))
    for i, block in enumerate(clustered(n, dim)):
        out[i * SHARD : i * SHARD + len(block)] = block
    out.flush()


def write_parquet(path: Path, n: int, dim: int) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([("name", pa.string()), ("vector", pa.list_(pa.float32(), dim)), ("label", pa.int64())])
    with pq.ParquetWriter(path, schema) as writer:
        first = 0
        for block in clustered(n, dim):
            rows = np.arange(first, first + len(block))
            first += len(block)
            vectors = pa.FixedSizeListArray.from_arrays(pa.array(block.ravel()), dim)
            writer.write_table(pa.table([[f"item {r}" for r in rows], vectors, rows % 10], schema=schema))


def timed(function: Callable[[], object]) -> float:
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def build(source: str, out: str) -> dict[str, object]:
    """The whole way from a file to an indexed space."""
    import lateen as lt
    from lateen.sources.columns import Columns

    columns = Columns(vector="vector", id="name") if source.endswith(".parquet") else None
    began = time.process_time()
    built = timed(lambda: lt.build(source, encoder="none", out=out, force=True, columns=columns))
    space = lt.open(out)
    indexed = timed(space.index)
    settings = json.loads((Path(out) / "space.json").read_text())["index"]
    return {
        "build s": built,
        "index s": indexed,
        "both s": built + indexed,
        "CPU s": time.process_time() - began,
        **settings,
    }


def search(out: str, vectors: str) -> dict[str, object]:
    """`near` on an open space: latency, and recall against exact search."""
    import lateen as lt

    cold = timed(lambda: lt.open(out))
    opening = timed(lambda: lt.open(out))
    space = lt.open(out)
    x, ids = np.load(vectors, mmap_mode="r"), space.ids
    n = len(x)
    random = np.random.default_rng(1)
    rows = random.integers(0, n, (2, QUERIES // 2))
    asked = [ids[int(r)] for r in rows[0]] + [f'0.5*"{ids[int(a)]}" + 0.5*"{ids[int(b)]}"' for a, b in rows.T]
    q = np.concatenate([x[rows[0]], (x[rows[0]] + x[rows[1]]) / 2])
    first = timed(lambda: space.near(asked[0]))
    seconds, filtered, answers, hits = [], [], [], 0
    for item in asked:
        start = time.perf_counter()
        answers.append(space.near(item))
        seconds.append(time.perf_counter() - start)
    resident = getrusage(RUSAGE_SELF).ru_maxrss / 1e6
    for item in asked if space.info().facts["fields"] else []:
        start = time.perf_counter()
        space.near(item, where="label = 3")
        filtered.append(time.perf_counter() - start)
    scores = np.empty((len(q), n), np.float32)
    for start in range(0, n, SHARD):
        block = np.asarray(x[start : start + SHARD])
        scores[:, start : start + SHARD] = (block * block).sum(1) - 2 * (q @ block.T)
    for i, answer in enumerate(answers):
        if i < QUERIES // 2:
            scores[i, rows[0, i]] = np.inf  # an item is not its own neighbour
        best = np.argpartition(scores[i], 10)[:10]
        hits += len({ids[int(r)] for r in best} & {m.id for m in answer.matches})
    return {
        "import and open ms": 1000 * cold,
        "open ms": 1000 * opening,
        "first near ms": 1000 * first,
        **_quantiles("near", seconds),
        "near resident GB": resident,
        "recall@10": hits / (10 * len(asked)),
        **(_quantiles("near --where", filtered) if filtered else {}),
        **_peers(x, q),
    }


def _peers(x: np.ndarray, q: np.ndarray) -> dict[str, object]:
    whole = np.array(x)
    squares = (whole * whole).sum(1)
    numpy = [timed(lambda v=v: np.argpartition(squares - 2 * (whole @ v), 10)[:10]) for v in q[:30]]  # type: ignore[misc]
    found = _quantiles("NumPy exact", numpy)
    try:
        import faiss
    except ImportError:
        return found
    flat = faiss.IndexFlatL2(x.shape[1])
    flat.add(whole)
    return found | _quantiles("faiss flat", [timed(lambda v=v: flat.search(v[None], 10)) for v in q[:60]])  # type: ignore[misc]


def _quantiles(name: str, seconds: list[float]) -> dict[str, object]:
    return {f"{name} p50 ms": 1000 * np.quantile(seconds, 0.5), f"{name} p95 ms": 1000 * np.quantile(seconds, 0.95)}


def opening(out: str) -> dict[str, object]:
    """How long a space of ten million takes to open, and what a first and a second search cost."""
    import lateen as lt

    seconds = timed(lambda: lt.open(out))
    space = lt.open(out)
    ids = timed(lambda: space.ids[9_999_999])
    again = timed(lambda: lt.open(out).ids[9_999_999])
    return {"open ms": 1000 * seconds, "first id s": ids, "opened again, an id ms": 1000 * again, "n": len(space)}


def in_its_own_process(step: str, *arguments: str) -> dict[str, object]:
    """Run a step, print its figures and its peak memory."""
    command = [sys.executable, __file__, "--step", step, *arguments]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    figures: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    print(step, *(Path(a).name for a in arguments))
    for name, value in figures.items():
        print(f"  {name:24} {value:.4g}" if isinstance(value, float) else f"  {name:24} {value}")
    return figures


def main() -> None:
    """Print the figures and their ratios to the peers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--dim", type=int, default=256)
    parser.add_argument("--opening", action="store_true", help="also open a space of 10,000,000 x 32 float32")
    parser.add_argument("--folder", type=Path, help="where to work; a temporary folder by default")
    parser.add_argument("--step", nargs="+", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.step:
        step, *arguments = given.step
        figures = {"build": build, "search": search, "opening": opening}[step](*arguments)
        peak = {"resident GB": getrusage(RUSAGE_SELF).ru_maxrss / 1e6}
        print(json.dumps(figures | peak, default=float))
        return
    folder = given.folder or Path(tempfile.mkdtemp())
    try:
        folder.mkdir(exist_ok=True)
        npy, parquet = folder / "vectors.npy", folder / "vectors.parquet"
        write_npy(npy, given.rows, given.dim)
        write_parquet(parquet, given.rows, given.dim)
        in_its_own_process("build", str(npy), str(folder / "npy.space"))
        in_its_own_process("build", str(parquet), str(folder / "parquet.space"))
        for space in ("npy.space", "parquet.space"):
            found = in_its_own_process("search", str(folder / space), str(npy))
            for peer in ("NumPy exact", "faiss flat"):
                if f"{peer} p50 ms" in found:
                    print(f"  {peer} / near: {found[f'{peer} p50 ms'] / found['near p50 ms']:.1f} times")  # type: ignore[operator]
        if given.opening:
            large = folder / "large.npy"
            write_npy(large, 10_000_000, 32)
            in_its_own_process("build", str(large), str(folder / "large.space"))
            in_its_own_process("opening", str(folder / "large.space"))
    finally:
        if given.folder is None:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
