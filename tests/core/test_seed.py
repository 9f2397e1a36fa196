from __future__ import annotations

import pytest

from lateen.core.errors import InputError
from lateen.core.seed import LARGEST, require_seed


@pytest.mark.parametrize("seed", [0, 7, LARGEST])
def test_seeds_that_every_generator_takes(seed: int) -> None:
    assert require_seed(seed) == seed


@pytest.mark.parametrize("seed", [-1, LARGEST + 1])
def test_others_are_restated_with_the_range(seed: int) -> None:
    with pytest.raises(InputError, match=rf"the seed {seed}; give a whole number from 0 to 4294967295"):
        require_seed(seed)
