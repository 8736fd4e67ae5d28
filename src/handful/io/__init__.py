"""Opens and writes files and frames; the sole importer of pyarrow."""
