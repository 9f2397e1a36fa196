"""Linear layers by oneDNN: the same numbers as PyTorch's, and only where they are known to be worth it."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from lateen.models import linear
from lateen.models.linear import OneDNNLinear, use_onednn


class Odd(nn.Linear):
    """A layer that does more than its base."""


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(24, 48), nn.GELU(), nn.Sequential(nn.Linear(48, 7, bias=False)), Odd(7, 3)).eval()


@pytest.mark.parametrize("shape", [(5, 24), (2, 3, 24), (0, 24), (2, 1, 4, 24)])
def test_the_same_numbers(shape: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    if not torch.backends.mkldnn.is_available():
        pytest.skip("this PyTorch has no oneDNN")
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX512")
    plain, fast = network(), network()
    assert use_onednn(fast) == 2
    x = torch.randn(shape)
    with torch.inference_mode():
        torch.testing.assert_close(fast(x), plain(x), rtol=1e-5, atol=1e-6)
        turned = x.transpose(0, -2)
        torch.testing.assert_close(fast(turned), plain(turned), rtol=1e-5, atol=1e-6)
        assert (fast(x) == fast(x)).all()
    assert {name for name, _ in fast.named_parameters()} == {name for name, _ in plain.named_parameters()}


def test_what_others_read_of_a_layer_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    if not torch.backends.mkldnn.is_available():
        pytest.skip("this PyTorch has no oneDNN")
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX512")
    first, tied = nn.Linear(24, 24), nn.Linear(24, 24)
    tied.weight = first.weight
    fast = nn.Sequential(first, tied).eval()
    assert use_onednn(fast) == 2
    assert fast[0].weight is fast[1].weight
    assert (fast[0].weight.dtype, fast[1].in_features, fast[1].out_features) == (torch.float32, 24, 24)
    kept = nn.Sequential(nn.Linear(24, 24), nn.Linear(24, 24))
    kept.load_state_dict(fast.state_dict())
    with torch.inference_mode():
        torch.testing.assert_close(fast(torch.ones(24)), kept(torch.ones(24)), rtol=1e-5, atol=1e-5)


def test_another_processor_or_another_pytorch_keeps_its_layers(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX2")
        assert use_onednn(network()) == 0
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX512")
    half = network().to(torch.float64)
    assert use_onednn(half) == 0

    def gone(self: OneDNNLinear, x: torch.Tensor) -> torch.Tensor:
        raise RuntimeError("no such operator")

    monkeypatch.setattr(linear.OneDNNLinear, "forward", gone)
    assert use_onednn(network()) == 0
