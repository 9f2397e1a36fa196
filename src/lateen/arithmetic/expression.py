"""The expression language of latent arithmetic: `king - man + woman`, `mean(a, b)`, `"an id" + 2*dir(glasses)`.

One idea: an expression is a weighted sum of atoms (an item, a step along a direction, a point made a unit), so the
answer, the picture and the exclusion of the question's own items all read the same weights.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from jaxtyping import Float

from lateen.arithmetic.tokens import Token, mistake, tokens
from lateen.core.errors import InputError

Vector = Float[np.ndarray, " dim"]
Resolve = Callable[[str], Vector]
FUNCTIONS = ("mean", "unit", "dir")
_DEEPEST = 50  # parentheses within parentheses, and signs before a name


@dataclass(frozen=True)
class Item:
    """An item that an expression names."""

    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Step:
    """One step along a named direction, `dir(NAME)`."""

    name: str

    def __str__(self) -> str:
        return f"dir({self.name})"


@dataclass(frozen=True)
class Unit:
    """A sum divided by its length, `unit(...)`.

    Args:
        of: Its atoms with their weights.
        text: As it was written.
        at: Where it was written.
    """

    of: tuple[tuple[Atom, float], ...]
    text: str
    at: int

    def __str__(self) -> str:
        return self.text


Atom: TypeAlias = Item | Step | Unit
_Terms: TypeAlias = dict[Atom, float]


@dataclass(frozen=True)
class Expression:
    """A weighted sum of atoms.

    Args:
        text: What the user wrote.
        terms: Atoms with their weights, in the order in which they were first written.
        quoted: The names that stood in quotes.
    """

    text: str
    terms: tuple[tuple[Atom, float], ...]
    quoted: frozenset[str] = frozenset()

    @property
    def weights(self) -> Mapping[str, float]:
        """Weight of each name.

        Raises:
            InputError: If it has `unit()` or `dir()`, which are no names.
        """
        if not all(isinstance(atom, Item) for atom, _ in self.terms):
            other = next(atom for atom, _ in self.terms if not isinstance(atom, Item))
            raise InputError(f"The expression {self.text!r} has {other}; only sums of names are possible here.")
        return {str(atom): weight for atom, weight in self.terms}

    @property
    def names(self) -> tuple[str, ...]:
        """All items that it names, each once."""
        return tuple(dict.fromkeys(atom.name for atom in _atoms(self.terms) if isinstance(atom, Item)))

    @property
    def is_single(self) -> bool:
        """Whether it is just one item, unchanged."""
        return len(self.terms) == 1 and self.terms[0][1] == 1.0 and isinstance(self.terms[0][0], Item)

    def evaluate(self, item: Resolve, step: Resolve | None = None) -> Vector:
        """The combined vector, (dim,), in float32.

        Args:
            item: Turns a name into its vector.
            step: Turns the name of a direction into the vector of one step along it.

        Raises:
            InputError: If a zero vector is to be made a unit, or there are no directions here.
        """
        return self._sum(self.terms, item, step).astype(np.float32)

    def _sum(self, terms: tuple[tuple[Atom, float], ...], item: Resolve, step: Resolve | None) -> Vector:
        total: Vector = np.zeros(1)
        for atom, weight in terms:
            total = total + weight * self._vector(atom, item, step)
        return total

    def _vector(self, atom: Atom, item: Resolve, step: Resolve | None) -> Vector:
        if isinstance(atom, Item):
            return item(atom.name).astype(np.float64)
        if isinstance(atom, Step):
            if step is None:
                raise InputError(f"The expression {self.text!r} has {atom}, but there are no directions here.")
            return step(atom.name).astype(np.float64)
        inner = self._sum(atom.of, item, step)
        norm = float(np.linalg.norm(inner))
        if norm == 0:
            raise mistake(self.text, atom.at, f"makes a unit of the zero vector: {atom} has no direction")
        return np.asarray(inner / norm)


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


def _atoms(terms: tuple[tuple[Atom, float], ...]) -> Iterator[Atom]:
    for atom, _ in terms:
        yield atom
        if isinstance(atom, Unit):
            yield from _atoms(atom.of)


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
        if not self._peek("+", "-", "−"):
            return total
        number, terms = total.number, dict(self.point(total, begin))
        while self._peek("+", "-", "−"):
            sign = 1.0 if self._next().text == "+" else -1.0
            begin = self._place()
            part = self.product()
            number = None if number is None or part.number is None else number + sign * part.number
            for atom, weight in self.point(part, begin).items():
                terms[atom] = terms.get(atom, 0.0) + sign * weight
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
        if token.kind == "operator" and token.text in "+-−":
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
            if word.text[0] in "+-−" or self._is_function(self.at):
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
                total[atom] = total.get(atom, 0.0) + weight
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
