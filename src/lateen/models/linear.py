"""Linear layers on processors: the same float32 product, by the library that is faster where AVX-512 is.

One idea: on AMD processors PyTorch's `linear` runs MKL's AVX2 kernels, while oneDNN, which PyTorch carries for
convolutions, uses all of AVX-512: twice the speed at the same precision. Intel's get the same from both.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class OneDNNLinear(nn.Module):
    """An `nn.Linear` for inference that asks oneDNN; it shares the weights.

    Args:
        linear: The layer to replace.
    """

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self.in_features, self.out_features = linear.in_features, linear.out_features
        self.weight, self.bias = linear.weight, linear.bias

    def forward(self, x: Tensor) -> Tensor:
        """x W^T + b."""
        product: Tensor = torch.ops.mkldnn._linear_pointwise(x, self.weight, self.bias, "none", [], "")
        return product


def use_onednn(network: nn.Module) -> int:
    """Replace the float32 linear layers of a network on a processor with AVX-512; else leave it as it is.

    Args:
        network: In evaluation mode; it is changed.

    Returns:
        How many layers were replaced.
    """
    if not _is_worth_it():
        return 0
    replaced = 0
    for parent in list(network.modules()):
        for name, layer in list(parent.named_children()):
            # A subclass may do something else besides
            if type(layer) is nn.Linear and layer.weight.dtype == torch.float32 and layer.weight.device.type == "cpu":
                setattr(parent, name, OneDNNLinear(layer))
                replaced += 1
    return replaced


def _is_worth_it() -> bool:
    has_onednn: bool = torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]  # untyped in torch
    if not has_onednn or torch.backends.cpu.get_cpu_capability() != "AVX512":
        return False
    try:  # the operator is PyTorch's own and may change with it
        layer, x = nn.Linear(16, 16), torch.ones(2, 3, 16)
        with torch.inference_mode():
            return torch.allclose(OneDNNLinear(layer)(x), layer(x), atol=1e-5)
    except (AttributeError, RuntimeError):
        return False
