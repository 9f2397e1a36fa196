"""Folders and hub names that can't or mustn't be loaded, each with what to do about it; and those that can."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from lateen.core.codec import LatentSpec
from lateen.core.errors import InputError
from lateen.encoders.hub import as_recorded, files_fingerprint, has_tokenizer, quiet, resolve

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def write(folder: Path, *, config: dict[str, Any] | None = None, weights: str | None = "model.safetensors") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps({"model_type": "vit", **(config or {})}))
    if weights:
        save_file({"a": torch.ones(4)}, folder / weights)
    return folder


def test_a_folder_is_named_by_its_absolute_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write(tmp_path / "models" / "vit")
    monkeypatch.chdir(tmp_path)
    ref = resolve("hf", "models/vit")
    assert ref.name == f"hf:{folder}"
    assert (ref.folder, ref.commit, ref.config["model_type"]) == (folder, None, "vit")
    assert ref.weights == (folder / "model.safetensors",)
    assert ref.provenance == {}
    monkeypatch.setenv("HOME", str(tmp_path))
    assert resolve("hf", "~/models/vit").folder == folder


@pytest.mark.parametrize(
    ("lost", "message"),
    [
        ("config.json", r"lacks config.json\. Such a folder holds config.json, model.safetensors and prepro"),
        ("model.safetensors", r"lacks weights \(model.safetensors\)\. Such a folder holds"),
    ],
)
def test_a_folder_that_lacks_files_says_which(lost: str, message: str, tmp_path: Path) -> None:
    folder = write(tmp_path / "vit")
    (folder / lost).unlink()
    with pytest.raises(InputError, match=message) as caught:
        resolve("hf", str(folder))
    assert str(caught.value).startswith(f"The encoder hf:{folder} can't be loaded")


def test_an_empty_folder_lacks_everything(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"lacks config.json and weights \(model.safetensors\)"):
        resolve("hf", str(tmp_path))


def test_shards_that_are_not_all_there(tmp_path: Path) -> None:
    folder = write(tmp_path / "vit", weights="model-00001-of-00002.safetensors")
    shards = {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": shards}))
    with pytest.raises(InputError, match=r"lacks model-00002-of-00002.safetensors\."):
        resolve("hf", str(folder))
    save_file({"b": torch.ones(4)}, folder / "model-00002-of-00002.safetensors")
    assert [file.name for file in resolve("hf", str(folder)).weights] == list(shards.values())


def test_pickled_weights_are_refused_with_lines_that_convert_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from transformers import Dinov2Config, Dinov2Model

    model = Dinov2Model(
        Dinov2Config(hidden_size=8, num_hidden_layers=1, num_attention_heads=2, mlp_ratio=1, image_size=28)
    )
    folder = tmp_path / "dino"
    model.save_pretrained(folder)
    (folder / "model.safetensors").unlink()
    torch.save(model.state_dict(), folder / "pytorch_model.bin")
    with pytest.raises(InputError, match=r"pickled weights only \(pytorch_model.bin\)") as caught:
        resolve("hf", str(folder))
    lines = [line.strip() for line in str(caught.value).splitlines() if line.startswith("  ")]
    assert len(lines) == 3
    monkeypatch.chdir(tmp_path)
    exec("\n".join(lines), {})
    converted = resolve("hf", str(tmp_path / "dino-safe"))
    assert converted.config["model_type"] == "dinov2"


@pytest.mark.parametrize("file", ["config.json", "preprocessor_config.json", "tokenizer_config.json"])
def test_code_of_its_own_needs_leave(file: str, tmp_path: Path) -> None:
    folder = write(tmp_path / "vit")
    (folder / file).write_text(json.dumps({"model_type": "new", "auto_map": {"AutoModel": "modeling.New"}}))
    with pytest.raises(InputError, match=rf"Python code of its own \({file} has an auto_map\).*--trust-remote-code"):
        resolve("hf", str(folder))
    assert resolve("hf", str(folder), trust_remote_code=True).trusted


def test_modules_of_sentence_transformers(tmp_path: Path) -> None:
    folder = write(tmp_path / "text")
    write(folder / "2_Dense")
    modules = [
        {"path": "", "type": "sentence_transformers.models.Transformer"},
        {"path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
        {"path": "2_Dense", "type": "sentence_transformers.models.Dense"},
    ]
    (folder / "modules.json").write_text(json.dumps(modules))
    assert resolve("st", str(folder)).weights == (folder / "model.safetensors", folder / "2_Dense/model.safetensors")
    (folder / "2_Dense" / "model.safetensors").rename(folder / "2_Dense" / "pytorch_model.bin")
    with pytest.raises(InputError, match="pickled weights only"):
        resolve("st", str(folder))
    (folder / "modules.json").write_text(json.dumps([{"path": "", "type": "custom_st.Transformer"}]))
    with pytest.raises(InputError, match=r"Python code of its own \(modules.json names custom_st.Transformer\)"):
        resolve("st", str(folder))


def test_the_autoencoder_of_a_whole_pipeline(tmp_path: Path) -> None:
    (tmp_path / "sd").mkdir()
    (tmp_path / "sd" / "model_index.json").write_text("{}")
    vae = write(tmp_path / "sd" / "vae", weights="diffusion_pytorch_model.safetensors")
    ref = resolve("diffusers", str(tmp_path / "sd"))
    assert ref.folder == vae
    assert ref.name == f"diffusers:{tmp_path}/sd"


def test_pointers_of_git_lfs_are_no_weights(tmp_path: Path) -> None:
    folder = write(tmp_path / "vit")
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n"
    (folder / "model.safetensors").write_text(pointer)
    with pytest.raises(InputError, match="git-lfs pointer, not weights; run `git lfs pull`"):
        resolve("hf", str(folder))


@pytest.mark.parametrize("text", ["{", "[]", "\x00"])
def test_a_damaged_config(text: str, tmp_path: Path) -> None:
    folder = write(tmp_path / "vit")
    (folder / "config.json").write_text(text)
    with pytest.raises(InputError, match=r"config.json (can't be read as JSON|holds a JSON list)"):
        resolve("hf", str(folder))


def test_paths_that_are_no_folder(tmp_path: Path) -> None:
    folder = write(tmp_path / "vit")
    with pytest.raises(InputError, match=r"asks for a revision; the folder .* has none"):
        resolve("hf", str(folder), "v1")
    with pytest.raises(InputError, match="is a file; give the folder"):
        resolve("hf", str(folder / "model.safetensors"))
    with pytest.raises(InputError, match=rf"no folder {tmp_path}/vitt\. Did you mean hf:{tmp_path}/vit\?"):
        resolve("hf", str(tmp_path / "vitt"))
    with pytest.raises(InputError, match="can't be looked at"):
        resolve("hf", "x" * 5000)


def test_names_of_the_hub_without_a_network() -> None:
    code = "from lateen.encoders.hub import resolve; resolve('hf', 'nobody/nothing', 'v1')"
    ended = _python(code, HF_HUB_OFFLINE="1")
    last = ended.stderr.strip().splitlines()[-1]
    assert "InputError: The encoder hf:nobody/nothing@v1 can't be loaded: there is no folder nobody/nothing" in last
    assert "HF_HUB_OFFLINE forbids asking the hub" in last
    assert "hf download nobody/nothing" in last


def test_models_downloaded_before_are_found_with_their_commit(tmp_path: Path) -> None:
    """The hub's cache as huggingface_hub lays it out."""
    repository = tmp_path / "models--org--vit"
    write(repository / "snapshots" / COMMIT)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(COMMIT)
    code = "from lateen.encoders.hub import resolve; r = resolve('hf', 'org/vit')"
    ended = _python(f"{code}; print(r.name, r.commit, len(r.weights))", HF_HUB_OFFLINE="1", HF_HUB_CACHE=str(tmp_path))
    assert ended.stdout.split() == ["hf:org/vit", COMMIT, "1"], ended.stderr


