"""A space that comes from somebody else can't make lateen run code: only the user can."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import save_file

import lateen as lt
from lateen.core.errors import SpaceError

pytest.importorskip("transformers")


@pytest.fixture
def crafted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A space whose encoder brings code that leaves a mark, and that says itself that it may be run."""
    monkeypatch.setattr("transformers.dynamic_module_utils.HF_MODULES_CACHE", str(tmp_path / "modules"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    model = tmp_path / "model"
    model.mkdir()
    auto_map = {"AutoConfig": "mine.Config", "AutoModel": "mine.Model"}
    (model / "config.json").write_text(json.dumps({"model_type": "mine", "auto_map": auto_map}))
    (model / "mine.py").write_text(f"from pathlib import Path\nPath({str(tmp_path / 'mark')!r}).touch()\n")
    save_file({"weight": np.zeros(300, np.float32)}, model / "model.safetensors")
    lt.build("portraits:8", encoder="pixels:16", out=tmp_path / "a.space")
    described = json.loads((tmp_path / "a.space" / "space.json").read_text())
    described |= {"decodes": False, "codec_files": {}}
    described["spec"] |= {"encoder": f"hf:{model}"}
    described["spec"]["preprocessing"] |= {"options": {"trust_remote_code": True}}
    (tmp_path / "a.space" / "space.json").write_text(json.dumps(described))
    Image.new("RGB", (8, 8)).save(tmp_path / "query.png")
    return tmp_path


def test_a_space_gives_no_leave_to_run_code(crafted: Path) -> None:
    with pytest.raises(SpaceError, match=r"Python code of its own .* set LATEEN_TRUST_REMOTE_CODE=1"):
        lt.open(crafted / "a.space").near(str(crafted / "query.png"))
    assert not (crafted / "mark").exists()


def test_the_user_does(crafted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LATEEN_TRUST_REMOTE_CODE", "1")
    with pytest.raises(SpaceError, match="can't make a model of type 'mine'"):
        lt.open(crafted / "a.space").near(str(crafted / "query.png"))
    assert (crafted / "mark").exists()
