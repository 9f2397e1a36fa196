"""lateen's own layout: one kernel from t-SNE-like to UMAP-like maps, the same bytes for any number of threads."""

from lateen.projection.spectrum.descent import spectrum

__all__ = ["spectrum"]
