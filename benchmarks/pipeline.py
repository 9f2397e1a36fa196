"""Whole builds against the bare forward pass and against the model's own library loop, alternating in one run.

Pictures: a network of ViT-S's size (random weights) over JPEG files of 500 x 375; the peer is a plain DataLoader around
transformers' own image processor. Texts: a network of MiniLM's size; the peer is sentence-transformers' `encode`.
"bare forward" is the library's network on prepared batches in memory; "encoder alone" is lateen's encoder on the same,
which on processors with AVX-512 runs the same layers by oneDNN.

    python benchmarks/pipeline.py [--images 1024] [--texts 8192] [--rounds 3]
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset

from lateen.building import build
from lateen.encoders.registry import load_encoder
from lateen.sources.opening import open_source
from lateen.sources.picture import View
from lateen.sources.source import batches

BATCH = 32


def photographs(folder: Path, n: int) -> Path:
    """Pictures with the bytes of photographs: smooth colours, edges and grain."""
    folder.mkdir(parents=True)
    random = np.random.default_rng(0)
    for i in range(n):
        coarse = random.integers(0, 256, (12, 16, 3), np.uint8)
        smooth = np.asarray(Image.fromarray(coarse).resize((500, 375), Image.Resampling.BICUBIC), np.float32)
        grain = random.standard_normal((375, 500, 1)).astype(np.float32)
        Image.fromarray((smooth + 6 * grain).clip(0, 255).astype(np.uint8)).save(folder / f"{i}.jpg", quality=88)
    return folder


def vision_model(folder: Path) -> Path:
    """ViT-S/16 at 224 px: 22 million random weights."""
    from transformers import ViTConfig, ViTImageProcessor, ViTModel

    torch.manual_seed(0)
    config = ViTConfig(hidden_size=384, num_hidden_layers=12, num_attention_heads=6, intermediate_size=1536)
    ViTModel(config, add_pooling_layer=False).save_pretrained(folder)
    ViTImageProcessor(size={"height": 224, "width": 224}).save_pretrained(folder)
    return folder


def text_model(folder: Path, words: list[str]) -> Path:
    """MiniLM-L6's size: 6 layers, 384 wide, 30,522 tokens, random weights."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Normalize, Pooling, Transformer
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    torch.manual_seed(0)
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    vocabulary = {token: i for i, token in enumerate(special + words)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    names = dict(zip(["pad_token", "unk_token", "cls_token", "sep_token", "mask_token"], special, strict=True))
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=256, **names)
    config = BertConfig(vocab_size=30522, hidden_size=384, num_hidden_layers=6, num_attention_heads=12,
                        intermediate_size=1536)
    bare = folder / "bare"
    BertModel(config).save_pretrained(bare)
    fast.save_pretrained(bare)
    transformer = Transformer(str(bare), max_seq_length=256)
    pooling = Pooling(transformer.get_word_embedding_dimension())
    SentenceTransformer(modules=[transformer, pooling, Normalize()], device="cpu").save(str(folder / "st"))
    return folder / "st"


def sentences(words: list[str], n: int) -> list[str]:
    """Texts of 5 to 120 words, most of them short."""
    random = np.random.default_rng(1)
    lengths = np.clip(random.lognormal(3.0, 0.7, n).astype(int), 5, 120)
    return [" ".join(random.choice(words, length)) for length in lengths]


class Files(Dataset):  # type: ignore[type-arg]
    """Picture files as the model wants them, each prepared by transformers' own processor."""

    def __init__(self, photos: Path, model: Path) -> None:
        from transformers import AutoImageProcessor

        self.paths = sorted(photos.iterdir())
        self.processor = AutoImageProcessor.from_pretrained(model, backend="pil")

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, i: int) -> torch.Tensor:
        with Image.open(self.paths[i]) as image:
            prepared: torch.Tensor = self.processor(image.convert("RGB"), return_tensors="pt")["pixel_values"][0]
        return prepared


