"""The list of encoders: lateen's own, a plug-in's, and a plug-in that is broken."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lateen.cli.main import app
from lateen.encoders.listing import SchemeInfo, encoder_list
from lateen.encoders.registry import encoder_schemes


@pytest.fixture
def _plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installed package that brings `echo`, `bare`, and `broken`, whose module needs what isn't there."""
    load = 'def load(id, revision, *, louder=False):\n    """Say it back.\n\n    More."""\n'
    (tmp_path / "echo_lists.py").write_text(load + "\ndef bare(id, revision, **rest): ...\n")
    (tmp_path / "broken_lists.py").write_text("import martian_package\n")
    info = tmp_path / "echoing-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: echoing\nVersion: 1.0\n")
    lines = ["[lateen.encoders]", "echo = echo_lists:load", "bare = echo_lists:bare", "broken = broken_lists:load"]
    (info / "entry_points.txt").write_text("\n".join([*lines, "gone = echo_lists:nothing", ""]))
    monkeypatch.syspath_prepend(tmp_path)


def by_scheme() -> dict[str, SchemeInfo]:
    return {info.scheme: info for info in encoder_list()}


def test_lateens_own_are_there_with_what_they_need() -> None:
    found = by_scheme()
    assert list(found) == encoder_schemes()
    assert {"vae", "pca", "pixels", "none", "hf", "st", "diffusers"} <= set(found)
    for info in found.values():
        assert info.problem is None, info
        assert info.summary
        assert info.example.partition(":")[0] == info.scheme
        assert info.package == "lateen"
    assert (found["hf"].extra, found["hf"].decodes) == ("hf", False)
    assert found["hf"].options == ("trust_remote_code",)
    assert (found["vae"].extra, found["vae"].decodes) == (None, True)


@pytest.mark.usefixtures("_plugins")
def test_plug_ins_are_listed_and_broken_ones_say_why() -> None:
    found = by_scheme()
    assert (found["echo"].summary, found["echo"].options) == ("Say it back.", ("louder",))
    assert (found["echo"].package, found["echo"].decodes, found["echo"].installed) == ("echoing", None, True)
    assert (found["bare"].summary, found["bare"].options) == ("", ())
    broken = found["broken"]
    assert broken.problem == (
        "broken_lists:load can't be loaded: ModuleNotFoundError: No module named 'martian_package'"
    )
    assert not broken.installed
    assert "AttributeError" in str(found["gone"].problem)


@pytest.mark.usefixtures("_plugins")
def test_the_command_prints_them() -> None:
    ran = CliRunner().invoke(app, ["encoders", "--json"])
    assert ran.exit_code == 0
    rows = json.loads(ran.stdout)["encoders"]
    assert rows == [info.to_dict() for info in encoder_list()]
    shown = CliRunner().invoke(app, ["encoders"])
    assert shown.exit_code == 0
    for row in rows:
        assert row["example"] in shown.stdout
    assert "No module named 'martian_package'" in shown.stdout


def test_an_extra_that_is_missing_is_named(tmp_path: Path) -> None:
    """A process that can't find transformers, as in a plain installation."""
    code = (
        "import importlib.util as u, sys; find = u.find_spec\n"
        "u.find_spec = lambda name, *a: None if name == 'transformers' else find(name, *a)\n"
        "from lateen.cli.main import app; app(['encoders'], standalone_mode=False)\n"
        "assert not {'torch', 'transformers', 'diffusers'} & set(sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "not installed" in ran.stdout
    assert "pip install 'lateen[hf]'" in ran.stderr
