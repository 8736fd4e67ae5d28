"""Whether a pick is better than random: measures, random draws, probes, intervals, and what may be said."""
