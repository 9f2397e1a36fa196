"""Networks as smooth functions of their latents: pictures before rounding, and gradients back.

One idea: torch stays in here; what asks sees arrays, and a function that carries changes of pictures to the vectors.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from lateen.core.codec import Latents, Smooth


def smoothly(network: Callable[[Tensor], Tensor], vectors: Latents, device: str) -> Smooth:
    """Pictures of vectors in grey levels, as real numbers, with the way back.

    Args:
        network: (n, dim) vectors to pictures about in [0, 1], of any shape after n.
        vectors: (n, dim); all in one batch.
        device: Where the network computes.
    """
    with torch.enable_grad():
        latents = torch.from_numpy(np.require(vectors, np.float32, ["C", "W"])).to(device).requires_grad_(True)
        pictures = network(latents).flatten(1) * 255

    def back(changes: np.ndarray) -> Latents:
        asked = torch.from_numpy(np.require(changes, np.float32, ["C", "W"])).to(device)
        (gradient,) = torch.autograd.grad(pictures, latents, asked, retain_graph=True)
        found: Latents = gradient.cpu().numpy()
        return found

    return Smooth(pictures.detach().cpu().numpy(), back)
