"""Fitting a direction on 200,000 points of 512 numbers, held-out figures, probe and bootstrap included.

    python benchmarks/fit_direction.py
"""

from __future__ import annotations

import time

import numpy as np

from lateen.directions import contrast, fit_direction


def main() -> None:
    """Print the seconds of each method."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((200_000, 512)).astype(np.float32)
    y = (x[:, 0] + 0.5 * rng.standard_normal(200_000) > 0).astype(int)
    fit_direction(x[:1000], "a", contrast(y[:1000], "a"))
    for method in ("mean_difference", "lda", "ridge", "logistic"):
        started = time.perf_counter()
        direction = fit_direction(x, "a", contrast(y, "a"), method=method)
        print(f"{method}: {time.perf_counter() - started:.2f} s, held-out AUC {direction.auc:.3f}", flush=True)


if __name__ == "__main__":
    main()
