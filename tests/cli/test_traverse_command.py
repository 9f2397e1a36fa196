from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from PIL import Image
from running import Run

import lateen as lt


@pytest.fixture(scope="module")
def folder(faces_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("traverse") / "faces.space"
    shutil.copytree(faces_folder, folder)
    space = lt.open(folder)
    space.direction("smile", field="smile")
    space.direction("hair", field="hair_length")
    return folder


def test_json_is_what_python_says(lateen: Run, folder: Path) -> None:
    code, out, _ = lateen("traverse", folder, "7", "smile", "--from", -2, "--to", 1, "--steps", 4, "--json")
    assert code == 0
    assert json.loads(out) == lt.open(folder).traverse("7", "smile", start=-2, end=1, steps=4).to_dict()


def test_the_table_and_the_strip(lateen: Run, folder: Path, tmp_path: Path) -> None:
    strip = tmp_path / "strip.png"
    code, out, err = lateen("traverse", folder, "7", "smile", "--from", -2, "--to", 2, "--steps", 5, "-o", strip)
    assert (code, f"wrote {strip}" in err) == (0, True)
    lines = out.splitlines()
    assert lines[0] == "7 along smile"
    assert [line.split()[0] for line in lines[2:]] == ["−2", "−1", "0", "+1", "+2"]
    assert lines[4].split()[-1] == "7"
    with Image.open(strip) as picture:
        assert picture.width > picture.height
    assert lateen("traverse", folder, "7", "smile", "-o", strip)[0] == 2


def test_a_grid_is_a_table_with_the_second_direction_upwards(lateen: Run, folder: Path, tmp_path: Path) -> None:
    code, out, _ = lateen("traverse", folder, "7", "smile", "--and", "hair", "--from", -2, "--to", 2, "--steps", 5)
    assert code == 0
    assert out.splitlines()[1].split() == ["hair", "−2", "−1", "0", "+1", "+2"]
    assert [line.split()[0] for line in out.splitlines()[2:]] == ["+2", "0", "−2"]
    film = tmp_path / "grid.gif"
    code, out, err = lateen("traverse", folder, "7", "smile", "--and", "hair", "-o", film)
    assert (code, out, "is no film" in err, film.exists()) == (2, "", True, False)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nobody", "smile"), "There is no id 'nobody'"),
        (("7", "grin"), "There is no direction 'grin'"),
        (("7", "smile", "--steps", 1), "--steps 1"),
        (("7", "smile", "--from", "nan"), "from one number of steps"),
        (("7", "smile", "--from", 3, "--to", -3), "leads back"),
        (("7", "smile", "--and", "smile"), "twice"),
        (("7", "smile", "--to", "1e300"), "farther out than numbers reach"),
    ],
    ids=["item", "direction", "steps", "nan", "reversed", "twice", "far"],
)
def test_bad_options_are_one_message(lateen: Run, folder: Path, words: tuple[object, ...], said: str) -> None:
    code, out, err = lateen("traverse", folder, *words)
    assert (code, out, err.count("\n"), said in err) == (2, "", 1, True)
