"""Directions: fitted on a field or on words, judged on what was held out, read for side effects, and erased."""

from lateen.directions.axis import fit_axis
from lateen.directions.contrast import Contrast, contrast
from lateen.directions.fit import fit_direction
from lateen.directions.mean_difference import mean_difference
from lateen.directions.pairs import fit_pairs
from lateen.directions.readout import Readout

__all__ = ["Contrast", "Readout", "contrast", "fit_axis", "fit_direction", "fit_pairs", "mean_difference"]
