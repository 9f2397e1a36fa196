"""Pictures of what a space holds: strips, grids, edits, equations and maps, made with Pillow and NumPy."""
