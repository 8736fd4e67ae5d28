"""Picks with known odds."""
