"""Questions of one method as columns of numbers: which words each takes, and which rows may not be its answer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int32, Int64

from lateen.arithmetic.analogies.method import Method


@dataclass(frozen=True, eq=False)
class Blocked:
    """Rows that may not be answers, of each of q questions: rows[starts[i] : starts[i + 1]], ascending.

    Args:
        starts: (q + 1,).
        rows: All of them.
    """

    starts: Int64[np.ndarray, " q1"]
    rows: Int64[np.ndarray, " b"]

    @classmethod
    def of(cls, rows: list[list[int]]) -> Blocked:
        """From the rows of each question, ascending."""
        starts = np.concatenate([[0], np.cumsum([len(r) for r in rows])]).astype(np.int64)
        return cls(starts, np.array([row for each in rows for row in each], np.int64))

    def __getitem__(self, q: int) -> Int64[np.ndarray, " b"]:
        return self.rows[self.starts[q] : self.starts[q + 1]]


@dataclass(frozen=True, eq=False)
class Columns:
    """q questions of one method.

    Args:
        method: How they are answered.
        places: (q, 3) which of the directions are b, a and c.
        constants: (q, 2) the two numbers that a method may need of a question.
        blocked: Rows that may not be answers.
        everywhere: Whether the best of all rows is wanted too.
    """

    method: Method
    places: Int32[np.ndarray, "q 3"]
    constants: Float64[np.ndarray, "q 2"]
    blocked: Blocked
    everywhere: bool

    def __len__(self) -> int:
        return len(self.places)
