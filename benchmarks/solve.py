"""`solve` and `near` in an open space of 400,000 x 300 words, beside gensim's most_similar and one product in NumPy.

    python benchmarks/solve.py              # 400,000 x 300 float32; gensim is measured if it is installed
    python benchmarks/solve.py --large      # also 3,000,000 x 300 float16: how long it takes, and its peak memory

The vectors are a mixture of 5,000 normal distributions (seeded), written as a word2vec .bin: a word is as near to
its centre as to the noise around it. Each question is asked once; medians of 20 are printed, of the space, of gensim
on the same vectors (its most_similar, normalised vectors kept) and of NumPy's plain product of all unit vectors with
one, whose answer still has to be looked for. Each step runs in its own process, whose peak memory is printed: all
that was resident, files mapped into memory included.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from resource import RUSAGE_SELF, getrusage

import numpy as np

DIM, BLOCK, QUESTIONS = 300, 65_536, 20


def blocks(n: int, seed: int = 0) -> Iterator[np.ndarray]:
    """Words and vectors as word2vec's binary format has them, some at a time."""
    random = np.random.default_rng(seed)
    centres = random.standard_normal((5_000, DIM), dtype=np.float32)
    for start in range(0, n, BLOCK):
        m = min(BLOCK, n - start)
        block = np.empty(m, [("word", "S9"), ("vector", "<f4", (DIM,))])
        block["word"] = [f"{word(row)} " for row in range(start, start + m)]
        block["vector"] = centres[random.integers(0, 5_000, m)] + random.standard_normal((m, DIM), dtype=np.float32)
        yield block


def word(row: int) -> str:
    return f"w{row:07}"


def write_bin(path: Path, n: int) -> None:
    with path.open("wb") as file:
        file.write(f"{n} {DIM}\n".encode())
        for block in blocks(n):
            block.tofile(file)


def build(source: str, out: str, dtype: str) -> dict[str, float]:
    """From the file to a space."""
    import lateen as lt

    return {"build s": timed(lambda: lt.build(source, out=out, dtype=dtype, force=True))}


def ask(out: str) -> dict[str, float]:
    """Open a space and ask: the first time, when its copies are made, and again."""
    import lateen as lt

    seconds = timed(lambda: lt.open(out))
    space = lt.open(out)
    rows = np.random.default_rng(1).integers(0, len(space), (QUESTIONS, 3))
    asked = [[word(int(row)) for row in three] for three in rows]
    first = timed(lambda: space.solve("w0000001 - w0000002 + w0000003"))
    return {
        "open ms": 1000 * seconds,
        "first solve s": first,
        "solve ms": median(lambda three: space.solve("{} - {} + {}".format(*three)), asked),
        "solve by mul ms": median(lambda three: space.solve("{} - {} + {}".format(*three), method="mul"), asked),
        "near ms": median(lambda three: space.near(three[0]), asked),
    }


def peers(n: str) -> dict[str, float]:
    """What others take for a question about the same vectors."""
    vectors = np.concatenate([block["vector"] for block in blocks(int(n))])
    rows = np.random.default_rng(1).integers(0, len(vectors), (QUESTIONS, 3))
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    _ = units @ units[0]
    found = {"NumPy ms": median(lambda three: units @ (units[three[0]] - units[three[1]] + units[three[2]]), rows)}
    try:
        from gensim.models import KeyedVectors
    except ImportError:
        return found
    keyed = KeyedVectors(DIM, len(vectors))
    keyed.index_to_key = [word(row) for row in range(len(vectors))]
    keyed.key_to_index = {key: row for row, key in enumerate(keyed.index_to_key)}
    keyed.vectors = vectors
    asked = [[word(int(row)) for row in three] for three in rows]
    keyed.most_similar(positive=[word(1)])
    most_similar = median(lambda three: keyed.most_similar(positive=three[::2], negative=three[1:2]), asked)
    return found | {"gensim ms": most_similar}


def timed(function: Callable[[], object]) -> float:
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def median(function: Callable[[Sequence[str]], object], questions: Sequence[Sequence[str]]) -> float:
    """Milliseconds."""
    return 1000 * statistics.median(timed(lambda q=q: function(q)) for q in questions)  # type: ignore[misc]


def in_its_own_process(step: str, *arguments: str) -> dict[str, float]:
    """Run a step, print its figures and its peak memory."""
    command = [sys.executable, __file__, "--step", step, *arguments]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    print(step, *(Path(a).name for a in arguments))
    for name, value in figures.items():
        print(f"  {name:18} {value:.4g}")
    return figures


def in_folder(folder: Path, n: int, dtype: str) -> dict[str, float]:
    """Write, build and ask; then ask again in a process that finds the copies made."""
    words, space = folder / f"{n}.bin", folder / f"{n}.space"
    write_bin(words, n)
    in_its_own_process("build", str(words), str(space), dtype)
    words.unlink()
    in_its_own_process("ask", str(space))
    figures = in_its_own_process("ask", str(space))
    shutil.rmtree(space)
    return figures


def main() -> None:
    """Print the figures and their ratios to the peers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=400_000)
    parser.add_argument("--large", action="store_true", help="also 3,000,000 x 300 float16; takes 8 GB of disk")
    parser.add_argument("--folder", type=Path, help="where to work; a temporary folder by default")
    parser.add_argument("--step", nargs="+", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.step:
        step, *arguments = given.step
        figures = {"build": build, "ask": ask, "peers": peers}[step](*arguments)
        print(json.dumps(figures | {"resident GB": getrusage(RUSAGE_SELF).ru_maxrss / 1e6}, default=float))
        return
    folder = Path(tempfile.mkdtemp(dir=given.folder))
    try:
        ours = in_folder(folder, given.rows, "float32")
        theirs = in_its_own_process("peers", str(given.rows))
        for peer in ("gensim ms", "NumPy ms"):
            for mine in ("solve ms", "near ms"):
                if peer in theirs:
                    print(f"  {peer[:-3]} / {mine[:-3]}: {theirs[peer] / ours[mine]:.2f}")
        if given.large:
            in_folder(folder, 3_000_000, "float16")
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
