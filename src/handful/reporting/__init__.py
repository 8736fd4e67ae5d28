"""One self-contained HTML page that explains a selection: what was picked, from what, and against what."""
