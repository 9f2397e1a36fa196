"""Progress bars on stderr: items or words per second, time left, and for training on pictures the held-out PSNR."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn
from rich.table import Column

if TYPE_CHECKING:
    from lateen.building import BuildProgress
    from lateen.models.training import TrainState
    from lateen.models.word2vec import WordProgress


class Bar:
    """One bar that reading, training and building report to."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}

    def on_read(self, done: int, total: int) -> None:
        """Pictures read before training."""
        self._show("reading", done, total, "")

    def on_bytes(self, done: int, total: int) -> None:
        """Bytes of a corpus read before training, in kilobytes."""
        self._show("reading", done // 1000, total // 1000, "kB")

    def on_words(self, state: WordProgress) -> None:
        """Words trained on, in thousands."""
        epoch, speed = f"epoch {state.epoch}/{state.epochs}", f"{state.words_per_second:,.0f} words/s"
        self._show("training", state.done // 1000, state.total // 1000, speed, epoch)

    def on_step(self, state: TrainState) -> None:
        """A step of training."""
        psnr = "" if state.psnr is None else f"{state.psnr:.2f} dB"
        self._show("training", state.step, state.total, f"{state.images_per_second:.0f} pictures/s", psnr)

    def __call__(self, state: BuildProgress) -> None:
        """A step of a build."""
        busy = f"model busy {state.model_busy:.0%}" if state.doing == "encoding" else ""
        rejected = f"{state.rejected:,} rejected" if state.rejected else ""
        speed = f"{state.items_per_second:,.0f} items/s"
        self._show(state.doing, state.done, state.total, speed, busy, rejected, left=state.eta_seconds)

    def on_rows(self, what: str, done: int, total: int) -> None:
        """Rows, or steps, of a measurement."""
        self._show(what, done, total, "")

    def on_neighbours(self, done: int, total: int) -> None:
        """Items of a neighbour table."""
        self.on_rows("neighbours", done, total)

    def _show(self, what: str, done: int, total: int, speed: str, *more: str, left: float | None = None) -> None:
        self._progress.start()  # not before there is something to show: an empty bar would leave an empty line
        if what not in self._tasks:
            self._tasks[what] = self._progress.add_task(what, total=total, text="")
        id = self._tasks[what]
        self._progress.update(id, completed=done, total=total)
        if left is None:
            left = next(task.time_remaining for task in self._progress.tasks if task.id == id)
        remaining = "" if left is None else f"{_duration(left)} left"
        self._progress.update(id, text="  ".join(filter(None, (speed, remaining, *more))))


def _duration(seconds: float | int) -> str:
    """1:23, or 2:03:04."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


@contextmanager
def bar() -> Iterator[Bar]:
    """A bar that is drawn while the block runs, on stderr so that --json stays alone on stdout."""
    progress = Progress(
        TextColumn("{task.description:>9}"),
        BarColumn(bar_width=32),
        MofNCompleteColumn(table_column=Column(no_wrap=True)),  # where it is narrow, the bar gives way
        TextColumn("{task.fields[text]}"),
        console=Console(stderr=True),
        transient=False,
    )
    try:
        yield Bar(progress)
    finally:
        if progress.live.is_started:
            progress.stop()
