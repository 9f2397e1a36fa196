"""Edits of portraits along directions, by method, beside InterFaceGAN's recipe, judged by a reader of pixels.

    python benchmarks/directions.py [--portraits 10000] [--only glasses,age] [--methods 'lda;ridge']

Portraits as they come (confounded). One reader is trained on pictures that are not edited, and judges; another, on
other pictures, tunes. Every direction, the recipe's too, is fitted on the same items, gets its dose in the same way (of
up to 500 other items, not those that are judged, 98 % are read as having the attribute), and edits the same held-out
faces. InterFaceGAN (Shen et al. 2020): the normal of a linear support vector machine, as it is, and projected so that
it is orthogonal to those of the other five attributes.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from sklearn.svm import LinearSVC

import lateen as lt
from lateen.core.direction import Direction
from lateen.directions import contrast, fit_direction
from lateen.directions.contrast import Contrast
from lateen.directions.held_equal import held_equal
from lateen.operations.measured_dose import measured_dose, measured_reading
from lateen.operations.opened import Opened
from lateen.operations.score import score_direction
from lateen.operations.space_reader import SpaceReader, train_reader
from lateen.operations.tuning import tuned
from lateen.store import SpaceFolder

ATTRIBUTES = {
    "glasses": ("glasses", "> 0"),
    "smile": ("smile", None),
    "hair_colour": ("hair_colour", None),
    "beard": ("beard", "> 0"),
    "woman": ("woman", None),
    "age": ("age", None),
}
HELD, CALIBRATED, EDITED = 1_500, 1_000, 500
HUE = 0.125  # half the way from one of five hues to the next


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--portraits", type=int, default=10_000)
    parser.add_argument("--only", default=",".join(ATTRIBUTES))
    parser.add_argument("--methods", default="")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "portraits.space"
        lt.build(f"portraits:{given.portraits}:201", encoder="vae:portraits", out=path)
        bench = Bench(Opened(SpaceFolder.open(path)))
        for name in given.only.split(","):
            bench.compare(name, [m for m in given.methods.split(";") if m] or None)
        bench.hues()
        bench.without()


class Bench:
    """A space, divided once, with its reader."""

    def __init__(self, opened: Opened) -> None:
        self.opened = opened
        order = np.random.default_rng(0).permutation(len(opened))
        self.held = np.sort(order[:HELD])
        self.calibrating = np.sort(order[HELD : HELD + CALIBRATED])
        self.fit = np.zeros(len(opened), bool)
        self.fit[order[HELD + CALIBRATED :]] = True
        judged, rest = np.sort(order[: HELD + CALIBRATED]), np.sort(order[HELD + CALIBRATED :])
        self.tuner = train_reader(opened, np.sort(np.concatenate([judged, rest[::2]])), seed=1)
        started = time.perf_counter()
        self.reader: SpaceReader = train_reader(opened, np.sort(np.concatenate([judged, rest[1::2]])))
        print(f"reader: {time.perf_counter() - started:.0f} s; skill on reconstructions of held-out portraits:")
        fields = sorted(opened.fields.column_names)
        skill = {name: self.reader.skills[name][1].skill for name in fields}
        print("  " + ", ".join(f"{name} {skill[name]:.2f}" for name in fields), flush=True)

    def compare(self, name: str, methods: list[str] | None) -> None:
        """One attribute by every method."""
        field, positive = ATTRIBUTES[name]
        split = self.split(field, positive)
        made = {
            "mean_difference": lambda: self.fitted(name, split, "mean_difference"),
            "held equal": lambda: self.fitted(name, split, "mean_difference", self.independent(field)),
            "held equal, tuned": lambda: self.tuned(name, split),
            "leace": lambda: self.fitted(name, split, "leace", self.independent(field)),
            "lda": lambda: self.fitted(name, split, "lda"),
            "logistic": lambda: self.fitted(name, split, "logistic"),
            "ridge": lambda: self.fitted(name, split, "ridge"),
            "interfacegan": lambda: self.interfacegan(name, split, False),
            "interfacegan, projected": lambda: self.interfacegan(name, split, True),
        }
        for method, make in made.items():
            if methods is None or method in methods:
                self.report(name, method, make())

    def split(self, field: str, positive: str | None) -> Contrast:
        """Who has the attribute among the items that are fitted on."""
        every = contrast(self.opened.column(field), field, positive)
        values = None if every.values is None else np.where(self.fit, every.values, np.nan)
        return Contrast(field, every.rule, every.positive & self.fit, every.negative & self.fit, values)

    def independent(self, field: str) -> list[str]:
        """All other fields but those that share the hidden cause."""
        shared = ("woman", "hair_length", "jaw", "brow", "beard", "moustache")
        names = [f for f in self.opened.fields.column_names if f != field]
        return [f for f in names if not (field in shared and f in shared)]

    def fitted(self, name: str, split: Contrast, method: str, without: list[str] | None = None) -> Direction:
        """lateen's direction."""
        held = held_equal({f: self.opened.column(f) for f in without}) if without else None
        fingerprint = self.opened.spec.fingerprint
        return fit_direction(self.opened.points, name, split, method=method, held=held, fingerprint=fingerprint)

    def tuned(self, name: str, split: Contrast, without: list[str] | None = None) -> Direction:
        """lateen's direction, tuned by another reader on items that are not judged."""
        held = self.independent(split.field) if without is None else without
        direction = self.fitted(name, split, "mean_difference", held)
        fields = [f for f in self.independent(split.field) if f not in held] + held
        readable = [f for f in fields if self.tuner.is_readable(f)]
        return tuned(self.opened, direction, self.tuner, np.flatnonzero(self.fit), readable)

    def interfacegan(self, name: str, split: Contrast, projected: bool) -> Direction:
        """The recipe: a support vector machine's normal, orthogonal to those of the other attributes."""
        base = self.fitted(name, split, "mean_difference")
        normal = self.normal(split)
        if projected:
            rest = [self.normal(self.split(*ATTRIBUTES[other])) for other in ATTRIBUTES if other != name]
            basis = np.linalg.qr(np.stack(rest, axis=1))[0]
            normal = normal - basis @ (basis.T @ normal)
            normal /= np.linalg.norm(normal)
        along = self.opened.points @ normal
        gap = float(along[split.positive].mean() - along[split.negative].mean())
        scale = float(along.std())
        return replace(base, vector=normal.astype(np.float32), scale=scale, gap=gap / scale, dose=gap / scale)

    def normal(self, split: Contrast) -> np.ndarray:
        """The unit normal of the boundary."""
        rows = np.flatnonzero(split.positive | split.negative)
        machine = LinearSVC(C=1.0, dual=False, max_iter=10_000)
        machine.fit(self.opened.points[rows], split.positive[rows])
        return np.asarray(machine.coef_[0] / np.linalg.norm(machine.coef_[0]), np.float64)

    def report(self, name: str, method: str, direction: Direction, until: float | None = None) -> dict[str, object]:
        """Score and print one row."""
        suggested = direction.dose
        if until is None:
            dose = measured_dose(self.opened, direction, self.reader, self.calibrating)
            direction = replace(direction, dose=dose)
        within = at = None
        if until is not None:
            within, at = HUE, measured_reading(self.opened, direction, self.reader, self.calibrating, until, HUE)
        found = score_direction(
            self.opened, direction, self.reader, self.held, items=EDITED, until=until, within=within, probe_at=at
        )
        row = found.to_dict()
        kept = {f: k for f, k in row["kept"].items()}  # type: ignore[union-attr]
        low = sorted((k["kept"], f) for f, k in kept.items() if f in row["independent"] and k["kept"] is not None)[:4]
        doses = f"dose {direction.dose:.2f} (first {suggested:.2f})" if until is None else f"probe at {at:.3f}"
        print(
            f"{name:12s} {method:24s} {doses:24s} n {row['n']:4d} success {row['success']:.3f} "
            f"selectivity {row['selectivity']:.3f} harmonic {row['harmonic']:.3f} "
            f"identity {row['identity_kept']['share']:.3f} "  # type: ignore[index]
            "least: " + ", ".join(f"{f} {k:.3f}" for k, f in low),
            f"; not judged: {row['unsteady']} {row['unjudged']}",
            flush=True,
        )
        return row

    def hues(self) -> None:
        """Hair of every hue: each face is moved until the direction's own probe reads it."""
        split = self.split("hair_colour", None)
        for label, direction in {
            "plain": self.fitted("hair_colour", split, "mean_difference"),
            "tuned": self.tuned("hair_colour", split),
        }.items():
            for hue in (0.0, 0.25, 0.5, 0.75, 1.0):
                self.report("hair_colour", f"to {hue:g}, {label}", direction, until=hue)

    def without(self) -> None:
        """Man to woman, with beard and hair length held equal or not: what an edit changes of them."""
        split, names = self.split("woman", None), ["beard", "hair_length"]
        for label, direction in {
            "plain": self.fitted("woman", split, "mean_difference"),
            "without": self.fitted("woman", split, "mean_difference", names),
            "without, tuned": self.tuned("woman", split, names),
        }.items():
            row = self.report("woman", label, direction)
            for field in names:
                print(f"    {field}: {row['kept'].get(field) or row['unsteady'].get(field)}")  # type: ignore[attr-defined]


if __name__ == "__main__":
    main()
