from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from lateen.core.errors import InputError
from lateen.operations.rows_file import write_csv

COLUMNS = ["word", "value"]
ROWS = [['ice, "cold"', np.float64(0.1)], ["tab\there", float("nan")], ["née\nBell", None], ["x", np.int64(3)]]


@pytest.mark.parametrize(("suffix", "delimiter"), [(".csv", ","), (".TSV", "\t")])
def test_what_is_written_can_be_read_again(tmp_path: Path, suffix: str, delimiter: str) -> None:
    path = write_csv(tmp_path / "new" / f"table{suffix}", COLUMNS, ROWS)
    with path.open(encoding="utf-8", newline="") as file:
        read = list(csv.reader(file, delimiter=delimiter))
    assert read == [COLUMNS, ['ice, "cold"', "0.1"], ["tab\there", ""], ["née\nBell", ""], ["x", "3"]]
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_nothing_is_overwritten_unasked(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", COLUMNS, ROWS[:1])
    before = path.read_bytes()
    with pytest.raises(InputError, match="exists already"):
        write_csv(path, COLUMNS, [])
    assert path.read_bytes() == before
    assert write_csv(path, COLUMNS, [], force=True).read_bytes() == b"word,value\n"
    with pytest.raises(InputError, match=r"use \.csv or \.tsv"):
        write_csv(tmp_path / "a.xlsx", COLUMNS, [])


def test_a_row_of_another_length_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="zip"):
        write_csv(tmp_path / "a.csv", COLUMNS, [["x", 1], ["y"]])
    assert not list(tmp_path.iterdir())
