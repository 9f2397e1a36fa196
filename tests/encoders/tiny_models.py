"""Tiny random models of Hugging Face in folders, made with the library's own classes, for the tests of loaders."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch

SIZE = 32
WORDS = ["<pad>", "<unk>", "<eos>", "a", "red", "green", "shoe", "dog", "photo", "of"]
LAYERS = {"hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 48}
IMAGENET = {"image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}


def vit_like(kind: str, seed: int = 0, **more: Any) -> Any:
    """A vision model by the name of its config class, such as "ViT" or "Dinov2"."""
    import transformers

    patches = {"image_size": SIZE, "patch_size": 8}
    own: dict[str, dict[str, Any]] = {
        "ViT": {**LAYERS, **patches},
        "Dinov2": {**LAYERS, **patches},
        "DINOv3ViT": {**LAYERS, **patches, "num_register_tokens": 2},
        "Beit": {**LAYERS, **patches},
        "IJepa": {**LAYERS, **patches},
        "ViTMAE": {**LAYERS, **patches},
        "ConvNext": {"hidden_sizes": [8, 12, 16, 24], "depths": [1, 1, 1, 1]},
        "ResNet": {"embedding_size": 8, "hidden_sizes": [8, 16], "depths": [1, 1], "layer_type": "basic"},
    }
    torch.manual_seed(seed)
    config = getattr(transformers, f"{kind}Config")(**{**own[kind], **more})
    return getattr(transformers, f"{kind}Model")(config).eval()


def clip_like(kind: str, seed: int = 0) -> Any:
    """A model of pictures and text: "CLIP" or "Siglip"."""
    import transformers

    text: dict[str, Any] = {**LAYERS, "vocab_size": len(WORDS), "max_position_embeddings": 12}
    text |= {"bos_token_id": 0, "eos_token_id": 2, "pad_token_id": 0}
    vision = {**LAYERS, "image_size": SIZE, "patch_size": 8}
    torch.manual_seed(seed)
    projected = {"projection_dim": 16} if kind == "CLIP" else {}
    config = getattr(transformers, f"{kind}Config")(text_config=text, vision_config=vision, **projected)
    return getattr(transformers, f"{kind}Model")(config).eval()


def write_tokenizer(folder: Path, **settings: Any) -> Any:
    """A tokenizer of ten words, each text closed by <eos>."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace
    from tokenizers.processors import TemplateProcessing
    from transformers import PreTrainedTokenizerFast

    inner = Tokenizer(WordLevel({word: i for i, word in enumerate(WORDS)}, unk_token="<unk>"))
    inner.pre_tokenizer = Whitespace()
    inner.post_processor = TemplateProcessing(single="$A <eos>", special_tokens=[("<eos>", 2)])
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=inner, pad_token="<pad>", unk_token="<unk>", eos_token="<eos>", **settings
    )
    tokenizer.save_pretrained(folder)
    return tokenizer


def write_preprocessor(folder: Path, **settings: Any) -> None:
    """A preprocessor_config.json that stretches to SIZE pixels, or what is said instead."""
    config = {"image_processor_type": "ViTImageProcessor", "size": {"height": SIZE, "width": SIZE}, **IMAGENET}
    (folder / "preprocessor_config.json").write_text(json.dumps({**config, **settings}))


def save_model(model: Any, folder: Path, **preprocessor: Any) -> Path:
    """Save a model with its preprocessing; returns the folder."""
    model.save_pretrained(folder)
    write_preprocessor(folder, **preprocessor)
    return folder


def pictures(n: int, seed: int = 0) -> np.ndarray:
    """(n, SIZE, SIZE, 3) uint8."""
    return np.random.default_rng(seed).integers(0, 256, (n, SIZE, SIZE, 3), dtype=np.uint8)


def pixel_values(images: np.ndarray) -> torch.Tensor:
    """What transformers' own processor would make of pictures, written down anew."""
    mean, std = np.array(IMAGENET["image_mean"]), np.array(IMAGENET["image_std"])
    return torch.from_numpy(((images / 255 - mean) / std).transpose(0, 3, 1, 2)).float()
