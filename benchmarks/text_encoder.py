"""Texts through `st:`: lateen's batches against sentence-transformers' own `encode`, and against the bare network.

    python benchmarks/text_encoder.py [--texts 512] [--rounds 5] [--threads 2]

A model of MiniLM's size (6 layers, 384 wide, 30,522 tokens, random weights), texts of 3 to 200 words, short ones more
often. Rounds alternate; medians of wall time and of CPU time are printed (the latter holds on a busy machine, with
--threads 1). Bare: the network alone on lateen's own batches, tokenised before.
"""

from __future__ import annotations

import argparse
import math
import random
import string
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np

from lateen.encoders import text_batches
from lateen.encoders.hf_text import SentenceEncoder, load

VOCABULARY = 30_522


def main() -> None:
    """Make the model and the texts, run the rounds, print the ratios."""
    import torch

    parser = argparse.ArgumentParser()
    parser.add_argument("--texts", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    words = vocabulary()
    with tempfile.TemporaryDirectory() as scratch:
        save_model(Path(scratch), words)
        encoder = load(str(Path(scratch) / "model"))
    texts = some_texts(words, given.texts)
    batches = tokenised(encoder, texts)
    library = encoder.model.encode_document

    def bare() -> None:
        with torch.inference_mode():
            for features in batches:
                encoder.model(dict(features), task="document")

    ways: dict[str, Callable[[], object]] = {
        "lateen": lambda: encoder.encode(texts),
        "library": lambda: library(texts, normalize_embeddings=True, show_progress_bar=False),
        "bare": bare,
    }
    apart = np.abs(encoder.encode(texts) - library(texts, normalize_embeddings=True)).max()
    print(f"{len(texts):,} texts, {given.threads} threads; largest difference from the library {apart:.1e}")
    wall, cpu = rounds(ways, given.rounds)
    for name, times in (("wall", wall), ("CPU", cpu)):
        seconds = "  ".join(f"{way} {times[way]:.2f} s" for way in ways)
        shares = f"{times['library'] / times['lateen']:.2f} x library, {times['bare'] / times['lateen']:.1%} of bare"
        print(f"{name}: {seconds}  ->  {len(texts) / times['lateen']:.0f} texts/s, {shares}")


def rounds(ways: dict[str, Callable[[], object]], n: int) -> tuple[dict[str, float], dict[str, float]]:
    """Median seconds of each way: on the wall, and of all cores together."""
    wall: dict[str, list[float]] = {way: [] for way in ways}
    cpu: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(n):
        for way, work in ways.items():
            started, used = time.perf_counter(), time.process_time()
            work()
            wall[way].append(time.perf_counter() - started)
            cpu[way].append(time.process_time() - used)
    return {w: median(t) for w, t in wall.items()}, {w: median(t) for w, t in cpu.items()}


def tokenised(encoder: SentenceEncoder, texts: list[str]) -> list[text_batches.Features]:
    """Lateen's batches of the texts."""

    def tokenise(group: list[str]) -> text_batches.Features:
        return dict(encoder.model.preprocess(group, task="document"))

    return [features for _, features in text_batches.token_batches(texts, tokenise)]


def vocabulary() -> list[str]:
    """Letters and made-up words, enough for the table."""
    rng = random.Random(0)
    made = dict.fromkeys(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *string.ascii_lowercase])
    made |= dict.fromkeys(f"##{letter}" for letter in string.ascii_lowercase)
    while len(made) < VOCABULARY:
        word = "".join(rng.choices(string.ascii_lowercase, k=rng.randint(2, 8)))
        made[word if rng.random() < 0.8 else f"##{word}"] = None
    return list(made)


def some_texts(words: list[str], n: int) -> list[str]:
    """Texts whose number of words is uniform on a logarithmic scale."""
    rng = random.Random(1)
    whole = [word for word in words[57:] if not word.startswith("##")]
    return [" ".join(rng.choices(whole, k=round(math.exp(rng.uniform(math.log(3), math.log(200)))))) for _ in range(n)]


def save_model(folder: Path, words: list[str]) -> None:
    """A model of MiniLM's size, in `folder / "model"`."""
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

    torch.manual_seed(0)
    tokenizer = Tokenizer(WordPiece({word: i for i, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.normalizer, tokenizer.pre_tokenizer = BertNormalizer(), BertPreTokenizer()
    tokenizer.post_processor = TemplateProcessing("[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    sizes = {"hidden_size": 384, "num_hidden_layers": 6, "num_attention_heads": 12, "intermediate_size": 1536}
    BertModel(BertConfig(vocab_size=len(words), **sizes)).save_pretrained(folder / "plain")
    BertTokenizerFast(tokenizer_object=tokenizer).save_pretrained(folder / "plain")
    modules = [Transformer(str(folder / "plain"), max_seq_length=256), Pooling(384), Normalize()]
    SentenceTransformer(modules=modules, device="cpu").save(str(folder / "model"))


if __name__ == "__main__":
    main()
