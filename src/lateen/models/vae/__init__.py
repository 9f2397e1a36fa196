"""A variational autoencoder for pictures of 32 to 128 pixels with a vector latent."""

from lateen.models.run import TrainResult
from lateen.models.vae.codec import VAE, LatentStatistics
from lateen.models.vae.config import VAEConfig
from lateen.models.vae.train import train_vae

__all__ = ["VAE", "LatentStatistics", "TrainResult", "VAEConfig", "train_vae"]
