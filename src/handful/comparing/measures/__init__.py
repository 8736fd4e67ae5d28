"""Numbers that tell a pick from random picks: one module each, found by its file name."""
