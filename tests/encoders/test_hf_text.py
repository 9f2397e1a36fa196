"""Text models of sentence-transformers: the library's own vectors, whatever the batches; prompts; what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("sentence_transformers")

import tiny_texts
import torch
from safetensors.torch import load_file, save_file
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Dense
from sentence_transformers.sentence_transformer.modules import StaticEmbedding

from lateen.core.codec import Encoder, QueryEncoder
from lateen.core.errors import InputError, UnknownNameError
from lateen.encoders.hf_text import load
from lateen.encoders.text_batches import token_batches

PROMPTS = {"query": "query: ", "document": "passage: ", "night": "night "}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model with prompts."""
    return tiny_texts.save_sentences(tmp_path_factory.mktemp("st") / "prompted", prompts=PROMPTS)


@pytest.fixture(scope="module")
def library(folder: Path) -> SentenceTransformer:
    """The same model as its library loads it."""
    return SentenceTransformer(str(folder), device="cpu")


def close(a: np.ndarray, b: np.ndarray) -> bool:
    return a.shape == b.shape and bool(np.allclose(a, b, atol=2e-6))


def test_the_spec_says_what_the_vectors_are(folder: Path) -> None:
    encoder = load(str(folder))
    spec = encoder.spec
    assert isinstance(encoder, Encoder)
    assert isinstance(encoder, QueryEncoder)
    assert (spec.encoder, spec.dim, spec.modality, spec.geometry) == (f"st:{folder}", 16, "text", "sphere")
    assert (spec.dtype, spec.numbers_per_item, len(spec.fingerprint)) == ("float32", 0, 64)
    assert spec.preprocessing == {
        "modules": ["Transformer", "Pooling", "Normalize"],
        "pooling": "mean",
        "prompt": "passage: ",
        "query_prompt": "query: ",
        "truncate_dim": None,
        "max_seq_length": 64,
        "normalise": True,
        "dtype": "float32",
    }
    assert json.loads(json.dumps(spec.to_dict())) == spec.to_dict()
    assert encoder.notes == ()
    assert load(str(folder)).spec == spec


def test_vectors_are_those_of_the_library(folder: Path, library: SentenceTransformer) -> None:
    encoder, texts = load(str(folder)), tiny_texts.texts(200)
    vectors = encoder.encode(texts)
    assert vectors.dtype == np.float32
    assert close(vectors, library.encode_document(texts))
    assert close(encoder.encode_query(texts), library.encode_query(texts))
    assert not close(encoder.encode_query(texts), vectors)
    assert np.array_equal(encoder.encode(texts), vectors)


@pytest.mark.parametrize("pooling", ["cls", "max", "lasttoken", "weightedmean"])
def test_every_pooling_is_the_librarys(tmp_path: Path, pooling: str) -> None:
    folder = tiny_texts.save_sentences(tmp_path / "st", pooling, more=(Dense(16, 12),), prompts={"document": "red "})
    encoder, texts = load(str(folder)), tiny_texts.texts(60)
    wanted = SentenceTransformer(str(folder), device="cpu").encode_document(texts, normalize_embeddings=True)
    assert encoder.spec.dim == 12
    assert encoder.spec.preprocessing["pooling"] == pooling
    assert close(encoder.encode(texts), wanted)


def test_prompts_left_out_of_pooling(tmp_path: Path) -> None:
    folder = tiny_texts.save_sentences(tmp_path / "st", prompts=PROMPTS, include_prompt=False)
    texts = tiny_texts.texts(60)
    assert close(load(str(folder)).encode(texts), SentenceTransformer(str(folder)).encode_document(texts))


@pytest.mark.parametrize("prompts", [{}, {"passage": "passage: "}, {"red": "red "}, {"corpus": "green ", "query": ""}])
@pytest.mark.parametrize("default", [False, True])
def test_without_a_wish_the_prompts_are_those_the_library_takes(tmp_path: Path, prompts, default) -> None:
    name = next(iter(prompts), None) if default else None
    folder = tiny_texts.save_sentences(tmp_path / "st", prompts=prompts or None, default=name)
    encoder, library, texts = load(str(folder)), SentenceTransformer(str(folder), device="cpu"), tiny_texts.texts(20)
    assert close(encoder.encode(texts), library.encode_document(texts))
    assert close(encoder.encode_query(texts), library.encode_query(texts))


