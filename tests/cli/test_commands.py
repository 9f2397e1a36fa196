"""The commands as a user runs them: what they print, write and return."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from running import Run

import lateen as lt
from lateen.space import Space


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder of 60 real files with a table of fields, as a user has them."""
    folder = tmp_path / "photos"
    folder.mkdir()
    images, factors = lt.portraits(60, 5, size=80)
    lines = ["id,glasses,person"]
    for i, image in enumerate(images):
        Image.fromarray(image).save(folder / f"face {i:02}.png")
        lines.append(f"face {i:02}.png,{'yes' if factors['glasses'][i] else 'no'},p{i % 20}")
    (tmp_path / "fields.csv").write_text("\n".join(lines))
    return folder


def answer(result: tuple[int, str, str]) -> dict[str, object]:
    code, out, err = result
    assert code == 0, err
    return json.loads(out)  # fails if anything else is on stdout


def test_a_folder_of_pictures_all_the_way(lateen: Run, photos: Path, tmp_path: Path) -> None:
    model, space = tmp_path / "mine.model", tmp_path / "mine.space"
    trained = answer(lateen("train", photos, "-o", model, "--steps", 4, "--size", 32, "--latent-dim", 8, "--json"))
    assert trained["steps"] == 4
    assert {"model", "seconds", "items_per_second", "validation"} <= trained.keys()
    build = ("build", photos, "--encoder", f"vae:{model}", "--fields", tmp_path / "fields.csv", "-o", space, "--json")
    built = answer(lateen(*build))
    assert built["n"] == 60
    facts = answer(lateen("info", space, "--json"))
    assert (facts["n"], facts["dim"]) == (60, 8)
    assert set(facts["fields"]) >= {"glasses", "person"}
    assert facts["compression"]["numbers_before"] == 80 * 80 * 3
    found = answer(lateen("near", space, "face 07.png", "-k", 3, "--where", "glasses = 'yes'", "--json"))
    assert [r["fields"]["glasses"] for r in found["results"]] == ["yes"] * 3
    fit = ("direction", "fit", space, "glasses", "--field", "glasses", "--positive", "yes", "--group", "person")
    fitted = answer(lateen(*fit, "--json"))
    assert fitted["n_positive"] + fitted["n_negative"] == 60
    assert {"name", "auc", "stability", "cosine_with"} <= fitted.keys()
    edited = answer(lateen("edit", space, "face 07.png", "--by", "glasses=+2", "--json"))
    assert {"support", "changed"} <= edited.keys()


def test_every_command_writes_its_picture(lateen: Run, faces: Space, tmp_path: Path) -> None:
    space = faces.folder
    answer(lateen("direction", "fit", space, "blond", "--field", "hair_colour", "--json"))
    assert "\n1 direction of " in "\n" + lateen("direction", "list", space)[1]
    commands = {
        "near.png": ("near", space, "7"),
        "path.webp": ("path", space, "3", "11"),
        "path.gif": ("path", space, "3", "11", "20", "--along", "gaussian"),
        "equation.jpg": ("solve", space, "3 - 11 + 20"),
        "edit.png": ("edit", space, "3", "--by", "blond=+2"),
        "samples.png": ("sample", space, "-n", 4),
        "map.png": ("map", space, "--method", "pca", "--color", "glasses"),
    }
    for name, words in commands.items():
        code, out, err = lateen(*words, "-o", tmp_path / name)
        assert code == 0, err
        assert f"wrote {tmp_path / name}" in err
        assert out.strip()
        with Image.open(tmp_path / name) as image:
            assert min(image.size) >= 64


