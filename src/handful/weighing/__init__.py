"""Published systems that pick no rows: they say how much each source, or each candidate, is to weigh."""
