"""What the tests of models share: pictures, and the laws that every codec inherits."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from blobs import blobs

sys.path.insert(0, str(Path(__file__).parents[1] / "laws"))
pytest.register_assert_rewrite("codec_laws")

# Several tests at once on few cores: threads that wait for each other would take most of the time.
torch.set_num_threads(1)


@pytest.fixture(scope="session")
def pictures() -> np.ndarray:
    """400 blobs of 32 px."""
    return blobs(400)
