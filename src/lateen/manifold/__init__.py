"""The manifold the data lies on: how near to it a made-up point is, and where new points can be drawn."""

from lateen.manifold.mixture import Mixture
from lateen.manifold.support import Support

__all__ = ["Mixture", "Support"]
