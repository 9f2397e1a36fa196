from __future__ import annotations

import json
from pathlib import Path

import pytest
from running import Run

import lateen as lt


def test_json_is_the_only_thing_on_stdout(lateen: Run, faces_folder: Path) -> None:
    code, out, _ = lateen("tangent", faces_folder, "7", "-d", 4, "-k", 30, "--json")
    told = json.loads(out)
    assert (code, told["item"], told["dimension"], told["k"]) == (0, "7", 4, 30)
    assert told == lt.open(faces_folder).tangent("7", 4, 30).to_dict()


def test_the_table_and_the_picture(lateen: Run, faces_folder: Path, tmp_path: Path) -> None:
    code, out, err = lateen("tangent", faces_folder, "7", "-o", tmp_path / "t.png")
    assert (code, f"wrote {tmp_path / 't.png'}" in err) == (0, True)
    assert out.startswith("7   dimension ")
    assert "of a normal" in out.splitlines()[1]
    assert len(out.splitlines()) > 5
    code, out, err = lateen("tangent", faces_folder, "7", "-o", tmp_path / "t.png")
    assert (code, out, "exists already" in err) == (2, "", True)


@pytest.mark.parametrize(
    ("words", "said"),
    [(("nobody",), "There is no id 'nobody'"), (("7", "-d", 99), "d = 99"), (("7", "-k", 1), "k = 1")],
    ids=["item", "dimension", "neighbours"],
)
def test_bad_options_are_one_message(lateen: Run, faces_folder: Path, words: tuple[object, ...], said: str) -> None:
    code, out, err = lateen("tangent", faces_folder, *words)
    assert (code, out, err.count("\n"), said in err) == (2, "", 1, True)


def test_p_at_its_least_is_a_bound(lateen: Run, faces_folder: Path) -> None:
    rings = lt.open(faces_folder).tangent("7").flatness
    out = lateen("tangent", faces_folder, "7")[1]
    assert any(ring.is_least for ring in rings)
    for ring, line in zip(rings, out.splitlines()[-len(rings) :], strict=True):
        assert line.split()[0] == str(ring.k)
        assert line.rstrip().endswith("≤ 0.01") == ring.is_least == (ring.p == 0.01)


def test_fewer_directions_than_asked_are_noted(lateen: Run, faces_folder: Path) -> None:
    code, _, err = lateen("tangent", faces_folder, "7", "-d", 12, "-k", 3)
    assert code == 0
    assert "3 neighbours vary in 2 directions only: that is the dimension, instead of 12." in err
