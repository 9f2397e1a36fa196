"""Measures: one number per file, with what it means and where it comes from."""

from lateen.measures.psnr import psnr

__all__ = ["psnr"]
