"""Reading ahead of the model: pictures are decoded in worker processes, a few batches ahead and no more.

One idea: the order of batches is the order of stretches, and each batch depends on its stretch alone. So the result is
the same for any number of workers, and memory is the same for any size of the source.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeVar

from lateen.core.errors import InputError, LateenError
from lateen.sources.picture import View
from lateen.sources.source import Batch, Stretch

FEW = 64  # items for which starting processes takes longer than reading
Result = TypeVar("Result")


class WorkerDiedError(LateenError):
    """A process that was reading ended without a word, as the system does to it when memory runs out."""


class _Pool(Protocol):
    def submit(self, work: Callable[..., Any], /, *given: Any) -> Future[Any]: ...


def cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def read_ahead(
    stretches: Iterable[Stretch],
    view: View | None,
    *,
    workers: int | None = None,
    finish: Callable[[Batch], Result],
) -> Iterator[Result]:
    """Read stretches in order, a few ahead of whoever takes the results.

    Args:
        stretches: What to read; taken one by one, as results are taken.
        view: How pictures are wanted; None for items that are no pictures: they are read by one thread.
        workers: Processes that decode pictures; a core each by default. 0 reads in this process, when asked.
        finish: What is done to each batch where it was read; a module's function, for it is sent to workers.

    Raises:
        WorkerDiedError: If a process ended without a word.
    """
    if workers is not None and workers < 0:
        raise InputError(f"--workers got {workers}; give 0 (no processes) or more.")
    count = cores() if workers is None else workers
    if count == 0:
        yield from (_read(stretch, view, finish) for stretch in stretches)
        return
    # TerminatedWorkerError is a BrokenProcessPool, which is a BrokenExecutor
    from concurrent.futures import BrokenExecutor

    ahead: deque[Future[Result]] = deque()
    todo = iter(stretches)
    most = 1 if view is None else count + 1
    pool: _Pool
    with ThreadPoolExecutor(1) if view is None else _processes(count) as pool:
        try:
            while True:
                while len(ahead) <= most and (stretch := next(todo, None)) is not None:
                    ahead.append(pool.submit(_read, stretch, view, finish))
                if not ahead:
                    return
                yield ahead.popleft().result()
        except BrokenExecutor as error:
            raise WorkerDiedError(
                "A process that was reading pictures ended without a word; perhaps memory ran out. What was finished "
                "is kept: go on with --resume, with fewer --workers (0 reads in the main process)."
            ) from error
        finally:
            for future in ahead:
                future.cancel()


def _read(stretch: Stretch, view: View | None, finish: Callable[[Batch], Result]) -> Result:
    return finish(stretch.read(view))


def _processes(count: int) -> AbstractContextManager[_Pool]:
    """Processes that are started afresh, never forked, and don't run the main module again."""
    from loky import ProcessPoolExecutor

    pool: AbstractContextManager[_Pool] = ProcessPoolExecutor(
        max_workers=count, context="loky", initializer=_begin, initargs=(os.getpid(),)
    )
    return pool


def _begin(parent: int) -> None:
    """Give way to the model, ignore the ^C that the main process handles, and end when that one is gone."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(19)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)
