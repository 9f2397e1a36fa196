"""Arithmetic: where an expression over items leads, what is nearest there, and what it decodes to."""

from __future__ import annotations

from dataclasses import dataclass, field

from PIL.Image import Image

from lateen.arithmetic import parse
from lateen.core.errors import InputError
from lateen.core.synthetic import Synthetic
from lateen.operations.near import Match, matching
from lateen.operations.opened import Opened
from lateen.operations.result import Pictured, known, rounded, stands_in
from lateen.plot.equation import equation

METHODS = ("add",)


@dataclass(frozen=True, eq=False)
class Solution(Pictured):
    """The answer to an expression.

    Args:
        expression: What was asked.
        matches: The items nearest to the resulting point, without those that the expression names.
        result: The point itself, decoded.
    """

    expression: str
    matches: tuple[Match, ...]
    result: Synthetic
    terms: tuple[tuple[str, float], ...]
    _opened: Opened = field(repr=False)

    @property
    def support(self) -> float:
        """How near to data the resulting point is."""
        return self.result.support

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know of the search, a sentence each."""
        note = self._opened.search.note
        return () if note is None else (note,)

    def __repr__(self) -> str:
        found = ", ".join(m.id for m in self.matches)
        return f"{self.expression} = {found or 'nothing'} (support {self.support:.2f})"

    def to_dict(self) -> dict[str, object]:
        """Plain data, as `--json` prints it."""
        return {
            "expression": self.expression,
            "results": [m.to_dict() for m in self.matches],
            "support": rounded(self.support),
            "decoded_by": self.result.decoded_by,
        }

    def picture(self) -> Image:
        """The expression in pictures, its decoded result and the nearest items."""
        opened = self._opened
        terms = [(_sign(weight), opened.picture_of(opened.locate(name)), name) for name, weight in self.terms]
        ids = [m.id for m in self.matches]
        nearest = list(zip(opened.pictures(ids), ids, strict=True))
        label = "result" if stands_in(self.result) is None else "nearest of all"
        return equation(terms, self.result.image, nearest=nearest, support=known(self.support), result_label=label)


def solve(
    opened: Opened,
    expression: str,
    k: int = 10,
    where: str | None = None,
    method: str = "add",
    include_inputs: bool = False,
) -> Solution:
    """Evaluate an expression, decode the point, and find the nearest items (the question's own are left out)."""
    if method not in METHODS:
        raise InputError(f"There is no method {method!r}; choose {', '.join(METHODS)}.")
    parsed = parse(expression)
    located = opened.combine(parsed)
    without = () if include_inputs else tuple(name for name in parsed.weights if name in opened.ids)
    matches = matching(opened, located.vector, k, where, without)
    made = opened.synthesise(located.vector[None])[0]
    return Solution(expression, matches, made, tuple(parsed.weights.items()), opened)


def _sign(weight: float) -> str:
    """How a weight is written before a term: "+", "-", "+0.5"."""
    sign = "-" if weight < 0 else "+"
    return sign if abs(weight) == 1 else f"{sign}{abs(weight):g}"
