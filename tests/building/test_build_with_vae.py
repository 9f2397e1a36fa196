"""A space built with a real VAE holds the VAE, and knows it by the fingerprint of what it holds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lateen.building import build
from lateen.core.errors import SpaceError
from lateen.models.vae import VAE, LatentStatistics, VAEConfig
from lateen.models.vae.network import VAENetwork
from lateen.sources.opening import open_source
from lateen.sources.picture import View
from lateen.store import SpaceFolder


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_the_codec_in_the_space_makes_its_vectors(tmp_path: Path, dtype: str) -> None:
    config = VAEConfig(size=32, latent_dim=4, width=4)
    statistics = LatentStatistics(np.zeros(4, np.float32), np.eye(4, dtype=np.float32))
    vae = VAE(config, VAENetwork(config).eval(), statistics, "unsaved").save(tmp_path / "m.model", dtype=dtype)
    result = build("portraits:20:1", encoder=f"vae:{tmp_path}/m.model", out=tmp_path / "a.space")
    space = SpaceFolder.open(result.path)
    assert space.codec_path is not None
    held = VAE.load(space.codec_path)
    assert space.meta.spec.fingerprint == held.fingerprint
    assert space.meta.given_fingerprint == vae.fingerprint
    assert space.meta.spec.encoder == f"vae:{tmp_path}/m.model"
    space.check_encoder(held.spec)
    space.check_encoder(vae.spec)
    with pytest.raises(SpaceError, match="is another encoder"):
        space.check_encoder(replace(held.spec, fingerprint="0000"))
    images = open_source("portraits:20:1").take(np.arange(20)).read(View(32)).items
    assert np.allclose(space.vectors(), held.encode(images), atol=1e-5)
    again = build("portraits:20:1", encoder=f"vae:{tmp_path}/m.model", out=tmp_path / "a.space", resume=True)
    assert again.resumed == 20
