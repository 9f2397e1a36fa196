"""Training a decoder on pictures and their codes: the model's side of the loop, and the front that writes a folder."""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float32, UInt8
from torch import Tensor, nn

from lateen.core.codec import LatentSpec
from lateen.core.errors import InputError
from lateen.core.geometry import geometry_named
from lateen.models.batches import split_rows
from lateen.models.decoder.baselines import baselines
from lateen.models.decoder.codec import LatentDecoder, as_trained
from lateen.models.decoder.config import DecoderConfig
from lateen.models.decoder.network import DecoderNetwork
from lateen.models.decoder.regression import Regression
from lateen.models.run import TrainResult, check_training
from lateen.models.training import Measures, Pairs, Progress, train
from lateen.models.vae.codec import to_network
from lateen.models.vae.loss import gradient_nll, optimal_sigma_nll


@dataclass(frozen=True, eq=False)
class DecoderTraining:
    """A decoder as the training loop sees it.

    Args:
        network: The network to train.
        config: Hyper-parameters of the loss and the optimizer.
        spec: Of the encoder whose codes it reads.
    """

    network: DecoderNetwork
    config: DecoderConfig
    spec: LatentSpec

    @property
    def settings(self) -> dict[str, object]:
        """The kind, the hyper-parameters and the encoder."""
        return {"kind": "decoder", "encoder": self.spec.fingerprint, **self.config.to_dict()}

    @property
    def learning_rate(self) -> float:
        """Peak learning rate."""
        return float(self.config.learning_rate)

    @property
    def batch_size(self) -> int:
        """Pictures per step."""
        return self.config.batch_size

    def loss(self, batch: tuple[Tensor, Tensor], progress: float, generator: torch.Generator) -> Tensor:
        """Negative log-likelihood of pictures and of their gradients, in nats per number."""
        pictures, codes = batch
        target = to_network(pictures)
        output = self.network.trained(codes)
        dims = target[0].numel()
        likelihood = optimal_sigma_nll((output - target).square(), dims)
        if self.config.detail:
            detail = self.config.detail * gradient_nll(output, target)
            likelihood = (likelihood + detail) / (1 + self.config.detail)
        return likelihood / dims

    def validate(self, network: nn.Module, batches: Iterable[tuple[Tensor, Tensor]]) -> Measures:
        """PSNR of the pooled error, and the share of the layers in the blend that makes it least.

        Each half of the pictures is blended with the share that is best for the other half; all of them give the share
        that is kept.
        """
        assert isinstance(network, DecoderNetwork)
        halves, items = torch.zeros(2, 3, dtype=torch.float64), 0
        for pictures, codes in batches:
            target, solved, trained = to_network(pictures), network.solved(codes), network.trained(codes)
            left, step = (target - solved).double(), (trained - solved).double()
            sums = torch.stack(
                [(a * b).mean(dim=(1, 2, 3)) for a, b in ((left, left), (left, step), (step, step))]
            ).cpu()
            for i in range(len(pictures)):
                halves[(items + i) % 2] += sums[:, i]
            items += len(pictures)
        squared = _blended(halves[0], _share(halves[1])) + _blended(halves[1], _share(halves[0]))
        psnr = -10 * math.log10(max(squared / items, 1e-10))
        return {"psnr": psnr, "n": items, "network_share": _share(halves.sum(dim=0))}


