"""A model of the hub that has gone on since a space was built: the space still asks for the one that made it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

pytest.importorskip("transformers")

FIRST, SECOND = "1" * 40, "2" * 40


def commit(cache: Path, name: str, seed: int) -> None:
    """A commit of org/vit on the branch main, as huggingface_hub keeps what it has fetched."""
    from transformers import ViTConfig, ViTModel

    torch.manual_seed(seed)
    layers = {"hidden_size": 24, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 48}
    folder = cache / "models--org--vit" / "snapshots" / name
    ViTModel(ViTConfig(**layers, image_size=32, patch_size=8)).save_pretrained(folder)
    seen = {"image_processor_type": "ViTImageProcessor", "size": {"height": 32, "width": 32}}
    (folder / "preprocessor_config.json").write_text(
        json.dumps({**seen, "image_mean": [0.5] * 3, "image_std": [0.5] * 3})
    )
    refs = cache / "models--org--vit" / "refs"
    refs.mkdir(exist_ok=True)
    (refs / "main").write_text(name)


def python(code: str, cache: Path) -> str:
    """What a process of its own prints: huggingface_hub reads its environment once, when it is imported."""
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HUB_CACHE": str(cache)}
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=cache, env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


@pytest.mark.parametrize("revision", ["", "@main"])
def test_an_update_on_the_hub_does_not_lock_a_space_out(revision: str, tmp_path: Path, photo: Path) -> None:
    commit(tmp_path, FIRST, 0)
    python(f"import lateen as lt; lt.build('portraits:8', encoder='hf:org/vit{revision}', out='a.space')", tmp_path)
    commit(tmp_path, SECOND, 1)
    shown = python(f"import lateen as lt; print(lt.open('a.space').near({str(photo)!r}, 1).matches[0].id)", tmp_path)
    assert shown.strip() in [str(i) for i in range(8)]
