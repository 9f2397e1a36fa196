"""A build in a process of its own that kills itself at the k-th call of a function: `child.py OUT NAME K before|after`.

With NAME `none` it runs to its end, or until the parent stops it; a LateenError ends it as on the command line.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

import standins

import lateen.building.plan
from lateen.building import build
from lateen.core.errors import LateenError
from lateen.store import folder, lance_tables, ledger

PLACES: dict[str, tuple[Any, str]] = {
    "write_meta": (folder, "write_meta"),
    "create_table": (lance_tables, "create_table"),
    "save_codec": (standins.RandomProjection, "save"),
    "write_fragments": (lance_tables, "write_fragments"),
    "put": (ledger.Ledger, "put"),
    "write_file": (ledger, "write_file"),
    "append": (lance_tables, "append"),
    "forget": (lance_tables, "forget_old_versions"),
    "encode": (standins.RandomProjection, "encode"),
}
ITEMS, BAD = 640, 50


def small_shards() -> None:
    """20 shards."""
    lateen.building.plan.SHARD_ROWS["image"] = (32, 32)


def kill_at(call: int, when: str, function: Callable[..., Any]) -> Callable[..., Any]:
    calls = 0

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == call and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = function(*args, **kwargs)
        if calls == call and when == "after":
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    return wrapped


def main(out: str, name: str, call: int, when: str) -> int:
    small_shards()
    if name in PLACES:
        owner, attribute = PLACES[name]
        setattr(owner, attribute, kill_at(call, when, getattr(owner, attribute)))
    slow = 0.02 if name == "slow" else 0.0
    try:
        build(
            standins.Noise(ITEMS, BAD),
            encoder=standins.RandomProjection(),
            out=out,
            progress=lambda p: (print(p.done, flush=True), time.sleep(slow)),
        )
    except LateenError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]))
