"""Latent arithmetic: expressions such as king - man + woman, parsed and evaluated on vectors."""

from lateen.arithmetic.cos_mul import CosMul
from lateen.arithmetic.expression import Atom, Expression, Item, Step
from lateen.arithmetic.parsing import parse

__all__ = ["Atom", "CosMul", "Expression", "Item", "Step", "parse"]
