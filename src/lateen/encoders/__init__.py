"""What turns items into vectors, by name: `scheme:id[@revision]`, open to other packages."""

from __future__ import annotations

from lateen.encoders.registry import EncoderName, encoder_schemes, load_encoder

__all__ = ["EncoderName", "encoder_schemes", "load_encoder"]
