"""`portraits:N[:SEED]` as a source."""

from __future__ import annotations

import numpy as np
import pytest

from lateen.core.errors import InputError
from lateen.sources.opening import open_source
from lateen.sources.picture import View
from lateen.sources.source import Source


def test_it_is_a_source_of_a_stream() -> None:
    source = open_source("portraits:6:3")
    assert isinstance(source, Source)
    assert source.name == "portraits:6:3"
    assert list(source.ids) == ["0", "1", "2", "3", "4", "5"]
    whole, part = (source.take(np.arange(a, 6)).read(View(16)) for a in (0, 4))
    assert part.ids == ["4", "5"]
    assert np.array_equal(whole.items[4:], part.items)
    assert whole.fields.slice(4).equals(part.fields)
    assert whole.fields.schema.equals(source.field_schema)
    assert "glasses" in source.field_schema.names


def test_seed_is_zero_unless_given_and_part_of_the_keys() -> None:
    assert open_source("portraits:2").name == "portraits:2:0"
    assert open_source("portraits:2").keys(np.arange(2)) != open_source("portraits:2:1").keys(np.arange(2))
    a, b = (open_source(t).take(np.arange(2)).read(View(16)).items for t in ("portraits:2", "portraits:2:1"))
    assert not np.array_equal(a, b)


@pytest.mark.parametrize(
    "text", ["portraits", "portraits:", "portraits:x", "portraits:5:1:2", "portraits:-3", "portraits:0"]
)
def test_other_spellings_are_explained(text: str) -> None:
    with pytest.raises(InputError, match="write portraits:N or portraits:N:SEED"):
        open_source(text)
