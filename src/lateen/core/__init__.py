"""The few values everything is made of: points, geometries, paths, directions, codecs, errors. NumPy only."""
