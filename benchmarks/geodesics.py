"""Geodesics: a swiss roll's lengths against the true ones, and what portraits on the way are worth.

    python benchmarks/geodesics.py [--pullback 40] [--pairs 200]

The roll is unrolled in closed form, so the true length between two of its points is known; 10 nearest neighbours,
seeds 0 to 4, 200 pairs each. The portraits are 2,000 drawn ones in the latents of the shipped VAE: of random pairs the
support of the way's middle is compared with that of the straight way's middle, pair by pair; intervals are 95 %.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np

import lateen as lt
from lateen.core.geometry import Euclidean
from lateen.manifold.graph import NEIGHBOURS, neighbour_graph
from lateen.manifold.pullback import Density, pullback
from lateen.models.vae import VAE
from lateen.neighbors import neighbour_table

PORTRAITS = Path(lt.__file__).parent / "models" / "weights" / "portraits.model"


def roll(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A swiss roll, and where its points are on it unrolled: arc length and height."""
    random = np.random.default_rng(seed)
    turn, height = 1.5 * np.pi * (1 + 2 * random.random(n)), 21 * random.random(n)
    arc = (turn * np.sqrt(1 + turn**2) + np.arcsinh(turn)) / 2
    points = np.stack([turn * np.cos(turn), height, turn * np.sin(turn)], axis=1)
    return points.astype(np.float32), np.stack([arc, height], axis=1)


def lengths(n: int, seeds: int = 5, pairs: int = 200) -> None:
    errors: dict[bool, list[float]] = {True: [], False: []}
    seconds = 0.0
    for seed in range(seeds):
        points, unrolled = roll(n, seed)
        graph = neighbour_graph(points, neighbour_table(points, NEIGHBOURS, geometry=Euclidean()), geometry=Euclidean())
        asked = np.random.default_rng(seed).integers(0, n, (pairs, 2))
        for a, b in asked[asked[:, 0] != asked[:, 1]].tolist():
            true = float(np.linalg.norm(unrolled[a] - unrolled[b]))
            for taut, kept in errors.items():
                begun = time.perf_counter()
                kept.append(graph.way(a, b, taut=taut).length / true - 1)
                seconds += (time.perf_counter() - begun) * taut
    for taut, kept in errors.items():
        off = np.abs(kept)
        print(
            f"roll of {n:,} points, {'taut' if taut else 'from item to item'}: mean {np.mean(kept):+.2%}, "
            f"mean off {off.mean():.2%}, 95 % within {np.quantile(off, 0.95):.2%}, worst {off.max():.2%}"
            + (f"; {1000 * seconds / len(kept):.0f} ms a way" if taut else "")
        )


def gained(name: str, way: np.ndarray, straight: np.ndarray, seconds: float) -> None:
    gain = way - straight
    half = 1.96 * gain.std(ddof=1) / np.sqrt(len(gain))
    print(
        f"{name}: support of the middle {way.mean():.3f} against {straight.mean():.3f} of the straight way, "
        f"{gain.mean():+.3f} ({gain.mean() - half:+.3f} to {gain.mean() + half:+.3f}), {len(gain)} pairs, "
        f"{1000 * seconds / len(gain):.0f} ms a way"
    )


def portraits(pairs: int, few: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        lt.build("portraits:2000", encoder="vae:portraits", out=f"{folder}/faces.space")
        space = lt.open(f"{folder}/faces.space")
        points = np.asarray(space.vectors)
        support = space._opened.support
        support(points[:1])  # it is fitted while the space is there
    random = np.random.default_rng(0)
    asked = np.array([random.choice(len(points), 2, replace=False) for _ in range(pairs)])
    straight = support((points[asked[:, 0]] + points[asked[:, 1]]) / 2)
    table = neighbour_table(points, NEIGHBOURS, geometry=Euclidean())
    for power in (1, 2):
        graph = neighbour_graph(points, table, geometry=Euclidean(), power=power)
        for taut in (True, False):
            begun = time.perf_counter()
            ways = [graph.way(a, b, taut=taut) for a, b in asked.tolist()]
            seconds = time.perf_counter() - begun
            middles = np.stack([way.evaluate(0.5) for way in ways]).astype(np.float32)
            name = f"graph{'' if power == 1 else f', power {power}'}, {'taut' if taut else 'from item to item'}"
            gained(name, support(middles), straight, seconds)
    graph, density, vae = neighbour_graph(points, table, geometry=Euclidean()), Density.fit(points), VAE.load(PORTRAITS)
    begun = time.perf_counter()
    pulled = [
        pullback(points[a], points[b], [vae], geometry=Euclidean(), density=density, along=graph.way(a, b))
        for a, b in asked[:few].tolist()
    ]
    seconds = time.perf_counter() - begun
    middles = np.stack([way.evaluate(0.5) for way in pulled]).astype(np.float32)
    gained("pullback", support(middles), straight[:few], seconds)
    share = np.array([way.energy / way.energy_straight for way in pulled])
    doubted = sum(bool(way.doubts) for way in pulled)
    print(
        f"pullback: decoded energy {share.mean():.3f} of the straight way's ({share.min():.3f} to {share.max():.3f}), "
        f"{doubted} of {few} ways with doubts, {np.mean([way.rounds for way in pulled]):.0f} rounds"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=200)
    parser.add_argument("--pullback", type=int, default=40)
    given = parser.parse_args()
    for n in (1_000, 2_000, 5_000):
        lengths(n)
    portraits(given.pairs, given.pullback)


if __name__ == "__main__":
    main()
