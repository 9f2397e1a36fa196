"""Texts of any lengths, cut into batches that waste nothing: texts of like length together, so many tokens at a time.

One idea: the model's own tokeniser pads a large group once; its rows are then sorted by their true length, and a batch
is a slice of rows and of the columns that any of them fills.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from jaxtyping import Int64

Features: TypeAlias = dict[str, Any]
Rows = Int64[np.ndarray, " m"]

GROUP = 1024  # texts that are tokenised at a time: small padded arrays, and enough of them to sort
TOKENS = 1024  # of a batch: as fast as any from 256 to 1024, and faster than more, on CPUs (benchmarks/text_encoder.py)


def token_batches(
    texts: Sequence[str], tokenise: Callable[[list[str]], Mapping[str, Any]], *, trim: bool = True, tokens: int = TOKENS
) -> Iterator[tuple[Rows, Features]]:
    """Tokenise texts and cut them into batches for a model.

    Args:
        texts: n texts.
        tokenise: Gives a model's features of some texts: tensors with a row per text among them.
        trim: Whether columns that no text of a batch fills are left out; not for models that were trained with them.
        tokens: Most tokens of a batch, padding counted; one text may have more.

    Returns:
        For every batch the rows of its texts and its features; every row occurs once.
    """
    order = np.argsort([-len(text) for text in texts], kind="stable")
    for start in range(0, len(texts), GROUP):
        group = order[start : start + GROUP]
        features = dict(tokenise([texts[i] for i in group]))
        for rows, batch in _cut(features, len(group), trim, tokens):
            yield group[rows], batch


def _cut(features: Features, n: int, trim: bool, tokens: int) -> Iterator[tuple[Rows, Features]]:
    mask: Any = features.get("attention_mask")
    filled: Any = features.get("input_ids") if mask is None else mask
    if filled is None or filled.ndim != 2 or not all(_has_rows(value, n) for value in features.values()):
        yield np.arange(n), features  # a bag of words, or what we don't know: the library's own batch
        return
    width = filled.shape[1]
    trim = trim and mask is not None
    lengths = np.asarray(mask).sum(1) if trim else np.full(n, width)
    order = np.argsort(-lengths, kind="stable")
    start = 0
    while start < n:
        count = max(1, tokens // max(1, int(lengths[order[start]])))
        rows = order[start : start + count]
        start += count
        columns = _filled_columns(mask[rows]) if trim else slice(None)
        yield rows, {name: _part(value, rows, columns, (n, width)) for name, value in features.items()}


def _filled_columns(mask: Any) -> slice:
    """From the first to the last column that any row fills: tokenisers pad on the left or on the right."""
    columns = np.flatnonzero(np.asarray(mask).any(0))
    return slice(int(columns[0]), int(columns[-1]) + 1) if len(columns) else slice(0, 1)


def _has_rows(value: Any, n: int) -> bool:
    """Whether something is one value for all texts, or a tensor with a row per text."""
    shape = getattr(value, "shape", None)
    return isinstance(value, str | int | float | None) if shape is None else len(shape) > 0 and shape[0] == n


def _part(value: Any, rows: Rows, columns: slice, shape: tuple[int, int]) -> Any:
    if not hasattr(value, "shape"):
        return value
    return value[rows][:, columns] if tuple(value.shape[:2]) == shape else value[rows]
