"""The demo: the whole tour on drawn portraits with the shipped weights, and a page that shows and explains it."""

from lateen.demo.making import DemoResult, make_demo

__all__ = ["DemoResult", "make_demo"]
