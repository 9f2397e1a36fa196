"""Training a reader on real pictures and their fields: minutes, in memory, from nothing but a seed.

One idea: it is to read decoded pictures too, which are softer than real ones, so it trains on pictures that are
softened by chance; it never sees a code, a decoded picture or an edit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import torch
from jaxtyping import Shaped, UInt8
from torch import Tensor, nn
from torch.nn import functional as F

from lateen.core.errors import InputError
from lateen.core.seed import require_seed
from lateen.models.batches import BatchOrder
from lateen.models.reader.heads import ClassHead, Head, heads_of, places
from lateen.models.reader.network import ReaderNetwork
from lateen.models.reader.reader import Reader, to_network
from lateen.models.training import autocast

SIZES = (32, 64)  # of the pictures that it reads
BATCH = 128
FEWEST_STEPS, MOST_STEPS = 500, 900
EPOCHS = 60  # where these are fewer steps than the most
SHIFT = 2  # pixels
LIGHT = 0.06  # change of brightness and contrast
DROPOUT = 0.1
WEIGHT_DECAY = 0.05
RATE = 3e-3


def steps_for(n: int) -> int:
    """Steps of training on n pictures: bounded, however many there are."""
    return int(np.clip(EPOCHS * n / BATCH, FEWEST_STEPS, MOST_STEPS))


def train_reader(
    pictures: UInt8[np.ndarray, "n size size 3"],
    columns: Mapping[str, Shaped[np.ndarray, " n"]],
    *,
    person: str | None = None,
    steps: int | None = None,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Reader:
    """Train a reader of all fields that can be read.

    Args:
        pictures: (n, size, size, 3) real pictures of 32 or 64 pixels a side.
        columns: Fields by name, (n,) each; None and NaN are missing.
        person: Which of them is the identity, read whatever the number of its values.
        steps: Steps of 128 pictures; by default 500 to 900, by the number of pictures.
        seed: Of the weights, the order and the augmentation.
        progress: Told how many steps are done, and of how many.

    Raises:
        InputError: If there are fewer than 2 pictures, of another size, or no field that can be read.
    """
    size = pictures.shape[1]
    if size not in SIZES or len(pictures) < 2:
        raise InputError(f"A reader got {len(pictures)} pictures of {size} pixels; give 2 or more, of 32 or 64.")
    heads = heads_of(columns, person)
    if not heads:
        raise InputError(f"None of the fields can be read from pictures: {', '.join(columns) or 'there is none'}.")
    total = steps_for(len(pictures)) if steps is None else steps
    targets = [torch.from_numpy(head.targets(np.asarray(columns[head.field]))) for head in heads]
    rng = np.random.default_rng([require_seed(seed), 0x5EAD])
    padded = np.pad(pictures, ((0, 0), (SHIFT, SHIFT), (SHIFT, SHIFT), (0, 0)), mode="edge")
    order = BatchOrder(np.arange(len(pictures)), BATCH, seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = ReaderNetwork(size, sum(head.width for head in heads), DROPOUT)
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stub lacks it
        optimizer = torch.optim.AdamW(network.parameters(), RATE, weight_decay=WEIGHT_DECAY)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=max(total, 2))
        network.train()
        for step in range(total):
            rows = order(step)
            batch = _augmented(padded, rows, rng)
            with autocast(torch.device("cpu")):
                _, outputs = network(batch)
            loss = _loss(outputs.float(), heads, [target[rows] for target in targets])
            optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]  # untyped in torch
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            if progress is not None:
                progress(step + 1, total)
    return Reader(heads, network.eval(), size, person)


def _augmented(padded: UInt8[np.ndarray, "n h w 3"], rows: np.ndarray, rng: np.random.Generator) -> Tensor:
    """A batch: shifted a little, lighter or darker, more or less soft."""
    size = padded.shape[1] - 2 * SHIFT
    shifts = rng.integers(0, 2 * SHIFT + 1, (len(rows), 2))
    cut = [padded[row, y : y + size, x : x + size] for row, (y, x) in zip(rows, shifts, strict=True)]
    batch = to_network(np.stack(cut))
    soft, gain, lift = (
        torch.from_numpy(part.astype(np.float32)).view(-1, 1, 1, 1)
        for part in (
            rng.uniform(0, 1, len(rows)),
            rng.uniform(1 - LIGHT, 1 + LIGHT, len(rows)),
            rng.uniform(-LIGHT, LIGHT, len(rows)),
        )
    )
    batch = batch + soft * (softened(batch) - batch)
    return (batch * gain + lift).contiguous(memory_format=torch.channels_last)


def softened(pictures: Tensor) -> Tensor:
    """Pictures blurred about as much as decoders do: a binomial filter of 5 pixels, (n, 3, h, w)."""
    line = torch.tensor([1.0, 4.0, 6.0, 4.0, 1.0]) / 16
    kernel = (line[:, None] * line[None, :]).expand(3, 1, 5, 5)
    return F.conv2d(F.pad(pictures, (2, 2, 2, 2), mode="replicate"), kernel, groups=3)


def _loss(outputs: Tensor, heads: tuple[Head, ...], targets: list[Tensor]) -> Tensor:
    """Mean over the heads: squared error of numbers, cross-entropy of classes as a share of that of guessing."""
    total = outputs.sum() * 0.0
    for head, place, target in zip(heads, places(heads), targets, strict=True):
        output = outputs[:, place]
        if isinstance(head, ClassHead):
            known = target >= 0
            if known.any():
                total = total + F.cross_entropy(output[known], target[known]) / np.log(head.width)
        else:
            known = ~torch.isnan(target)
            if known.any():
                total = total + F.mse_loss(output[known, 0], target[known])
    return total / len(heads)
