"""Directions of attributes: fitted, judged on held-out items, and read for their side effects."""

from lateen.directions.contrast import Contrast, contrast
from lateen.directions.fit import fit_direction
from lateen.directions.mean_difference import mean_difference
from lateen.directions.readout import Readout

__all__ = ["Contrast", "Readout", "contrast", "fit_direction", "mean_difference"]