def test_a_space_asks_for_the_commit_that_it_was_made_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def spec(encoder: str, commit: object) -> LatentSpec:
        return LatentSpec(encoder, 8, "image", "sphere", preprocessing={"commit": commit})

    assert as_recorded(spec("hf:org/vit", COMMIT)) == f"hf:org/vit@{COMMIT}"
    assert as_recorded(spec("diffusers:org/vae@main", COMMIT)) == f"diffusers:org/vae@{COMMIT}"
    assert as_recorded(spec("vae:org/vit", COMMIT)) == "vae:org/vit"
    for nothing in (None, "main", "../../etc", f"{COMMIT}/..", 3):
        assert as_recorded(spec("st:org/text", nothing)) == "st:org/text"
    write(tmp_path / "org" / "vit")  # a folder of that name is another model
    code = f"import os; os.chdir({str(tmp_path)!r}); from lateen.encoders.hub import resolve"
    ended = _python(f"{code}; resolve('hf', 'org/vit', '{COMMIT}')", HF_HUB_OFFLINE="1")
    assert f"hf download org/vit --revision {COMMIT}" in ended.stderr


def test_fingerprints_know_every_byte_and_the_preprocessing(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(bytes(5_000_000))
    (tmp_path / "b").write_bytes(bytes(4_999_999) + b"1")
    (tmp_path / "c").write_bytes(bytes(5_000_000))
    a, b, c = (files_fingerprint([tmp_path / name], {"size": 1}) for name in "abc")
    assert a == c != b
    assert len(a) == 64
    assert files_fingerprint([tmp_path / "a"], {"size": 2}) != a
    assert files_fingerprint([tmp_path / "a", tmp_path / "b"], {}) != files_fingerprint(
        [tmp_path / "b", tmp_path / "a"], {}
    )


def test_quiet_leaves_the_libraries_as_they_were() -> None:
    from transformers.utils import logging

    before = logging.get_verbosity(), logging.is_progress_bar_enabled()
    with quiet():
        assert not logging.is_progress_bar_enabled()
    assert (logging.get_verbosity(), logging.is_progress_bar_enabled()) == before
    with pytest.raises(ZeroDivisionError), quiet():
        raise ZeroDivisionError
    assert (logging.get_verbosity(), logging.is_progress_bar_enabled()) == before


def test_a_vocabulary_is_a_tokenizer(tmp_path: Path) -> None:
    assert not has_tokenizer(tmp_path)
    (tmp_path / "tokenizer_config.json").touch()
    assert not has_tokenizer(tmp_path)
    (tmp_path / "vocab.txt").touch()
    assert has_tokenizer(tmp_path)


def _python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A process of its own: huggingface_hub reads its environment once, when it is imported."""
    return subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
