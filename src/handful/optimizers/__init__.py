"""Maximise an objective under a budget."""
