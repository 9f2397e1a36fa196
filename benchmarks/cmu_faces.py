"""Real photographs: a folder of 624 pictures of 20 people becomes a space, all the way.

    python benchmarks/cmu_faces.py FOLDER_OF_PNG OUT [--minutes 5]

The names of the files say person_pose_expression_eyes; they are written to a table and joined with `fields=`. The
pictures are left in OUT for a person to look at.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import numpy as np

import lateen as lt

SEEDS = 8


def main() -> None:
    """Train, build, search, walk, fit and edit; print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("photos", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--minutes", type=float, default=5.0)
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    table = fields_from_names(given.photos, given.out / "fields.csv")
    model, folder = given.out / "faces.model", given.out / "faces.space"
    if not (model / "config.json").exists():
        trained = lt.train(given.photos, model, minutes=given.minutes)
        print(f"trained {trained.steps} steps, {trained.items_per_second:.0f} images/s: {trained.validation}")
    print(lt.build(given.photos, encoder=f"vae:{model}", out=folder, fields=table, force=True))
    space = lt.open(folder)
    print(space.info().describe())
    neighbours_share(space)
    pictures(space, given.out)
    directions(space, given.out, "vae")
    folder = given.out / "pixels.space"
    lt.build(given.photos, encoder="pca:128", out=folder, fields=table, force=True)
    directions(lt.open(folder), given.out, "pca")


def fields_from_names(photos: Path, table: Path) -> Path:
    """A csv of id, person, pose, expression, eyes."""
    with table.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "person", "pose", "expression", "eyes"])
        for path in sorted(photos.glob("*.png")):
            rows.writerow([path.name, *path.stem.split("_")])
    return table


def neighbours_share(space: lt.Space) -> None:
    """How often the 5 nearest photographs share a field, against chance."""
    points = space.points
    found = {field: 0 for field in ("person", "pose", "expression", "eyes")}
    for id in space.ids:
        for match in space.near(id, k=5).matches:
            for field in found:
                found[field] += match.fields[field] == points.fields[field][points.row(id)]
    for field, hits in found.items():
        _, counts = np.unique(points.fields[field].astype(str), return_counts=True)
        n = counts.sum()
        chance = float((counts * (counts - 1)).sum() / (n * (n - 1)))
        print(f"the 5 nearest share the {field}: {hits / (5 * n):.3f} (chance {chance:.3f})")


def directions(space: lt.Space, out: Path, kind: str) -> None:
    """Sunglasses, pose and expression, nobody being in both the fit and the test."""
    held = "person,pose"
    for name, field, value, without in (
        ("sunglasses", "eyes", "sunglasses", ""),
        ("sunglasses, held", "eyes", "sunglasses", held),
        ("left", "pose", "left", "person"),
        ("up", "pose", "up", "person"),
        ("happy", "expression", "happy", held),
        ("angry", "expression", "angry", held),
    ):
        found = []
        for seed in range(SEEDS):
            fitted = space.direction(
                name, field=field, positive=value, group="person", without=without, seed=seed, force=True
            )
            found.append([fitted.direction.auc, fitted.direction.along, fitted.direction.matched])
        mean, low = np.mean(found, axis=0), np.min(found, axis=0)
        print(
            f"{kind} {name:18s} AUC {mean[0]:.3f}, along the direction {mean[1]:.3f}, among alike {mean[2]:.3f} "
            f"(mean of {SEEDS} splits by person; least {low[0]:.3f}, {low[1]:.3f}, {low[2]:.3f})"
        )
    for name in ("an2i", "phoebe", "tammo"):
        edited = space.edit(f"{name}_straight_neutral_open.png", "sunglasses, held", until=0.95)
        print(edited, "->", edited.save(out / f"edit_{kind}_{name}.png", force=True))
    space.direction("sunglasses, held").save(out / f"sunglasses_{kind}.png", force=True)
    space.traverse("an2i_straight_neutral_open.png", "left").save(out / f"left_{kind}.png", force=True)
    space.traverse("an2i_straight_neutral_open.png", "happy").save(out / f"happy_{kind}.png", force=True)


def pictures(space: lt.Space, out: Path) -> None:
    """The pictures that a user would make."""
    bare, other = "an2i_straight_neutral_open.png", "kawamura_straight_neutral_open.png"
    print(space.near(bare, k=8).save(out / "near.png", force=True))
    walk = space.path(bare, other)
    print(walk, "->", walk.save(out / "path.png", force=True))
    print(space.sample(16, seed=1).save(out / "samples.png", force=True))
    made = space.map(color="person", method="umap")
    print(made, "->", made.save(out / "map.png", force=True), made.save(out / "map.html", force=True))


if __name__ == "__main__":
    main()
