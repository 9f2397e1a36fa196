"""An ONNX file as a function from named arrays to a vector per item.

One idea: the graph itself says what it takes; what it gives is learnt from one run on two items, and by rule one of its
outputs is taken for the vectors.
"""

from __future__ import annotations

import mmap
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from jaxtyping import Float32

from lateen.core.errors import InputError, MissingExtraError, first_line, nearest_spellings

Feeds: TypeAlias = dict[str, np.ndarray]
Vectors = Float32[np.ndarray, "n dim"]

TYPES: dict[str, type[np.generic]] = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(double)": np.float64,
    "tensor(uint8)": np.uint8,
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
}
_NAMED = (
    *("sentence_embedding", "image_embeds", "text_embeds", "image_features", "text_features"),
    *("embeddings", "embedding", "pooler_output"),
)
_TOKENS = ("last_hidden_state", "token_embeddings", "hidden_states")


@dataclass(frozen=True)
class Input:
    """An input of a graph.

    Args:
        name: Its name.
        type: NumPy's type of its numbers.
        shape: Its dimensions, None where any size will do; the first counts items.
    """

    name: str
    type: type[np.generic]
    shape: tuple[int | None, ...]

    def __str__(self) -> str:
        sides = " x ".join("?" if side is None else str(side) for side in self.shape)
        return f"{self.name} ({self.type.__name__}, {sides})"


@dataclass(frozen=True, eq=False)
class Graph:
    """A graph that was loaded.

    Args:
        file: The file.
        session: The `onnxruntime.InferenceSession`.
        inputs: What it takes.
    """

    file: Path
    session: Any
    inputs: tuple[Input, ...]

    @property
    def outputs(self) -> list[str]:
        """Names of what it gives."""
        return [output.name for output in self.session.get_outputs()]

    def run(self, feeds: Feeds, outputs: Sequence[str]) -> list[np.ndarray]:
        """Run it on n items; where it takes a fixed number of them at a time, the last batch is filled up.

        Args:
            feeds: For every input an array with n rows, n at least 1.
            outputs: Names of the outputs wanted.

        Returns:
            For each of these an array with n rows.

        Raises:
            InputError: If it can't run on arrays of these shapes.
        """
        n = len(next(iter(feeds.values())))
        fixed = next((side for side in (i.shape[0] for i in self.inputs) if side is not None), None)
        if fixed is None:
            return self._run(feeds, outputs)
        parts = []
        for start in range(0, n, fixed):
            rows = np.minimum(np.arange(start, start + fixed), n - 1)
            found = self._run({name: array[rows] for name, array in feeds.items()}, outputs)
            parts.append([np.asarray(array)[: n - start] for array in found])
        return [np.concatenate(arrays) for arrays in zip(*parts, strict=True)]

    def _run(self, feeds: Feeds, outputs: Sequence[str]) -> list[np.ndarray]:
        try:
            return list(self.session.run(list(outputs), feeds))
        except Exception as error:  # onnxruntime's errors have no base of their own
            shapes = ", ".join(f"{name} {' x '.join(map(str, a.shape))}" for name, a in feeds.items())
            raise InputError(f"The encoder onnx:{self.file} can't run on {shapes}: {first_line(error)}.") from error


@dataclass(frozen=True)
class Output:
    """The output that stands for the items, and what makes a vector of it.

    Args:
        name: Its name.
        pooling: "none", "cls", "mean" or "lasttoken".
        dim: Numbers per vector.
        pool: From the output, and the mask of tokens for texts, to (n, dim).
    """

    name: str
    pooling: str
    dim: int
    pool: Callable[[np.ndarray, np.ndarray | None], np.ndarray]

    def vectors(self, found: np.ndarray, mask: np.ndarray | None = None) -> Vectors:
        """Unit vectors of what a run gave."""
        pooled = self.pool(found, mask).astype(np.float32)
        lengths = np.linalg.norm(pooled, axis=1, keepdims=True)
        return np.asarray(pooled / np.maximum(lengths, np.float32(1e-12)), np.float32)


def find_file(id: str) -> Path:
    """The ONNX file that is meant: itself, or the one in a folder (model.onnx, onnx/model.onnx, or the only one).

    Raises:
        InputError: If there is none, or several.
    """
    try:
        path = Path(id).expanduser().absolute()
        if path.is_file():
            return path
        is_folder = path.is_dir()
    except (OSError, RuntimeError, ValueError) as error:
        raise InputError(f"The encoder onnx:{id} can't be looked at: {error}.") from error
    if is_folder:
        for file in (path / "model.onnx", path / "onnx" / "model.onnx"):
            if file.is_file():
                return file
        there = sorted([*path.glob("*.onnx"), *path.glob("onnx/*.onnx")])
        if len(there) == 1:
            return there[0]
        names = ", ".join(file.name for file in there[:8])
        many = f"it holds {names}; name one of them" if there else "it holds no .onnx file"
        raise InputError(f"The encoder onnx:{id} can't be loaded from the folder {path}: {many}.")
    siblings = [p.name for p in path.parent.glob("*") if p.suffix == ".onnx" or p.is_dir()]
    near = [f"onnx:{path.parent / name}" for name in nearest_spellings(path.name, siblings)]
    hint = f"Did you mean {' or '.join(near)}?" if near else "Give an .onnx file, or a folder that holds model.onnx."
    raise InputError(f"The encoder onnx:{id} can't be loaded: there is no file {path}. {hint}")


