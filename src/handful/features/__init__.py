"""Rows to vectors: what similarity is measured on."""
