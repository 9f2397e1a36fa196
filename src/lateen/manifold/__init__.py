"""The manifold the data lies on: how near to it a made-up point is."""

from lateen.manifold.support import Support

__all__ = ["Support"]
