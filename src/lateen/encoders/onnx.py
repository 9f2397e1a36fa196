"""Pictures or texts to points by an ONNX file, through onnxruntime on the CPU: `onnx:FILE`.

One idea: the graph says whether it sees pictures or texts; how they are prepared is read from the files beside it
(preprocessor_config.json, tokenizer.json), and what had to be assumed is told in `notes`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from lateen.core.codec import Images, Latents, LatentSpec
from lateen.core.errors import InputError, MissingExtraError
from lateen.encoders.hub import files_fingerprint
from lateen.encoders.onnx_graph import Feeds, Graph, Input, Output, external_files, find_file, open_graph, pick_output
from lateen.encoders.processor import FILE, Preprocessing, read_preprocessing
from lateen.encoders.text_batches import token_batches
from lateen.sources.picture import View

BATCH = 16
WINDOW = 512  # tokens of a text, where nothing says how many the model takes
_TEXT_INPUTS = ("input_ids", "attention_mask", "token_type_ids")
_NO_LIMIT = 1_000_000  # what tokenizers write who know no limit is far beyond


@dataclass(frozen=True, eq=False)
class OnnxPictures:
    """Pictures to unit vectors.

    Args:
        spec: What the vectors are.
        notes: What the user should know of how the model was understood, a sentence each.
        graph: The graph.
        output: Which of its outputs is the vector.
        prepared: How pictures are prepared.
        channels_last: Whether it takes (n, height, width, 3) rather than (n, 3, height, width).
    """

    spec: LatentSpec
    notes: tuple[str, ...]
    graph: Graph
    output: Output
    prepared: Preprocessing
    channels_last: bool

    def encode(self, images: Images) -> Latents:
        """Encode pictures.

        Args:
            images: (n, size, size, 3); n may be 0.

        Returns:
            (n, dim) float32 of length 1.

        Raises:
            InputError: If the pictures have another size than the model sees.
        """
        self.prepared.require_size(images, self.spec.encoder)
        vectors = np.empty((len(images), self.spec.dim), np.float32)
        for start in range(0, len(images), BATCH):
            part = images[start : start + BATCH]
            feeds = _pixels(part, self.graph.inputs[0], self.prepared, self.channels_last)
            vectors[start : start + BATCH] = self.output.vectors(*self.graph.run(feeds, [self.output.name]))
        return vectors


@dataclass(frozen=True, eq=False)
class OnnxTexts:
    """Texts to unit vectors; what is longer than the model's window is cut off at its end, without a word.

    Args:
        spec: What the vectors are.
        notes: What the user should know of how the model was understood, a sentence each.
        graph: The graph.
        output: Which of its outputs is the vector.
        tokeniser: What makes numbers of texts.
    """

    spec: LatentSpec
    notes: tuple[str, ...]
    graph: Graph
    output: Output
    tokeniser: Tokeniser

    def encode(self, texts: Sequence[str]) -> Latents:
        """Encode texts.

        Args:
            texts: n texts; n may be 0.

        Returns:
            (n, dim) float32 of length 1.
        """
        vectors = np.empty((len(texts), self.spec.dim), np.float32)
        for rows, tokens in token_batches(texts, self.tokeniser.tokens, trim=self.tokeniser.width is None):
            found = self.graph.run(_taken(tokens, self.graph), [self.output.name])
            vectors[rows] = self.output.vectors(found[0], tokens["attention_mask"])
        return vectors

    def encode_query(self, texts: Sequence[str]) -> Latents:
        """Encode texts to search with: as `encode`."""
        return self.encode(texts)


@dataclass(frozen=True, eq=False)
class Tokeniser:
    """Texts to token numbers, padded on the right.

    Args:
        tokenizer: The `tokenizers.Tokenizer`, which cuts off what is too long.
        padding: Number of the padding token.
        width: Columns of every array, where the graph wants them fixed; else None, for the longest text's.
    """

    tokenizer: Any
    padding: int
    width: int | None

    def tokens(self, texts: Sequence[str]) -> Feeds:
        """Arrays (n, width) for the inputs input_ids, attention_mask and token_type_ids."""
        read = self.tokenizer.encode_batch(list(texts))
        width = self.width or max(1, *(len(r.ids) for r in read))
        shape = (len(read), width)
        fills = (self.padding, 0, 0)
        made = {name: np.full(shape, fill, np.int64) for name, fill in zip(_TEXT_INPUTS, fills, strict=True)}
        for row, r in enumerate(read):
            for name, values in zip(_TEXT_INPUTS, (r.ids, r.attention_mask, r.type_ids), strict=True):
                made[name][row, : len(values)] = values
        return made


def load(id: str, revision: str | None = None, *, size: int | None = None) -> OnnxPictures | OnnxTexts:
    """ONNX files, for pictures or texts; with preprocessor_config.json or tokenizer.json beside them.

    Args:
        id: An .onnx file, or a folder with model.onnx or onnx/model.onnx.
        revision: There is none.
        size: Pixels of the sides of pictures, for graphs that take any.

    Raises:
        InputError: If it can't be loaded, is no model of pictures or texts, or it isn't known how to prepare these.
        MissingExtraError: If onnxruntime is not installed.
    """
    if revision is not None:
        raise InputError(f"The encoder onnx:{id}@{revision} asks for a revision; a file has none.")
    graph = open_graph(find_file(id))
    pictures = [i for i in graph.inputs if len(i.shape) == 4]
    texts = [i for i in graph.inputs if i.name in _TEXT_INPUTS]
    listed = "; ".join(str(i) for i in graph.inputs) or "nothing"
    if pictures and texts:
        raise InputError(
            f"The encoder onnx:{graph.file} takes pictures and texts at once ({listed}), as exports of CLIP-like "
            "models do. Export the half that sees pictures alone (often named vision_model.onnx), or use hf: for both."
        )
    if len(pictures) == len(graph.inputs) == 1:
        return _load_pictures(graph, size)
    if "input_ids" in [i.name for i in texts] and len(texts) == len(graph.inputs):
        if size is not None:
            raise InputError(f"The encoder onnx:{graph.file} takes texts; --size is for pictures.")
        return _load_texts(graph)
    raise InputError(
        f"The encoder onnx:{graph.file} takes {listed}. Expected one batch of pictures (four dimensions), or "
        f"{', '.join(_TEXT_INPUTS[:2])} (and {_TEXT_INPUTS[2]})."
    )


def _load_pictures(graph: Graph, size: int | None) -> OnnxPictures:
    wanted = graph.inputs[0]
    channels_last = wanted.shape[3] == 3 and wanted.shape[1] != 3
    if wanted.shape[3 if channels_last else 1] not in (3, None):
        raise InputError(f"The encoder onnx:{graph.file} takes {wanted}; expected pictures of three channels.")
    prepared, notes = _prepared(graph, _sides(graph, wanted, channels_last), size)
    probe = np.random.default_rng(0).integers(0, 256, (2, prepared.view.size, prepared.view.size, 3), np.uint8)
    output = pick_output(graph, _pixels(probe, wanted, prepared, channels_last), None, None, channels_last)
    preprocessing = {**prepared.to_dict(), "layout": "NHWC" if channels_last else "NCHW", **_described(output)}
    options: dict[str, object] = {} if size is None else {"options": {"size": size}}
    spec = _spec(graph, "image", output, preprocessing, 3 * prepared.view.size**2, options)
    return OnnxPictures(spec, notes + _scores(output), graph, output, prepared, channels_last)


def _sides(graph: Graph, wanted: Input, channels_last: bool) -> int | None:
    height, width = wanted.shape[1:3] if channels_last else wanted.shape[2:]
    if height is not None and width is not None and height != width:
        raise InputError(f"The encoder onnx:{graph.file} takes {wanted}; lateen's pictures are square.")
    return height or width


def _prepared(graph: Graph, fixed: int | None, size: int | None) -> tuple[Preprocessing, tuple[str, ...]]:
    """How pictures are prepared: as the files beside the graph say, else by what is safe to assume, with a note."""
    if None not in (fixed, size) and fixed != size:
        raise InputError(f"The encoder onnx:{graph.file} takes pictures of {fixed} pixels a side; --size got {size}.")
    bytes_wanted = graph.inputs[0].type is np.uint8
    folder = next((f for f in _folders(graph.file) if (f / FILE).is_file()), None)
    if folder is not None:
        read = read_preprocessing(folder, _json(folder / "config.json").get("model_type"))
        if fixed not in (None, read.view.size):
            raise InputError(
                f"The encoder onnx:{graph.file} takes pictures of {fixed} pixels a side, but {folder / FILE} says "
                f"{read.view.size}; one of them belongs to another model."
            )
        prepared = replace(read, view=replace(read.view, size=size or read.view.size))
        return (Preprocessing(prepared.view, factor=1.0) if bytes_wanted else prepared), ()
    side = fixed or size
    if side is None:
        raise InputError(
            f"The encoder onnx:{graph.file} takes pictures of any size; say which with --size, such as --size 224, or "
            f"put the {FILE} of the model beside it."
        )
    if bytes_wanted:
        return Preprocessing(View(side), factor=1.0), ()
    note = (
        f"There is no {FILE} beside {graph.file.name}: pictures are given to it as values of 0 to 1, without "
        "normalisation. If the model was trained otherwise, put that file there."
    )
    return Preprocessing(View(side)), (note,)


def _pixels(images: Images, wanted: Input, prepared: Preprocessing, channels_last: bool) -> Feeds:
    if wanted.type is np.uint8:
        values: np.ndarray = images
    else:
        values = (images * prepared.scale + prepared.shift).astype(wanted.type)
    return {wanted.name: np.ascontiguousarray(values if channels_last else values.transpose(0, 3, 1, 2))}


def _load_texts(graph: Graph) -> OnnxTexts:
    tokeniser, window = _tokeniser(graph)
    tokens = tokeniser.tokens(["A text.", "Another one, which is longer."])
    pooling = next((p for p in map(_pooling, _folders(graph.file)) if p), None)
    output = pick_output(graph, _taken(tokens, graph), tokens["attention_mask"], pooling)
    preprocessing = {**_described(output), "max_seq_length": window or WINDOW}
    spec = _spec(graph, "text", output, preprocessing, 0, {})
    note = (
        f"Nothing beside {graph.file.name} says how long its texts may be (model_max_length in tokenizer_config.json): "
        f"they are cut after {WINDOW} tokens."
    )
    return OnnxTexts(spec, _scores(output) + (() if window else (note,)), graph, output, tokeniser)


def _tokeniser(graph: Graph) -> tuple[Tokeniser, int | None]:
    try:
        from tokenizers import Tokenizer
    except ImportError:
        raise MissingExtraError(f"The encoder onnx:{graph.file}", "onnx") from None
    folder = next((f for f in _folders(graph.file) if (f / "tokenizer.json").is_file()), None)
    if folder is None:
        raise InputError(
            f"The encoder onnx:{graph.file} takes texts, but there is no tokenizer.json beside it. A folder made by "
            "AutoTokenizer.from_pretrained(NAME).save_pretrained(FOLDER) holds it; put it there."
        )
    try:
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    except Exception as error:  # the library raises bare Exceptions
        raise InputError(f"{folder / 'tokenizer.json'} can't be read as a tokenizer: {error}.") from error
    settings, config = _json(folder / "tokenizer_config.json"), _json(folder / "config.json")
    width = next(i.shape[1] for i in graph.inputs if i.name == "input_ids")
    known = [width, (tokenizer.truncation or {}).get("max_length"), settings.get("model_max_length")]
    known += [_json(folder / "sentence_bert_config.json").get("max_seq_length"), _positions(config)]
    limits = [int(limit) for limit in known if isinstance(limit, int | float) and 0 < limit < _NO_LIMIT]
    window = min(limits, default=None)
    written = settings.get("pad_token")
    token = written.get("content") if isinstance(written, dict) else written
    padding = (tokenizer.padding or {}).get("pad_id", tokenizer.token_to_id(str(token or "[PAD]")))
    tokenizer.enable_truncation(window or WINDOW)
    tokenizer.no_padding()
    return Tokeniser(tokenizer, padding or 0, width), window


def _positions(config: dict[str, Any]) -> object:
    """The longest text; models after RoBERTa count two positions that no token has."""
    positions = config.get("max_position_embeddings")
    return positions - 2 if isinstance(positions, int) and positions % 64 == 2 else positions


def _taken(tokens: Feeds, graph: Graph) -> Feeds:
    return {i.name: tokens[i.name].astype(i.type) for i in graph.inputs}


def _pooling(folder: Path) -> str | None:
    """What a sentence-transformers folder says of pooling, in its older or newer words."""
    config = _json(folder / "1_Pooling" / "config.json")
    older = {"pooling_mode_cls_token": "cls", "pooling_mode_mean_tokens": "mean", "pooling_mode_lasttoken": "lasttoken"}
    modes = [config["pooling_mode"]] if "pooling_mode" in config else [older[k] for k in older if config.get(k)]
    if config and (len(modes) != 1 or modes[0] not in older.values()):
        raise InputError(f"{folder / '1_Pooling'} asks for a pooling that onnx: doesn't have; use st: for that folder.")
    return str(modes[0]) if modes else None


def _spec(
    graph: Graph, modality: str, output: Output, preprocessing: dict[str, object], numbers: int, more: dict[str, object]
) -> LatentSpec:
    files = [graph.file, *external_files(graph.file)]
    if modality == "text":
        files += [f / "tokenizer.json" for f in _folders(graph.file) if (f / "tokenizer.json").is_file()][:1]
    return LatentSpec(
        encoder=f"onnx:{graph.file}",
        dim=output.dim,
        modality=modality,
        geometry="sphere",
        fingerprint=files_fingerprint(files, preprocessing),
        numbers_per_item=numbers,
        preprocessing={**preprocessing, **more},
    )


def _described(output: Output) -> dict[str, object]:
    return {"output": output.name, "pooling": output.pooling, "normalise": True}


def _scores(output: Output) -> tuple[str, ...]:
    if output.name != "logits":
        return ()
    return (f"The only output that serves is {output.name!r}: scores of {output.dim} classes, not features.",)


def _folders(file: Path) -> list[Path]:
    """Where the files that go with it may be: beside it, or above a folder named onnx."""
    return [file.parent, file.parent.parent] if file.parent.name == "onnx" else [file.parent]


def _json(file: Path) -> dict[str, Any]:
    if not file.is_file():
        return {}
    try:
        value = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{file} can't be read as JSON: {error}.") from error
    return value if isinstance(value, dict) else {}
