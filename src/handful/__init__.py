"""Choose the few worth keeping out of the many."""

__version__ = "0.1.0"
