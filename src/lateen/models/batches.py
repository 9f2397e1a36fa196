"""Which rows a training step sees, and its noise: functions of (seed, step) alone.

One idea: counters instead of running random states, so a resumed run draws what an uninterrupted one would.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
from jaxtyping import Int

_SPLIT, _ORDER, _NOISE = 1, 2, 3  # streams of one seed that must not overlap

Rows = Int[np.ndarray, "_"]


def split_rows(n: int, seed: int, share: float = 0.05, most: int = 2_000) -> tuple[Rows, Rows]:
    """Split n rows into training and validation rows, both sorted.

    Args:
        n: Rows of the data set.
        seed: Seed of the run.
        share: Share of the rows that is held out, at least one row.
        most: Held-out rows at most.
    """
    held_out = min(most, max(1, round(share * n)))
    shuffled = np.random.default_rng([seed, _SPLIT]).permutation(n)
    return np.sort(shuffled[held_out:]), np.sort(shuffled[:held_out])


@dataclass
class BatchOrder:
    """Rows in shuffled order, epoch after epoch, cut into batches of equal size.

    Args:
        rows: Rows to draw from.
        batch_size: Rows per step; at most as many as there are.
        seed: Seed of the run.
    """

    rows: Rows
    batch_size: int
    seed: int
    _shuffled: dict[int, Rows] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self.batch_size = min(self.batch_size, len(self.rows))

    def __call__(self, step: int) -> Rows:
        """The rows of a step (counted from 0), sorted so that a memory-mapped file is read forward."""
        position, end = step * self.batch_size, (step + 1) * self.batch_size
        parts = []
        while position < end:
            epoch, offset = divmod(position, len(self.rows))
            part = self._epoch(epoch)[offset : offset + end - position]
            parts.append(part)
            position += len(part)
        return np.sort(np.concatenate(parts))

    def _epoch(self, epoch: int) -> Rows:
        if epoch not in self._shuffled:
            recent = self._shuffled.get(epoch - 1)
            self._shuffled.clear()
            if recent is not None:
                self._shuffled[epoch - 1] = recent
            self._shuffled[epoch] = np.random.default_rng([self.seed, _ORDER, epoch]).permutation(self.rows)
        return self._shuffled[epoch]


def step_generator(seed: int, step: int, device: torch.device) -> torch.Generator:
    """The random numbers of one step: noise and augmentation."""
    state = np.random.SeedSequence([seed, _NOISE, step]).generate_state(1, np.uint64)[0]
    return torch.Generator(device).manual_seed(int(state >> np.uint64(1)))