def train_decoder(
    pictures: UInt8[np.ndarray, "n h w 3"],
    codes: Float32[np.ndarray, "n dim"],
    out: Path | str,
    *,
    spec: LatentSpec,
    view: dict[str, object] | None = None,
    config: DecoderConfig | None = None,
    steps: int | None = None,
    minutes: float | int | None = None,
    seed: int = 0,
    resume: bool = False,
    progress: Progress | None = None,
    checkpoint_seconds: float = 30.0,
    dtype: str = "float32",
) -> TrainResult:
    """Train a decoder from an encoder's codes back to pictures, and write it as a model folder.

    Args:
        pictures: (n, size, size, 3) what to decode to, in memory or memory-mapped.
        codes: (n, dim) what the encoder makes of them.
        out: Model folder; until the run is finished it holds `training/` with the last checkpoint.
        spec: The encoder's.
        view: How pictures became squares, as plain data; kept with the model.
        config: Hyper-parameters; the defaults at the pictures' size and the codes' dimension if not given.
        steps: Steps to train; the same seed then gives the same bytes on the same machine, resumed or not.
        minutes: Minutes to train instead; 10 if neither is given.
        seed: Seed of weights and order.
        resume: Go on where a killed run stopped.
        progress: Told after every step.
        checkpoint_seconds: Seconds between two checkpoints.
        dtype: Type of the stored weights, "float32" or "float16".

    Returns:
        The run; its validation has the decoder's PSNR beside those of `baselines`.

    Raises:
        InputError: If pictures, codes, spec and config don't fit each other, or `out` holds something else.
        SpaceError: If the run to resume had another config, encoder, seed or data.
        TrainingError: If the loss is not finite.
        InterruptedWorkError: At ^C, after the state is written.
    """
    folder = Path(out)
    config = config or DecoderConfig(dim=codes.shape[1], size=pictures.shape[1])
    _require(pictures, codes, spec, config)
    budget = check_training(folder, steps, minutes, resume)
    if len(pictures) < 2:
        raise InputError(f"Training got {len(pictures)} pictures; at least 2 are needed, one of them to validate.")
    seen = as_trained(codes, spec)
    rows, held_out = split_rows(len(pictures), seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = DecoderNetwork.begun(config, Regression.fit(pictures, seen, rows, seed))
    trained = train(
        DecoderTraining(network, config, spec),
        Pairs(pictures, seen),
        folder / "training" / "state.safetensors",
        budget=budget,
        seed=seed,
        resume=resume,
        progress=progress,
        checkpoint_seconds=checkpoint_seconds,
    )
    beside = baselines(pictures, seen, rows, held_out, geometry_named(spec.geometry, seen[rows]))
    validation = {**trained.validation, **beside}
    average = trained.network
    assert isinstance(average, DecoderNetwork)
    average.share.fill_(validation["network_share"])
    LatentDecoder(config, average, spec, view or {}, validation).save(folder, dtype=dtype)
    shutil.rmtree(folder / "training")
    return TrainResult(
        folder,
        trained.steps,
        trained.seconds,
        trained.items_per_second,
        validation,
        notes=_verdict(validation),
    )


def _share(sums: Tensor) -> float:
    """The share from 0 to 1 that makes the squared error least; a half where nothing tells."""
    _, product, squared = sums.tolist()
    return min(1.0, max(0.0, product / squared)) if squared > 0 else 0.5


def _blended(sums: Tensor, share: float) -> float:
    """Squared error at a share: |left - share * step|^2, multiplied out."""
    left, product, squared = sums.tolist()
    return float(left - 2 * share * product + share**2 * squared)


def _require(
    pictures: UInt8[np.ndarray, "n h w 3"], codes: Float32[np.ndarray, "n dim"], spec: LatentSpec, config: DecoderConfig
) -> None:
    if not codes.shape[1] == spec.dim == config.dim:
        raise InputError(
            f"train_decoder got codes of {codes.shape[1]} numbers, a spec of {spec.dim} and a config of {config.dim}; "
            "expected one dimension."
        )
    if pictures.shape[1:3] != (config.size, config.size):
        height, width = pictures.shape[1:3]
        raise InputError(
            f"train_decoder got pictures of {width} x {height} pixels and a config for {config.size} x {config.size}: "
            "resize the pictures, or set the config's size."
        )


def _verdict(validation: Measures) -> tuple[str, ...]:
    psnr, linear = validation["psnr"], validation["psnr_linear"]
    if psnr > linear:
        return ()
    return (
        f"The decoder ({psnr:.2f} dB) is no better than linear regression from the codes ({linear:.2f} dB): train "
        "longer, or on more pictures.",
    )
