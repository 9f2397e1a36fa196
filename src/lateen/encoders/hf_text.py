"""Texts to points by models of sentence-transformers: `st:`, with prompts for documents and for queries.

One idea: tokenising, the network, pooling and all that follows stay the library's; lateen only decides which texts go
through together (`text_batches`), and that every vector has length 1 and 32 bits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lateen.core.codec import Latents, LatentSpec
from lateen.core.errors import InputError, MissingExtraError, UnknownNameError, first_line, nearest_spellings
from lateen.encoders.hub import ModelRef, files_fingerprint, part_configs, quiet, resolve, tokenizer_files
from lateen.encoders.text_batches import TOKENS, token_batches

TOKENS_CUDA = 65_536
_DOCUMENTS = ("document", "passage", "corpus")  # the library's names for the prompt of what is searched in
_QUERIES = ("query",)
_NO_LIMIT = 1_000_000  # what tokenizers write who know no limit is far beyond


@dataclass(frozen=True, eq=False)
class SentenceEncoder:
    """Texts to unit vectors; what is longer than the model's window is cut off at its end, without a word.

    Args:
        spec: What the vectors are.
        notes: What the user should know of how the model was understood, a sentence each.
        model: The `SentenceTransformer`.
        prompt: What is put before a document, or None.
        query_prompt: What is put before a query, or None.
    """

    spec: LatentSpec
    notes: tuple[str, ...]
    model: Any
    prompt: str | None
    query_prompt: str | None

    @property
    def device(self) -> str:
        """Where the model is: "cpu" or "cuda"."""
        return str(self.model.device.type)

    def encode(self, texts: Sequence[str]) -> Latents:
        """Encode texts that are searched in: documents.

        Args:
            texts: n texts; n may be 0.

        Returns:
            (n, dim) float32 of length 1.

        Raises:
            InputError: If something is no text.
        """
        return self._encode(texts, self.prompt, "document")

    def encode_query(self, texts: Sequence[str]) -> Latents:
        """Encode texts that are searched with; arguments and errors as of `encode`."""
        return self._encode(texts, self.query_prompt, "query")

    def _encode(self, texts: Sequence[str], prompt: str | None, task: str) -> Latents:
        import torch

        _require_texts(texts, self.spec.encoder)
        vectors = np.empty((len(texts), self.spec.dim), np.float32)
        pure = set(self.model.modalities) <= {"text"}

        def tokenise(group: list[str]) -> Mapping[str, Any]:
            # A model that also sees pictures would fetch the address in a text such as "https://a.b/c.jpg".
            inputs = group if pure else [{"text": text} for text in group]
            features: Mapping[str, Any] = self.model.preprocess(inputs, prompt=prompt, task=task)
            return features

        tokens = TOKENS if self.device == "cpu" else TOKENS_CUDA
        trim = _pads_to_longest(self.model)
        with torch.inference_mode():
            for rows, features in token_batches(texts, tokenise, trim=trim, tokens=tokens):
                vectors[rows] = self._unit_vectors(features, task)
        return vectors

    def _unit_vectors(self, features: dict[str, Any], task: str) -> Latents:
        from torch.nn.functional import normalize

        placed = {k: v.to(self.device) if hasattr(v, "to") else v for k, v in features.items()}
        found = self.model(placed, task=task)["sentence_embedding"]
        return np.asarray(normalize(found[:, : self.spec.dim].float(), dim=1).cpu().numpy(), np.float32)


def load(
    id: str,
    revision: str | None = None,
    *,
    prompt: str | None = None,
    query_prompt: str | None = None,
    truncate_dim: int | None = None,
    trust_remote_code: bool = False,
) -> SentenceEncoder:
    """Text models of sentence-transformers; a query may have a prompt of its own.

    Args:
        id: A folder, or a name on the hub ("sentence-transformers/all-MiniLM-L6-v2").
        revision: Branch, tag or commit on the hub; not for folders.
        prompt: What is put before each document: the name of one of the model's prompts, or a text ("" for nothing);
            by default the model's own prompt for documents.
        query_prompt: The same for queries.
        truncate_dim: Keep the first so many numbers of each vector, for models that were trained for it.
        trust_remote_code: Let the model's own Python files run.

    Raises:
        InputError: If it isn't there, mayn't be loaded, isn't whole, takes no texts, or has fewer numbers than wanted.
        MissingExtraError: If sentence-transformers is not installed.
    """
    ref = resolve("st", id, revision, trust_remote_code)
    try:
        import sentence_transformers  # noqa: F401
    except ImportError:
        raise MissingExtraError(f"The encoder {ref.name}", "hf") from None
    with quiet():
        model = _model(ref, trust_remote_code)
        dim = _dim(ref, model, truncate_dim)
    prompts = (
        _prompt(ref, model, "--prompt", prompt, _DOCUMENTS),
        _prompt(ref, model, "--query-prompt", query_prompt, _QUERIES),
    )
    options = {"prompt": prompt, "query_prompt": query_prompt, "truncate_dim": truncate_dim}
    preprocessing = _preprocessing(model, prompts, dim if truncate_dim else None)
    spec = LatentSpec(
        encoder=ref.name,
        dim=dim,
        modality="text",
        geometry="sphere",
        fingerprint=files_fingerprint(
            [*ref.weights, *tokenizer_files(ref.folder)], {"configs": part_configs(ref), **preprocessing}
        ),
        preprocessing={**preprocessing, **ref.provenance, **_given(options)},
    )
    return SentenceEncoder(spec, _notes(ref, preprocessing), model, *prompts)


def _model(ref: ModelRef, trusted: bool) -> Any:
    """The library's model with 32-bit weights: 16-bit text models can be a hundred times slower on a CPU."""
    import torch
    from sentence_transformers import SentenceTransformer

    from lateen.models.linear import use_onednn

    kwargs: dict[str, Any] = {"dtype": torch.float32, "use_safetensors": True}
    try:
        model = SentenceTransformer(
            str(ref.folder),
            device="cuda" if torch.cuda.is_available() else "cpu",
            trust_remote_code=trusted,
            local_files_only=True,
            model_kwargs=kwargs,
        )
    except ImportError as error:
        raise InputError(f"The encoder {ref.name} can't be loaded: {first_line(error)}.") from error
    except Exception as error:  # damaged weights, configs and tokenizers make the library raise almost anything
        raise InputError(
            f"The encoder {ref.name} can't be loaded: the files in {ref.folder} are damaged, missing or don't belong "
            f"together: {first_line(error)}."
        ) from error
    _require_words(ref, model)
    model.float().eval().requires_grad_(False)
    use_onednn(model)
    _limit_window(model)
    if not model.supports("text"):
        kinds = ", ".join(str(m) for m in model.modalities)
        raise InputError(f"The encoder {ref.name} takes {kinds}, no texts; for pictures write hf:{ref.id}.")
    return model


