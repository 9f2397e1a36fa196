"""A model's folder, before anything is loaded: found on disk or on the Hugging Face hub, and looked at.

One idea: whatever comes from the hub becomes a folder first, small files before weights, so that one set of checks
refuses what can't or mustn't be loaded: missing parts, code of its own, pickled weights.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from lateen.core.codec import LatentSpec
from lateen.core.errors import InputError, MissingExtraError, nearest_spellings
from lateen.encoders.registry import TRUST

_SMALL = ["*.json", "*.txt", "*.model", "*.jinja"]
_UNUSED = ["onnx/*", "openvino/*", "coreml/*", "*.onnx", "*.onnx_data"]
_STEMS = ("model", "diffusion_pytorch_model")
_WEIGHTS = [f"{stem}{rest}" for stem in _STEMS for rest in (".safetensors", "-?????-of-?????.safetensors")]
_PARTS = {"st": "*/", "diffusers": "vae/"}  # where besides the root a model of the scheme has weights
_PICKLED = re.compile(r"(pytorch_model.*|diffusion_pytorch_model.*|model)\.(bin|pt|pth|ckpt)$|.*\.(pkl|pickle)$")
_CODE_IN = ("config.json", "preprocessor_config.json", "processor_config.json", "tokenizer_config.json")
_VOCABULARIES = (
    "tokenizer.json",
    "vocab.txt",
    "vocab.json",
    "spiece.model",
    "sentencepiece.bpe.model",
    "tokenizer.model",
    "spm.model",
)
_TOKENISERS = ("tokenizer.json", "vocab.txt", "vocab.json", "merges.txt", "*.model")
_NO_EFFECT = ("transformers_version", "torch_dtype", "dtype")  # weights are read as 32-bit numbers anyway
_COMMIT = re.compile(r"[0-9a-f]{40}")
_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?")
_CONVERT = {
    "hf": ("from transformers import AutoModel", "AutoModel.from_pretrained({id!r})"),
    "st": ("from sentence_transformers import SentenceTransformer", "SentenceTransformer({id!r})"),
    "diffusers": ("from diffusers import AutoModel", "AutoModel.from_pretrained({id!r}, use_safetensors=False)"),
}


@dataclass(frozen=True)
class ModelRef:
    """A model that was found and may be loaded.

    Args:
        scheme: Which loader asked for it: "hf", "st" or "diffusers".
        id: Absolute path for a folder, else the name on the hub.
        revision: What was asked for on the hub, or None.
        commit: Hash of the hub's commit, or None for a folder.
        folder: Where its files are.
        config: Its config.json; empty where only modules.json is needed.
        weights: Its safetensors files, in order.
        trusted: Whether its own Python files may run.
    """

    scheme: str
    id: str
    revision: str | None
    commit: str | None
    folder: Path
    config: dict[str, Any]
    weights: tuple[Path, ...]
    trusted: bool = False

    @property
    def name(self) -> str:
        """`scheme:id[@revision]`, by which a space finds the model from anywhere."""
        return f"{self.scheme}:{self.id}" + (f"@{self.revision}" if self.revision else "")

    @property
    def provenance(self) -> dict[str, object]:
        """Plain data for a spec's preprocessing: the commit, where there is one."""
        return {"commit": self.commit} if self.commit else {}


def resolve(scheme: str, id: str, revision: str | None = None, trust_remote_code: bool = False) -> ModelRef:
    """Find a model and look whether it may be loaded; a hub's model is fetched unless it is there.

    Args:
        scheme: "hf", "st" or "diffusers".
        id: A folder, or a name on the hub ("org/name").
        revision: Branch, tag or commit on the hub; not for folders.
        trust_remote_code: Let the model's own Python files run.

    Raises:
        InputError: If it isn't there, can't be reached, lacks files, brings code without leave or pickled weights.
    """
    called = f"The encoder {scheme}:{id}" + (f"@{revision}" if revision else "")
    folder = _local(called, id, revision)
    if folder is not None:
        return _looked_at(called, scheme, str(folder), None, None, folder, trust_remote_code)
    if not _HUB_NAME.fullmatch(id):
        raise InputError(f"{called} can't be loaded: {_no_folder(scheme, id)}")
    found = _fetch(called, id, revision, _SMALL + (["*.py"] if trust_remote_code else []))
    _refuse_code(called, found, trust_remote_code)
    commit = found.name if _COMMIT.fullmatch(found.name) else None
    _fetch(called, id, commit or revision, _weight_patterns(scheme))
    return _looked_at(called, scheme, id, revision, commit, found, trust_remote_code)


