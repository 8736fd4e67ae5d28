"""Rows in and out: JSONL, Parquet, CSV, Arrow, npy. The sole importer of pyarrow."""
