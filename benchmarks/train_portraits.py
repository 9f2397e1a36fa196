"""The recipe of the shipped weights: 16,000 steps on 50,000 drawn portraits, 28 minutes on one core.

    python benchmarks/train_portraits.py [OUT] [--resume]

It prints one line a minute. The portraits of seed 1 are used for nothing else.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import lateen as lt
from lateen.models.training import TrainState

SOURCE, STEPS, SEED = "portraits:50000:1", 16_000, 0


class Minutely:
    """Says how training goes, once a minute."""

    def __init__(self) -> None:
        self._said = -60.0

    def on_step(self, state: TrainState) -> None:
        """A step of training."""
        if state.seconds - self._said >= 60 or state.step == state.total:
            self._said = state.seconds
            psnr = "-" if state.psnr is None else f"{state.psnr:.2f}"
            print(
                f"{state.seconds:6.0f} s  step {state.step:6,}  {state.images_per_second:4.0f} images/s  {psnr} dB",
                flush=True,
            )


def main() -> None:
    """Train and write the model folder."""
    arguments = [a for a in sys.argv[1:] if a != "--resume"]
    resume = "--resume" in sys.argv
    shipped = Path(lt.__file__).parent / "models" / "weights" / "portraits.model"
    out = Path(arguments[0]) if arguments else shipped
    if not arguments and not resume:
        shutil.rmtree(shipped, ignore_errors=True)
    result = lt.train(
        SOURCE, out, steps=STEPS, seed=SEED, resume=resume, dtype="float16", progress=Minutely()
    )
    print(result.to_dict())


if __name__ == "__main__":
    main()
