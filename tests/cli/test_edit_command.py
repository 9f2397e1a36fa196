"""`lateen edit`, as it is typed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from running import Run

import lateen as lt
from lateen.core.probe import Probe
from lateen.store import save_direction


@pytest.fixture
def shapes(tmp_path: Path) -> Path:
    """A space of vectors whose first two numbers go along with two fields."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 6)).astype(np.float32)
    np.save(tmp_path / "x.npy", x)
    rows = [f"{i},{int(v[0] > 0)},{v[0] + v[1]:.4f}" for i, v in enumerate(x)]
    (tmp_path / "f.csv").write_text("\n".join(["id,round,size", *rows]))
    lt.build(tmp_path / "x.npy", out=tmp_path / "x.space", fields=tmp_path / "f.csv")
    space = lt.open(tmp_path / "x.space")
    space.direction("round", field="round")
    found = space.directions()["round"]
    save_direction(space.folder, replace(found, probe=Probe(np.eye(6, dtype=np.float32)[0] * 4, 0.0)))
    return tmp_path / "x.space"


def test_it_says_what_else_changes_and_how_surely(lateen: Run, shapes: Path) -> None:
    code, out, err = lateen("edit", shapes, "0", "--by", "round=+1")
    assert code == 0
    lines = {line.split()[0]: line for line in out.splitlines() if line[:5] in ("round", "size ")}
    assert "intended" in lines["round"]
    assert "side effect" in lines["size"]
    assert "…" in lines["size"]
    assert "support on the way: " in out
    assert "no decoder" in err


def test_kept_and_until(lateen: Run, shapes: Path) -> None:
    code, out, _ = lateen("edit", shapes, "0", "--by", "round=-1", "--until", "0.05", "--keep", "size", "--json")
    assert code == 0
    told = json.loads(out)
    assert told["stopped"] in ("reached", "support", "already")
    assert told["kept"]["size"] == pytest.approx(0, abs=1e-3)
    assert 0 < told["share_left"]["round"] < 1
    assert told["dose"] == pytest.approx(told["by"]["round"], abs=1e-4)
    assert len(told["along"]) == 9
    code, out, _ = lateen("edit", shapes, "0", "--by", "round", "--until", "0.9", "--keep", "size")
    assert code == 0
    assert "round reads" in out
    assert "of what a step of round does" in out


def test_many(lateen: Run, shapes: Path, tmp_path: Path) -> None:
    found = ("--by", "round", "--until", "0.9")
    code, out, err = lateen("edit", shapes, "--where", "round = 0", *found, "-o", tmp_path / "o")
    assert code == 0
    assert "items edited" in out
    assert "editing" in err
    source = tmp_path / "x.npy"
    code, out, _ = lateen("edit", shapes, source, "--all", "--by", "round=1", "-o", tmp_path / "p", "--json")
    assert code == 0
    assert json.loads(out)["n"] == 300
    assert (tmp_path / "p" / "edits.csv").read_text().startswith("id,file,dose,probe_before,probe_after,stopped,")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("0", "--by", "round"), "--by got 'round'"),
        (("0", "--by", "round=nan"), "not a finite number"),
        (("0", "--by", "hat=1"), "no direction 'hat'"),
        (("0", "--by", "round=1", "--keep", "round"), "--keep round: that is what round changes"),
        (("0", "--by", "round=1", "--keep", "nose"), "no field or direction 'nose'"),
        (("0", "--by", "round", "--until", "1.0"), "between 0 and 1"),
        (("0", "--by", "round=1e300"), "farther out than numbers reach"),
        (("0", "--by", "round=1", "--where", "round = 1"), "give one of the two"),
        (("--by", "round=1"), "edit got no ITEM"),
        (("--all", "--by", "round=1"), "name it with -o"),
        (("none.csv", "--all", "--by", "round=1", "-o", "OUT"), "none.csv"),
        (("0",), "--by"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_bad_input_is_one_message(
    lateen: Run, shapes: Path, tmp_path: Path, words: tuple[str, ...], message: str
) -> None:
    code, out, err = lateen("edit", shapes, *(tmp_path / "out" if word == "OUT" else word for word in words))
    assert code == 2
    assert out == ""
    assert message in " ".join(err.replace("│", " ").split())
    assert "Traceback" not in err
