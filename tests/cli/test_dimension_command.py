from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from running import Run

import lateen as lt


@pytest.fixture(scope="module")
def rolls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A space of a swiss roll with labels, some items twice."""
    folder = tmp_path_factory.mktemp("rolls")
    random = np.random.default_rng(0)
    t = 1.5 * np.pi * (1 + 2 * random.random(900))
    vectors = np.stack([t * np.cos(t), 21 * random.random(900), t * np.sin(t)], axis=1)[[*range(900), *range(30)]]
    lines = [f"{json.dumps({'v': row.tolist(), 'label': f'turn {int(row[0] > 0)}', 'x': row[0]})}\n" for row in vectors]
    (folder / "rolls.jsonl").write_text("".join(lines))
    lt.build(folder / "rolls.jsonl", columns=lt.Columns(vector="v"), encoder="none", out=folder / "rolls.space")
    return folder / "rolls.space"


def test_json_is_the_only_thing_on_stdout(lateen: Run, rolls: Path) -> None:
    code, out, err = lateen("dimension", rolls, "--json")
    told = json.loads(out)
    assert code == 0
    assert told == lt.open(rolls).dimension().to_dict()
    assert told["estimate"] == pytest.approx(2, abs=0.12)
    assert told["low"] < told["estimate"] < told["high"]
    assert (told["method"], told["by"], len(told["groups"]), told["left_out"]) == ("mle", "label", 2, 30)
    assert [scale["n"] for scale in told["scales"]] == [900, 450, 225]
    assert "30 items are copies" in err


def test_the_summary(lateen: Run, rolls: Path) -> None:
    code, out, _ = lateen("dimension", rolls, "--method", "two_nn", "-k", 8, "--seed", 2)
    found = lt.open(rolls).dimension(method="two_nn", k=8, seed=2)
    assert code == 0
    assert out.startswith(f"dimension  {found.estimate:.2f}   95 % {found.low:.2f} to {found.high:.2f}\n")
    assert "read by    two_nn, neighbours 1 and 2, among 900 items" in out
    for said in ("plateau    ", "items  mle", "pca", "(8, 16)", "around the items of each label", "turn 0"):
        assert said in out


def test_without_a_plateau_the_reason_is_printed(lateen: Run, rolls: Path) -> None:
    code, out, err = lateen("dimension", rolls, "-k", 200)
    assert code == 0
    assert "read by    mle, k = 200, among 900 items\nplateau    none: too few scales, 1 with an interval" in out
    assert "k = 200 of 900 items is not local" in err


def test_the_picture_is_saved_once(lateen: Run, rolls: Path, tmp_path: Path) -> None:
    target = tmp_path / "d.png"
    assert lateen("dimension", rolls, "-o", target)[0] == 0
    size = target.stat().st_size
    code, _, err = lateen("dimension", rolls, "-o", target)
    assert (code, target.stat().st_size) == (2, size)
    assert "--force" in err
    assert lateen("dimension", rolls, "-o", target, "--force", "--by", "label")[0] == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--method", "ml"), "Did you mean 'mle'"),
        (("-k", 1), "k = 1"),
        (("--by", "x"), "can't tell items apart"),
        (("--by", "y"), "no field 'y'"),
        (("-o", "d.txt"), ".png"),
    ],
    ids=["method", "k", "numbers", "no field", "suffix"],
)
def test_bad_input(lateen: Run, rolls: Path, words: tuple[str | int, ...], said: str) -> None:
    code, out, err = lateen("dimension", rolls, *words)
    assert (code, out) == (2, "")
    assert said in err
    assert "Traceback" not in err


def test_two_items(lateen: Run, tmp_path: Path) -> None:
    np.save(tmp_path / "two.npy", np.eye(2, dtype=np.float32))
    lt.build(tmp_path / "two.npy", out=tmp_path / "two.space")
    code, _, err = lateen("dimension", tmp_path / "two.space")
    assert code == 2
    assert "got 2 items; it needs 3" in err
