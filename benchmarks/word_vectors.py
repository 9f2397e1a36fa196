"""Reading word vectors: lateen's readers against gensim's `load_word2vec_format`, on the same files in one run.

    python benchmarks/word_vectors.py [--words 400000] [--dim 300] [--rounds 2]

Makes a GloVe-style text file and a word2vec binary file of the same vectors in a temporary folder, then reads each with
either library, alternating, a fresh process each time. Seconds begin before the first import and end when all vectors
are in one array. "cold" is lateen with an empty compilation cache: the first time ever on a machine. "streamed" reads
4,096 rows at a time and keeps nothing, as a build does. Peak is the process's resident memory;
CPU seconds are those of all threads, and matter where other work shares the machine.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

ROWS = 4096
_MEASURED = """
import json, resource, sys, time
begun = time.perf_counter()
{work}
seconds, cpu = time.perf_counter() - begun, time.process_time()
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({{"seconds": seconds, "cpu": cpu, "peak": peak, "sum": float(vectors[::997].sum(dtype="float64"))}}))
"""
_LATEEN = """
import numpy as np
from pathlib import Path
from lateen.sources.words import open_words
source = open_words(Path(sys.argv[1]))
vectors = None
for start in range(0, len(source), {rows}):
    batch = source.take(np.arange(start, min(start + {rows}, len(source)))).read(None)
    if vectors is None:
        vectors = np.empty(({kept}, batch.items.shape[1]), np.float32)
    if len(vectors) == len(source):
        vectors[start : start + len(batch)] = batch.items
"""
_GENSIM = """
from gensim.models import KeyedVectors
vectors = KeyedVectors.load_word2vec_format(sys.argv[1], binary={binary}, no_header={no_header}).vectors
"""


def write_files(folder: Path, words: int, dim: int) -> dict[str, Path]:
    """The same vectors as GloVe text with five digits and as word2vec binary."""
    rng = np.random.default_rng(0)
    paths = {"text": folder / "glove.txt", "binary": folder / "word2vec.bin"}
    with paths["text"].open("w") as text, paths["binary"].open("wb") as binary:
        binary.write(b"%d %d\n" % (words, dim))
        for start in range(0, words, 1000):
            rows = rng.normal(0, 0.4, (min(1000, words - start), dim)).round(5)
            for i, row in enumerate(rows, start):
                text.write(f"word{i} " + " ".join(map(str, row.tolist())) + "\n")
                binary.write(b"word%d " % i + row.astype("<f4").tobytes() + b"\n")
    return paths


def measured(work: str, path: Path, cache: Path) -> dict[str, float]:
    """Seconds, peak in MB and a sum of the vectors, from a fresh process."""
    environment = os.environ | {"NUMBA_CACHE_DIR": str(cache)}
    code = _MEASURED.format(work=work)
    command = [sys.executable, "-c", code, str(path)]
    printed = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout
    return dict(json.loads(printed))


def compare(kind: str, path: Path, folder: Path, rounds: int) -> None:
    """Print how long each takes."""
    keeping = _LATEEN.format(rows=ROWS, kept="len(source)")
    streaming = _LATEEN.format(rows=ROWS, kept="1")
    gensim = _GENSIM.format(binary=kind == "binary", no_header=kind == "text")
    cache = folder / f"cache-{kind}"
    print(f"{kind}: {path.stat().st_size / 1e6:,.0f} MB")
    _show("lateen, cold", [measured(keeping, path, cache)])
    runs: dict[str, list[dict[str, float]]] = {"lateen": [], "gensim": []}
    for _ in range(rounds):
        runs["lateen"].append(measured(keeping, path, cache))
        runs["gensim"].append(measured(gensim, path, cache))
    for name, results in runs.items():
        _show(name, results)
    _show("lateen, streamed", [measured(streaming, path, cache)])
    ours, theirs = (statistics.median(r["seconds"] for r in runs[name]) for name in ("lateen", "gensim"))
    same = runs["lateen"][0]["sum"] == runs["gensim"][0]["sum"]
    used = [statistics.median(r["cpu"] for r in runs[name]) for name in ("gensim", "lateen")]
    print(f"  gensim / lateen: {theirs / ours:.2f} (CPU {used[0] / used[1]:.2f}); sums of the vectors agree: {same}")


def _show(name: str, results: list[dict[str, float]]) -> None:
    seconds = ", ".join(f"{r['seconds']:.2f} s ({r['cpu']:.2f} CPU)" for r in results)
    print(f"  {name:17} {seconds}, peak {max(r['peak'] for r in results):,.0f} MB", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--words", type=int, default=400_000)
    parser.add_argument("--dim", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=2)
    given = parser.parse_args()
    print(f"{given.words:,} words x {given.dim} numbers: {given.words * given.dim * 4 / 1e6:,.0f} MB of float32")
    with tempfile.TemporaryDirectory() as folder:
        for kind, path in write_files(Path(folder), given.words, given.dim).items():
            compare(kind, path, Path(folder), given.rounds)


if __name__ == "__main__":
    main()
