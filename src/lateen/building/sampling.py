"""A sample of a source, from all over it: what encoders are fitted to and the round trip is measured on."""

from __future__ import annotations

from typing import Any

import numpy as np

from lateen.core.codec import Encoder, Items, Unfitted
from lateen.core.errors import InputError
from lateen.sources.picture import View
from lateen.sources.source import Source

RUNS = 16  # stretches that the sample is read from, because files of a folder lie together
MOST_ITEMS, MOST_NUMBERS = 2048, 2**25  # of the sample: 128 MB as float32


def fitted(model: Unfitted, source: Source, seed: int) -> Encoder:
    """Show items of a source to what becomes an encoder.

    Raises:
        InputError: If it can't be fitted to them, or none can be read.
    """
    view = View(model.size) if source.modality == "image" else None
    items = sample(source, view, seed, most=4 * MOST_ITEMS)
    if len(items) == 0:
        raise InputError(f"No item of a sample of {source.name} can be used, so no encoder can be fitted to it.")
    return model.fit(items, source.modality, seed)


def sample(source: Source, view: View | None, seed: int, most: int = MOST_ITEMS) -> Items:
    """Items from all over a source, in seeded order; those that can't be read are left out.

    Args:
        source: The source.
        view: How pictures are wanted.
        seed: Of the order.
        most: Items at the most; fewer if they are large.
    """
    total = len(source)
    if view is not None:
        most = min(most, MOST_NUMBERS // (3 * view.size**2))
    most = max(1, min(most, total))
    runs = min(RUNS, most)
    starts, counts = (np.arange(runs + 1) * n // runs for n in (total, most))
    stops = np.minimum(starts[:-1] + np.diff(counts), starts[1:])
    stretches = zip(starts[:-1].tolist(), stops.tolist(), strict=True)
    read = [source.take(np.arange(start, stop)).read(view).items for start, stop in stretches]
    order = np.random.default_rng(seed).permutation(sum(len(items) for items in read))
    if isinstance(read[0], np.ndarray):
        whole: Any = np.concatenate([items for items in read if len(items)] or read[:1])
        return np.asarray(whole[order])
    texts = [text for items in read for text in items]
    return [texts[i] for i in order]
