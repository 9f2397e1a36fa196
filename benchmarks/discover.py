"""Directions without labels on 200,000 points of 512 numbers, planted with a sparse dictionary of 1,024 atoms.

    python benchmarks/discover.py          # pca, ica and sae (2,048 features): minutes
    python benchmarks/discover.py pca ica

Prints how long each takes and, for sae, how many of the planted atoms it finds (a feature with cosine above 0.9) beside
as many random directions.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

M, DIM, ATOMS, EACH, FEATURES = 200_000, 512, 1_024, 16, 2_048


def planted() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    atoms = rng.standard_normal((ATOMS, DIM), np.float32)
    atoms /= np.linalg.norm(atoms, axis=1, keepdims=True)
    points = 0.02 * rng.standard_normal((M, DIM), np.float32)
    for _ in range(EACH):
        points += atoms[rng.integers(ATOMS, size=M)] * (0.5 + rng.exponential(size=(M, 1))).astype(np.float32)
    return points, atoms


def best(atoms: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    return np.asarray((atoms @ vectors.T).max(axis=1))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("methods", nargs="*", default=["pca", "ica", "sae"])
    from lateen.directions.discover import discover_axes

    points, atoms = planted()
    random = np.random.default_rng(1).standard_normal((FEATURES, DIM))
    random /= np.linalg.norm(random, axis=1, keepdims=True)
    for method in parser.parse_args().methods:
        began, busy = time.perf_counter(), time.process_time()
        features = FEATURES if method == "sae" else None
        axes = discover_axes(points, method, FEATURES if method == "sae" else 10, features=features)
        took, busy = time.perf_counter() - began, time.process_time() - busy
        line = f"{method}: {took:.1f} s ({busy:.0f} s of processors)"
        if method == "sae":
            found, chance = best(atoms, axes.vectors), best(atoms, random)
            line += f"; held-out R² {axes.r2:.3f}; atoms found {np.mean(found > 0.9):.1%} (mean cosine "
            line += f"{found.mean():.3f}, of random directions {chance.mean():.3f})"
        print(line, flush=True)


if __name__ == "__main__":
    main()
