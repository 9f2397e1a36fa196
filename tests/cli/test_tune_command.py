"""`lateen direction tune` and `score --find-dose`: what they print, what they keep, what they refuse."""

from __future__ import annotations

import json

import pytest
from running import Run

import lateen as lt
from lateen.models.reader import train as training
from lateen.space import Space


@pytest.fixture
def glasses(faces: Space, monkeypatch: pytest.MonkeyPatch) -> Space:
    """A space with a direction, and a reader that is trained for a moment."""
    monkeypatch.setattr(training, "FEWEST_STEPS", 20)
    monkeypatch.setattr(training, "MOST_STEPS", 20)
    faces.direction("glasses", field="glasses", positive="> 0")
    return faces


def test_tuned(lateen: Run, glasses: Space) -> None:
    code, out, err = lateen("direction", "tune", glasses.folder, "glasses", "--json")
    assert code == 0, err
    plain = json.loads(out)
    kept = lt.open(glasses.folder).directions()["glasses"]
    assert plain["name"] == "glasses"
    assert plain["tuned"] == list(kept.tuned)
    assert plain["dose"] == pytest.approx(kept.dose, abs=1e-3)
    assert kept.dose > 0


def test_a_found_dose_is_kept(lateen: Run, glasses: Space) -> None:
    code, out, err = lateen("direction", "score", glasses.folder, "glasses", "--items", 40, "--find-dose", "--json")
    assert code == 0, err
    kept = lt.open(glasses.folder).directions()["glasses"]
    assert json.loads(out)["dose"] == pytest.approx(kept.dose, abs=1e-3)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("tune", "none"), "There is no direction 'none'"),
        (("tune", "glasses", "--keep", "hat"), "There is no field 'hat'"),
        (("tune", "glasses", "--keep", "glasses"), "keeps what the direction changes"),
        (("tune", "glasses", "--seed", "-1"), "seed"),
        (("tune", "glasses", "-o", "page.txt"), "page.txt"),
        (("score", "glasses", "--find-dose", "--dose", "1"), "give one of the two"),
    ],
    ids=["unknown", "no field", "itself", "seed", "no picture", "both"],
)
def test_bad_input(lateen: Run, glasses: Space, words: tuple[str, ...], says: str) -> None:
    code, out, err = lateen("direction", words[0], glasses.folder, *words[1:])
    assert code == 2
    assert says in err
    assert out == ""
    assert "Traceback" not in err
