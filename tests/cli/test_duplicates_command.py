from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from running import Run

import lateen as lt


@pytest.fixture
def doubled(tmp_path: Path) -> Path:
    """A space of vectors with 25 copies in it, and one stranger."""
    x = np.random.default_rng(0).normal(size=(200, 6)).astype(np.float32)
    x[50] += 40
    np.savez(tmp_path / "x.npz", vectors=np.vstack([x, x[:25] + np.float32(1e-3)]), odd=np.arange(225) % 2)
    lt.build(tmp_path / "x.npz", out=tmp_path / "x.space")
    return tmp_path / "x.space"


def test_json_is_the_only_thing_on_stdout(lateen: Run, doubled: Path) -> None:
    code, out, err = lateen("duplicates", doubled, "--json")
    told = json.loads(out)
    assert (code, told["n"], told["copies"], len(told["groups"])) == (0, 225, 25, 25)
    assert told["groups"][0]["kept"] == "0"
    assert told["groups"][0]["copies"][0]["id"] == "200"
    assert told == lt.open(doubled).duplicates().to_dict()
    assert "Near-identical: nearer than" in err


def test_the_groups_are_printed_and_the_rest_counted(lateen: Run, doubled: Path, tmp_path: Path) -> None:
    code, out, err = lateen("duplicates", doubled, "-o", tmp_path / "d.csv")
    assert (code, out.splitlines()[0]) == (0, "25 groups; 25 of 225 items are copies")
    assert "5 more groups" in err
    assert len((tmp_path / "d.csv").read_text().splitlines()) == 51
    code, out, err = lateen("duplicates", doubled, "-o", tmp_path / "d.csv")
    assert (code, out, "exists already" in err) == (2, "", True)


def test_within(lateen: Run, doubled: Path) -> None:
    assert json.loads(lateen("duplicates", doubled, "--within", 1e-5, "--json")[1])["groups"] == []
    code, out, err = lateen("duplicates", doubled, "--within", -2)
    assert (code, out, err.count("\n"), "zero or more" in err) == (2, "", 1, True)


def test_outliers(lateen: Run, doubled: Path, tmp_path: Path) -> None:
    code, out, _ = lateen("near", doubled, "--unlike", "-k", 3, "--json")
    told = json.loads(out)
    assert (code, told["results"][0]["id"], told["results"][0]["support"]) == (0, "50", 0)
    assert len(told["results"]) == 3
    code, out, err = lateen("near", doubled, "--unlike", "-o", tmp_path / "u.png", "--where", "odd = 1")
    assert (code, out.startswith("least like the other 224 items"), "wrote" in err) == (0, True, True)
    assert "50 " not in [line[:3] for line in out.splitlines()]


@pytest.mark.parametrize(
    ("words", "said"),
    [((), "near got no ITEM"), (("3", "--unlike"), "give one of the two"), (("--unlike", "-k", 0), "k = 0")],
    ids=["neither", "both", "none"],
)
def test_an_item_or_unlike(lateen: Run, doubled: Path, words: tuple[object, ...], said: str) -> None:
    code, out, err = lateen("near", doubled, *words)
    assert (code, out, err.count("\n"), said in err) == (2, "", 1, True)


def test_words_are_used_alike_and_no_copies(lateen: Run, tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(size=(200, 6))
    x = np.vstack([x, x[:3] + 1e-4])
    lines = [f"w{i} {' '.join(map(str, row))}" for i, row in enumerate(x)]
    (tmp_path / "w.txt").write_text(f"{len(x)} 6\n" + "\n".join(lines) + "\n")
    lt.build(tmp_path / "w.txt", out=tmp_path / "w.space")
    code, out, err = lateen("duplicates", tmp_path / "w.space", "-o", tmp_path / "w.png")
    assert (code, out.splitlines()[0]) == (0, "3 groups; 3 of 203 words are used as another is")
    assert "Used alike: nearer than" in err
    assert "cop" not in out + err.replace(str(tmp_path), "")
    assert "used as another is" in repr(lt.open(tmp_path / "w.space").duplicates())
    none = lateen("duplicates", tmp_path / "w.space", "--within", 0)[1]
    assert none == "0 groups; 0 of 203 words are used as another is\n"


def test_one_item_is_unlike_none(lateen: Run, tmp_path: Path) -> None:
    np.save(tmp_path / "one.npy", np.ones((1, 3), np.float32))
    lt.build(tmp_path / "one.npy", out=tmp_path / "one.space")
    code, out, err = lateen("near", tmp_path / "one.space", "--unlike")
    assert (code, out) == (2, "")
    assert "near --unlike compares items, and" in err
    assert "one item; it needs at least 2 items" in err
