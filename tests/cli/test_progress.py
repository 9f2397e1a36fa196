"""What the bars on stderr say, where there is little room too."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from running import Run

import lateen as lt
from lateen.building.result import BuildProgress
from lateen.cli.progress import bar
from lateen.models.training import TrainState


def test_in_eighty_columns_all_is_said_and_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    with bar() as shown:
        shown(BuildProgress(12_000, 20_010, 525_925.0, 65.0, 3, 0.5))
    line = capsys.readouterr().err.strip("\n").splitlines()[-1]
    said = " ".join(line.split("━")[-1].split("╸")[-1].split())
    assert said == "12000/20010 525,925 items/s 1:05 left model busy 50% 3 rejected"


def test_reading_and_training_are_shown(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    with bar() as shown:
        shown.on_read(624, 624)
        shown.on_step(TrainState(step=816, total=816, seconds=122.0, loss=0.0, psnr=18.755, images_per_second=59.0))
    reading, training = capsys.readouterr().err.strip("\n").splitlines()[-2:]
    assert "624/624" in reading
    assert "816/816" in training
    assert "59 pictures/s" in training
    assert "18.75 dB" in training or "18.76 dB" in training


@pytest.mark.parametrize("words", [["tangent", "0"], ["near", "--unlike"], ["duplicates"], ["dimension"]])
def test_what_needs_neighbours_says_how_far_they_are(lateen: Run, tmp_path: Path, words: list[str]) -> None:
    np.save(tmp_path / "v.npy", np.random.default_rng(0).standard_normal((300, 4)).astype(np.float32))
    lt.build(tmp_path / "v.npy", out=tmp_path / "v.space")
    for times in (1, 0):  # the table is kept
        code, out, err = lateen(words[0], tmp_path / "v.space", *words[1:], "--json")
        assert code == 0
        assert err.count("300/300") == times
        json.loads(out)


def test_ways_over_gaps_say_how_far_they_are(lateen: Run, tmp_path: Path) -> None:
    cloud = np.random.default_rng(0).standard_normal((300, 4)).astype(np.float32)
    np.save(tmp_path / "v.npy", np.concatenate([cloud, cloud + 1000]))
    lt.build(tmp_path / "v.npy", out=tmp_path / "v.space")
    code, out, err = lateen("path", tmp_path / "v.space", "0", "599", "--along", "graph", "--json")
    assert code == 0
    assert "600/600" in next(line for line in err.splitlines() if line.lstrip().startswith("neighbours"))
    assert "300/300" in next(line for line in err.splitlines() if line.lstrip().startswith("gaps"))
    assert json.loads(out)["bridges"]


def test_pullback_says_how_far_it_is(lateen: Run, faces_folder: Path) -> None:
    code, out, err = lateen("path", faces_folder, "3", "11", "--along", "pullback", "--json")
    assert code == 0
    assert "200/200" in next(line for line in err.splitlines() if line.lstrip().startswith("rounds"))
    assert json.loads(out)["along"] == "pullback"
