"""lateen: see, search, steer, generate from, and trust the latent space of your own data."""
__version__ = "0.1.0"
