"""The expression language of latent arithmetic: `king - man + woman`, `mean(a, b)`, `"an id" + 2*(x - y)`.

One idea: an expression is linear in its names, so it reduces to one weight per name, and the picture, the answer and
the exclusion of the question's own items all read those weights.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from lateen.core.errors import InputError

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<quoted>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    | (?P<number>\d+(?:\.\d+)?(?=[\s()*,]|$))
    | (?P<operator>[()*,]|[+\-−/](?=[\s("']|$)|(?<=[\s)("'])[+\-−/](?=\d+(?:\.\d+)?\s*\*)|(?<=[)"'])[+\-−/]|^[+\-−])
    | (?P<name>[^\s()*,"']+)
    )""",
    re.VERBOSE,
)

_DEEPEST = 50  # parentheses within parentheses, and signs before a name


@dataclass(frozen=True)
class Expression:
    """A linear combination of named items.

    Args:
        text: What the user wrote.
        weights: Weight of each name, in the order in which they were written.
    """

    text: str
    weights: Mapping[str, float]

    @property
    def is_single(self) -> bool:
        """Whether it is just one item, unchanged."""
        return list(self.weights.values()) == [1.0]

    def evaluate(self, resolve: Callable[[str], Float32[np.ndarray, " dim"]]) -> Float32[np.ndarray, " dim"]:
        """The combined vector; `resolve` turns a name into its vector."""
        total = sum(weight * resolve(name).astype(np.float64) for name, weight in self.weights.items())
        return np.asarray(total, np.float32)


def parse(text: str) -> Expression:
    """Parse an expression.

    Names are written as they are; quote those that hold spaces, parentheses, commas or `*`. Inside a name `-`, `+`
    and `/` belong to it (`old/man-1.png`), so between names put spaces around these operators. A number multiplies the
    name beside its `*`; standing alone it is an id, as the rows of an array have (`3 - 2 + 0.5*17`).

    Args:
        text: For example `"man.png - woman.png + 0.5*(a + b)"` or `"mean(a, b, c)"`.

    Raises:
        InputError: If the text is not an expression, or multiplies two names, or divides by zero or a name.

    Example:
        >>> parse("king - man + woman").weights
        {'king': 1.0, 'man': -1.0, 'woman': 1.0}
    """
    parser = _Parser(text)
    terms = parser.sum()
    parser.finish()
    return Expression(text, terms)


_Terms = dict[str, float]


@dataclass(frozen=True)
class _Literal:
    """A number whose role is open: a factor, or, where it stands alone, the id of an item."""

    value: float
    text: str | None


class _Parser:
    """Recursive descent over `sum := product (('+'|'-') product)*`."""

    def __init__(self, text: str) -> None:
        self.text, self.at, self.depth = text, 0, 0
        self.tokens: list[tuple[str, str]] = []
        position = 0
        while text[position:].strip():
            match = _TOKEN.match(text, position)
            if match is None or match.lastgroup is None:
                raise self._wrong(f"can't read {text[position:].strip()!r}; perhaps a quote is left open")
            self.tokens.append((match.lastgroup, match.group(match.lastgroup)))
            position = match.end()
        if not self.tokens:
            raise InputError('The expression is empty; give for example "a - b + c".')

    def sum(self) -> _Terms:
        total = self.product()
        while self._peek("+", "-", "−"):
            sign = 1.0 if self._next()[1] == "+" else -1.0
            _add(total, self.product(), sign)
        return total

    def product(self) -> _Terms:
        left = self.factor()
        while self._peek("*", "/"):
            operator, right = self._next()[1], self.factor()
            if operator == "/":
                left = self._divide(left, right)
            elif isinstance(left, _Literal):
                left = _scaled(self._named(right), left.value)
            elif isinstance(right, _Literal):
                left = _scaled(left, right.value)
            else:
                raise self._wrong("multiplies two points; multiply a point by a number")
        return self._named(left)

    def factor(self) -> _Terms | _Literal:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise self._wrong(f"is nested more than {_DEEPEST} deep")
        factor = self._factor()
        self.depth -= 1
        return factor

    def _factor(self) -> _Terms | _Literal:
        kind, token = self._next()
        if kind == "operator" and token in "+-−":
            return _scaled(self._named(self.factor()), 1.0 if token == "+" else -1.0)
        if kind == "operator" and token == "(":
            inner = self.sum()
            self._expect(")")
            return inner
        if kind == "number":
            return _Literal(float(token), token)
        if kind == "quoted":
            return {re.sub(r"\\(.)", r"\1", token[1:-1]): 1.0}
        if kind == "name":
            return self._mean() if token == "mean" and self._peek("(") else {token: 1.0}
        raise self._wrong(f"has {token!r} where a name is expected")

    def finish(self) -> None:
        if self.at < len(self.tokens):
            rest = self.tokens[self.at][1]
            raise self._wrong(
                f"has {rest!r} where an operator is expected; quote names that hold spaces, put spaces around + and -"
            )

    def _mean(self) -> _Terms:
        self._expect("(")
        parts = [self.sum()]
        while self._peek(","):
            self._next()
            parts.append(self.sum())
        self._expect(")")
        total: _Terms = {}
        for part in parts:
            _add(total, part, 1 / len(parts))
        return total

    def _divide(self, left: _Terms | _Literal, right: _Terms | _Literal) -> _Terms | _Literal:
        if not isinstance(right, _Literal) or right.value == 0:
            raise self._wrong("divides by something that is not a number other than zero")
        if isinstance(left, _Literal):
            return _Literal(left.value / right.value, None)
        return _scaled(left, 1 / right.value)

    def _named(self, factor: _Terms | _Literal) -> _Terms:
        """A number that multiplies nothing is a name: the rows of an array have the ids 0, 1, 2, ..."""
        if not isinstance(factor, _Literal):
            return factor
        if factor.text is None:
            raise self._wrong("adds a plain number to points; numbers may only multiply a name")
        return {factor.text: 1.0}

    def _peek(self, *operators: str) -> bool:
        return self.at < len(self.tokens) and self.tokens[self.at] in [("operator", o) for o in operators]

    def _next(self) -> tuple[str, str]:
        if self.at >= len(self.tokens):
            raise self._wrong("ends where a name is expected")
        self.at += 1
        return self.tokens[self.at - 1]

    def _expect(self, operator: str) -> None:
        if not self._peek(operator):
            raise self._wrong(f"lacks a {operator!r}")
        self._next()

    def _wrong(self, why: str) -> InputError:
        return InputError(f'The expression {self.text!r} {why}. Write for example "a - b + c" or "mean(a, b) + 0.5*c".')


def _scaled(terms: _Terms, by: float) -> _Terms:
    return {name: weight * by for name, weight in terms.items()}


def _add(total: _Terms, terms: _Terms, times: float) -> None:
    for name, weight in terms.items():
        total[name] = total.get(name, 0.0) + times * weight
