"""Threads: how many there are to use, and how products and solvers do without them.

One idea: libraries add up in another order where they have another number of threads, so what is kept to the byte is
computed by one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
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
