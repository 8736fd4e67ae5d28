"""Methods that choose training rows."""
