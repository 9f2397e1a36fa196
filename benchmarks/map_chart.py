"""The two ways of a map, measured: new points to the map, places of the map back to vectors, and both in turn.

    python benchmarks/map_chart.py                              # 2,000 portraits, encoded by the shipped weights
    python benchmarks/map_chart.py --fashion FOLDER             # also Fashion-MNIST (idx files), the first 20,000
    python benchmarks/map_chart.py --fashion FOLDER -n 60000    # or all of it

A tenth of the items, 1,000 at most, is hidden from both ways. To the map: how far hidden items are put from the places
that the layout gave them, as a share of the map's width, beside the mean of their neighbours' places, the mean of their
class, and a perceptron of two hidden layers (256, SiLU, 15 epochs of Adam on 64 principal components), alone and with
the weighted mean of its errors on the neighbours taken off. Back: root mean square distance in the space, as a share of
the distance from the mean. The map is that of `lateen map`.
"""

from __future__ import annotations

import argparse
import gzip
import statistics
import struct
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

import lateen as lt
from lateen.projection.chart import HELD_OUT, MapChart
from lateen.projection.forward import Forward


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fashion", help="folder with Fashion-MNIST's idx files")
    parser.add_argument("-n", type=int, default=20_000, help="items of Fashion-MNIST")
    parser.add_argument("--method", help="layout; that of lateen map by default")
    given = parser.parse_args()
    layout = {} if given.method is None else {"method": given.method}
    with tempfile.TemporaryDirectory() as folder:
        lt.build("portraits:2000", encoder="vae:portraits", out=f"{folder}/portraits.space")
        spaces = {"portraits": lt.open(f"{folder}/portraits.space")}
        if given.fashion:
            labels, images = (_idx(Path(given.fashion), name)[: given.n] for name in ("train-labels", "train-images"))
            vectors = images.reshape(len(images), -1).astype(np.float32) / 255
            np.savez(f"{folder}/fashion.npz", vectors=vectors, label=labels)
            lt.build(f"{folder}/fashion.npz", out=f"{folder}/fashion.space")
            spaces["Fashion-MNIST"] = lt.open(f"{folder}/fashion.space")
        columns = {name: measured(space, layout) for name, space in spaces.items()}
    print(f"| | {' | '.join(columns)} |\n|---|{'---|' * len(columns)}")
    for line in next(iter(columns.values())):
        print(f"| {line} | {' | '.join(column[line] for column in columns.values())} |")


def _idx(folder: Path, name: str) -> np.ndarray:
    """A file of Fashion-MNIST as an array."""
    packed = gzip.decompress(next(folder.glob(f"{name}-*.gz")).read_bytes())
    shape = struct.unpack(f">{packed[3]}I", packed[4 : 4 + 4 * packed[3]])
    return np.frombuffer(packed, np.uint8, offset=4 + 4 * packed[3]).reshape(shape)


def measured(space: lt.Space, layout: dict[str, str]) -> dict[str, str]:
    """Every figure of one space, by name."""
    started = time.perf_counter()
    made = space.map(**layout)
    laid_out = time.perf_counter() - started
    started = time.perf_counter()
    chart = made.chart
    fitted = time.perf_counter() - started
    q = chart.quality
    alone, one, many = inverse_times(chart)
    off = float(np.abs(chart.forward(chart.forward.vectors[:2_000]) - made.positions[:2_000]).max())
    student, corrected, trained = perceptron(chart)
    return {
        "items × dimensions": f"{len(space):,} × {space.spec.dim}",
        "layout": f"{made.method}, {laid_out:.1f} s",
        "chart measured and kept": f"{fitted:.1f} s for {q.held_out:,} held-out items",
        "**to the map**: distance from own place": f"**{q.forward_error:.4f}** (median {q.forward_median:.4f})",
        "mean of neighbours' places": f"{q.neighbour_mean_error:.4f}",
        "mean place of class": f"{q.class_place_error:.4f} ({q.class_field})" if q.class_field else "–",
        "perceptron": f"{student:.4f} ({trained:.1f} s of training)",
        "perceptron, neighbours' errors taken off": f"{corrected:.4f}",
        "15 neighbours around it (around own place)": f"{q.forward_recall:.3f} ({q.own_recall:.3f})",
        "a row alone from the row in a batch": f"{alone:.1e}",
        "items from their own places": f"{off:.1e}",
        "**from the map**: distance from the item": f"**{q.inverse_error:.3f}**",
        "nearest item on the map": f"{q.nearest_error:.3f}",
        "plane of two principal components": f"{q.pca_error:.3f}",
        "mean of class": f"{q.class_error:.3f} ({q.class_field})" if q.class_field else "–",
        "a place alone; in a batch of 2,000": f"{one:.3f} ms; {many:.3f} ms",
        "round trip space → map → space": f"{q.latent_round_trip:.3f}",
        "round trip map → space → map": f"{q.map_round_trip:.4f}",
    }


