"""Directions: what one attribute does to a point, with the figures that say how far to believe it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

import numpy as np
from jaxtyping import Float, Float32

from lateen.core.errors import InputError
from lateen.core.probe import Probe
from lateen.core.response import Response
from lateen.core.typed import from_plain

FEWEST, ENOUGH = 5, 10
"""Held-out pairs, or items a side, from which on chance rarely sorts all of them: 2 of 252 orders of 5 and 5 do, but 2
of 20 orders of 3 and 3. Words of a side are alike, which helps chance, so the second is the better advice."""
DISCOVERED = ("pca", "ica", "sae")
"""Methods that look at no label: what such a direction means is for the user to say."""
NEARLY_ALL = 0.95  # AUC that chance is to stay below if few items are to tell anything


@dataclass(frozen=True, eq=False)
class Direction:
    """A unit vector of a latent space with the step that one unit of it takes.

    Args:
        name: What the user calls it.
        vector: (dim,) of norm 1, pointing to more of the attribute.
        scale: Length of one step: the standard deviation of the data along the vector, in latent units.
        method: How it was found, such as "mean_difference".
        field: The field it was fitted on, or None.
        positive: The value (or rule) that counted as having the attribute, or None.
        auc: Held-out area under the ROC curve of its reading: by its probe, or of projections on the vector where it
            has none; NaN if not measured.
        n_positive: Items with the attribute.
        n_negative: Items without.
        stability: Mean cosine between the vector and its bootstrap repeats.
        gap: Difference of the two class means along the vector, in steps: about this much turns one into the other.
        random_auc: Held-out AUC of random directions (95 % quantile): what chance alone reaches.
        fingerprint: Fingerprint of the latent space it belongs to.
        group: The field of identity that kept items of one person together when it was judged, or None.
        more: The words or items it points to, where it was fitted on such; with method "pairs" the i-th goes with the
            i-th of `less`.
        less: Those it points away from.
        ordered: Share of held-out pairs of which it puts the first above the second; NaN if not measured.
        erased: How it was erased from the space that keeps it ("leace" or "hard"): it is there to be read before and
            after, and its figures are those after. None where it was not.
        along: Held-out AUC of projections on the vector, where the probe reads by another; NaN if not measured.
        matched: Held-out AUC of the probe among items that are alike in the group and in the fields held equal: of two
            pictures of one person, how often the right one reads higher. NaN without such, or if not measured.
        without: Fields that were held equal while it was fitted.
        tuned: Fields that stay in the decoded pictures, as a reader of pixels sees them; none where it wasn't tuned.
        r2: Held-out squared correlation of the attribute with what the direction's readout says, where the attribute
            is a number; NaN otherwise.
        dose: Steps that are suggested to turn an item without the attribute into one with it; NaN if not known.
        probe: The attribute's own reader, fitted beside it; None where there is none.
        response: What such a reader says of held-out items that are moved along it; None if not measured.
    """

    name: str
    vector: Float32[np.ndarray, " dim"]
    scale: float
    method: str
    field: str | None = None
    positive: str | None = None
    auc: float = float("nan")
    n_positive: int = 0
    n_negative: int = 0
    stability: float = float("nan")
    gap: float = float("nan")
    random_auc: float = float("nan")
    fingerprint: str = ""
    group: str | None = None
    more: tuple[str, ...] = ()
    less: tuple[str, ...] = ()
    ordered: float = float("nan")
    erased: str | None = None
    along: float = float("nan")
    matched: float = float("nan")
    without: tuple[str, ...] = ()
    tuned: tuple[str, ...] = ()
    r2: float = float("nan")
    dose: float = float("nan")
    probe: Probe | None = None
    response: Response | None = None

    def __post_init__(self) -> None:
        norm = float(np.linalg.norm(self.vector.astype(np.float64)))
        if self.vector.ndim != 1 or not abs(norm - 1) < 1e-3:
            raise InputError(f"Direction {self.name!r} got a vector of shape {self.vector.shape} and norm {norm:.4g}; "
                             "give (dim,) of norm 1.")
        if not 0 < self.scale < np.inf:
            raise InputError(f"Direction {self.name!r} got scale {self.scale}; a step must have a positive length.")
        if self.probe is not None and self.probe.weights.shape != self.vector.shape:
            raise InputError(f"Direction {self.name!r} has {len(self.vector)} dimensions, but its probe reads "
                             f"{len(self.probe.weights)}.")

    @property
    def step(self) -> Float32[np.ndarray, " dim"]:
        """One step along it, a standard deviation long: (dim,)."""
        return np.asarray(self.vector * np.float32(self.scale), np.float32)

    @property
    def is_few(self) -> bool:
        """Whether it was judged on so few that chance alone sorts them as well."""
        if np.isnan(self.auc):
            return True
        n = min(self.n_positive, self.n_negative)
        n = n if self.more else round(n / 4)  # of a field's items a quarter is held out
        return self.auc <= self.random_auc and (n < FEWEST or (n < ENOUGH and self.random_auc > NEARLY_ALL))

    def warning(self, kind: str = "items") -> str | None:
        """Why not to trust it, or None.

        Args:
            kind: What the space's items are called: "words" in a space of words.
        """
        if self.erased is not None:
            return f"{self.name} was erased from this space ({self.erased}): it is kept to be read, before and after"
        if self.method in DISCOVERED:
            return None
        if np.isnan(self.auc):
            few = {"pairs": "one pair is too few to hold it", "axis": f"one {kind[:-1]} a side is too few to hold any"}
            why = few.get(self.method, f"too few {kind} to hold any")
            return f"{why} out: nobody knows whether {self.name} means anything"
        if self.is_few:
            return f"{self._few(kind)} to tell whether {self.name} means anything: chance sorts so few as well"
        if self.auc <= self.random_auc:
            return f"{self.name} separates held-out {kind} no better than random directions do: don't rely on it"
        return None

    def _few(self, kind: str) -> str:
        n, m = self.n_positive, self.n_negative
        if self.method == "pairs":
            return f"{n} pairs are too few (give {FEWEST} at least, better {ENOUGH})"
        if self.more:
            return f"{n} against {m} {kind} are too few (give {FEWEST} a side at least, better {ENOUGH})"
        return f"{n} with and {m} without are too few {kind} (give {4 * FEWEST} of each at least, better {4 * ENOUGH})"

    def apply(self, points: Float[np.ndarray, "*batch dim"], steps: float) -> Float[np.ndarray, "*batch dim"]:
        """Move points by `steps` standard deviations along the direction (negative: away from the attribute)."""
        return np.asarray(points + np.asarray(steps * self.scale, points.dtype) * self.vector.astype(points.dtype))

    def read(self, points: Float[np.ndarray, "*batch dim"]) -> Float[np.ndarray, "*batch"]:
        """How far along the direction points are, in steps from the origin: (..., dim) -> (...)."""
        return np.asarray(points @ self.vector.astype(points.dtype) / np.asarray(self.scale, points.dtype))

    def cosine(self, other: Direction) -> float:
        """Cosine of the angle between two directions of one space."""
        return float(self.vector.astype(np.float64) @ other.vector.astype(np.float64))

    def renamed(self, name: str) -> Direction:
        """The same direction under another name."""
        return replace(self, name=name)

    def to_dict(self) -> dict[str, object]:
        """Plain data for a json file; `from_dict` is the way back, exact to the bit."""
        plain = {field.name: getattr(self, field.name) for field in fields(self)}
        plain["probe"] = None if self.probe is None else self.probe.to_dict()
        plain["response"] = None if self.response is None else self.response.to_dict()
        plain |= {key: list(value) for key, value in plain.items() if isinstance(value, tuple)}
        plain["vector"] = [float(x) for x in self.vector]
        return {key: None if isinstance(v, float) and np.isnan(v) else v for key, v in plain.items()}

    @classmethod
    def from_dict(cls, plain: Mapping[str, object]) -> Direction:
        """A direction from `to_dict`'s data; raises InputError if something is missing."""
        values = {k: float("nan") if v is None and k in _FLOATS else v for k, v in plain.items()}
        try:
            values["vector"] = np.asarray(values["vector"], np.float32)
            values |= {key: _words(values[key], key) for key in ("more", "less", "without", "tuned") if key in values}
            probe, response = values.pop("probe", None), values.pop("response", None)
            return replace(
                from_plain(cls, values),
                probe=None if probe is None else Probe.from_dict(probe),
                response=None if response is None else Response.from_dict(response),
            )
        except (KeyError, TypeError, ValueError) as cause:
            raise InputError(f"This is not a saved direction: {cause}.") from cause


_FLOATS = ("auc", "stability", "gap", "random_auc", "ordered", "along", "matched", "r2", "dose")


def _words(value: object, side: str) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(word, str) for word in value):
        raise TypeError(f"{side} is {str(value)[:40]!r}, expected a list of words")
    return tuple(value)