def pictures(folder: Path, n: int) -> dict[str, Callable[[], float]]:
    """Ways to encode pictures; each gives seconds."""
    from transformers import AutoModel

    photos, model = photographs(folder / "photos", n), vision_model(folder / "vit")
    encoder = load_encoder(f"hf:{model}")
    view = View.of(encoder.spec.preprocessing)
    seen = [b.items for b in batches(open_source(photos), view, rows=64)]

    network = AutoModel.from_pretrained(model, add_pooling_layer=False).eval()
    prepared = [torch.from_numpy(b).permute(0, 3, 1, 2).float().div(127.5).sub(1) for b in seen]

    def bare() -> float:
        begun = time.perf_counter()
        with torch.inference_mode():
            for pixels in prepared:
                for part in pixels.split(BATCH):
                    network(part)
        return time.perf_counter() - begun

    def alone() -> float:
        begun = time.perf_counter()
        for items in seen:
            encoder.encode(items)
        return time.perf_counter() - begun

    def library() -> float:
        begun = time.perf_counter()
        loader = DataLoader(Files(photos, model), BATCH, num_workers=2, multiprocessing_context="spawn")
        with torch.inference_mode():
            codes = [network(batch).last_hidden_state[:, 0] for batch in loader]
        torch.cat(codes).numpy()
        return time.perf_counter() - begun

    def whole() -> float:
        begun = time.perf_counter()
        build(photos, encoder=encoder, out=folder / "photos.space", force=True)
        return time.perf_counter() - begun

    return {"bare forward": bare, "encoder alone": alone, "library loop": library, "lateen build": whole}


def texts(folder: Path, n: int) -> dict[str, Callable[[], float]]:
    """Ways to encode texts; each gives seconds."""
    from sentence_transformers import SentenceTransformer

    words = [f"w{i}" for i in range(30517)]
    written, model = sentences(words, n), text_model(folder / "minilm", words)
    pq.write_table(pa.table({"text": written}), folder / "texts.parquet")
    encoder, peer = load_encoder(f"st:{model}"), SentenceTransformer(str(model), device="cpu")

    by_length = sorted(written, key=len)
    prepared = [peer.preprocess(by_length[i : i + BATCH]) for i in range(0, n, BATCH)]

    def bare() -> float:
        begun = time.perf_counter()
        with torch.inference_mode():
            for features in prepared:
                peer(dict(features))
        return time.perf_counter() - begun

    def alone() -> float:
        begun = time.perf_counter()
        encoder.encode(written)
        return time.perf_counter() - begun

    def library() -> float:
        begun = time.perf_counter()
        peer.encode_document(written, batch_size=32, show_progress_bar=False)
        return time.perf_counter() - begun

    def whole() -> float:
        begun = time.perf_counter()
        build(folder / "texts.parquet", encoder=encoder, out=folder / "texts.space", force=True)
        return time.perf_counter() - begun

    return {"bare forward": bare, "encoder alone": alone, "library loop": library, "lateen build": whole}


def compare(what: str, n: int, ways: dict[str, Callable[[], float]], rounds: int) -> None:
    """Time all ways in turn, some rounds, and print medians and ratios."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            seconds[name].append(way())
    rate = {name: n / statistics.median(times) for name, times in seconds.items()}
    print(f"{what}, {n:,} items, medians of {rounds} rounds on {torch.get_num_threads()} threads:")
    for name, value in rate.items():
        print(f"  {name:14} {value:8.1f} items/s   rounds {', '.join(f'{s:.1f} s' for s in seconds[name])}")
    own = rate["lateen build"]
    ratios = ", ".join(f"{name} {own / value:.3f}" for name, value in rate.items() if name != "lateen build")
    print(f"  lateen build over {ratios}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=1024)
    parser.add_argument("--texts", type=int, default=8192)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp())
    try:
        if given.images:
            compare("ViT-S pictures", given.images, pictures(folder, given.images), given.rounds)
        if given.texts:
            compare("MiniLM texts", given.texts, texts(folder, given.texts), given.rounds)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
