"""What one can do with an open space: one operation per file, each beside the result that it gives."""