def open_graph(file: Path) -> Graph:
    """Load an ONNX file for the CPU.

    Raises:
        InputError: If it is damaged, no ONNX, lacks its external data, or needs operators that aren't there.
        MissingExtraError: If onnxruntime is not installed.
    """
    try:
        import onnxruntime
    except ImportError:
        raise MissingExtraError(f"The encoder onnx:{file}", "onnx") from None
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # what goes wrong comes back as an error
    options.use_deterministic_compute = True
    try:
        session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's errors have no base of their own
        raise InputError(f"The encoder onnx:{file} can't be loaded: {_why(file, error)}.") from error
    inputs = []
    for node in session.get_inputs():
        if node.type not in TYPES:
            raise InputError(f"The encoder onnx:{file} takes a {node.type} as {node.name!r}; expected numbers.")
        sides = tuple(side if isinstance(side, int) and side > 0 else None for side in node.shape)
        inputs.append(Input(node.name, TYPES[node.type], sides))
    return Graph(file, session, tuple(inputs))


def pick_output(
    graph: Graph, feeds: Feeds, mask: np.ndarray | None, pooling: str | None, channels_last: bool = False
) -> Output:
    """Choose the output that stands for the items.

    Args:
        graph: The graph.
        feeds: Two items.
        mask: Which of their tokens count, for texts; None for pictures.
        pooling: How a text's tokens become one vector, where its folder says it: "cls", "mean" or "lasttoken".
        channels_last: Whether feature maps have their channels in the last place.

    Returns:
        A matrix of a well-known name; else the pooled tokens if `pooling` is said; else the only matrix; else pooled
        tokens: the first for pictures, the mean for texts; else the mean of the only feature map.

    Raises:
        InputError: If it can't run, or nothing fits these rules.
    """
    found = dict(zip(graph.outputs, graph.run(feeds, graph.outputs), strict=True))
    floats = {name: a for name, a in found.items() if isinstance(a, np.ndarray) and a.dtype.kind == "f" and len(a) == 2}
    ranks = {rank: [name for name, a in floats.items() if a.ndim == rank] for rank in (2, 3, 4)}
    tokens = next((name for name in _TOKENS if name in ranks[3]), ranks[3][0] if len(ranks[3]) == 1 else None)
    named = [name for name in _NAMED if name in ranks[2]]
    if tokens and pooling and (not named or named[0] == "pooler_output"):
        return _pooled(tokens, pooling, floats[tokens])
    if named or len(ranks[2]) == 1:
        name = named[0] if named else ranks[2][0]
        return Output(name, "none", floats[name].shape[1], lambda a, _: a)
    if not ranks[2] and tokens:
        return _pooled(tokens, "cls" if mask is None else "mean", floats[tokens])
    if not ranks[2] and len(ranks[4]) == 1:
        across = (1, 2) if channels_last else (2, 3)
        name = ranks[4][0]
        dim = floats[name].shape[3 if channels_last else 1]
        return Output(name, "mean", dim, lambda a, _: a.mean(axis=across, dtype=np.float32))
    shapes = "; ".join(f"{name}: {' x '.join(map(str, np.shape(a)))}" for name, a in found.items())
    raise InputError(
        f"The encoder onnx:{graph.file} has no output that can be taken for a vector per item. It gives, for two "
        f"items: {shapes}. Expected a matrix named {', '.join(_NAMED[:3])} ..., one matrix, or one last_hidden_state."
    )


def external_files(file: Path) -> list[Path]:
    """The files beside it in which an ONNX file keeps weights, in order: read from its bytes, without the library."""
    with open(file, "rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        marks = re.finditer(rb"\x0a\x08location\x12([\x01-\x7f])", data)
        names = {data[mark.end() : mark.end() + mark.group(1)[0]] for mark in marks}
    files = [file.parent / name.decode("utf-8", "replace") for name in sorted(names)]
    return [f for f in files if f.is_file()]


def _pooled(name: str, pooling: str, found: np.ndarray) -> Output:
    pools: Mapping[str, Callable[[np.ndarray, np.ndarray | None], np.ndarray]] = {
        "cls": lambda a, _: a[:, 0],
        "mean": _mean,
        "lasttoken": _last,
    }
    return Output(name, pooling, found.shape[2], pools[pooling])


def _mean(tokens: np.ndarray, mask: np.ndarray | None) -> np.ndarray:
    if mask is None:
        return np.asarray(tokens.mean(axis=1, dtype=np.float32))
    weights = mask[:, :, None].astype(np.float32)
    return np.asarray((tokens * weights).sum(1) / np.maximum(weights.sum(1), 1))


def _last(tokens: np.ndarray, mask: np.ndarray | None) -> np.ndarray:
    if mask is None:
        return np.asarray(tokens[:, -1])
    return np.asarray(tokens[np.arange(len(tokens)), tokens.shape[1] - 1 - mask[:, ::-1].argmax(1)])


def _why(file: Path, error: Exception) -> str:
    head = file.read_bytes()[:64] if file.stat().st_size < 1024 else b""
    if head.startswith(b"version https://git-lfs"):
        return "it is a git-lfs pointer, not a model; run `git lfs pull`"
    text = first_line(error)
    if not file.stat().st_size or "INVALID_PROTOBUF" in text:
        return "it is damaged, or no ONNX file"
    if "not a registered" in text or "No opset import" in text:
        return f"it uses operators that onnxruntime doesn't have; export it with standard ones only ({text})"
    if "external" in text.lower() or "GetFileLength" in text:
        return f"the file with its weights, which belongs beside it, is missing or damaged ({text})"
    return text
