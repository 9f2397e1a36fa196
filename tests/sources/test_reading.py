"""Reading ahead: in order, a few at a time, the same for any number of workers, and no process left behind."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lateen.core.errors import InputError
from lateen.sources.opening import open_source
from lateen.sources.picture import View
from lateen.sources.reading import WorkerDiedError, read_ahead
from lateen.sources.source import Batch, no_fields

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Numbered:
    """A stretch of one item that says which process read it; it may take its time, or take the process with it."""

    number: int
    seconds: float = 0.0
    deadly: bool = False

    def read(self, view: View | None) -> Batch:
        time.sleep(self.seconds)
        if self.deadly:
            os._exit(1)
        one = np.ones(1, np.int64)
        items = np.full((1, 1), self.number, np.float32)
        return Batch(one * self.number, [str(os.getpid())], items, [""], no_fields(1), one, one, [b"\0" * 16])


def row_and_process(batch: Batch) -> tuple[int, int]:
    return int(batch.rows[0]), int(batch.ids[0])


@pytest.mark.parametrize("workers", [0, 1, 2, 3])
def test_results_come_in_order(workers: int) -> None:
    stretches = [Numbered(i, 0.05 * (i % 3)) for i in range(12)]
    read = list(read_ahead(stretches, View(8), count=12, workers=workers, finish=row_and_process))
    assert [row for row, _ in read] == list(range(12))
    processes = {process for _, process in read}
    assert (os.getpid() in processes) == (workers == 0)
    assert len(processes) <= max(1, workers)


def test_no_more_is_taken_than_is_asked_for() -> None:
    taken = 0

    def stretches() -> Iterator[Numbered]:
        nonlocal taken
        for i in range(50):
            taken += 1
            yield Numbered(i)

    ahead = read_ahead(stretches(), View(8), count=50, workers=2, finish=row_and_process)
    for asked in range(1, 20):
        next(ahead)
        assert taken <= asked + 4
    ahead.close()


def test_processes_are_started_only_where_they_are_worth_it() -> None:
    quick = list(read_ahead([Numbered(i) for i in range(9)], View(8), count=9, finish=row_and_process))
    assert {process for _, process in quick} == {os.getpid()}
    slow = read_ahead([Numbered(i, 0.3) for i in range(9)], View(8), count=9, finish=row_and_process)
    processes = [process for _, process in slow]
    assert processes[0] == os.getpid()
    assert os.getpid() not in processes[1:]


def test_what_is_no_picture_is_read_by_a_thread() -> None:
    read = list(read_ahead([Numbered(i) for i in range(9)], None, count=9, finish=row_and_process))
    assert read == [(i, os.getpid()) for i in range(9)]


def test_a_process_that_dies_is_told() -> None:
    stretches = [Numbered(0), Numbered(1, deadly=True), Numbered(2)]
    with pytest.raises(WorkerDiedError, match=r"ended without a word.*--resume, with fewer --workers"):
        list(read_ahead(stretches, View(8), count=3, workers=2, finish=row_and_process))
    with pytest.raises(InputError, match="--workers got -1"):
        list(read_ahead(stretches, View(8), count=3, workers=-1, finish=row_and_process))


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")
def test_workers_end_with_their_parent(tmp_path: Path) -> None:
    program = (
        f"import sys; sys.path.insert(0, {str(HERE)!r})\n"
        "from test_reading import Numbered, row_and_process\n"
        "from lateen.sources.picture import View\n"
        "from lateen.sources.reading import read_ahead\n"
        "for _, process in read_ahead((Numbered(i, 0.1) for i in range(999)), View(8), count=999, workers=2,"
        " finish=row_and_process):\n"
        "    print(process, flush=True)\n"
    )
    (tmp_path / "main.py").write_text(program)  # a script without a guard, as users write them
    child = subprocess.Popen([sys.executable, tmp_path / "main.py"], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    workers = {int(child.stdout.readline()) for _ in range(6)}
    child.kill()
    child.communicate(timeout=30)
    until = time.monotonic() + 15
    while any(_alive(worker) for worker in workers) and time.monotonic() < until:
        time.sleep(0.1)
    assert not [worker for worker in workers if _alive(worker)]


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")
@pytest.mark.parametrize("impatient", [0.0, 0.1])
def test_an_interrupt_while_workers_begin_is_the_main_process_own(tmp_path: Path, impatient: float) -> None:
    program = (
        f"import sys; sys.path.insert(0, {str(HERE)!r})\n"
        "from test_reading import Numbered, row_and_process\n"
        "from lateen.sources.picture import View\n"
        "from lateen.sources.reading import read_ahead\n"
        "try:\n"
        "    stretches = (Numbered(i, 0.1) for i in range(999))\n"
        "    list(read_ahead(stretches, View(8), count=999, workers=2, finish=row_and_process))\n"
        "except KeyboardInterrupt:\n"
        "    print('stopped', flush=True)\n"
    )
    (tmp_path / "main.py").write_text(program)
    child = subprocess.Popen(
        [sys.executable, tmp_path / "main.py"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    until = time.monotonic() + 60
    while not _workers_of(child.pid) and time.monotonic() < until:
        time.sleep(0.005)
    time.sleep(0.05)  # a worker takes longer than that to import what it needs
    os.killpg(child.pid, signal.SIGINT)
    if impatient:
        time.sleep(impatient)
        os.killpg(child.pid, signal.SIGINT)
    out, err = child.communicate(timeout=60)
    assert impatient or out == "stopped\n"  # the second ^C may come when the first has been dealt with
    assert "loky" not in err


def _workers_of(parent: int) -> list[Path]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if int((process / "stat").read_text().rpartition(")")[2].split()[1]) == parent:
                found += [process] if b"popen_loky" in (process / "cmdline").read_bytes() else []
        except OSError:
            continue
    return found


def _alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_stretches_can_be_sent_to_other_processes(tmp_path: Path) -> None:
    for i in range(3):
        Image.new("RGB", (9, 9), (i, i, i)).save(tmp_path / f"{i}.png")
    (tmp_path / "f.csv").write_text("id,age\n1,7\n")
    for source in (open_source(tmp_path, fields=tmp_path / "f.csv"), open_source("portraits:3")):
        stretch = source.take(np.array([0, 2]))
        here, there = stretch.read(View(16)), pickle.loads(pickle.dumps(stretch)).read(View(16))
        assert (here.ids, here.digests, here.fields) == (there.ids, there.digests, there.fields)
        assert (np.asarray(here.items) == np.asarray(there.items)).all()
        assert here.rows.tolist() == [0, 2]