def as_recorded(spec: LatentSpec) -> str:
    """The name that loads the encoder of a space again: with the commit of the hub that it was loaded from, if any."""
    scheme, _, id = spec.encoder.partition(":")
    commit = spec.preprocessing.get("commit")
    if scheme not in _CONVERT or not isinstance(commit, str) or not _COMMIT.fullmatch(commit):
        return spec.encoder
    return f"{scheme}:{id.partition('@')[0]}@{commit}"  # a branch may have gone on since


def files_fingerprint(files: Sequence[Path], preprocessing: Mapping[str, object]) -> str:
    """SHA-256 of the bytes of files (in the order given, whatever they are called) and of preprocessing."""
    digest = sha256(json.dumps(preprocessing, sort_keys=True).encode())
    buffer = bytearray(1 << 22)
    for file in files:
        digest.update(f" {file.stat().st_size} ".encode())
        with open(file, "rb", buffering=0) as stream:
            while size := stream.readinto(buffer):
                digest.update(memoryview(buffer)[:size])
    return digest.hexdigest()


def effective(config: Mapping[str, Any]) -> dict[str, Any]:
    """What of a config.json can change a model's vectors: all but where it comes from and what wrote it."""
    kept = {k: v for k, v in config.items() if not k.startswith("_") and k not in _NO_EFFECT}
    return {k: effective(v) if isinstance(v, Mapping) else v for k, v in kept.items()}


def part_configs(ref: ModelRef) -> list[dict[str, Any]]:
    """What has an effect of the config.json of each module of a sentence-transformers model, in order."""
    return [effective(_config(part)) for part in _modules(ref.folder) or [ref.folder]]


def tokenizer_files(folder: Path) -> list[Path]:
    """The files that say how a text becomes tokens, in order."""
    return sorted(file for pattern in _TOKENISERS for file in folder.rglob(pattern) if file.is_file())


def has_tokenizer(folder: Path) -> bool:
    """Whether a folder holds a tokenizer's vocabulary; without one, transformers makes up an empty one in silence."""
    return any((folder / name).is_file() for name in _VOCABULARIES)


@contextmanager
def quiet() -> Iterator[None]:
    """Keep the libraries' bars and advice off the screen while a model is loaded; then as before."""
    try:
        from transformers.utils import logging
    except ImportError:
        raise MissingExtraError("A model of Hugging Face", "hf") from None
    with silenced(logging):
        yield


@contextmanager
def silenced(logging: Any) -> Iterator[None]:
    """Keep a library of Hugging Face quiet; its `utils.logging` is the same in transformers and diffusers."""
    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()


def _local(called: str, id: str, revision: str | None) -> Path | None:
    if revision is not None and _COMMIT.fullmatch(revision) and _HUB_NAME.fullmatch(id):
        return None  # only the hub has commits; a folder that happens to have the name is not meant
    try:
        path = Path(id).expanduser()
        is_folder, is_file = path.is_dir(), path.is_file()
    except (OSError, RuntimeError, ValueError) as error:
        raise InputError(f"{called} can't be looked at: {getattr(error, 'strerror', None) or error}.") from error
    if is_file:
        raise InputError(f"{called} can't be loaded: {path} is a file; give the folder that holds the model.")
    if not is_folder:
        return None
    if revision is not None:
        raise InputError(f"{called} asks for a revision; the folder {path} has none.")
    return Path(os.path.abspath(path))


