"""Models that are trained here: one training loop, one kind of model folder, and a codec for each."""
