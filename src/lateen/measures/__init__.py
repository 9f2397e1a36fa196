"""Measures: one number per file, with what it means and where it comes from."""

from lateen.measures.psnr import psnr
from lateen.measures.spearman import Spearman, spearman

__all__ = ["Spearman", "psnr", "spearman"]
