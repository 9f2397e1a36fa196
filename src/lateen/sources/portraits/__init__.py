"""Portraits: drawn faces with exact factors, the built-in data of the demo, the tests and the benchmarks.

`portraits` draws any part of an endless stream of items; `draw` renders given factors, so changing one
column gives an exact counterfactual.
"""

from __future__ import annotations

from lateen.sources.portraits.factors import FACTORS, GLASSES_SHARES, SHIFTED, Factor, Mixture, sample_factors
from lateen.sources.portraits.rendering import Portraits, draw, portraits

__all__ = [
    "FACTORS",
    "GLASSES_SHARES",
    "SHIFTED",
    "Factor",
    "Mixture",
    "Portraits",
    "draw",
    "portraits",
    "sample_factors",
]
