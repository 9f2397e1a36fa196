"""A decoder for an encoder that has none: pictures of 32 to 128 pixels from its codes."""

from lateen.models.decoder.codec import LatentDecoder
from lateen.models.decoder.config import DecoderConfig
from lateen.models.decoder.train import train_decoder

__all__ = ["DecoderConfig", "LatentDecoder", "train_decoder"]