def test_a_prompt_is_named_or_written_out(folder: Path, library: SentenceTransformer) -> None:
    texts = tiny_texts.texts(20)
    named = load(str(folder), prompt="night", query_prompt="river: ")
    assert named.spec.preprocessing["prompt"] == "night "
    assert named.spec.preprocessing["options"] == {"prompt": "night", "query_prompt": "river: "}
    assert close(named.encode(texts), library.encode(texts, prompt="night "))
    assert close(named.encode_query(texts), library.encode(texts, prompt="river: "))
    bare = load(str(folder), prompt="")
    assert bare.spec.preprocessing["prompt"] is None
    assert close(bare.encode(texts), library.encode(texts, prompt=""))
    assert len({e.spec.fingerprint for e in (named, bare, load(str(folder)))}) == 3
    with pytest.raises(UnknownNameError, match=r"no prompt 'qurey' .*Did you mean 'query'"):
        load(str(folder), query_prompt="qurey")


def test_the_first_numbers_alone(folder: Path, library: SentenceTransformer) -> None:
    encoder, texts = load(str(folder), truncate_dim=5), tiny_texts.texts(20)
    assert encoder.spec.dim == encoder.spec.preprocessing["truncate_dim"] == 5
    assert encoder.spec.preprocessing["options"] == {"truncate_dim": 5}
    assert close(encoder.encode(texts), library.encode_document(texts, truncate_dim=5, normalize_embeddings=True))
    for dim in (0, 17):
        with pytest.raises(InputError, match=f"has 16 numbers per text; --truncate-dim {dim} must be from 1 to 16"):
            load(str(folder), truncate_dim=dim)


def test_a_vector_does_not_depend_on_order_or_company(folder: Path) -> None:
    encoder, texts = load(str(folder)), tiny_texts.texts(300)
    vectors = encoder.encode(texts)
    order = np.random.default_rng(0).permutation(300)
    assert close(encoder.encode([texts[i] for i in order]), vectors[order])
    assert close(encoder.encode(texts[7:8]), vectors[7:8])
    assert encoder.encode([]).shape == encoder.encode_query([]).shape == (0, 16)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_half_precision_weights_are_used_in_full(tmp_path: Path) -> None:
    folder = tiny_texts.save_plain(tmp_path / "half", torch.bfloat16)
    encoder = load(str(folder))
    assert {p.dtype for p in encoder.model.parameters()} == {torch.float32}
    assert encoder.encode(["red shoe"]).dtype == np.float32


def test_a_plain_model_is_taken_with_a_note(tmp_path: Path) -> None:
    folder = tiny_texts.save_plain(tmp_path / "plain")
    encoder, texts = load(str(folder)), tiny_texts.texts(20)
    assert "adds mean pooling" in encoder.notes[0]
    wanted = SentenceTransformer(str(folder), device="cpu").encode(texts, normalize_embeddings=True)
    assert close(encoder.encode(texts), wanted)


