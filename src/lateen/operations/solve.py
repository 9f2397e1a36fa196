"""Arithmetic: where an expression over items leads, what is nearest there, and what it decodes to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from jaxtyping import Float, Int
from PIL.Image import Image

from lateen.arithmetic import Atom, CosMul, Expression, Item, Step, parse
from lateen.core.errors import InputError
from lateen.core.geometry import Sphere
from lateen.core.synthetic import Synthetic
from lateen.neighbors import Found
from lateen.neighbors.exact import BLOCK_NUMBERS
from lateen.operations.direction import warning_of
from lateen.operations.near import Match, Picture, checked_k, has_pictures, matches_of, measured
from lateen.operations.opened import Located, Opened
from lateen.operations.result import Pictured, known, rounded, stands_in
from lateen.plot.equation import equation
from lateen.plot.parallelogram import analogy_picture
from lateen.plot.ranking import Ranked, ranking

METHODS = ("add", "mul")
_ROUNDED = 1e-5  # float32 scores of a few factors are wrong by less than this share


@dataclass(frozen=True, eq=False)
class Solution(Pictured):
    """The answer to an expression.

    Args:
        expression: What was asked.
        matches: The items that answer it best, without those that the expression names.
        result: The sum itself, decoded.
        terms: The atoms of the expression with their weights.
        method: "add", by the distance to the sum, or "mul", by `scores`.
        scores: 3CosMul score of each match; none for "add".
    """

    expression: str
    matches: tuple[Match, ...]
    result: Synthetic
    terms: tuple[tuple[Atom, float], ...]
    method: str
    scores: tuple[float, ...]
    _inputs: Mapping[str, Located] = field(repr=False)
    _include_inputs: bool = field(repr=False)
    _doubts: tuple[str | None, ...] = field(repr=False)
    _opened: Opened = field(repr=False)

    @property
    def support(self) -> float:
        """How near to data the sum is."""
        return self.result.support

    @cached_property
    def support_of_terms(self) -> dict[str, float]:
        """That of each item that the expression names: what is usual here, to compare with.

        Among words the support of a real item differs: frequent words lie apart from the crowd of rare ones.
        """
        if not self._inputs:
            return {}
        found = self._opened.support(np.stack([located.vector for located in self._inputs.values()]))
        return dict(zip(self._inputs, found.tolist(), strict=True))

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know of the search and its honesty, a sentence each."""
        found = (self._opened.search.note, self._left_out() if len(self.terms) > 1 else None, *self._doubts)
        return tuple(note for note in found if note is not None)

    def __repr__(self) -> str:
        found = ", ".join(m.id for m in self.matches)
        return f"{self.expression} = {found or 'nothing'} (support {self.support:.2f})"

    def to_dict(self) -> dict[str, object]:
        """Plain data, as `--json` prints it."""
        results = [m.to_dict() for m in self.matches]
        if self.scores:
            results = [{**r, "score": rounded(s, 6)} for r, s in zip(results, self.scores, strict=True)]
        return {
            "expression": self.expression,
            "method": self.method,
            "include_inputs": self._include_inputs,
            "results": results,
            "nearest_of_all": self.result.nearest,
            "support": rounded(self.support),
            "support_of_terms": {name: rounded(support) for name, support in self.support_of_terms.items()},
            "decoded_by": self.result.decoded_by,
        }

    def picture(self) -> Image:
        """The expression in pictures, its decoded result and the nearest items.

        Where items have no pictures: the parallelogram if it is one, else the answers as a list.
        """
        opened, corners = self._opened, self._corners()
        if corners is not None and self.matches:
            return self._parallelogram(corners)
        if not has_pictures(opened):
            return self._ranking()
        terms = [(_sign(weight), self._drawn(atom), str(atom)) for atom, weight in self.terms]
        ids = [m.id for m in self.matches]
        nearest = list(zip(opened.pictures(ids), ids, strict=True))
        image, label, left_out = self.result.image, "result", self._left_out()
        if stands_in(self.result) is not None:  # then the nearest of all is no result if the question names it
            label = "nearest of all" if left_out is None else "best answer"
            image = image if left_out is None else nearest[0][0] if nearest else None
        return equation(
            terms,
            image,
            nearest=nearest,
            support=known(self.support),
            result_label=label,
            note=left_out if label == "best answer" else None,
        )

    def _left_out(self) -> str | None:
        """That what lies nearest to the sum is no answer, since the question names it."""
        named = {located.id for located in self._inputs.values()}
        if self._include_inputs or self.result.nearest not in named:
            return None
        return f"Nearest of all to the sum is {self.result.nearest!r}, which the question names; it is left out."

    def _ranking(self) -> Image:
        named = {located.id for located in self._inputs.values()}
        measure, values = self._measured()
        left_out = self._left_out()
        return ranking(
            [Ranked(m.id, value, m.id in named) for m, value in zip(self.matches, values, strict=True)],
            title=self.expression,
            measure=measure,
            heading="the greatest product of similarities" if self.scores else "nearest to the sum",
            support=None if self._opened.spec.modality == "word" else known(self.support),
            notes=() if left_out is None else (left_out,),
        )

    def _measured(self) -> tuple[str, list[float]]:
        """What the matches were ranked by."""
        return ("score", list(self.scores)) if self.scores else measured(self.matches)

    def _corners(self) -> tuple[str, str, str] | None:
        """The names a, b, c of an expression b - a + c over items that are points and no more."""
        weights = {atom.name: weight for atom, weight in self.terms if isinstance(atom, Item)}
        if has_pictures(self._opened) or len(weights) != len(self.terms):
            return None
        if sorted(weights.values()) != [-1.0, 1.0, 1.0]:
            return None
        a, (b, c) = min(weights, key=weights.__getitem__), (name for name, weight in weights.items() if weight == 1)
        return a, b, c

    def _parallelogram(self, corners: tuple[str, str, str]) -> Image:
        opened = self._opened
        rows = np.array([opened.folder.row(m.id) for m in self.matches], np.int64)
        vectors = np.asarray(opened.search.vectors[rows], np.float32)
        points = opened.geometry.project(vectors) if len(rows) else vectors
        measure, values = self._measured()
        return analogy_picture(
            np.stack([self._inputs[name].vector for name in corners]),
            [self._inputs[name].label for name in corners],
            points,
            [m.id for m in self.matches],
            values,
            support=None if opened.spec.modality == "word" else known(self.support),  # it says how rare a word is
            title=self.expression,
            measure=measure,
        )

    def _drawn(self, atom: Atom) -> Picture | None:
        """A direction is no point: it is written, not drawn."""
        if isinstance(atom, Step):
            return None
        located = self._inputs[atom.name] if isinstance(atom, Item) else self._opened.locate(atom.text)
        return self._opened.picture_of(located)


