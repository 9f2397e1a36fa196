"""Seeds: one range for everything that is drawn at random, checked where the user gives one."""

from __future__ import annotations

from lateen.core.errors import InputError

LARGEST = 2**32 - 1  # what all generators below take, NumPy's oldest and scikit-learn's included


def require_seed(seed: int) -> int:
    """The seed, if it is one.

    Raises:
        InputError: If it is negative or above 4294967295.
    """
    if not 0 <= seed <= LARGEST:
        raise InputError(f"Got the seed {seed}; give a whole number from 0 to {LARGEST}.")
    return seed
