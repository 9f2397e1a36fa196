"""How many portraits per second this machine draws at 64 px: best of a few rounds, one and all threads."""

from __future__ import annotations

import os
import time

from lateen.sources.portraits import portraits

N, ROUNDS = 2000, 5


def images_per_second(threads: int) -> float:
    seconds = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        portraits(N, threads=threads)
        seconds.append(time.perf_counter() - start)
    return N / min(seconds)


if __name__ == "__main__":
    for threads in sorted({1, os.cpu_count() or 1}):
        print(f"portraits at 64 px, {threads} thread(s): {images_per_second(threads):,.0f} images/s")
