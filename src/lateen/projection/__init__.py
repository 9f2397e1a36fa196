"""Maps of a space: points of many dimensions laid out in two or three, and how far to trust the picture."""

from lateen.projection.layout import METHODS, layout
from lateen.projection.quality import LabelQuality, MapQuality, largest_k, map_quality

__all__ = ["METHODS", "LabelQuality", "MapQuality", "largest_k", "layout", "map_quality"]
