"""What a fit, or a look at a kept direction, answers: the direction, its figures, its angles, and its page."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from PIL.Image import Image

from lateen.core.direction import DISCOVERED, Direction
from lateen.core.errors import InputError
from lateen.directions.terms import listed
from lateen.operations.result import Pictured, rounded

if TYPE_CHECKING:
    from lateen.operations.opened import Opened

CHANCE = "the AUC that 95% of random directions stay below, either way round"
HARDLY = 0.1  # R² below which a number can't be read
SAME = 0.98  # cosine from which on two directions are called one


@dataclass(frozen=True, eq=False)
class Fitted(Pictured):
    """A direction with its angles to the others of the space.

    Args:
        direction: The direction and its held-out figures.
        cosine_with: Cosine of the angle to each other direction; near 0 is independent, near 1 or -1 entangled.
        skipped: Pairs and words that were left out because the space doesn't know them.
        kind: What the space's items are called.
        expected_cosine: Of a direction of examples: the expected cosine with that of all such items, and the ends of
            the interval that holds it with 95 %.
        goes_along: Of a field: the other fields that go along with it in the data, by correlation (eta for words).
        doubts: What was noticed while it was fitted, a sentence each.
    """

    direction: Direction
    cosine_with: dict[str, float]
    skipped: tuple[str, ...] = ()
    kind: str = "items"
    expected_cosine: tuple[float, float, float] | None = None
    goes_along: Mapping[str, float] = field(default_factory=dict)
    doubts: tuple[str, ...] = ()
    _opened: Opened | None = field(default=None, repr=False)

    def __repr__(self) -> str:
        d = self.direction
        if d.method in DISCOVERED:
            return f"Direction {d.name}: an axis that {d.method} discovered, with no attribute to test it on"
        stability = "" if math.isnan(d.stability) else f", stability {d.stability:.3f}"
        gap = "" if math.isnan(d.gap) else f", gap {d.gap:+.1f} steps"
        return f"Direction {d.name} ({d.positive}): {self._read()}, {self._counted()}{stability}{gap}"

    def _read(self) -> str:
        d = self.direction
        if math.isnan(d.auc):
            return "held-out AUC not known"
        along = "" if math.isnan(d.along) else f", {d.along:.3f} along the direction alone"
        matched = "" if math.isnan(d.matched) else f", {d.matched:.3f} among items alike in {self._alike()}"
        number = "" if math.isnan(d.r2) else f", R² {d.r2:.3f}"
        return f"held-out AUC {d.auc:.3f}{number}{along}{matched} (chance reaches {d.random_auc:.3f})"

    def _alike(self) -> str:
        d = self.direction
        return ", ".join(dict.fromkeys([*([] if d.group is None else [d.group]), *d.without]))

    def _counted(self) -> str:
        """What it was fitted on, and how many held-out pairs it puts in order."""
        d = self.direction
        if d.method == "axis":
            return f"{_count(d.n_positive, self.kind[:-1])} against {d.n_negative}"
        if d.method == "examples":
            return f"{_count(d.n_positive, 'example')} against {d.n_negative}"
        if d.method != "pairs":
            return f"{d.n_positive} with and {d.n_negative} without"
        if math.isnan(d.ordered):
            return _count(d.n_positive, "pair")
        return f"{d.ordered * d.n_positive:.3g} of {d.n_positive} held-out pairs in the right order"

    def _expected(self) -> str:
        """How far it may be from the direction of many more examples."""
        if self.expected_cosine is None:
            return ""
        cosine, low, high = self.expected_cosine
        return f"expected cosine with the direction of all such {self.kind}: {cosine:.2f} ({low:.2f} to {high:.2f})"

    def _suggested(self) -> str:
        d = self.direction
        held = f"; {', '.join(d.without)} held equal" if d.without else ""
        held += f"; tuned to keep {', '.join(d.tuned)}" if d.tuned else ""
        return "" if math.isnan(d.dose) else f"suggested dose {d.dose:+.2f} steps, method {d.method}{held}"

    @property
    def warning(self) -> str | None:
        """Why not to trust it, or None."""
        return self.direction.warning(self.kind)

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know, a sentence each: doubts of the fit, and directions that are the same as this."""
        alike = {n: c for n, c in self.cosine_with.items() if c >= SAME}
        cosine = f"{min(alike.values(), default=1):.3f}" + " at least" * (len(alike) > 1)
        same = [f"it is the same direction as {listed(tuple(alike), 5)} (cosine {cosine})"] if alike else []
        back = [f"it is {n} backwards (cosine {c:.3f})" for n, c in self.cosine_with.items() if c <= -SAME]
        d = self.direction
        hardly = [f"{d.field} can hardly be read off these codes (R² {d.r2:.2f}): neither dose nor --until mean much"]
        return (*self.doubts, *same, *back, *(hardly if d.r2 < HARDLY else ()))

    def describe(self) -> str:
        """A few lines for people."""
        d = self.direction
        closest = sorted(self.cosine_with.items(), key=lambda pair: -abs(pair[1]))[:8]
        angles = ", ".join(f"{name} {cosine:+.2f}" for name, cosine in closest)
        lines = [
            repr(self),
            self._suggested(),
            f"more of it: {listed(d.more, 20)}; less: {listed(d.less, 20)}" if d.more else "",
            f"left out, not in the space: {', '.join(self.skipped)}" if self.skipped else "",
            self._expected(),
            f"cosine with others: {angles}" if angles else "",
            "" if math.isnan(d.random_auc) else f"chance reaches: {CHANCE}",
            *self.notes,
            self.warning or "",
        ]
        return "\n".join(line for line in lines if line)

    def to_dict(self) -> dict[str, object]:
        """Plain data, as `--json` prints it."""
        d = self.direction
        return {
            "name": d.name,
            "method": d.method,
            "field": d.field,
            "positive": d.positive,
            "without": list(d.without),
            "tuned": list(d.tuned),
            "group": d.group,
            "auc": rounded(d.auc),
            "along": rounded(d.along),
            "matched": rounded(d.matched),
            "r2": rounded(d.r2),
            "random_auc": rounded(d.random_auc),
            "warning": self.warning,
            "notes": list(self.notes),
            "n_positive": d.n_positive,
            "n_negative": d.n_negative,
            "stability": rounded(d.stability),
            "gap": rounded(d.gap),
            "dose": rounded(d.dose),
            "scale": rounded(d.scale, 6),
            "ordered": rounded(d.ordered),
            "more": list(d.more),
            "less": list(d.less),
            "erased": d.erased,
            "skipped": list(self.skipped),
            "cosine_with": {name: rounded(c) for name, c in self.cosine_with.items()},
            "goes_along": {name: rounded(r) for name, r in self.goes_along.items()},
            "expected_cosine": None if self.expected_cosine is None else [rounded(c) for c in self.expected_cosine],
            "response": None if d.response is None else d.response.to_dict(),
        }

    def picture(self) -> Image:
        """One page: the traversal of five items, the figures, the dose-response and the angles to the others.

        Raises:
            InputError: If it doesn't know its space any more.
        """
        from lateen.operations.direction_page import direction_page

        if self._opened is None:
            raise InputError(f"This direction {self.direction.name!r} doesn't know its space; ask the space for it.")
        return direction_page(self._opened, self.direction, self.cosine_with)


def _count(n: int, what: str) -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"
