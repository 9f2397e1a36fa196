"""Text models too small to know anything, saved by the libraries' own classes."""

from __future__ import annotations

import random
import string
from pathlib import Path

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Normalize, Transformer
from sentence_transformers.sentence_transformer.modules import Pooling
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.processors import TemplateProcessing
from transformers import BertConfig, BertModel, BertTokenizerFast

WORDS = ["query", "passage", "red", "shoe", "river", "stone", "night", "bird", "paper", "green"]
VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ":", *WORDS]
VOCABULARY += [*string.ascii_lowercase, *[f"##{letter}" for letter in string.ascii_lowercase]]


def tokenizer() -> Tokenizer:
    """A BERT tokenizer of a few words and the letters."""
    made = Tokenizer(WordPiece({word: i for i, word in enumerate(VOCABULARY)}, unk_token="[UNK]"))
    made.normalizer = BertNormalizer()
    made.pre_tokenizer = BertPreTokenizer()
    made.post_processor = TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    return made


def bert(width: int = 16, window: int = 64) -> BertModel:
    """A BERT of two layers with random weights."""
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(VOCABULARY),
        hidden_size=width,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=2 * width,
        max_position_embeddings=window,
        hidden_dropout_prob=0.1,
        initializer_range=0.5,
    )
    return BertModel(config)


def save_plain(folder: Path, dtype: torch.dtype = torch.float32) -> Path:
    """A transformers model without modules.json."""
    bert().to(dtype).save_pretrained(folder)
    BertTokenizerFast(tokenizer_object=tokenizer()).save_pretrained(folder)
    return folder


def save_sentences(
    folder: Path,
    pooling: str = "mean",
    prompts: dict[str, str] | None = None,
    default: str | None = None,
    more: tuple[torch.nn.Module, ...] = (Normalize(),),
    include_prompt: bool = True,
) -> Path:
    """A sentence-transformers model."""
    plain = save_plain(folder.parent / f"{folder.name}-plain")
    modules = [Transformer(str(plain)), Pooling(16, pooling, include_prompt=include_prompt), *more]
    SentenceTransformer(modules=modules, prompts=prompts, default_prompt_name=default, device="cpu").save(str(folder))
    return folder


def texts(n: int, seed: int = 0) -> list[str]:
    """Texts of 0 to 40 words."""
    rng = random.Random(seed)
    return [" ".join(rng.choices(WORDS, k=rng.randint(0, 40))) for _ in range(n)]


def save_clip(folder: Path) -> Path:
    """A model of pictures and texts, as sentence-transformers keeps it."""
    from transformers import CLIPConfig, CLIPImageProcessor, CLIPModel, CLIPProcessor

    torch.manual_seed(0)
    layers = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    special = {"vocab_size": len(VOCABULARY), "bos_token_id": 2, "eos_token_id": 3, "pad_token_id": 0}
    config = CLIPConfig(
        text_config={**layers, **special, "max_position_embeddings": 32},
        vision_config={**layers, "image_size": 8, "patch_size": 4},
        projection_dim=12,
    )
    plain = folder.parent / f"{folder.name}-plain"
    CLIPModel(config).save_pretrained(plain)
    words = BertTokenizerFast(tokenizer_object=tokenizer())
    pictures = CLIPImageProcessor(size={"shortest_edge": 8}, crop_size={"height": 8, "width": 8})
    CLIPProcessor(pictures, words).save_pretrained(plain)
    SentenceTransformer(modules=[Transformer(str(plain))], device="cpu").save(str(folder))
    return folder
