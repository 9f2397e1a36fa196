"""A reader of fields from pixels, trained on the spot: the independent judge of edits."""

from __future__ import annotations

from lateen.models.reader.reader import Reader, fitted
from lateen.models.reader.train import SIZES, train_reader

__all__ = ["SIZES", "Reader", "fitted", "train_reader"]
