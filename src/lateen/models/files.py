"""Files of a trained model: written whole or not at all, read without trust.

One idea: a file gets its name only when it is complete and on disk, so a kill at any moment leaves the old one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as to_bytes
from torch import Tensor

from lateen.core.atomic import write_file
from lateen.core.errors import SpaceError


def write_tensors(path: Path, tensors: Mapping[str, Tensor], notes: Mapping[str, object] | None = None) -> None:
    """Write tensors as safetensors, atomically; `notes` is plain data kept in the same file's header."""
    dense = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    metadata = None if notes is None else {"notes": json.dumps(notes)}
    write_file(path, to_bytes(dense, metadata))


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, object]]:
    """Read safetensors and the notes in their header.

    Raises:
        SpaceError: If the file is missing, truncated or not safetensors.
    """
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  (not a dict)
            notes = json.loads((file.metadata() or {}).get("notes", "{}"))
    except (SafetensorError, OSError, ValueError) as error:
        raise SpaceError(f"{path} is missing, truncated or not a safetensors file: {error}") from error
    return tensors, notes


def fingerprint(tensors: Mapping[str, Tensor], preprocessing: Mapping[str, object]) -> str:
    """SHA-256 of weights (names, types, shapes, bytes as stored) and preprocessing."""
    digest = hashlib.sha256(json.dumps(preprocessing, sort_keys=True).encode())
    for name in sorted(tensors):
        tensor = tensors[name].detach().cpu().contiguous()
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.flatten().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()