def inverse_times(chart: MapChart) -> tuple[float, float, float]:
    """How far a placed row alone is from the row in a batch; ms of an inverse place alone, and in a batch."""
    random = np.random.default_rng(0)
    some = chart.forward.vectors[random.integers(0, len(chart.forward.vectors), 200)]
    new = some + 0.1 * some.std() * random.standard_normal(some.shape).astype(np.float32)
    together = chart.forward(new)
    alone = max(float(np.abs(chart.forward(new[i : i + 1])[0] - together[i]).max()) for i in range(len(new)))
    places = random.uniform(-1, 1, (2_000, chart.inverse.positions.shape[1]))
    one = statistics.median(timed(lambda i=i: chart.inverse(places[i : i + 1])) for i in range(300))
    many = statistics.median(timed(lambda: chart.inverse(places)) for _ in range(3)) / len(places)
    return alone, 1e3 * one, 1e3 * many


def perceptron(chart: MapChart) -> tuple[float, float, float]:
    """Mean distance on the map of a trained student, without and with its errors on the neighbours taken off."""
    import torch

    vectors, places = chart.forward.vectors, chart.forward.positions
    shuffled = np.random.default_rng(0).permutation(len(vectors))
    m = min(HELD_OUT, len(vectors) // 10)
    out, kept = shuffled[:m], np.sort(shuffled[m:])
    centred = vectors - vectors[kept].mean(axis=0)
    _, axes = np.linalg.eigh(centred[kept].T @ centred[kept])
    inputs = centred @ axes[:, ::-1][:, :64]
    inputs = torch.from_numpy(np.ascontiguousarray(3 * inputs / inputs.std(), np.float32))
    targets = torch.from_numpy(places.astype(np.float32))
    torch.manual_seed(0)
    layers = [torch.nn.Linear(inputs.shape[1], 256), torch.nn.SiLU(), torch.nn.Linear(256, 256), torch.nn.SiLU()]
    network = torch.nn.Sequential(*layers, torch.nn.Linear(256, places.shape[1]))
    optimizer = torch.optim.AdamW(network.parameters(), 2e-3, weight_decay=1e-2)
    steps = 15 * len(kept) // 256 + 100
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, total_steps=steps + 1)
    started = time.perf_counter()
    for step in range(steps):
        batch = torch.from_numpy(kept[np.random.default_rng(step).integers(0, len(kept), 256)])
        loss = (network(inputs[batch]) - targets[batch]).abs().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    trained = time.perf_counter() - started
    with torch.no_grad():
        guessed = network(inputs).numpy().astype(np.float64)
    found = Forward(vectors[kept], places[kept], chart.forward.geometry).neighbours(vectors[out])
    near = kept[found.rows[:, :-1]]
    weights = 1 / np.maximum(found.distances[:, :-1], 1e-9) - 1 / np.maximum(found.distances[:, -1:], 1e-9) + 1e-9
    weights /= weights.sum(axis=1, keepdims=True)
    corrected = guessed[out] + (weights[:, :, None] * (places - guessed)[near]).sum(axis=1)
    width = float(np.ptp(places, axis=0).max())
    errors = [float(np.linalg.norm(made - places[out], axis=1).mean() / width) for made in (guessed[out], corrected)]
    return errors[0], errors[1], trained


def timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
