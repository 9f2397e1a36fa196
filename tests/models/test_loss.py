"""The loss terms against values worked out by hand or drawn."""

from __future__ import annotations

import math

import pytest
import torch

from lateen.models.vae.loss import gradient_nll, kl_per_dimension, optimal_sigma_nll, with_free_bits

ROUNDING = 1 / (12 * 255**2)


def test_optimal_sigma_is_the_likelihood_at_the_best_variance() -> None:
    error = torch.randn(8, 50, generator=torch.Generator().manual_seed(0)) * 0.3
    variances = torch.linspace(0.01, 0.5, 2000)
    nll = 0.5 * (error.square().sum() / variances + error.numel() * variances.log()) / len(error)
    best = nll.min() - 0.5 * 50  # the constant of a Gaussian at its best variance
    assert optimal_sigma_nll(error.square(), 50).item() == pytest.approx(best.item(), rel=1e-3)


def test_optimal_sigma_of_a_known_error() -> None:
    assert optimal_sigma_nll(torch.full((3, 4), 0.25), 10).item() == pytest.approx(5 * math.log(0.25 + ROUNDING))


def test_a_perfect_image_costs_no_more_than_rounding() -> None:
    perfect = optimal_sigma_nll(torch.zeros(2, 12), 12).item()
    assert perfect == pytest.approx(6 * math.log(ROUNDING))


def test_gradients_do_not_see_brightness() -> None:
    target = torch.rand(2, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    same = gradient_nll(target, target)
    assert gradient_nll(target + 0.25, target).item() == pytest.approx(same.item(), rel=1e-3)


def test_gradients_of_a_ramp() -> None:
    target = torch.zeros(1, 1, 8, 8)
    ramp = 0.1 * torch.arange(8.0).expand(
        1, 1, 8, 8
    )  # differences across of 0.1, 0.2, 0.4 at scales 1, 2, 4; none down
    expected = sum(32 * math.log(0.5 * (0.1 * scale) ** 2 + ROUNDING) for scale in (1, 2, 4)) / 3
    assert gradient_nll(ramp, target).item() == pytest.approx(expected, rel=1e-5)


def test_gradients_weigh_an_edge_above_a_wash_of_the_same_energy() -> None:
    target = torch.zeros(1, 1, 16, 16)
    line = target.clone()
    line[..., 8, 4:12] = 1.0
    wash = torch.full_like(target, line.square().mean().sqrt().item())
    wash = wash * torch.linspace(0.5, 1.5, 16)[None, None, :, None]
    assert gradient_nll(line, target) > gradient_nll(wash, target) + 100


def test_kl_against_torchs_closed_form() -> None:
    mean, log_variance = torch.tensor([[0.0, 1.5]]), torch.tensor([[0.0, -2.0]])
    posterior = torch.distributions.Normal(mean, (0.5 * log_variance).exp())
    expected = torch.distributions.kl_divergence(posterior, torch.distributions.Normal(0.0, 1.0))[0]
    torch.testing.assert_close(kl_per_dimension(mean, log_variance), expected)
    assert expected[0] == 0


def test_kl_is_averaged_over_the_batch() -> None:
    mean = torch.tensor([[2.0], [0.0]])
    assert kl_per_dimension(mean, torch.zeros(2, 1)).item() == pytest.approx(1.0)


def test_free_bits_cost_their_amount_and_give_no_gradient() -> None:
    kl = torch.tensor([0.02, 0.5], requires_grad=True)
    total = with_free_bits(kl, 0.1)
    total.backward()
    assert total.item() == pytest.approx(0.6)
    assert kl.grad is not None
    assert kl.grad.tolist() == [0.0, 1.0]
