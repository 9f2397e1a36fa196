"""`lateen direction score`: its lines, its JSON, its picture, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from running import Run

from lateen.models.reader import train as training
from lateen.space import Space


@pytest.fixture
def glasses(faces: Space, monkeypatch: pytest.MonkeyPatch) -> Space:
    """A space with a direction, and a reader that is trained for a moment."""
    monkeypatch.setattr(training, "FEWEST_STEPS", 20)
    monkeypatch.setattr(training, "MOST_STEPS", 20)
    faces.direction("glasses", field="glasses", positive="> 0")
    return faces


def test_a_score(lateen: Run, glasses: Space, tmp_path: Path) -> None:
    picture = tmp_path / "score.png"
    code, out, err = lateen("direction", "score", glasses.folder, "glasses", "--items", 60, "-o", picture, "--json")
    assert code == 0
    plain = json.loads(out)
    assert plain["name"] == "glasses"
    assert 20 <= plain["n"] <= 60
    assert len(plain["doses"]) == 7
    assert picture.exists()
    assert f"wrote {picture}" in err


def test_the_lines_for_people(lateen: Run, glasses: Space) -> None:
    code, out, err = lateen("direction", "score", glasses.folder, "glasses", "--items", 40, "--dose", 1.5)
    assert code == 0
    assert out.startswith("glasses (glasses > 0), ")
    assert "dose 1.50 steps" in out
    assert "identity kept" in out
    assert "background" in out
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("none",), "There is no direction 'none'"),
        (("glasses", "--items", "3"), "edit 20 at least"),
        (("glasses", "--dose", "1", "--until", "0.9"), "one of the two"),
        (("glasses", "--group", "nobody"), "There is no field 'nobody'"),
        (("glasses", "-o", "score.txt"), "score.txt"),
    ],
    ids=["unknown", "few", "both", "no group", "no picture"],
)
def test_bad_input(lateen: Run, glasses: Space, options: tuple[str, ...], says: str) -> None:
    code, out, err = lateen("direction", "score", glasses.folder, *options)
    assert code == 2
    assert says in err
    assert out == ""
    assert "Traceback" not in err
