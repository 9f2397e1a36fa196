"""Where items come from: folders, tables, arrays, and the built-in portraits."""