def _no_folder(scheme: str, id: str) -> str:
    path = Path(id).expanduser()
    try:
        there = [p.name for p in path.parent.iterdir() if p.is_dir()]
    except OSError:
        there = []
    near = [f"{scheme}:{path.parent / name}" for name in nearest_spellings(path.name, there)]
    hint = f"Did you mean {' or '.join(near)}?" if near else "Give a folder, or a name on the hub such as org/name."
    return f"there is no folder {path}. {hint}"


def _fetch(called: str, id: str, revision: str | None, patterns: list[str]) -> Path:
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError, RevisionNotFoundError
    except ImportError:
        raise MissingExtraError(called, "hf") from None
    try:
        return Path(snapshot_download(id, revision=revision, allow_patterns=patterns, ignore_patterns=_UNUSED))
    except GatedRepoError as error:
        reason = f"the hub wants you to accept its terms first, at https://huggingface.co/{id} (then `hf auth login`)"
        raise InputError(f"{called} can't be loaded: {reason}.") from error
    except RevisionNotFoundError as error:
        raise InputError(f"{called} can't be loaded: the hub has no revision {revision!r} of {id}.") from error
    except RepositoryNotFoundError as error:
        reason = f"the hub has no model {id} (or a private one: `hf auth login`), and there is no folder of that name"
        raise InputError(f"{called} can't be loaded: {reason}.") from error
    except (OSError, ValueError) as error:
        from huggingface_hub.constants import HF_HUB_OFFLINE

        why = "HF_HUB_OFFLINE forbids asking the hub" if HF_HUB_OFFLINE else "the hub can't be reached"
        raise InputError(
            f"{called} can't be loaded: there is no folder {id}, it isn't among the models downloaded before, "
            f"and {why}. Give a folder, or fetch it where there is a network: hf download {id}"
            + (f" --revision {revision}" if revision else "")
        ) from error


def _weight_patterns(scheme: str) -> list[str]:
    return _WEIGHTS + ([_PARTS[scheme] + pattern for pattern in _WEIGHTS] if scheme in _PARTS else [])


def _looked_at(
    called: str, scheme: str, id: str, revision: str | None, commit: str | None, folder: Path, trusted: bool
) -> ModelRef:
    _refuse_code(called, folder, trusted)
    if scheme == "diffusers" and (folder / "model_index.json").is_file() and (folder / "vae").is_dir():
        folder = folder / "vae"  # a whole pipeline; its autoencoder is what is wanted
    modules = _modules(folder) if scheme == "st" else []
    config = _config(folder)
    missing = [] if config or modules else ["config.json"]
    weights: list[Path] = []
    pickled: list[str] = []
    for part in modules or [folder]:
        found, lost = _weights(part)
        weights += found
        missing += [name for name in lost if name not in missing]
        if not found:
            pickled += sorted(p.name for p in _entries(part) if _PICKLED.fullmatch(p.name))
    if pickled:
        raise InputError(_pickled(called, scheme, id, pickled[0]))
    if not weights and not missing:
        pickled = _pickled_on_hub(id, revision) if commit else []
        if pickled:
            raise InputError(_pickled(called, scheme, id, pickled[0]))
    if not weights:
        missing.append("weights (model.safetensors)")
    if missing:
        raise InputError(f"{called} can't be loaded: {folder} lacks {' and '.join(missing)}. {_what_it_holds(scheme)}")
    _refuse_pointers(called, weights)
    return ModelRef(scheme, id, revision, commit, folder, config, tuple(weights), trusted)


def _what_it_holds(scheme: str) -> str:
    kinds = {
        "hf": "config.json, model.safetensors and preprocessor_config.json (CLIP-like ones a tokenizer too)",
        "st": "modules.json, config.json, model.safetensors and a tokenizer",
        "diffusers": "config.json and diffusion_pytorch_model.safetensors",
    }
    return f"Such a folder holds {kinds.get(scheme, 'config.json and model.safetensors')}; save_pretrained writes it."


