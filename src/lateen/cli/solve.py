"""`lateen solve`: latent arithmetic."""

from __future__ import annotations

import math
from typing import Annotated

import typer

from lateen.cli.options import Force, Json, K, Output, Space, Where

NAME = "solve"
HELP = """Do arithmetic with items: decode where the expression leads and find the items nearest to it.

Names are ids, files or, in quotes, texts that the encoder takes; put spaces around `+`, `-` and `/`. There are numbers,
parentheses, `mean(a, b)`, `unit(a - b)` and `dir(NAME)`, one step along a direction of the space. The picture of
`king - man + woman` is the parallelogram in the plane of the three words; of pictures, the equation.

Example: `lateen solve words.space "king - man + woman" -o queen.png`
"""


def command(
    space: Space,
    words: Annotated[
        list[str], typer.Argument(help='Such as "a - b + 0.5*(c + d)" or "mean(a, b)".', metavar="EXPRESSION")
    ],
    k: K = 10,
    where: Where = None,
    method: Annotated[str, typer.Option("--method", help="add: nearest to the sum; mul: by products.")] = "add",
    include_inputs: Annotated[
        bool, typer.Option("--include-inputs", help="Let the question's own items be answers.")
    ] = False,
    output: Output = None,
    json: Json = False,
    force: Force = False,
) -> None:
    """Print the answer of an expression."""
    from lateen.cli.output import check_output, figure, matches, told
    from lateen.space import Space as Open

    check_output(output, force)
    expression = " ".join(words)
    result = Open(space).solve(expression, k, where=where, method=method, include_inputs=include_inputs)
    if told(result, output, force, json):
        return
    terms = [support for support in result.support_of_terms.values() if not math.isnan(support)]
    beside = f" (its own items: {_range(terms)})" if terms else ""
    matches(f"{expression}   support {figure(result.support, 2)}{beside}", result.matches, result.scores)


def _range(values: list[float]) -> str:
    low, high = f"{min(values):.2f}", f"{max(values):.2f}"
    return low if low == high else f"{low} to {high}"
