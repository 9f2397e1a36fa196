"""Latent arithmetic: expressions such as king - man + woman, parsed and evaluated on vectors."""

from lateen.arithmetic.expression import Expression, parse

__all__ = ["Expression", "parse"]
