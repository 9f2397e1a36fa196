"""Reading ahead of the model: pictures are decoded in worker processes, a few batches ahead and no more.

One idea: the order of batches is the order of stretches, and each batch depends on its stretch alone. So the result is
the same for any number of workers, and memory is the same for any size of the source.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import BrokenExecutor, Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol, TypeVar

from lateen.core.errors import InputError, LateenError
from lateen.core.threads import cores
from lateen.sources.picture import View
from lateen.sources.source import Batch, Stretch

WORTH = 0.5  # seconds of reading that are worth starting processes for
Result = TypeVar("Result")


class WorkerDiedError(LateenError):
    """A process that was reading ended without a word, as the system does to it when memory runs out."""


class _Pool(Protocol):
    def submit(self, work: Callable[..., Any], /, *given: Any) -> Future[Any]: ...


def read_ahead(
    stretches: Iterable[Stretch],
    view: View | None,
    *,
    count: int,
    workers: int | None = None,
    finish: Callable[[Batch], Result],
) -> Generator[Result, None, None]:
    """Read stretches in order, a few ahead of whoever takes the results.

    Args:
        stretches: What to read; taken one by one, as results are taken.
        view: How pictures are wanted; None for items that are no pictures: they are read by one thread.
        count: How many stretches there are.
        workers: Processes that decode pictures. By default a core each, if the time that the first stretch takes says
            that they are worth starting. 0 reads in this process, when asked.
        finish: What is done to each batch where it was read; a module's function, for it is sent to workers.

    Raises:
        InputError: If `workers` is negative.
        WorkerDiedError: If a process ended without a word.
    """
    if workers is not None and workers < 0:
        raise InputError(f"--workers got {workers}; give 0 (no processes) or more.")
    todo = iter(stretches)
    if workers is None and view is not None:
        first = next(todo, None)
        if first is None:
            return
        begun = time.perf_counter()
        result = _read(first, view, finish)
        workers = cores() if (time.perf_counter() - begun) * (count - 1) > WORTH else 0
        yield result
    if workers == 0:
        yield from (_read(stretch, view, finish) for stretch in todo)
        return
    pool = ThreadPoolExecutor(1) if view is None else _processes(workers or cores())
    yield from _pooled(todo, view, finish, pool, most=1 if view is None else (workers or cores()) + 1)


def _pooled(
    todo: Iterator[Stretch],
    view: View | None,
    finish: Callable[[Batch], Result],
    pool: AbstractContextManager[_Pool],
    most: int,
) -> Generator[Result, None, None]:
    """Keep `most` stretches ahead of the one that is awaited, and no more."""
    ahead: deque[Future[Result]] = deque()
    with pool as running:
        try:
            while True:
                while len(ahead) <= most and (stretch := next(todo, None)) is not None:
                    with _interrupts_held():
                        ahead.append(running.submit(_read, stretch, view, finish))
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


@contextmanager
def _processes(count: int) -> Iterator[_Pool]:
    """Processes that are started afresh, never forked, and don't run the main module again.

    They are ended at once where something went wrong, and ^C waits until they are: an end that is interrupted leaves
    processes that the main one would wait for.
    """
    from multiprocessing import resource_tracker

    from loky import ProcessPoolExecutor
    from loky.backend import get_context

    resource_tracker.ensure_running()  # starting it lets ^C through, so that is done before any is held
    pool = ProcessPoolExecutor(
        max_workers=count, context=get_context("loky"), initializer=_begin, initargs=(os.getpid(),)
    )
    well = False
    try:
        yield pool
        well = True
    finally:
        with _interrupts_held():
            pool.shutdown(kill_workers=not well)


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Processes that are started here never see ^C, not even before `_begin`; the main process sees it afterwards."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin(parent: int) -> None:
    """Give way to the model, ignore the ^C that the main process handles, and end when that one is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(19)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)
