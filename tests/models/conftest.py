"""What the tests of models share: pictures, and the laws that every codec inherits."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from blobs import blobs

sys.path.insert(0, str(Path(__file__).parents[1] / "laws"))
pytest.register_assert_rewrite("codec_laws")


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Bytes depend on the number of threads, and other libraries that share OpenMP change it behind torch's back."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def pictures() -> np.ndarray:
    """400 blobs of 32 px."""
    return blobs(400)
