"""Threads: how many there are to use, how products and solvers do without them, how work is shared among them.

One idea: libraries add up in another order where they have another number of threads, so what is kept to the byte is
computed by one; pieces of it may be computed beside each other.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def one_thread() -> Iterator[None]:
    """Let NumPy's products and solvers use one thread: the same sums on every machine of a kind."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, "blas"):
        yield


def in_threads(
    work: Callable[[int, int], object],
    total: int,
    step: int,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Do `work(start, stop)` for the pieces of 0 ... total, several at a time, each with one thread for its products.

    Pieces don't depend on how many threads there are, so neither does what they compute.

    Args:
        work: Must let go of the interpreter (NumPy's products, numba's `nogil`) to gain from threads.
        total: How much there is to do.
        step: How much of it is a piece.
        progress: Told how much is done, and of how much.
    """
    from concurrent.futures import ThreadPoolExecutor, as_completed

    parts = [(start, min(start + step, total)) for start in range(0, total, step)]
    done = 0
    with one_thread(), ThreadPoolExecutor(max(1, min(cores(), len(parts)))) as pool:
        waiting = {pool.submit(work, *piece): piece for piece in parts}
        try:
            for finished in as_completed(waiting):
                finished.result()
                done += waiting[finished][1] - waiting[finished][0]
                if progress is not None:
                    progress(done, total)
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def pieces(total: int, count: int) -> list[int]:
    """Where `count` pieces of about the same size start and end in 0 ... total; some are empty if there are too many.

    Example:
        >>> pieces(10, 4)
        [0, 2, 5, 7, 10]
    """
    return [total * i // count for i in range(count + 1)]


@contextmanager
def team(most: int | None = None) -> Iterator[Callable[[Callable[[int], object], int], None]]:
    """Threads that stay for many short works: `each(work, pieces)` does work(0), work(1), ... beside each other.

    Args:
        most: Threads at the most; 1 for pieces so small that handing them over takes longer than doing them.

    Example:
        >>> done = [0] * 4
        >>> with team() as each:
        ...     each(lambda piece: done.__setitem__(piece, piece**2), 4)
        >>> done
        [0, 1, 4, 9]
    """
    from concurrent.futures import ThreadPoolExecutor

    threads = min(cores(), most or cores())
    with ThreadPoolExecutor(threads) as pool:

        def each(work: Callable[[int], object], count: int) -> None:
            def every(first: int) -> None:
                for piece in range(first, count, threads):
                    work(piece)

            others = [pool.submit(every, first) for first in range(1, min(threads, count))]
            every(0)
            for other in others:
                other.result()

        yield each
