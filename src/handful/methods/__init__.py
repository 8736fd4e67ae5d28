"""Published selection systems and primitives offered by name, one module each."""
