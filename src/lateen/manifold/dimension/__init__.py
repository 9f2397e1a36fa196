"""Intrinsic dimension: along how many axes the data really varies, estimated from the neighbour table."""

from lateen.manifold.dimension.estimate import Estimate
from lateen.manifold.dimension.gride import gride
from lateen.manifold.dimension.local_pca import local_pca
from lateen.manifold.dimension.mle import inverse_dimensions, mle
from lateen.manifold.dimension.plateau import Plateau, plateaus
from lateen.manifold.dimension.scales import Scale
from lateen.manifold.dimension.two_nn import two_nn

__all__ = ["Estimate", "Plateau", "Scale", "gride", "inverse_dimensions", "local_pca", "mle", "plateaus", "two_nn"]
