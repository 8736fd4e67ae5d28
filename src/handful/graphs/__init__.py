"""Similarities and neighbour graphs."""
