"""What an expression of latent arithmetic says: `king - man + woman`, `mean(a, b)`, `"an id" + 2*dir(glasses)`.

One idea: an expression is a weighted sum of atoms (an item, a step along a direction, a point made a unit), so the
answer, the picture and the exclusion of the question's own items all read the same weights.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from jaxtyping import Float

from lateen.arithmetic.tokens import mistake
from lateen.core.errors import InputError

Vector = Float[np.ndarray, " dim"]
Resolve = Callable[[str], Vector]


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
    def directions(self) -> tuple[str, ...]:
        """All directions that it steps along, each once."""
        return tuple(dict.fromkeys(atom.name for atom in _atoms(self.terms) if isinstance(atom, Step)))

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


def _atoms(terms: tuple[tuple[Atom, float], ...]) -> Iterator[Atom]:
    for atom, _ in terms:
        yield atom
        if isinstance(atom, Unit):
            yield from _atoms(atom.of)