@pytest.mark.parametrize(
    ("words", "keys"),
    [
        (("near", "SPACE", "7"), {"results", "support"}),
        (("solve", "SPACE", "3 - 11 + 20"), {"results", "support"}),
        (("path", "SPACE", "3", "11"), {"ids_nearest", "support", "length", "ratio_to_straight"}),
        (("map", "SPACE", "--method", "pca"), {"method", "trustworthiness", "continuity", "seconds"}),
        (("info", "SPACE"), {"n", "dim", "encoder", "geometry", "compression"}),
        (("sample", "SPACE"), {"n", "seed", "support"}),
        (("direction", "list", "SPACE"), {"directions"}),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_json_has_the_keys_that_scripts_read(
    lateen: Run, faces_folder: Path, words: tuple[str, ...], keys: set[str]
) -> None:
    plain = answer(lateen(*(faces_folder if w == "SPACE" else w for w in words), "--json"))
    assert keys <= plain.keys()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("near", "nowhere.space", "7"), "There is no space 'nowhere.space'"),
        (("near", "SPACE", "4000"), "There is no id '4000'"),
        (("near", "SPACE", "7", "-k", "0"), "k = 0"),
        (("near", "SPACE", "7", "--where", "glasses ="), "The filter 'glasses ='"),
        (("solve", "SPACE", "3 -"), "ends where a name is expected"),
        (("edit", "SPACE", "3", "--by", "blond"), "--by got 'blond'"),
        (("path", "SPACE", "3"), "at least two items"),
        (("map", "SPACE", "-o", "map.bmp"), "suffix is '.bmp'"),
        (("map", "SPACE", "--method", "magic"), "magic"),
        (("train", "nowhere", "-o", "x.model"), "There is no source 'nowhere'"),
        (("train", "portraits:10", "-o", "x.model", "--model", "llm"), "no model kind 'llm'"),
        (("train", "portraits:10", "-o", "x.model", "--size", "50"), "size = 50"),
        (("build", "portraits:10", "-o", "x.space", "--encoder", "vae:nowhere.model"), "nowhere.model"),
        (("build", "portraits:ten", "-o", "x.space"), "portraits:ten"),
        (("sample", "nowhere.model"), "nowhere.model"),
        (("build", ".", "-o", "x.space"), "no pictures"),
        (("train", ".", "-o", "x.model"), "no pictures"),
        (("near", "SPACE", "7", "--where", "glases = 1"), "Did you mean 'glasses'"),
        (("near", "SPACE", "39O"), "Did you mean '39'"),
        (("direction", "fit", "SPACE", "hat", "--field", "hat"), "There is no field 'hat'"),
        (("direction", "fit", "SPACE", "g", "--field", "glasses", "--positive", "9"), "no item has it"),
        (("direction", "show", "SPACE", "hat"), "There is no direction 'hat'"),
        (("sample", "SPACE", "--seed", "-1"), "seed -1"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_bad_input_gets_one_message_and_exit_code_2(
    lateen: Run,
    faces_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = lateen(*(faces_folder if w == "SPACE" else w for w in words))
    assert code == 2
    assert out == ""
    assert message in err
    assert "Traceback" not in err
    assert err.startswith("lateen: ")
    assert list(tmp_path.iterdir()) == []


def test_wrong_usage_exits_with_2(lateen: Run) -> None:
    assert lateen("near")[0] == 2
    assert lateen("nothing")[0] == 2
    assert lateen("near", "a", "b", "--nonsense")[0] == 2


def test_the_output_is_checked_before_the_work(lateen: Run, tmp_path: Path) -> None:
    (tmp_path / "there.png").write_bytes(b"mine")
    code, _, err = lateen("near", tmp_path / "nowhere.space", "7", "-o", tmp_path / "there.png")
    assert code == 2
    assert "there.png" in err


def test_version(lateen: Run) -> None:
    assert lateen("--version")[1].strip() == lt.__version__


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda space: shutil.rmtree(space / "codec"), "has no codec/"),
        (lambda space: (space / "codec" / "weights.safetensors").write_bytes(b"other"), "fingerprint differs"),
        (lambda space: edit_json(space / "space.json", "format", 99), "format version 99"),
        (lambda space: edit_json(space / "space.json", "complete", False), "--resume"),
        (lambda space: (space / "space.json").unlink(), "is not a space"),
    ],
    ids=["no codec", "other weights", "other version", "unfinished", "no json"],
)
def test_damaged_spaces_are_named(
    lateen: Run, faces: Space, damage: Callable[[Path], object], message: str
) -> None:
    damage(faces.folder)
    code, out, err = lateen("near", faces.folder, "7")
    assert (code, out) == (2, "")
    assert message in err
    assert "Traceback" not in err


def edit_json(path: Path, key: str, value: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | {key: value}))


def test_a_full_disk_in_training_is_said_and_can_be_resumed(tmp_path: Path) -> None:
    words = f"{command()} train portraits:50 -o {tmp_path}/a.model --size 32 --latent-dim 8 --steps 3"
    full = subprocess.run(["bash", "-c", f"ulimit -f 200; {words}"], capture_output=True, text=True, check=False)
    assert full.returncode == 2
    assert "failed" in full.stderr
    assert "kept" in full.stderr
    assert "Traceback" not in full.stderr
    again = subprocess.run(["bash", "-c", f"{words} --resume"], capture_output=True, text=True, check=False)
    assert again.returncode == 0, again.stderr
    assert (tmp_path / "a.model" / "config.json").is_file()


