"""lateen: see, search, steer, generate from, and trust the latent space of your own data.

The front door. Every name is loaded when it is first used, so that `import lateen` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"

_HOME = {
    # a space: make one, open it
    "open": ("lateen.space", "Space"),
    "build": ("lateen.building", "build"),
    "train": ("lateen.training", "train"),
    "Space": ("lateen.space", "Space"),
    "portraits": ("lateen.sources.portraits", "portraits"),
    "dimension": ("lateen.operations.dimension", "dimension"),
    "geodesic": ("lateen.operations.geodesic", "geodesic"),
    "Columns": ("lateen.sources.columns", "Columns"),
    # the values that everything is made of
    "Points": ("lateen.core.points", "Points"),
    "Euclidean": ("lateen.core.geometry", "Euclidean"),
    "Sphere": ("lateen.core.geometry", "Sphere"),
    "Gaussian": ("lateen.core.geometry", "Gaussian"),
    "Geodesic": ("lateen.core.path", "Geodesic"),
    "Direction": ("lateen.core.direction", "Direction"),
    "Synthetic": ("lateen.core.synthetic", "Synthetic"),
    "LatentSpec": ("lateen.core.codec", "LatentSpec"),
    "VAE": ("lateen.models.vae", "VAE"),
    "PCA": ("lateen.models.pca", "PCA"),
    "Word2VecConfig": ("lateen.models.word2vec", "Word2VecConfig"),
    # what goes wrong
    "LateenError": ("lateen.core.errors", "LateenError"),
    "InputError": ("lateen.core.errors", "InputError"),
}
__all__ = ["__version__", *_HOME]

if TYPE_CHECKING:
    from lateen.building import build
    from lateen.core.codec import LatentSpec
    from lateen.core.direction import Direction
    from lateen.core.errors import InputError, LateenError
    from lateen.core.geometry import Euclidean, Gaussian, Sphere
    from lateen.core.path import Geodesic
    from lateen.core.points import Points
    from lateen.core.synthetic import Synthetic
    from lateen.models.pca import PCA
    from lateen.models.vae import VAE
    from lateen.models.word2vec import Word2VecConfig
    from lateen.operations.dimension import dimension
    from lateen.operations.geodesic import geodesic
    from lateen.sources.columns import Columns
    from lateen.sources.portraits import portraits
    from lateen.space import Space
    from lateen.space import Space as open
    from lateen.training import train


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'lateen' has no attribute {name!r}; it has {', '.join(_HOME)}")
    module, attribute = _HOME[name]
    value = getattr(import_module(module), attribute)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOME])
