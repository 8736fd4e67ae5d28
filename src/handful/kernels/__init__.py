"""Loops over numbers: arrays in, arrays out. `reference.py` files define what the fast ones mean."""
