"""How many dimensions an array or a space has, whatever is asked of it."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lateen as lt
from lateen.manifold.dimension import mle
from lateen.neighbors import neighbour_table
from lateen.operations.dimension import METHODS, Dimension

KEYS = {"estimate", "low", "high", "method", "scales", "plateau", "methods", "left_out", "groups", "by", "k", "n"}


@pytest.fixture(scope="module")
def roll() -> np.ndarray:
    random = np.random.default_rng(0)
    t = 1.5 * np.pi * (1 + 2 * random.random(3000))
    return np.stack([t * np.cos(t), 21 * random.random(3000), t * np.sin(t)], axis=1)


@pytest.mark.parametrize("method", METHODS)
def test_a_swiss_roll_has_two(roll: np.ndarray, method: str) -> None:
    found = lt.dimension(roll, method=method)
    assert found.estimate == pytest.approx(2, abs=0.12)
    assert found.low < found.estimate < found.high
    assert found.plateau is not None
    assert found.plateau.estimate == pytest.approx(2, abs=0.12)
    assert set(found.methods) == set(METHODS)
    assert found.scales is found.methods[method]
    told = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert told.keys() >= KEYS
    assert told["scales"][0]["n"] == 3000
    assert method in repr(found)


@pytest.mark.parametrize(("dim", "least"), [(1, 0.97), (3, 2.8), (6, 5.3)])
def test_cubes_and_normals(dim: int, least: float) -> None:
    random = np.random.default_rng(dim)
    for vectors in (random.random((4000, dim)), random.normal(size=(4000, dim))):
        assert least < lt.dimension(vectors).estimate < 1.05 * dim


def test_where_it_lies_and_in_which_units_changes_nothing(roll: np.ndarray) -> None:
    plain = lt.dimension(roll)
    with_constants = np.column_stack([np.full(3000, 7.0), roll, np.zeros((3000, 4))])
    for same in (roll * 1e-200, roll * 1e200, roll + 1e8, with_constants, roll.tolist(), np.asfortranarray(roll)):
        other = lt.dimension(same)
        assert other.estimate == pytest.approx(plain.estimate, rel=1e-4)
        assert len(other.plateaus) == 1
    far = lt.dimension(1e200 * roll).scales[0].distance
    assert far == pytest.approx(1e200 * plain.scales[0].distance, rel=1e-4)


def test_numbers_on_a_line_have_one() -> None:
    found = lt.dimension(np.random.default_rng(0).random(2000))
    assert found.estimate == pytest.approx(1, abs=0.05)
    assert found.plateau is not None


def test_one_cluster_far_away(roll: np.ndarray) -> None:
    assert lt.dimension(np.concatenate([roll, roll[::2] + 1e5])).estimate == pytest.approx(2, abs=0.1)


def test_copies_by_the_thousand_are_left_out_and_told(roll: np.ndarray) -> None:
    plain = lt.dimension(roll)
    for copied in (np.concatenate([roll, np.repeat(roll[:1], 4000, 0)]), np.repeat(roll, 3, axis=0)):
        found = lt.dimension(copied)
        assert found.estimate == pytest.approx(plain.estimate, rel=1e-3)
        assert (found.n, found.left_out) == (3000, len(copied) - 3000)
        assert f"{found.left_out:,} items are copies" in found.notes[0]
        assert found.local.shape == (len(copied),)
    assert (found.local[0::3] == found.local[1::3]).all()  # a copy has the dimension of what it is a copy of


def test_grids_and_equal_distances_are_told() -> None:
    grid = np.stack(np.meshgrid(np.arange(30), np.arange(30)), axis=-1).reshape(-1, 2)
    assert "as on a grid" in lt.dimension(grid).notes[-1]
    alike = lt.dimension(np.eye(200))
    assert math.isnan(alike.estimate)
    assert alike.to_dict()["estimate"] is None
    assert "equally far" in alike.notes[0]
    assert alike.picture().width == 980


def test_each_group_has_its_own() -> None:
    random = np.random.default_rng(0)
    flat = np.column_stack([random.random((1500, 2)), np.zeros((1500, 6))])
    vectors = np.concatenate([flat, 5 + random.random((1500, 8))])
    labels = np.repeat(["flat", "thick"], 1500)
    found = lt.dimension(vectors, labels=labels)
    thin, thick = found.groups
    assert (thin.value, thin.n, thick.value, thick.n) == ("flat", 1500, "thick", 1500)
    assert thin.estimate == pytest.approx(2, abs=0.15)
    assert 6 < thick.estimate < 8
    assert thin.low < thin.estimate < thin.high
    assert 1 / np.mean(1 / found.local[:1500]) == pytest.approx(thin.estimate)
    for method in METHODS:
        two = lt.dimension(vectors, method=method, labels=labels).groups
        assert two[0].estimate < 2.6 < 5 < two[1].estimate


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        ([0] * 50, ["0"]),
        ([1.0, 2.0] * 25, ["1", "2"]),
        ([None, "b", "a", float("nan"), "b"] * 10, ["a", "b"]),
        ([True, False] * 25, ["False", "True"]),
        (list(range(10, 0, -1)) * 5, [str(i) for i in range(1, 11)]),
        ([float("nan")] * 50, []),
    ],
    ids=["one", "numbers", "missing", "truths", "order", "all missing"],
)
def test_labels_of_any_kind(labels: list[object], names: list[str]) -> None:
    vectors = np.random.default_rng(0).normal(size=(50, 3))
    assert [g.value for g in lt.dimension(vectors, labels=labels).groups] == names


NUMBERS = np.random.default_rng(0).normal(size=(40, 3))


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: lt.dimension(NUMBERS[:2]), "got 2 items; it needs 3"),
        (lambda: lt.dimension(NUMBERS[:0]), "got 0 items"),
        (lambda: lt.dimension(np.ones((500, 3))), "500 items of which 1 differ"),
        (lambda: lt.dimension(NUMBERS[:3], method="pca"), "got 3 items that differ; it needs 5"),
        (lambda: lt.dimension(np.where(np.arange(40)[:, None] == 7, np.nan, NUMBERS)), "NaN or .* row 7 of 40"),
        (lambda: lt.dimension(np.zeros((9, 8, 8))), r"shape \(9, 8, 8\).*reshape"),
        (lambda: lt.dimension(np.zeros((9, 0))), r"shape \(9, 0\)"),
        (lambda: lt.dimension(5), r"shape \(\)"),
        (lambda: lt.dimension(["a", "b", "c"]), "array of <U1"),
        (lambda: lt.dimension([[1, 2], [3]]), "no array"),
        (lambda: lt.dimension(NUMBERS, k=1), "k = 1"),
        (lambda: lt.dimension(NUMBERS, k=3, method="pca"), "k = 3"),
        (lambda: lt.dimension(NUMBERS, method="mlr"), "Did you mean 'mle'"),
        (lambda: lt.dimension(NUMBERS, seed=-1), "seed -1"),
        (lambda: lt.dimension(NUMBERS, geometry="saddle"), "no geometry 'saddle'"),
        (lambda: lt.dimension(NUMBERS - NUMBERS[4], geometry="sphere"), "zero vector in row 4 of 40"),
        (lambda: lt.dimension(1e30 * NUMBERS, geometry=lt.Gaussian()), r"numbers up to 1e\+15"),
        (lambda: lt.dimension(NUMBERS, labels=[{}] * 40), "can't tell items apart"),
        (lambda: lt.dimension(NUMBERS, labels=[1, 2]), r"shape \(2,\) for 40 items"),
        (lambda: lt.dimension(NUMBERS, labels=NUMBERS[:, 0]), "can't tell items apart"),
        (lambda: lt.dimension(NUMBERS * 1e308 * 10.0 ** np.arange(-2, 1)), "NaN or infinity|too large"),
    ],
)
@pytest.mark.filterwarnings("ignore:overflow")
def test_bad_input(call: Any, said: str) -> None:
    with pytest.raises(lt.InputError, match=said):
        call()


@pytest.mark.parametrize("n", [3, 5, 8, 11, 30])
def test_fewer_items_than_neighbours(n: int) -> None:
    for method in METHODS if n >= 5 else METHODS[:3]:
        found = lt.dimension(NUMBERS[:n], method=method)
        assert found.k == min(10, n - 1)
        assert (f"k is {found.k} instead of 10" in found.notes[0]) == (n < 11)
        assert math.isfinite(found.low) == (n >= 10)
        assert found.plateau is None or method == "gride"


@pytest.mark.parametrize(
    ("n", "dim", "bent", "said"),
    [
        (200, 2, 0.0, "too few scales, 1 with an interval"),
        (520, 6, 0.0, "the intervals are too wide, beyond ± 10% at"),
        (4000, 12, 0.0, "the scales span too little distance: they are less than 1.5 times as far"),
        (4000, 1, 0.02, "it drifts, "),
    ],
    ids=["few", "wide", "narrow", "drift"],
)
def test_why_there_is_no_plateau(n: int, dim: int, bent: float, said: str) -> None:
    random = np.random.default_rng(0)
    vectors = random.random((n, dim))
    if bent:
        vectors = np.column_stack([vectors, bent * random.normal(size=(n, 6)) * 0.05])
    found = lt.dimension(vectors, method="two_nn" if n == 520 else "mle")
    assert found.plateau is None
    assert str(found.no_plateau).startswith(said)
    assert f"no plateau: {said}" in repr(found)
    assert found.to_dict()["no_plateau"] == found.no_plateau


def test_k_is_said_where_it_counts_and_where_it_is_much() -> None:
    vectors = np.random.default_rng(0).random((300, 3))
    assert "by mle, k = 20;" in repr(lt.dimension(vectors, k=20))
    assert "by two_nn, neighbours 1 and 2;" in repr(lt.dimension(vectors, k=20, method="two_nn"))
    assert "by gride, neighbours 8 and 16;" in repr(lt.dimension(vectors, k=20, method="gride"))
    assert lt.dimension(vectors, k=30).notes == ()
    assert lt.dimension(vectors, k=31, method="two_nn").notes == ()
    assert lt.dimension(vectors, k=31).notes[0].startswith("k = 31 of 300 items is not local")
    lowered = lt.dimension(vectors, k=2000)
    assert lowered.k == 299
    assert "k is 299 instead of 2000" in lowered.notes[0]
    assert "k = 299 of 300 items is not local" in lowered.notes[1]


def test_of_a_grid_gride_says_nothing_rather_than_something_certain() -> None:
    grid = np.stack(np.meshgrid(np.arange(30), np.arange(30)), axis=-1).reshape(-1, 2)
    found = lt.dimension(grid, method="gride")
    assert math.isnan(found.estimate)
    assert math.isnan(found.low)
    plain = lt.dimension(grid)
    assert all(math.isnan(s.estimate) for s in plain.methods["gride"][:3])
    assert any(note.startswith("GRIDE is unknown at ") for note in plain.notes)
    scattered = lt.dimension(grid + np.random.default_rng(0).normal(size=grid.shape))
    assert not any("GRIDE" in note for note in scattered.notes)


@pytest.mark.parametrize("k", [2, 3])
def test_two_or_three_neighbours_are_enough_for_all_but_pca(k: int) -> None:
    found = lt.dimension(np.random.default_rng(0).random((2000, 3)), k=k)
    assert found.estimate == pytest.approx(3, abs=0.4)
    assert set(found.methods) == {"mle", "two_nn", "gride"}


@pytest.mark.parametrize("geometry", ["sphere", "gaussian"])
@pytest.mark.parametrize("unit", [1e-30, 1e30, 1e300])
def test_units_change_nothing_in_any_geometry(geometry: str, unit: float) -> None:
    vectors = np.random.default_rng(0).normal(size=(500, 4))
    usual = lt.dimension(vectors, geometry=geometry)
    assert lt.dimension(unit * vectors, geometry=geometry).estimate == pytest.approx(usual.estimate, rel=1e-3)


def test_points_on_a_sphere() -> None:
    directions = np.random.default_rng(0).normal(size=(2000, 4))
    found = lt.dimension(np.concatenate([directions, 3 * directions[:50]]), geometry=lt.Sphere())
    assert found.estimate == pytest.approx(2.85, abs=0.15)
    assert found.left_out == 50


def test_the_same_again_with_any_number_of_threads(tmp_path: Path) -> None:
    code = (
        "import numpy as np, lateen as lt, json; x = np.random.default_rng(0).normal(size=(1500, 20));"
        "print(json.dumps([lt.dimension(x, method=m, seed=3).to_dict() for m in ('mle', 'pca')]))"
    )
    told = set()
    for threads in ("1", "2"):
        limits = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), threads)
        done = subprocess.run([sys.executable, "-c", code], env=os.environ | limits, capture_output=True, check=True)
        told.add(done.stdout)
    assert len(told) == 1


def test_of_a_space(faces: lt.Space) -> None:
    for kept in (faces.folder / "derived").glob("neighbours-*"):  # of other tests
        kept.unlink()
    seen: list[tuple[int, int]] = []
    found = faces.dimension(by="glasses", progress=lambda done, total: seen.append((done, total)))
    table = neighbour_table(np.asarray(faces.points.vectors), 10, geometry=faces.geometry)
    assert found.estimate == pytest.approx(mle(table.distances).value, rel=0.01)
    assert [g.value for g in found.groups] == ["0", "1", "2"]
    assert sum(g.n for g in found.groups) == found.n == len(faces)
    assert seen[-1] == (400, 400)
    assert faces.dimension().to_dict() == faces.dimension().to_dict()
    assert faces.dimension().by is None
    assert isinstance(found, Dimension)
    assert found.save(faces.folder.parent / "d.png").exists()
    assert "<img" in found._repr_html_()
    with pytest.raises(lt.InputError, match="'smile' can't tell"):
        faces.dimension(by="smile")
    with pytest.raises(lt.InputError, match="no field 'glases'"):
        faces.dimension(by="glases")


def test_a_field_called_label_is_taken(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    rows = [f"{i},{i % 2},{i},{' '.join(map(str, random.normal(size=4)))}" for i in range(80)]
    (tmp_path / "t.csv").write_text("id,label,other,v\n" + "\n".join(rows) + "\n")
    lt.build(tmp_path / "t.csv", columns=lt.Columns(id="id", vector="v"), encoder="none", out=tmp_path / "t.space")
    found = lt.open(tmp_path / "t.space").dimension()
    assert (found.by, [g.value for g in found.groups]) == ("label", ["0", "1"])
