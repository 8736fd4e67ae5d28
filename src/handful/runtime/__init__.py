"""Memory, threads, cache and progress: how work is run, never what it means."""
