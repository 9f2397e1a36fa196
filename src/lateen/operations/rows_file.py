"""Tables of results in csv files, for spreadsheets and pandas: whole or not at all, nothing overwritten unasked."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from lateen.core.atomic import write_file
from lateen.operations.result import plain
from lateen.plot.save import check_target

SUFFIXES = (".csv", ".tsv")


def write_csv(path: str | Path, columns: Sequence[str], rows: Iterable[Sequence[object]], force: bool = False) -> Path:
    r"""Write a table as utf-8 with a header; None, NaN and infinity become empty cells.

    Args:
        path: Where to; .csv separates cells by commas, .tsv by tabs. Missing folders are made.
        columns: Names for the header.
        rows: A value for each column, row by row. Lines end in \n on every system, so the bytes are the same.
        force: Overwrite a file that is there.

    Returns:
        The path.

    Raises:
        InputError: If the suffix is another, the file exists and `force` is False, or the path is a folder.
        StorageError: If it can't be written; an older file is kept.
    """
    target = check_target(path, SUFFIXES, force=force)
    text = io.StringIO()
    writer = csv.writer(text, delimiter="\t" if target.suffix.lower() == ".tsv" else ",", lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([plain(value) for value, _ in zip(row, columns, strict=True)])
    write_file(target, text.getvalue().encode("utf-8", "backslashreplace"))
    return target
