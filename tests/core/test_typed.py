"""What a file says becomes a dataclass only if every field is of its type."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

import pytest

from lateen.core.typed import from_plain


@dataclass(frozen=True)
class Inner:
    share: float


@dataclass(frozen=True)
class Outer:
    name: str
    n: int
    whole: bool = True
    inner: Inner | None = None
    notes: dict[str, str] = field(default_factory=dict)


def test_the_way_back_from_asdict() -> None:
    for value in (Outer("a", 1, False, Inner(0.5), {"b": "c"}), Outer("a", 1)):
        assert from_plain(Outer, asdict(value)) == value
    assert from_plain(Inner, {"share": 1}) == Inner(1.0)


@pytest.mark.parametrize(
    ("plain", "message"),
    [
        ([], "Outer is the list '\\[\\]', expected an object"),
        ({"name": "a"}, "missing .*'n'"),
        ({"name": "a", "n": 1, "more": 2}, "unexpected keyword argument 'more'"),
        ({"name": None, "n": 1}, "name is the NoneType 'None', expected str"),
        ({"name": "a", "n": True}, "n is the bool 'True', expected int"),
        ({"name": "a", "n": 1.5}, "n is the float '1.5', expected int"),
        ({"name": "a", "n": 1, "whole": 1}, "whole is the int '1', expected bool"),
        ({"name": "a", "n": 1, "inner": "x"}, "Inner is the str 'x', expected an object"),
        ({"name": "a", "n": 1, "inner": {"share": "x"}}, "share is the str 'x', expected float"),
        ({"name": "a", "n": 1, "notes": []}, "notes is the list '\\[\\]', expected dict"),
    ],
)
def test_anything_else_is_named(plain: object, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        from_plain(Outer, plain)