def _require_words(ref: ModelRef, model: Any) -> None:
    """Refuse a model without its vocabulary: the library makes up an empty one in silence, and all words are one."""
    tokenizer: Any = getattr(model, "tokenizer", None)
    if not hasattr(tokenizer, "get_vocab") or not hasattr(tokenizer, "all_special_tokens"):
        return
    if not set(tokenizer.get_vocab()) - set(tokenizer.all_special_tokens):
        raise InputError(
            f"The encoder {ref.name} can't be loaded: {ref.folder} lacks its tokenizer (tokenizer.json). A folder made "
            "by AutoTokenizer.from_pretrained(NAME).save_pretrained(FOLDER) holds it; put its files there."
        )


def _limit_window(model: Any) -> None:
    """Cut texts at the last position of the network where no tokenizer says so; the library asks the outer config."""
    window = model.max_seq_length
    if window is not None and not window < _NO_LIMIT and model.config is not None:
        positions = getattr(model.config.get_text_config(), "max_position_embeddings", None)
        if isinstance(positions, int) and positions > 0:
            model.max_seq_length = positions


def _dim(ref: ModelRef, model: Any, truncate_dim: int | None) -> int:
    """Numbers per text; one look at the model working, which also shows whether its parts fit together."""
    import torch

    named = "" if truncate_dim is None else f"--truncate-dim {truncate_dim}"
    try:
        with torch.inference_mode():
            features = {k: v.to(model.device) if hasattr(v, "to") else v for k, v in _probe(model).items()}
            found = model(features, task="document")["sentence_embedding"]
    except Exception as error:
        raise InputError(f"The encoder {ref.name} can't encode a text: {first_line(error)}.") from error
    if found.ndim != 2:
        raise InputError(f"The encoder {ref.name} gives {found.ndim}-dimensional arrays; expected a vector per text.")
    full = int(found.shape[1])
    if truncate_dim is not None and not 1 <= truncate_dim <= full:
        raise InputError(f"The encoder {ref.name} has {full} numbers per text; {named} must be from 1 to {full}.")
    configured = getattr(model, "truncate_dim", None)
    model.truncate_dim = None  # cut here alone
    return truncate_dim or min(full, configured or full)


