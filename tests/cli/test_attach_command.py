"""`lateen train --model decoder` and `lateen attach` as a user runs them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from running import Run

import lateen as lt
from lateen.space import Space


def train(lateen: Run, model: Path, *words: object) -> tuple[int, str, str]:
    return lateen("train", "portraits:40", "--model", "decoder", "-o", model, "--steps", 2, *words)


def test_from_training_to_detaching(lateen: Run, faces: Space, tmp_path: Path) -> None:
    model, space = tmp_path / "m.decoder", faces.folder
    code, out, err = train(lateen, model, "--encoder", "vae:portraits", "--size", 80, "--json")
    assert code == 0, err
    trained = json.loads(out)
    assert {"model", "steps", "seconds", "items_per_second", "validation"} <= trained.keys()
    assert {"psnr", "psnr_linear", "psnr_mean"} <= trained["validation"].keys()

    code, out, err = lateen("attach", space, model, "--json")
    assert code == 0, err
    attached = json.loads(out)
    assert attached["size"] == 80
    assert attached["validation"]["psnr"] == pytest.approx(trained["validation"]["psnr"], abs=1e-3)
    assert lt.open(space).decode(faces.vectors[:1])[0].shape == (80, 80, 3)

    code, _, err = lateen("attach", space, model)
    assert (code, "--force" in err) == (2, True)
    code, out, _ = lateen("attach", space, model, "--force")
    assert (code, "decodes: by an attached decoder" in out) == (0, True)
    code, out, _ = lateen("info", space)
    assert (code, "decodes: by an attached decoder (PSNR" in out) == (0, True)

    code, out, _ = lateen("attach", space, "--detach", "--json")
    assert (code, json.loads(out)) == (0, {"space": space.name, "detached": True})
    code, _, err = lateen("attach", space, "--detach")
    assert (code, "none to detach" in err) == (2, True)


def test_training_attaches_when_told_to(lateen: Run, faces: Space, tmp_path: Path) -> None:
    code, out, err = train(lateen, tmp_path / "m.decoder", "--attach", faces.folder)
    assert code == 0, err
    assert "linear regression" in out
    assert f"space {faces.folder.name} decodes by it now" in out
    assert (faces.folder / "decoder" / "config.json").is_file()


def test_without_a_space_the_next_step_is_said(lateen: Run, tmp_path: Path) -> None:
    code, _, err = train(lateen, tmp_path / "m.decoder", "--encoder", "vae:portraits")
    assert (code, f"next: lateen attach SPACE {tmp_path / 'm.decoder'}" in err) == (0, True)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("attach", "SPACE"), "no model and no --detach"),
        (("attach", "SPACE", "x.decoder", "--detach"), "both a model and --detach"),
        (("attach", "SPACE", "x.decoder"), "no model folder x.decoder"),
        (("train", "portraits:9", "--model", "decoder", "-o", "x"), "name it with --encoder"),
        (("train", "portraits:9", "--encoder", "vae:portraits", "-o", "x"), "model 'decoder' only"),
        (("train", "portraits:9", "--model", "gan2", "-o", "x"), "vae, decoder"),
    ],
)
def test_bad_input_ends_with_one_message(
    lateen: Run, faces: Space, words: tuple[str, ...], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = lateen(*(faces.folder if w == "SPACE" else w for w in words))
    assert (code, out) == (2, "")
    assert message in err
    assert "Traceback" not in err


def test_what_nothing_decodes_is_said_to_be_real_items(lateen: Run, tmp_path: Path) -> None:
    np.save(tmp_path / "v.npy", np.random.default_rng(0).normal(size=(40, 4)).astype(np.float32))
    space = tmp_path / "v.space"
    assert lateen("build", tmp_path / "v.npy", "-o", space)[0] == 0
    for command, *items in (("path", "1", "2"), ("sample",)):
        code, _, err = lateen(command, space, *items)
        assert code == 0
        assert "This space has no decoder: what is shown are the real items nearest to each point." in err