def command() -> str:
    return str(Path(sys.executable).parent / "lateen")


def test_interrupted_training_exits_with_130_and_resumes_to_the_end(tmp_path: Path) -> None:
    model = tmp_path / "a.model"
    words = [command(), "train", "portraits:200", "-o", str(model), "--size", "32", "--latent-dim", "8"]
    process = subprocess.Popen([*words, "--minutes", "5"], stderr=subprocess.PIPE, text=True)
    while not (model / "training" / "state.safetensors").is_file():
        time.sleep(0.05)
        assert process.poll() is None
    time.sleep(2)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "--resume" in err
    assert "Traceback" not in err
    again = subprocess.run(
        [*words, "--minutes", "0.01", "--resume", "--json"], capture_output=True, text=True, check=False
    )
    assert again.returncode == 0, again.stderr
    assert (model / "config.json").is_file()
    assert json.loads(again.stdout)["steps"] > 0


def test_a_killed_build_resumes_and_loses_nothing(tmp_path: Path) -> None:
    space = tmp_path / "a.space"
    words = [command(), "build", "portraits:5000", "-o", str(space)]
    process = subprocess.Popen(words, stderr=subprocess.DEVNULL)
    while not list((space / "ledger").glob("*.json")):
        time.sleep(0.02)
        assert process.poll() is None
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    refused = subprocess.run([command(), "info", str(space)], capture_output=True, text=True, check=False)
    assert refused.returncode == 2
    assert "--resume" in refused.stderr
    again = subprocess.run([*words, "--resume", "--json"], capture_output=True, text=True, check=False)
    assert again.returncode == 0, again.stderr
    assert 0 < json.loads(again.stdout)["resumed"] < 5000
    opened = lt.open(space)
    assert sorted(map(int, opened.ids)) == list(range(5000))
    assert np.isfinite(opened.vectors).all()


def test_names_beyond_the_locale_are_shown_and_json_stays_json(photos: Path, tmp_path: Path) -> None:
    (photos / "face 00.png").rename(photos / "gesicht ü.png")
    space = str(tmp_path / "a.space")
    lt.build(photos, encoder="vae:portraits", out=space)
    code = "from lateen.cli.main import run; run()"
    ascii_only = os.environ | {"PYTHONIOENCODING": "ascii", "LC_ALL": "C", "PYTHONUTF8": "0"}
    program = [sys.executable, "-c", code, "near", space, "face 01.png", "-k", "99"]
    shown = subprocess.run(program, env=ascii_only, capture_output=True, text=True, check=True)
    assert "gesicht \\xfc.png" in shown.stdout
    plain = subprocess.run([*program, "--json"], env=ascii_only, capture_output=True, text=True, check=True)
    assert "gesicht ü.png" in [r["id"] for r in json.loads(plain.stdout)["results"]]


def test_output_that_can_not_be_written_or_is_closed(faces_folder: Path) -> None:
    code = "from lateen.cli.main import run; run()"
    command = f'"{sys.executable}" -c "{code}" info "{faces_folder}"'
    closed = subprocess.run(f"{command} >&-", shell=True, capture_output=True, text=True, check=False)
    assert (closed.returncode, closed.stderr) == (0, "")
    if Path("/dev/full").exists():
        full = subprocess.run(f"{command} > /dev/full", shell=True, capture_output=True, text=True, check=False)
        assert (full.returncode, full.stderr) == (
            2,
            "lateen: What was printed could not be written: the disk is full.\n",
        )


def test_an_id_of_any_length_leaves_room_for_the_other_columns(capsys: pytest.CaptureFixture[str]) -> None:
    from lateen.cli.output import matches
    from lateen.operations.near import Match

    matches("nearest", [Match("x" * 10_000, 0.125, {}), Match("new\nline", 0.25, {}), Match("short", 0.5, {})])
    _, header, long, broken, short = capsys.readouterr().out.splitlines()
    assert "distance" in header
    assert (long.split()[-1], broken.split(), short.split()) == ("0.125", ["new", "line", "0.25"], ["short", "0.5"])