def solve(
    opened: Opened,
    expression: str,
    k: int = 10,
    where: str | None = None,
    method: str = "add",
    include_inputs: bool = False,
) -> Solution:
    """Evaluate an expression, decode the point, and find the items that answer it (its own are left out).

    Args:
        opened: The space.
        expression: Such as "king - man + woman".
        k: How many answers.
        where: Only items that fulfil this condition.
        method: "add": nearest to the sum (3CosAdd where only angles count; Mikolov et al. 2013). "mul": the greatest
            product of similarities (3CosMul; Levy and Goldberg 2014).
        include_inputs: Whether items that the expression names may be answers.

    Raises:
        InputError: If the expression can't be read or leads nowhere, or the method doesn't fit it.
    """
    if method not in METHODS:
        raise InputError(f"There is no method {method!r}; choose {', '.join(METHODS)}.")
    checked_k(k)
    parsed = parse(expression)
    inputs = opened.terms(parsed)
    located = opened.combine(parsed, inputs)
    own = () if include_inputs else tuple({x.id for x in inputs.values() if x.id is not None})
    if method == "mul":
        found, scores = _by_product(opened, parsed, inputs, located, k + len(own), where)
        nearest = opened.search.nearest(located.vector[None], 1).rows[:, 0]
    else:
        found, scores = opened.search.nearest(located.vector[None], k + len(own), where), None
        nearest = found.rows[:, 0] if where is None else opened.search.nearest(located.vector[None], 1).rows[:, 0]
    matches = matches_of(opened, found, own)[:k]
    order = {} if scores is None else dict(zip(found.rows[0].tolist(), scores.tolist(), strict=True))
    made = opened.synthesise(located.vector[None], nearest)[0]
    doubts = tuple(warning_of(opened, name) for name in parsed.directions)
    scored = tuple(order[opened.folder.row(m.id)] for m in matches) if order else ()
    return Solution(expression, matches, made, parsed.terms, method, scored, inputs, include_inputs, doubts, opened)


def _by_product(
    opened: Opened,
    expression: Expression,
    inputs: Mapping[str, Located],
    located: Located,
    k: int,
    where: str | None,
) -> tuple[Found, Float[np.ndarray, " k"]]:
    """The k items of greatest score: bounds say which may be among them, float64 ranks these."""
    if not isinstance(opened.geometry, Sphere):
        raise InputError(
            f"The method mul multiplies similarities of angles, and {opened.name} is {opened.geometry.name}; use add."
        )
    weights = {atom.name: weight for atom, weight in expression.terms if isinstance(atom, Item) and weight}
    if len(weights) != sum(weight != 0 for _, weight in expression.terms):
        raise InputError(f"The method mul takes sums of items; {expression.text!r} has unit() or dir(). Use add.")
    rule = CosMul(np.array(list(weights.values())))
    queries = np.stack([inputs[name].vector for name in weights])
    low, high = opened.search.cosine_bounds(queries)
    is_direction = np.asarray((high > -1).any(axis=0))
    low, high = rule.bounds(low, high)
    among = opened.search.among(where)
    rows = np.flatnonzero(is_direction) if among is None else among[is_direction[among]]
    low, high = low[rows] * np.float32(1 - _ROUNDED), high[rows] * np.float32(1 + _ROUNDED)
    least = np.partition(low, -k)[-k] if len(low) > k else -np.inf
    rows = rows[high >= least]
    scores = np.concatenate([np.zeros(0), *_scored(opened, rule, queries.astype(np.float64), rows)])
    best = np.lexsort((rows, -scores))[:k]
    return _found(opened, rows[best], located), np.asarray(scores[best])


def _scored(
    opened: Opened, rule: CosMul, queries: Float[np.ndarray, "t dim"], rows: Int[np.ndarray, " n"]
) -> Iterator[Float[np.ndarray, " b"]]:
    """Scores of rows in float64, some at a time: where large weights make all scores vanish, all rows are equal."""
    step = max(1, BLOCK_NUMBERS // queries.shape[1])
    for start in range(0, len(rows), step):
        vectors = np.asarray(opened.search.vectors[rows[start : start + step]], np.float64)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        yield rule.score(np.stack([np.vecdot(vectors, query) for query in queries]))


def _found(opened: Opened, rows: Int[np.ndarray, " k"], located: Located) -> Found:
    vectors = np.asarray(opened.search.vectors[rows], np.float32)
    return Found(rows[None], np.asarray(opened.geometry.distance(vectors, located.vector))[None])


def _sign(weight: float) -> str:
    """How a weight is written before a term: "+", "-", "+0.5"."""
    sign = "-" if weight < 0 else "+"
    return sign if abs(weight) == 1 else f"{sign}{abs(weight):g}"
