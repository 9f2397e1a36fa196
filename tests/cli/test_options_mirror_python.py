"""What a command takes if nothing is said is what its method takes: one question has one answer in both."""

from __future__ import annotations

import inspect
from collections.abc import Callable

import pytest

from lateen.cli import analogies, dimension, direction, duplicates, edit, near, similarity, solve, tangent, traverse
from lateen.space import Space


@pytest.mark.parametrize(
    ("command", "method", "shared"),
    [
        (near.command, Space.near, {"k", "where"}),
        (near.command, Space.unlike, {"k", "where"}),
        (duplicates.command, Space.duplicates, {"within"}),
        (tangent.command, Space.tangent, {"d", "k"}),
        (dimension.command, Space.dimension, {"k", "method", "by", "seed"}),
        (edit.command, Space.edit, {"until"}),
        (edit.command, Space.edit_all, {"where", "until", "force"}),
        (traverse.command, Space.traverse, {"other", "start", "end", "steps"}),
        (solve.command, Space.solve, {"k", "where", "method", "include_inputs"}),
        (analogies.command, Space.analogies, {"vocabulary", "match_case", "unknown", "seed"}),
        (similarity.command, Space.similarity, {"column", "vocabulary", "match_case", "unknown", "seed"}),
        (direction.read.command, Space.read, {"k", "vocabulary"}),
        (direction.score.command, Space.score, {"items", "dose", "until", "within", "group", "seed"}),
        (direction.discover.command, Space.discover, {"method", "n", "features", "seed"}),
        (direction.name.command, Space.name_direction, {"force"}),
        (direction.erase.command, Space.erase, {"method", "seed", "force"}),
        (
            direction.fit.command,
            Space.direction,
            {"field", "pairs", "words", "examples", "against", "positive"}
            | {"method", "group", "skip_unknown", "seed", "force"},
        ),
    ],
)
def test_defaults(command: Callable[..., None], method: Callable[..., object], shared: set[str]) -> None:
    given, meant = (inspect.signature(function).parameters for function in (command, method))
    assert given.keys() & meant.keys() >= shared
    assert {name: given[name].default for name in shared} == {name: meant[name].default for name in shared}
