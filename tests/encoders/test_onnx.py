"""ONNX files: pictures and texts in the shapes and types that graphs want, the output taken, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

import onnx
from onnx import TensorProto, helper, numpy_helper

from lateen.core.codec import Encoder, QueryEncoder
from lateen.core.errors import InputError
from lateen.encoders.onnx import load

FLOAT, INT, BYTE = TensorProto.FLOAT, TensorProto.INT64, TensorProto.UINT8
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "red", "shoe", "river", "stone"]
CLIP = {
    "image_processor_type": "CLIPImageProcessor",
    "size": {"shortest_edge": 8},
    "crop_size": {"height": 8, "width": 8},
    "image_mean": [0.5, 0.4, 0.3],
    "image_std": [0.2, 0.3, 0.4],
}


def weights(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def save(path: Path, nodes: list, inputs: list, outputs: list, constants: dict[str, np.ndarray], **how: object) -> Path:
    """Write a graph; inputs and outputs are (name, type, shape)."""
    made = [[helper.make_tensor_value_info(*value) for value in values] for values in (inputs, outputs)]
    tensors = [numpy_helper.from_array(value, name) for name, value in constants.items()]
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("mine", 1)]
    model = helper.make_model(helper.make_graph(nodes, "g", *made, tensors), opset_imports=opsets, ir_version=8)
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, str(path), **how)
    return path


def picture_net(path: Path, shape: list, kind: int = FLOAT, last: bool = False, **how: object) -> Path:
    """A vector of 5 per picture: the mean colour of four bands of rows, times a matrix; large enough to be external."""
    nodes = [helper.make_node("Cast", ["pixels"], ["x"], to=FLOAT)]
    if last:
        nodes.append(helper.make_node("Transpose", ["x"], ["y"], perm=[0, 3, 1, 2]))
    nodes += [
        helper.make_node("AveragePool", ["y" if last else "x"], ["pooled"], kernel_shape=[2, 8], strides=[2, 8]),
        helper.make_node("Flatten", ["pooled"], ["flat"]),
        helper.make_node("MatMul", ["flat", "w"], ["vector"]),
    ]
    outputs = [("vector", FLOAT, [shape[0], 5])]
    return save(path, nodes, [("pixels", kind, shape)], outputs, {"w": weights(12, 5)}, **how)


def expected(values: np.ndarray) -> np.ndarray:
    """What `picture_net` makes of (n, 8, 8, 3) values, with length 1."""
    bands = values.reshape(len(values), 4, 2, 8, 3).mean(axis=(2, 3)).transpose(0, 2, 1).reshape(len(values), 12)
    vectors = bands @ weights(12, 5)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def text_net(path: Path, names: tuple[str, ...] = ("input_ids", "attention_mask"), **options: object) -> Path:
    """A table of token vectors, twice: last_hidden_state and, if wanted, a matrix of the first one's."""
    shape, matrix, kind = options.get("shape", ["n", "t"]), options.get("matrix"), options.get("kind", INT)
    nodes = [helper.make_node("Gather", ["table", "input_ids"], ["last_hidden_state"])]
    outputs = [("last_hidden_state", FLOAT, [*shape, 6])]
    constants = {"table": weights(len(WORDS), 6)}
    if matrix:
        constants["zero"] = np.array(0)
        nodes.append(helper.make_node("Gather", ["last_hidden_state", "zero"], [str(matrix)], axis=1))
        outputs.append((str(matrix), FLOAT, [shape[0], 6]))
    save(path, nodes, [(name, kind, shape) for name in names], outputs, constants)
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace
    from tokenizers.processors import TemplateProcessing

    tokenizer = Tokenizer(WordLevel({word: i for i, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.post_processor = TemplateProcessing("[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    tokenizer.save(str(path.parent / "tokenizer.json"))
    return path


@pytest.fixture
def images() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (37, 8, 8, 3), np.uint8)


@pytest.mark.parametrize("batch", ["n", 1, 4, 64])
@pytest.mark.parametrize("last", [False, True])
def test_pictures_as_the_graph_wants_them(tmp_path: Path, images: np.ndarray, batch: object, last: bool) -> None:
    shape = [batch, 8, 8, 3] if last else [batch, 3, 8, 8]
    file = picture_net(tmp_path / "net.onnx", shape, last=last)
    encoder = load(str(file))
    spec = encoder.spec
    assert isinstance(encoder, Encoder)
    assert not isinstance(encoder, QueryEncoder)
    assert (spec.encoder, spec.dim, spec.modality, spec.geometry) == (f"onnx:{file}", 5, "image", "sphere")
    assert (spec.numbers_per_item, len(spec.fingerprint)) == (192, 64)
    wanted = {"size": 8, "layout": "NHWC" if last else "NCHW", "output": "vector", "pooling": "none"}
    assert wanted.items() <= spec.preprocessing.items()
    assert json.loads(json.dumps(spec.to_dict())) == spec.to_dict()
    assert "values of 0 to 1, without normalisation" in encoder.notes[0]
    vectors = encoder.encode(images)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(vectors, expected(images / 255), atol=1e-5)
    np.testing.assert_allclose(encoder.encode(images[::-1].copy())[::-1], vectors, atol=1e-6)
    assert encoder.encode(images[:0]).shape == (0, 5)


def test_bytes_go_in_as_they_are(tmp_path: Path, images: np.ndarray) -> None:
    encoder = load(str(picture_net(tmp_path / "net.onnx", ["n", 3, 8, 8], BYTE)))
    assert encoder.notes == ()
    np.testing.assert_allclose(encoder.encode(images), expected(images.astype(np.float32)), atol=1e-5)


def test_half_precision_goes_in_where_it_is_wanted(tmp_path: Path, images: np.ndarray) -> None:
    encoder = load(str(picture_net(tmp_path / "net.onnx", ["n", 3, 8, 8], TensorProto.FLOAT16)))
    np.testing.assert_allclose(encoder.encode(images), expected(images / 255), atol=5e-3)


def test_pictures_are_prepared_as_the_file_beside_says(tmp_path: Path, images: np.ndarray) -> None:
    file = picture_net(tmp_path / "onnx" / "model.onnx", ["n", 3, "h", "w"])
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(CLIP))
    encoder = load(str(tmp_path))
    assert encoder.notes == ()
    assert encoder.spec.encoder == f"onnx:{file}"
    assert encoder.spec.preprocessing["resample"] == "bicubic"
    values = (images / 255 - CLIP["image_mean"]) / CLIP["image_std"]
    np.testing.assert_allclose(encoder.encode(images), expected(values), atol=1e-5)
    assert load(str(file)).spec == encoder.spec


def test_the_size_is_the_graphs_or_the_users(tmp_path: Path, images: np.ndarray) -> None:
    free = picture_net(tmp_path / "free.onnx", ["n", 3, "h", "w"])
    with pytest.raises(InputError, match="takes pictures of any size; say which with --size"):
        load(str(free))
    encoder = load(str(free), size=8)
    assert encoder.spec.preprocessing["options"] == {"size": 8}
    assert encoder.encode(images).shape == (37, 5)
    with pytest.raises(InputError, match="takes pictures of 8 x 8 pixels; it got 9 x 7"):
        encoder.encode(np.zeros((1, 7, 9, 3), np.uint8))
    with pytest.raises(InputError, match="can't run on pixels 2 x 3 x 32 x 32"):
        load(str(free), size=32)
    fixed = picture_net(tmp_path / "fixed.onnx", ["n", 3, 8, 8])
    with pytest.raises(InputError, match="takes pictures of 8 pixels a side; --size got 9"):
        load(str(fixed), size=9)
    (tmp_path / "preprocessor_config.json").write_text(json.dumps({**CLIP, "crop_size": 6}))
    with pytest.raises(InputError, match=r"8 pixels a side, but .* says 6"):
        load(str(fixed))


@pytest.mark.parametrize(("name", "shape", "pooling"), [("tokens", (4, 12), "cls"), ("map", (3, 4, 4), "mean")])
def test_tokens_and_feature_maps_become_vectors(tmp_path: Path, images, name, shape, pooling) -> None:
    constants = {"shape": np.array([-1, *shape])}
    nodes = [
        helper.make_node("AveragePool", ["pixels"], ["small"], kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Reshape", ["small", "shape"], [name]),
    ]
    outputs = [(name, FLOAT, ["n", *shape])]
    file = save(tmp_path / "n.onnx", nodes, [("pixels", FLOAT, ["n", 3, 8, 8])], outputs, constants)
    encoder = load(str(file))
    assert (encoder.spec.preprocessing["output"], encoder.spec.preprocessing["pooling"]) == (name, pooling)
    small = (images / 255).transpose(0, 3, 1, 2).reshape(-1, 3, 4, 2, 4, 2).mean(axis=(3, 5)).reshape(-1, *shape)
    wanted = small[:, 0] if pooling == "cls" else small.mean(axis=(2, 3))
    wanted = wanted / np.linalg.norm(wanted, axis=1, keepdims=True)
    np.testing.assert_allclose(encoder.encode(images), wanted, atol=1e-5)


def test_outputs_that_fit_no_rule_are_listed(tmp_path: Path) -> None:
    nodes = [helper.make_node("Flatten", ["pixels"], [name]) for name in ("boxes", "marks")]
    outputs = [(name, FLOAT, ["n", 192]) for name in ("boxes", "marks")]
    file = save(tmp_path / "two.onnx", nodes, [("pixels", FLOAT, ["n", 3, 8, 8])], outputs, {})
    with pytest.raises(InputError, match="boxes: 2 x 192; marks: 2 x 192"):
        load(str(file))
    named = [helper.make_node("Flatten", ["pixels"], [name]) for name in ("logits", "image_embeds")]
    outputs = [(name, FLOAT, ["n", 192]) for name in ("logits", "image_embeds")]
    file = save(tmp_path / "named.onnx", named, [("pixels", FLOAT, ["n", 3, 8, 8])], outputs, {})
    assert load(str(file)).spec.preprocessing["output"] == "image_embeds"
    file = save(tmp_path / "one.onnx", named[:1], [("pixels", FLOAT, ["n", 3, 8, 8])], outputs[:1], {})
    assert any("scores of 192 classes" in note for note in load(str(file)).notes)


TEXTS = ["red shoe", "river", "stone river red shoe", "", "unheard of"] * 5


def pooled(text: str, pooling: str, window: int = 512) -> np.ndarray:
    ids = [2, *[WORDS.index(w) if w in WORDS else 1 for w in text.split()][: window - 2], 3]
    rows = weights(len(WORDS), 6)[ids]
    vector = {"mean": rows.mean(0), "cls": rows[0], "lasttoken": rows[-1]}[pooling]
    return vector / np.linalg.norm(vector)


@pytest.mark.parametrize("shape", [["n", "t"], [3, "t"], ["n", 7], [1, 7]])
@pytest.mark.parametrize("kind", [INT, TensorProto.INT32])
def test_texts_are_the_mean_of_their_tokens(tmp_path: Path, shape: list, kind: int) -> None:
    names = ("input_ids", "attention_mask", "token_type_ids")
    encoder = load(str(text_net(tmp_path / "model.onnx", names, shape=shape, kind=kind)))
    assert isinstance(encoder, QueryEncoder)
    spec = encoder.spec
    assert (spec.dim, spec.modality, spec.geometry, spec.numbers_per_item) == (6, "text", "sphere", 0)
    assert (spec.preprocessing["output"], spec.preprocessing["pooling"]) == ("last_hidden_state", "mean")
    vectors = encoder.encode(TEXTS)
    np.testing.assert_allclose(vectors, [pooled(t, "mean") for t in TEXTS], atol=1e-5)
    assert np.array_equal(encoder.encode_query(TEXTS), vectors)
    assert encoder.encode([]).shape == (0, 6)


@pytest.mark.parametrize(
    ("config", "pooling"),
    [
        ({"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}, "cls"),
        ({"pooling_mode": "lasttoken"}, "lasttoken"),
        ({"pooling_mode_mean_tokens": True}, "mean"),
    ],
)
def test_pooling_is_the_folders(tmp_path: Path, config: dict, pooling: str) -> None:
    text_net(tmp_path / "onnx" / "model.onnx", matrix="pooler_output")
    assert load(str(tmp_path)).spec.preprocessing["output"] == "pooler_output"
    (tmp_path / "1_Pooling").mkdir()
    (tmp_path / "1_Pooling" / "config.json").write_text(json.dumps(config))
    encoder = load(str(tmp_path))
    assert encoder.spec.preprocessing["pooling"] == pooling
    np.testing.assert_allclose(encoder.encode(TEXTS), [pooled(t, pooling) for t in TEXTS], atol=1e-5)
    (tmp_path / "1_Pooling" / "config.json").write_text('{"pooling_mode": "max"}')
    with pytest.raises(InputError, match="asks for a pooling that onnx: doesn't have"):
        load(str(tmp_path))


def test_long_texts_are_cut_at_the_window(tmp_path: Path) -> None:
    file = text_net(tmp_path / "model.onnx")
    assert "they are cut after 512 tokens" in load(str(file)).notes[0]
    (tmp_path / "tokenizer_config.json").write_text('{"model_max_length": 5, "pad_token": "[PAD]"}')
    encoder = load(str(file))
    assert encoder.spec.preprocessing["max_seq_length"] == 5
    assert encoder.notes == ()
    text = "red shoe river stone stone stone"
    np.testing.assert_allclose(encoder.encode([text])[0], pooled(text, "mean", window=5), atol=1e-5)


def test_texts_need_a_tokenizer(tmp_path: Path) -> None:
    file = text_net(tmp_path / "model.onnx")
    first = load(str(file)).spec.fingerprint
    with pytest.raises(InputError, match="takes texts; --size is for pictures"):
        load(str(file), size=8)
    tokenizer = tmp_path / "tokenizer.json"
    tokenizer.write_text(tokenizer.read_text().replace("river", "rivers"))
    assert load(str(file)).spec.fingerprint != first
    tokenizer.write_text("{")
    with pytest.raises(InputError, match=r"tokenizer\.json can't be read as a tokenizer"):
        load(str(file))
    tokenizer.unlink()
    with pytest.raises(InputError, match=r"there is no tokenizer\.json beside it"):
        load(str(file))


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ([("pixels", FLOAT, ["n", 3, 8, 8]), ("input_ids", INT, ["n", "t"])], "takes pictures and texts at once"),
        ([("a", FLOAT, ["n", 3, 8, 8]), ("b", FLOAT, ["n", 3, 8, 8])], r"takes a \(float32, \? x 3 x 8 x 8\); b"),
        ([("waves", FLOAT, ["n", 16000])], r"takes waves \(float32, \? x 16000\)"),
        ([("pixels", FLOAT, ["n", 1, 8, 8])], "expected pictures of three channels"),
        ([("pixels", FLOAT, ["n", 3, 8, 16])], "lateen's pictures are square"),
        ([("words", TensorProto.STRING, ["n"])], r"takes a tensor\(string\) as 'words'"),
    ],
)
def test_other_inputs_are_listed(tmp_path: Path, inputs: list, message: str) -> None:
    nodes = [helper.make_node("Shape", [inputs[0][0]], ["sizes"])]
    file = save(tmp_path / "net.onnx", nodes, inputs, [("sizes", INT, [None])], {})
    with pytest.raises(InputError, match=message):
        load(str(file))


@pytest.mark.parametrize("content", [b"", b"no model", bytes(range(256)) * 40])
def test_what_is_no_onnx_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "net.onnx").write_bytes(content)
    with pytest.raises(InputError, match=r"net\.onnx can't be loaded: it is damaged, or no ONNX file"):
        load(str(tmp_path / "net.onnx"))


def test_a_truncated_file_and_a_pointer_are_refused(tmp_path: Path) -> None:
    file = picture_net(tmp_path / "net.onnx", ["n", 3, 8, 8])
    file.write_bytes(file.read_bytes()[:-40])
    with pytest.raises(InputError, match="can't be loaded"):
        load(str(file))
    file.write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5\n")
    with pytest.raises(InputError, match="git lfs pull"):
        load(str(file))


def test_operators_that_are_not_there_are_named(tmp_path: Path) -> None:
    nodes = [helper.make_node("Blend", ["pixels"], ["vector"], domain="mine")]
    inputs, outputs = [("pixels", FLOAT, ["n", 3, 8, 8])], [("vector", FLOAT, ["n", 5])]
    file = save(tmp_path / "net.onnx", nodes, inputs, outputs, {})
    with pytest.raises(InputError, match=r"operators that onnxruntime doesn't have.*Blend"):
        load(str(file))


def test_weights_beside_the_file_belong_to_it(tmp_path: Path, images: np.ndarray) -> None:
    how = {"save_as_external_data": True, "location": "net.onnx_data", "size_threshold": 0}
    file = picture_net(tmp_path / "net.onnx", ["n", 3, 8, 8], **how)
    data = tmp_path / "net.onnx_data"
    encoder = load(str(file))
    np.testing.assert_allclose(encoder.encode(images), expected(images / 255), atol=1e-5)
    data.write_bytes(data.read_bytes()[::-1])
    assert load(str(file)).spec.fingerprint != encoder.spec.fingerprint
    data.unlink()
    with pytest.raises(InputError, match="the file with its weights, which belongs beside it"):
        load(str(file))


def test_the_file_is_found_or_asked_for(tmp_path: Path) -> None:
    file = picture_net(tmp_path / "vision.onnx", ["n", 3, 8, 8])
    assert load(str(tmp_path)).spec.encoder == f"onnx:{file}"
    with pytest.raises(InputError, match=r"there is no file .*vison\.onnx\. Did you mean onnx:.*vision\.onnx"):
        load(str(tmp_path / "vison.onnx"))
    picture_net(tmp_path / "text.onnx", ["n", 3, 8, 8])
    with pytest.raises(InputError, match=r"it holds text\.onnx, vision\.onnx; name one of them"):
        load(str(tmp_path))
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"it holds no \.onnx file"):
        load(str(tmp_path / "empty"))
    with pytest.raises(InputError, match="asks for a revision; a file has none"):
        load(str(file), "v1")
