"""The flow of a selection: read, check, choose, record. The public functions live here."""
