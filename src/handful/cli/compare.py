"""`handful compare`: a table of methods beside random."""

from __future__ import annotations

import sys
from dataclasses import fields
from typing import Any, TextIO

from handful.cli.flags import Given
from handful.cli.progress import progress
from handful.cli.request import Asked, asked, named
from handful.cli.show import bytes_of, print_json, span_of, table
from handful.cli.verdict import short
from handful.comparing.comparison import Comparison, Line, check_suffix
from handful.comparing.written import gained
from handful.flow.save import files_read

_OWN = ("seeds", "probe", "probe_command", "smaller_is_better", "test", "test_embeddings")


def run(typed: Given) -> None:
    """Carry out the command."""
    from handful.comparing.compare import compare
    from handful.reporting.report import report

    methods = typed.pop("method", ["auto"])
    ask = asked(typed)
    request = {field.name: getattr(ask.request, field.name) for field in fields(ask.request)}
    own: dict[str, Any] = {name: typed[name] for name in _OWN if name in typed}
    if "test_array" in typed:
        own["test_arrays"] = named(typed["test_array"], "--test-array")
    quiet, as_json = typed.get("quiet", False), typed.get("json", False)
    _check_outputs(ask)
    with progress(quiet=quiet) as listener:
        found = compare(
            ask.pool, methods=methods, progress=listener, **own, **{**request, "method": "auto"}
        )
    if "output" in typed:
        found.save(typed["output"])
    if "report" in typed:
        report(found, typed["report"])
    if as_json:
        print_json(found.record())
    elif not quiet:
        show_comparison(found)
        if "output" in typed:
            print(f"Wrote {typed['output']}: a row for each method and size.")
        if "report" in typed:
            print(f"Wrote {typed['report']}: open it in a browser.")
    sys.stdout.flush()


def _check_outputs(ask: Asked) -> None:
    """Refuse what cannot be written, or is there already, before any work."""
    from handful.reporting.report import check_page

    given = ask.given
    inputs = [*files_read(ask.pool, ask.request), *filter(None, [given.get("test")])]
    outputs = [given[name] for name in ("output", "report") if name in given]
    for place, path in enumerate(outputs):
        overwrite = given.get("overwrite", False)
        check_page(path, overwrite=overwrite, inputs=inputs, outputs=outputs[:place])
    if "output" in given:
        check_suffix(given["output"])


def show_comparison(found: Comparison, file: TextIO | None = None) -> None:
    """The table, best first, and below it what may be said."""
    from handful.comparing.compare import SEEDS

    better = "larger" if found.larger_is_better else "smaller"
    draws = "one random pick" if found.draws == 1 else f"{found.draws} random picks"
    print(f"Probe {found.probe}: {found.unit}, {better} is better; {found.scope}.", file=file)
    few = " So few seeds make wide intervals; 10 are the default." if found.seeds < SEEDS else ""
    print(f"{found.seeds} seeds, {draws} for each.{few}", file=file)
    head = (
        "  method",
        "picks",
        found.unit,
        "random",
        "gain",
        "95 % interval",
        "p",
        "time",
        "memory",
        "is",
    )
    table(head, [_cells(line) for line in found.whole], file)
    for line in found.whole:
        curve = [other for other in found if other.method == line.method]
        if len(curve) > 1:
            sizes = ", ".join(f"{o.picked:,.0f}: {gained(o.gain)[0]}" for o in reversed(curve))
            print(f"  {line.method}, gain by size  {sizes}", file=file)
    for name, reason in found.left_out.items():
        print(f"  {name} was left out: {reason}", file=file)


def _cells(line: Line) -> tuple[str, ...]:
    gain, (mean, interval) = line.gain, gained(line.gain)
    unsure = gain.low is None or gain.high is None
    words = {"better": "better", "same": "no different", "worse": "worse"}
    return (
        f"  {line.method}",
        f"{line.picked:,.0f}",
        short(line.mean),
        short(line.random),
        mean,
        interval,
        "" if gain.p is None else f"{gain.p:.2g}",
        span_of(line.wall_seconds),
        "" if line.peak_bytes is None else bytes_of(line.peak_bytes),
        "?" if unsure else words[gain.outcome],
    )
