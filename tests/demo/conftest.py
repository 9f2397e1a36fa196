"""One small demo for all tests: 300 portraits, a VAE trained for a few steps."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lateen.demo import DemoResult, make_demo
from lateen.models.vae import VAEConfig
from lateen.training import train


@pytest.fixture(scope="session")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A tiny VAE by its name; the demo is about the way, not about the likeness."""
    folder = tmp_path_factory.mktemp("models") / "tiny.model"
    train("portraits:256", folder, steps=40, config=VAEConfig(size=32, latent_dim=16))
    return f"vae:{folder}"


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory, encoder: str) -> DemoResult:
    """The finished demo; tests read it and leave it as it is."""
    said: list[str] = []
    folder = tmp_path_factory.mktemp("demo") / "tour"
    result = make_demo(folder, n=300, encoder=encoder, say=said.append)
    assert "the map ..." in said
    return result


@pytest.fixture
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to run the page's commands in."""
    monkeypatch.setattr(os, "environ", dict(os.environ))
    monkeypatch.chdir(tmp_path)
    return tmp_path