def _config(folder: Path) -> dict[str, Any]:
    file = folder / "config.json"
    return _read_object(file) if file.is_file() else {}


def _read_object(file: Path) -> dict[str, Any]:
    value = _read_json(file)
    if not isinstance(value, dict):
        raise InputError(f"{file} holds a JSON {type(value).__name__}; expected an object.")
    return value


def _read_json(file: Path) -> object:
    try:
        return json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{file} can't be read as JSON: {error}.") from error


def _modules(folder: Path) -> list[Path]:
    """The folders of a sentence-transformers model: its own, and those of its modules."""
    file = folder / "modules.json"
    if not file.is_file():
        return []
    modules = _read_json(file)
    if not isinstance(modules, list) or not all(isinstance(m, dict) for m in modules):
        raise InputError(f"{file} holds no list of modules.")
    parts = dict.fromkeys(folder / str(m.get("path") or "") for m in modules)
    return [part for part in parts if part.is_dir()]


def _weights(folder: Path) -> tuple[list[Path], list[str]]:
    """The safetensors files of a folder, and the names of shards that its index lists but that aren't there."""
    for stem in _STEMS:
        whole, index = folder / f"{stem}.safetensors", folder / f"{stem}.safetensors.index.json"
        if whole.is_file():
            return [whole], []
        if index.is_file():
            parts = _read_object(index).get("weight_map")
            if not isinstance(parts, dict) or not parts:
                raise InputError(f"{index} has no weight_map; expected the name of a file for each tensor.")
            shards = sorted({str(name) for name in parts.values()})
            there = [folder / name for name in shards if (folder / name).is_file()]
            return there, [name for name in shards if not (folder / name).is_file()]
    return [], []


def _entries(folder: Path) -> list[Path]:
    return [p for p in folder.iterdir() if p.is_file()]


def _refuse_code(called: str, folder: Path, trusted: bool) -> None:
    if trusted:
        return
    for name in _CODE_IN:
        file = folder / name
        if file.is_file() and "auto_map" in _read_object(file):
            raise InputError(_code(called, f"{name} has an auto_map"))
    for file in folder.glob("modules.json"):
        own = [m for m in _types(_read_json(file)) if not m.startswith("sentence_transformers.")]
        if own:
            raise InputError(_code(called, f"modules.json names {own[0]}"))


def _types(modules: object) -> list[str]:
    found = modules if isinstance(modules, list) else []
    return [str(m["type"]) for m in found if isinstance(m, dict) and "type" in m]


def _code(called: str, sign: str) -> str:
    return (
        f"{called} brings Python code of its own ({sign}), which would run here with all your rights. Read it; if you "
        "trust those who wrote it, give --trust-remote-code (in Python: trust_remote_code=True), or, to encode into a "
        f"space that is there, set {TRUST}=1."
    )


def _pickled(called: str, scheme: str, id: str, file: str) -> str:
    library, load = _CONVERT.get(scheme, _CONVERT["hf"])
    folder = Path(id).name + "-safe"
    save = "save_pretrained" if scheme != "st" else "save"
    return (
        f"{called} has pickled weights only ({file}), and unpickling can run anything. If you trust its origin, "
        f"convert it once:\n  {library}\n  model = {load.format(id=id)}\n"
        f"  model.{save}({folder!r}, safe_serialization=True)\n"
        f"then copy its other .json and .txt files there, and give {scheme}:{folder}"
    )


def _pickled_on_hub(id: str, revision: str | None) -> list[str]:
    from huggingface_hub import HfApi

    try:
        files = HfApi().list_repo_files(id, revision=revision)
    except (OSError, ValueError):
        return []
    return sorted(name for name in files if _PICKLED.fullmatch(name))


def _refuse_pointers(called: str, weights: Sequence[Path]) -> None:
    for file in weights:
        if file.stat().st_size < 1024 and file.read_bytes().startswith(b"version https://git-lfs"):
            raise InputError(f"{called} can't be loaded: {file} is a git-lfs pointer, not weights; run `git lfs pull`.")
