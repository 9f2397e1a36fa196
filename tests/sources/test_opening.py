"""SOURCEs that can't be opened: each is restated, none is a traceback."""

from __future__ import annotations

import pytest

from lateen.core.errors import InputError
from lateen.sources.opening import open_source


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "The source is empty; give a folder of pictures, a table (csv"),
        ("  ", "The source is empty"),
        ("x" * 300, "can't be looked at: File name too long. Give a folder"),
        ("~nobody-of-this-name/x", "can't be looked at: Could not determine home directory. Give a folder"),
        ("portraits:5:99999999999999999999", "SEED from 0 to 2^64 - 1"),
        ("portraits:99999999999", "N from 1 to 100,000,000"),
    ],
)
def test_sources_that_can_not_be_opened(text: str, message: str) -> None:
    with pytest.raises(InputError) as error:
        open_source(text)
    assert message in str(error.value)
