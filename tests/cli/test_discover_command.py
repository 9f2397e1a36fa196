"""`lateen direction discover` and `lateen direction name` as a user runs them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from running import Run

import lateen as lt


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("discover")
    vectors = np.random.default_rng(0).standard_normal((150, 4)) * [4, 2, 1, 0.5]
    lines = [f"{json.dumps({'v': v.tolist(), 'width': v[0]})}\n" for v in vectors]
    (folder / "x.jsonl").write_text("".join(lines))
    lt.build(folder / "x.jsonl", columns=lt.Columns(vector="v"), encoder="none", out=folder / "x.space")
    return folder / "x.space"


def test_json_is_the_only_thing_on_stdout(lateen: Run, space: Path) -> None:
    code, out, _ = lateen("direction", "discover", space, "--method", "ica", "-n", 2, "--seed", 1, "--json")
    assert code == 0
    assert json.loads(out) == lt.open(space).discover("ica", 2, seed=1).to_dict()


def test_discover_look_edit_name(lateen: Run, space: Path, tmp_path: Path) -> None:
    picture = tmp_path / "axes.png"
    code, out, err = lateen("direction", "discover", space, "-n", 2, "-o", picture)
    assert code == 0
    assert out.startswith(f"2 axes of {space}\n")
    assert "pca-1" in out
    assert "width" in out
    assert "lateen direction name" in err
    assert picture.stat().st_size > 1_000
    assert lateen("edit", space, "3", "--by", "pca-1=+1")[0] == 0
    code, out, _ = lateen("direction", "name", space, "pca-1", "how wide")
    assert (code, out) == (0, f"pca-1 is kept in {space} as how wide.\n")
    assert "how wide" in lateen("direction", "list", space)[1]
    told = json.loads(lateen("direction", "name", space, "how wide", "width", "--json")[1])
    assert told["name"] == "width"
    code, out, _ = lateen("direction", "discover", space, "-n", 2)
    assert (code, "novelty" in out, "most like" in out) == (0, True, True)
    assert lateen("direction", "remove", space, "width")[0] == 0


def test_the_picture_is_not_overwritten(lateen: Run, space: Path, tmp_path: Path) -> None:
    (tmp_path / "axes.png").write_bytes(b"mine")
    code, _, err = lateen("direction", "discover", space, "-o", tmp_path / "axes.png")
    assert (code, (tmp_path / "axes.png").read_bytes()) == (2, b"mine")
    assert "--force" in err


@pytest.mark.parametrize(
    "words",
    [
        ("discover", "SPACE", "--method", "tsne"),
        ("discover", "SPACE", "-n", 9),
        ("discover", "SPACE", "-n", 0),
        ("discover", "SPACE", "--features", 9),
        ("name", "SPACE", "sae-99", "x"),
        ("name", "SPACE", "nobody", "x"),
    ],
    ids=lambda words: " ".join(map(str, words)),
)
def test_bad_input_is_one_message(lateen: Run, space: Path, words: tuple[object, ...]) -> None:
    code, out, err = lateen("direction", *(space if word == "SPACE" else word for word in words))
    assert (code, out) == (2, "")
    assert err.startswith("lateen: ")
    assert "Traceback" not in err
