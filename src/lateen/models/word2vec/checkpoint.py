"""An unfinished training of words in one safetensors file: both matrices of vectors, and how far it is."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as to_bytes

from lateen.core.atomic import write_file
from lateen.core.errors import SpaceError

FORMAT = 1
_COUNTERS = ("epoch", "sentence", "token", "seconds")


@dataclass(eq=False)
class State:
    """A run between two jobs. The arrays are the live ones: a job changes them in place.

    Args:
        vectors: (n, dim) the words'.
        context: (n, dim) the words' as what is predicted.
        epoch: Epochs done.
        sentence: Sentences done of the next one.
        token: Their words.
        seconds: Seconds spent, over all parts of an interrupted run.
    """

    vectors: Float32[np.ndarray, "n dim"]
    context: Float32[np.ndarray, "n dim"]
    epoch: int = 0
    sentence: int = 0
    token: int = 0
    seconds: float = 0.0

    def save(self, path: Path, identity: dict[str, object]) -> None:
        """Write the state; raises StorageError when that fails, and then keeps the older file.

        Args:
            path: Where.
            identity: What must agree for the run to be continued, as plain data.
        """
        notes = {"format": FORMAT, "identity": identity, **{name: getattr(self, name) for name in _COUNTERS}}
        write_file(path, to_bytes({"vectors": self.vectors, "context": self.context}, {"notes": json.dumps(notes)}))

    def restore(self, path: Path, identity: dict[str, object]) -> None:
        """Take over the state of a file.

        Raises:
            SpaceError: If the file is damaged, or belongs to a run with other settings.
        """
        try:
            with safe_open(path, framework="np") as file:
                notes = json.loads((file.metadata() or {}).get("notes", "{}"))
                _require_same(identity, notes.get("identity"), path)
                for name, array in (("vectors", self.vectors), ("context", self.context)):
                    array[...] = file.get_tensor(name)
            epoch, sentence, token = (int(notes[name]) for name in _COUNTERS[:3])
            seconds = float(notes["seconds"])
        except (SafetensorError, OSError, ValueError, KeyError, TypeError) as error:
            raise SpaceError(f"{path} is damaged: {error}. Start anew with --force.") from error
        self.epoch, self.sentence, self.token, self.seconds = epoch, sentence, token, seconds


def _require_same(given: dict[str, object], saved: object, path: Path) -> None:
    old = saved if isinstance(saved, dict) else {}
    differ = [
        "the text of the corpus differs" if name == "corpus" else f"{name} was {old.get(name)!r} and is now {value!r}"
        for name, value in given.items()
        if old.get(name) != value
    ]
    if differ:
        raise SpaceError(
            f"The training kept in {path.parent} can't be resumed with other settings: {'; '.join(differ)}. Resume "
            "with the same ones, or start anew with --force."
        )
