"""Directions of a space: fitted on a field, judged, kept with the space."""

from __future__ import annotations

import math
from dataclasses import dataclass

from lateen.core.direction import Direction
from lateen.core.errors import InputError
from lateen.core.seed import require_seed
from lateen.directions import contrast, fit_direction
from lateen.operations.opened import Opened
from lateen.operations.result import rounded
from lateen.store import save_direction

METHODS = ("mean_difference",)


@dataclass(frozen=True, eq=False)
class Fitted:
    """A direction with its angles to the others of the space.

    Args:
        direction: The direction and its held-out figures.
        cosine_with: Cosine of the angle to each other direction; near 0 is independent, near 1 or -1 entangled.
    """

    direction: Direction
    cosine_with: dict[str, float]

    def __repr__(self) -> str:
        d = self.direction
        return (
            f"Direction {d.name} ({d.positive}): held-out AUC {d.auc:.3f} (chance reaches {d.random_auc:.3f}), "
            f"{d.n_positive} with and {d.n_negative} without, stability {d.stability:.3f}, gap {d.gap:+.1f} steps"
        )

    @property
    def warning(self) -> str | None:
        """Why not to trust it, or None."""
        d = self.direction
        if math.isnan(d.auc):
            return f"too few items to hold any out: nobody knows whether {d.name} means anything"
        if d.auc <= d.random_auc:
            return f"{d.name} separates held-out items no better than random directions do: don't rely on it"
        return None

    def describe(self) -> str:
        """A few lines for people."""
        closest = sorted(self.cosine_with.items(), key=lambda pair: -abs(pair[1]))[:8]
        angles = ", ".join(f"{name} {cosine:+.2f}" for name, cosine in closest)
        lines = [repr(self), f"cosine with others: {angles}" if angles else "", self.warning or ""]
        return "\n".join(line for line in lines if line)

    def to_dict(self) -> dict[str, object]:
        """Plain data, as `--json` prints it."""
        d = self.direction
        return {
            "name": d.name,
            "method": d.method,
            "field": d.field,
            "positive": d.positive,
            "auc": rounded(d.auc),
            "random_auc": rounded(d.random_auc),
            "warning": self.warning,
            "n_positive": d.n_positive,
            "n_negative": d.n_negative,
            "stability": rounded(d.stability),
            "gap": rounded(d.gap),
            "scale": rounded(d.scale, 6),
            "cosine_with": {name: rounded(c) for name, c in self.cosine_with.items()},
        }


def fit(
    opened: Opened,
    name: str,
    field: str,
    positive: str | None = None,
    method: str = "mean_difference",
    group: str | None = None,
    seed: int = 0,
    force: bool = False,
) -> Fitted:
    """Fit a direction by the difference of means and keep it with the space under its name."""
    if not name or "/" in name or "=" in name or name.startswith("."):
        raise InputError(f"A direction can't be called {name!r}; give a name without '/' and '='.")
    if name in opened.directions and not force:
        raise InputError(f"The {opened.name} already has a direction {name!r}; replace it with --force (force=True).")
    if method not in METHODS:
        raise InputError(f"There is no method {method!r}; choose {', '.join(METHODS)}.")
    require_seed(seed)
    split = contrast(opened.column(field), field, positive)
    groups = None if group is None else opened.column(group)
    direction = fit_direction(opened.vectors, name, split, group=groups, fingerprint=opened.spec.fingerprint, seed=seed)
    save_direction(opened.path, direction)
    return described(opened, direction)


def get(opened: Opened, name: str) -> Direction:
    """A direction that the space keeps.

    Raises:
        UnknownNameError: If there is none of that name.
        SpaceError: If it was fitted in another latent space.
    """
    return opened.direction(name)


def described(opened: Opened, direction: Direction) -> Fitted:
    """A direction beside the others."""
    others = [o for o in opened.directions.values() if o.name != direction.name]
    same_space = [o for o in others if o.fingerprint == direction.fingerprint]
    return Fitted(direction, {o.name: direction.cosine(o) for o in same_space})
