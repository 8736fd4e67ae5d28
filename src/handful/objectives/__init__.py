"""A number for a subset, with the gain of one more row."""
