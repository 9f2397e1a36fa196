"""Reads expressions: from words to a weighted sum of atoms, by recursive descent.

One idea: a number is a factor beside `*` and `/`, and an id elsewhere; which of the two, what stands beside it says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from lateen.arithmetic.expression import Atom, Expression, Item, Step, Unit
from lateen.arithmetic.tokens import Token, mistake, tokens
from lateen.core.errors import InputError

FUNCTIONS = ("mean", "unit", "dir")
_DEEPEST = 50  # parentheses within parentheses, and signs before a name
_ROUNDING = 1e-12  # of a weight

_Terms: TypeAlias = dict[Atom, float]


def parse(text: str) -> Expression:
    """Parse an expression, in time linear in its length.

    Names are written as they are; words after each other are one name (`new york`). Quote names that hold operators
    between spaces, parentheses, commas or `*`. Inside a name `-`, `+` and `/` belong to it (`old/man-1.png`), so
    between names put spaces around these operators. A number multiplies or divides what stands beside its operator;
    added to something it is an id, as the rows of an array have (`3 - 2 + 0.5*17`). `mean(a, b, ...)` is the mean,
    `unit(x)` is x divided by its length, `dir(NAME)` is one step along a direction.

    Args:
        text: For example `"man.png - woman.png + 0.5*(a + b)"` or `"mean(a, b, c)"`.

    Raises:
        InputError: If the text is not an expression, pointing at the character; or multiplies two points, or divides
            by zero or by a point.

    Example:
        >>> parse("king - man + woman").weights
        {'king': 1.0, 'man': -1.0, 'woman': 1.0}
    """
    if not text.strip():
        raise InputError('The expression is empty; give for example "a - b + c".')
    parser = _Parser(text, tokens(text))
    terms = parser.point(parser.sum(), 0)
    parser.finish()
    return Expression(text, tuple(terms.items()), frozenset(parser.quoted))


@dataclass(frozen=True)
class _Value:
    """What a part of an expression is worth: a number, points, or both while its role is open (`3` is also an id)."""

    number: float | None
    terms: _Terms | None

    def times(self, factor: float) -> _Value:
        if factor == 1.0:
            return self
        terms = None if self.terms is None else {atom: weight * factor for atom, weight in self.terms.items()}
        return _Value(None if self.number is None else self.number * factor, terms)


class _Parser:
    """Recursive descent: sum := product (("+" | "-") product)*, product := factor (("*" | "/") factor)*."""

    def __init__(self, text: str, found: list[Token]) -> None:
        self.text, self.tokens = text, found
        self.at, self.depth = 0, 0
        self.quoted: set[str] = set()

    def sum(self) -> _Value:
        begin = self._place()
        total = self.product()
        if not self._peek("+", "-", "−", "–"):
            return total
        number, terms = total.number, dict(self.point(total, begin))
        while self._peek("+", "-", "−", "–"):
            sign = 1.0 if self._next().text == "+" else -1.0
            begin = self._place()
            part = self.product()
            number = None if number is None or part.number is None else number + sign * part.number
            for atom, weight in self.point(part, begin).items():
                _add(terms, atom, sign * weight)
        return _Value(number, terms)

    def product(self) -> _Value:
        value, scale = self.factor(), 1.0  # numbers are gathered: points are scaled once
        while self._peek("*", "/"):
            operator = self._next()
            begin = self._place()
            right = self.factor()
            if operator.text == "/":
                value, scale = self._divided(value, right, begin), scale / self._divisor(right, begin)
            elif (number := value.number) is not None:
                value, scale = right, scale * number
            elif (number := right.number) is not None:
                scale *= number
            else:
                raise self._wrong(operator.at, "multiplies two points; multiply a point by a number")
        return value.times(scale)

    def factor(self) -> _Value:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise self._wrong(self._place(), f"is nested more than {_DEEPEST} deep")
        value = self._atom()
        self.depth -= 1
        return value

    def point(self, value: _Value, at: int) -> _Terms:
        """The points that a value is; a number that multiplies nothing is an id."""
        if value.terms is None:
            raise self._wrong(at, "adds a plain number to points; numbers may only multiply or divide")
        return value.terms

    def finish(self) -> None:
        if self.at < len(self.tokens):
            rest = self.tokens[self.at]
            raise self._wrong(
                rest.at,
                f"has {rest.text!r} where an operator is expected; quote names that hold operators, put spaces "
                "around + and -",
            )

    def _atom(self) -> _Value:
        token = self._next()
        if token.kind == "operator" and token.text in "+-−–":
            return self.factor().times(1.0 if token.text == "+" else -1.0)
        if token.kind == "operator" and token.text == "(":
            inner = self.sum()
            self._expect(")")
            return inner
        if token.kind == "number":
            return _Value(float(token.text), {Item(token.text): 1.0})
        if token.kind == "fraction":
            above, _, below = token.text.partition("/")
            if float(below) == 0:
                raise self._wrong(token.at + len(above) + 1, "divides by zero")
            return _Value(float(above) / float(below), None)
        if token.kind == "operator":
            raise self._wrong(token.at, f"has {token.text!r} where a name is expected")
        if token.kind == "name" and self._peek("("):
            return self._call(token)
        name = self._name(token)
        if token.kind == "quoted":
            self.quoted.add(name)
        return _Value(None, {Item(name): 1.0})

    def _name(self, token: Token) -> str:
        """A name: one in quotes, or bare words up to the next operator."""
        if token.kind == "quoted":
            return token.unquoted
        words = [token.text]
        while self.at < len(self.tokens) and self.tokens[self.at].kind in ("name", "number"):
            word = self.tokens[self.at]
            if word.text[0] in "+-−–" or self._is_function(self.at):
                break
            self.at += 1
            words.append(word.text)
        return " ".join(words)

    def _is_function(self, at: int) -> bool:
        following = self.tokens[at + 1] if at + 1 < len(self.tokens) else None
        return following is not None and following.kind == "operator" and following.text == "("

    def _call(self, function: Token) -> _Value:
        if function.text not in FUNCTIONS:
            known = ", ".join(f"{name}()" for name in FUNCTIONS)
            raise self._wrong(function.at, f"has {function.text}(), which is no function; there are {known}")
        self._expect("(")
        if function.text == "dir":
            token = self._next()
            if token.kind == "operator":
                raise self._wrong(token.at, f"has {token.text!r} where the name of a direction is expected")
            value = _Value(None, {Step(self._name(token)): 1.0})
        elif function.text == "mean":
            value = self._mean()
        else:
            begin = self._place()
            inner = self.point(self.sum(), begin)
            end = self._place() + 1
            value = _Value(None, {Unit(tuple(inner.items()), self.text[function.at : end], function.at): 1.0})
        self._expect(")")
        return value

    def _mean(self) -> _Value:
        total: _Terms = {}
        count = 0
        while count == 0 or self._peek(","):
            if count:
                self._next()
            begin = self._place()
            for atom, weight in self.point(self.sum(), begin).items():
                _add(total, atom, weight)
            count += 1
        return _Value(None, total).times(1 / count)

    def _divided(self, left: _Value, right: _Value, at: int) -> _Value:
        self._divisor(right, at)
        return left if left.number is None else _Value(left.number, None)  # a quotient of numbers is no id

    def _divisor(self, value: _Value, at: int) -> float:
        if value.number is None:
            raise self._wrong(at, "divides by a point; divide by a number")
        if value.number == 0:
            raise self._wrong(at, "divides by zero")
        return value.number

    def _peek(self, *operators: str) -> bool:
        if self.at >= len(self.tokens):
            return False
        token = self.tokens[self.at]
        return token.kind == "operator" and token.text in operators

    def _next(self) -> Token:
        if self.at >= len(self.tokens):
            raise self._wrong(len(self.text), "ends where a name is expected")
        self.at += 1
        return self.tokens[self.at - 1]

    def _place(self) -> int:
        return self.tokens[self.at].at if self.at < len(self.tokens) else len(self.text)

    def _expect(self, operator: str) -> None:
        if not self._peek(operator):
            raise self._wrong(self._place(), f"lacks a {operator!r}")
        self.at += 1

    def _wrong(self, at: int, why: str) -> InputError:
        return mistake(self.text, at, why)


def _add(terms: _Terms, atom: Atom, weight: float) -> None:
    """Add to the weight of an atom; what rounding leaves of weights that cancel is nothing."""
    before = terms.get(atom, 0.0)
    after = before + weight
    terms[atom] = 0.0 if abs(after) < _ROUNDING * max(abs(before), abs(weight)) else after