def _probe(model: Any) -> Mapping[str, Any]:
    text: Any = "A text." if set(model.modalities) <= {"text"} else {"text": "A text."}
    features: Mapping[str, Any] = model.preprocess([text], task="document")
    return features


def _prompt(ref: ModelRef, model: Any, flag: str, given: str | None, names: Sequence[str]) -> str | None:
    """A prompt's text: the one given or named, else the model's for the task, else its default; None for nothing."""
    prompts: dict[str, str] = model.prompts
    if given is None:
        name = next((n for n in names if prompts.get(n) is not None), model.default_prompt_name)
        return prompts.get(name) or None if name is not None else None
    if given in prompts:
        return prompts[given] or None
    if given.isidentifier() and nearest_spellings(given, prompts):
        raise UnknownNameError("prompt", given, prompts, f"{ref.name} ({flag}; a text to be put first ends in a space)")
    return given or None


def _preprocessing(model: Any, prompts: tuple[str | None, str | None], truncate_dim: int | None) -> dict[str, object]:
    poolings = [m.pooling_mode for m in model.modules() if hasattr(m, "pooling_mode")]
    modes = [p if isinstance(p, str) else "+".join(p) for p in poolings]
    window = model.max_seq_length
    return {
        "modules": [type(module).__name__ for module in model],
        "pooling": ", ".join(modes) or "none",
        "prompt": prompts[0],
        "query_prompt": prompts[1],
        "truncate_dim": truncate_dim,
        "max_seq_length": int(window) if window is not None and window < _NO_LIMIT else None,
        "normalise": True,
        "dtype": "float32",
    }


def _notes(ref: ModelRef, preprocessing: Mapping[str, object]) -> tuple[str, ...]:
    if (ref.folder / "modules.json").is_file():
        return ()
    return (
        f"{ref.name} is a plain transformers model without modules.json; sentence-transformers adds "
        f"{preprocessing['pooling']} pooling, for which it may not have been trained.",
    )


def _given(options: Mapping[str, object]) -> dict[str, object]:
    given = {name: value for name, value in options.items() if value is not None}
    return {"options": given} if given else {}


def _pads_to_longest(model: Any) -> bool:
    """Whether padding is only there to make rows equally long; some models were trained with padding to a width."""
    texts = (getattr(model[0], "processing_kwargs", None) or {}).get("text") or {}
    return texts.get("padding", True) in (True, "longest")


def _require_texts(texts: Sequence[str], encoder: str) -> None:
    if isinstance(texts, str):
        raise InputError(f"The encoder {encoder} takes a list of texts; it got one text: {texts[:60]!r}.")
    for row, text in enumerate(texts):
        try:
            text.isascii() or text.encode()
        except UnicodeEncodeError as error:
            reason = f"half a character (a lone surrogate) at place {error.start}"
            raise InputError(f"The encoder {encoder} can't take item {row}: it holds {reason}.") from error
