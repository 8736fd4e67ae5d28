"""`handful cache`: what is kept between runs."""

from __future__ import annotations

import time
from pathlib import Path

from handful.cli.show import bytes_of, print_json, table
from handful.runtime.cache import Cache, default_folder


def run(folder: str | None, *, clear: bool, as_json: bool) -> None:
    """List the entries, or remove them."""
    cache = Cache(Path(folder) if folder else default_folder())
    if clear:
        freed = cache.clear()
        if as_json:
            print_json({"folder": str(cache.folder), "freed_bytes": freed})
        else:
            print(f"Cleared {cache.folder}: {bytes_of(freed)} freed.")
        return
    entries = cache.entries()
    held = sum(entry.size_bytes for entry in entries)
    if as_json:
        listed = [
            {"key": e.key, "label": e.label, "bytes": e.size_bytes, "used": int(e.used)}
            for e in entries
        ]
        print_json({"folder": str(cache.folder), "bytes": held, "entries": listed})
        return
    print(
        f"{cache.folder}: {len(entries)} entries, {bytes_of(held)} of {bytes_of(cache.limit_bytes)}."
    )
    rows = [
        (
            e.label,
            bytes_of(e.size_bytes),
            time.strftime("%Y-%m-%d %H:%M", time.localtime(e.used)),
            e.key,
        )
        for e in entries
    ]
    table(("what", "size", "last used", "key"), rows)