def test_a_bag_of_words_is_a_model_too(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = SentenceTransformer(modules=[StaticEmbedding(tiny_texts.tokenizer(), embedding_dim=8)], device="cpu")
    model.save(str(tmp_path / "static"))
    texts = [f"red {text}" for text in tiny_texts.texts(50)]
    encoder = load(str(tmp_path / "static"))
    assert encoder.spec.preprocessing["max_seq_length"] is None
    assert close(encoder.encode(texts), model.encode(texts, normalize_embeddings=True))


def test_texts_beyond_the_window_are_cut(folder: Path) -> None:
    long = " ".join(["red shoe"] * 500)
    assert close(load(str(folder)).encode([long]), load(str(folder)).encode([long + " bird"]))


def test_batches_hold_every_text_once_and_few_tokens() -> None:
    lengths = np.random.default_rng(0).integers(1, 50, 3000)
    texts = ["x" * int(n) for n in lengths]

    def tokenise(group: list[str]) -> dict[str, torch.Tensor]:
        mask = torch.zeros(len(group), 60, dtype=torch.int64)
        for row, text in enumerate(group):
            mask[row, 60 - len(text) :] = 1  # padded on the left
        return {"input_ids": mask * 7, "attention_mask": mask}

    seen = []
    for rows, features in token_batches(texts, tokenise, tokens=400):
        n, width = features["attention_mask"].shape
        assert n * width <= 400
        assert width == max(lengths[rows])
        assert (features["input_ids"].sum(1).numpy() == 7 * lengths[rows]).all()
        seen += rows.tolist()
    assert sorted(seen) == list(range(3000))
    assert next(token_batches(texts, tokenise, trim=False))[1]["input_ids"].shape[1] == 60


@pytest.mark.parametrize("wrong", ["red shoe", ["red", "half \ud800"]])
def test_what_is_no_text_is_named(folder: Path, wrong) -> None:
    with pytest.raises(InputError, match=r"takes a list of texts|item 1"):
        load(str(folder)).encode(wrong)


@pytest.mark.parametrize(
    ("name", "content"), [("model.safetensors", b"damaged"), ("config.json", b"{}"), ("tokenizer.json", b"{")]
)
def test_damaged_files_are_refused(tmp_path: Path, name: str, content: bytes) -> None:
    folder = tiny_texts.save_sentences(tmp_path / "st")
    (folder / name).write_bytes(content)
    with pytest.raises(InputError, match=f"st:{folder} can't be loaded"):
        load(str(folder))


def test_other_weights_and_another_tokenizer_have_other_fingerprints(tmp_path: Path) -> None:
    folder = tiny_texts.save_sentences(tmp_path / "st")
    first = load(str(folder)).spec.fingerprint
    tokenizer = folder / "tokenizer.json"
    tokenizer.write_text(tokenizer.read_text().replace('"river"', '"rivers"'))
    second = load(str(folder)).spec.fingerprint
    weights = load_file(folder / "model.safetensors")
    save_file({k: v + 1 for k, v in weights.items()}, folder / "model.safetensors", metadata={"format": "pt"})
    assert len({first, second, load(str(folder)).spec.fingerprint}) == 3


def test_another_activation_is_another_encoder_and_another_version_is_not(tmp_path: Path) -> None:
    folder = tiny_texts.save_sentences(tmp_path / "st")
    file = folder / "config.json"
    config = json.loads(file.read_text())
    first = load(str(folder)).spec.fingerprint
    file.write_text(json.dumps({**config, "transformers_version": "9", "dtype": "float16"}))
    assert load(str(folder)).spec.fingerprint == first
    file.write_text(json.dumps({**config, "hidden_act": "relu"}))
    assert load(str(folder)).spec.fingerprint != first


def test_a_model_without_its_tokenizer_is_refused(tmp_path: Path) -> None:
    folder = tiny_texts.save_sentences(tmp_path / "wordless")
    (folder / "tokenizer.json").unlink()
    with pytest.raises(InputError, match=r"lacks its tokenizer \(tokenizer.json\)"):
        load(str(folder))


def test_a_missing_folder_says_where_it_looked(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no folder"):
        load(str(tmp_path / "nothing" / "here"))


def test_a_model_that_sees_pictures_too_takes_texts_and_fetches_nothing(tmp_path: Path) -> None:
    folder = tiny_texts.save_clip(tmp_path / "clip")
    encoder, library = load(str(folder)), SentenceTransformer(str(folder), device="cpu")
    texts = [text for text in tiny_texts.texts(60) if len(text.split()) < 30]
    assert "image" in library.modalities
    assert encoder.spec.dim == 12
    assert close(encoder.encode(texts), library.encode_document(texts, normalize_embeddings=True))
    assert encoder.spec.preprocessing["max_seq_length"] == 32
    assert close(encoder.encode(["red " * 90]), encoder.encode(["red " * 99]))
    addresses = ["https://red.invalid/shoe.jpg", "data:image/png;base64,AAAA", "red"]
    assert close(encoder.encode(addresses)[2:], encoder.encode(["red"]))
