"""`handful select`: choose, write, and say what came of it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any, TextIO

from handful import errors
from handful.cli import signals
from handful.cli.flags import Given
from handful.cli.progress import progress
from handful.cli.request import Asked, asked
from handful.cli.show import bytes_of, glimpse, json_text, number_of, print_json, table
from handful.cli.verdict import show_verdict
from handful.comparing.cases import judged
from handful.comparing.verdict import check_draws
from handful.flow.prepare import Prepared, prepare
from handful.flow.save import Layout, Saved, settle, write
from handful.flow.select import choose
from handful.io.atomic import Files
from handful.io.output import Output
from handful.reporting.report import check_page, write_page
from handful.selection import Selection

SHOWN_PICKS = 5


def run(typed: Given) -> None:
    """Carry out the command."""
    ask = asked(typed)
    given = ask.given
    quiet, as_json = given.get("quiet", False), given.get("json", False)
    output, layout = _where(ask)
    check_draws(given.get("draws"))
    if "report" in given:
        check_page(given["report"], overwrite=given.get("overwrite", False))
    with progress(quiet=quiet) as listener:
        prepared = prepare(ask.pool, ask.request, listener)
        layout.check(prepared.pool.source)
        listener.note(f"{prepared.key}: {prepared.reason or 'as asked'}")
        selection = judged(prepared, choose(prepared), given.get("draws"))
        if "report" in given:
            write_page(prepared, selection, given["report"])
        saved = _save(prepared, selection, output, layout)
    if as_json:
        print_json(_record(selection, saved))
    elif not quiet:
        stdout_taken = output is not None and output.path is None
        _summarise(
            prepared,
            selection,
            saved,
            given.get("report"),
            sys.stderr if stdout_taken else sys.stdout,
        )
    sys.stdout.flush()


def _where(ask: Asked) -> tuple[Output | None, Layout]:
    """Where the rows go and how, refused before any work where they cannot."""
    given = ask.given
    names = ("order", "weights_column", "row_column")
    layout = Layout(**{name: given[name] for name in names if name in given})
    if "output" not in given:
        if not given.get("json"):
            raise errors.no_output()
        return None, layout
    if given["output"] == "-" and given.get("json"):
        raise errors.json_and_rows()
    overwrite = given.get("overwrite", False)
    output = settle(
        given["output"], ask.pool, ask.request, format=given.get("format"), overwrite=overwrite
    )
    return output, layout


def _save(
    prepared: Prepared, selection: Selection, output: Output | None, layout: Layout
) -> Saved | None:
    """Write all, then let nothing stop the moves into place."""
    if output is None:
        return None
    with Files(ready=signals.finish_the_work) as files:
        saved = write(files, prepared.pool.source, selection, output, layout)
    signals.end_at_once()
    return saved


def _record(selection: Selection, saved: Saved | None) -> dict[str, Any]:
    """The result section, and where the files are; without files, the picks themselves."""
    record: dict[str, Any] = {"result": selection.manifest["result"]}
    if saved is None:
        picks = {"rows": selection.indices.tolist(), "ids": selection.ids.tolist()}
        return {**record, "picks": picks}
    files = {"output": saved.output, "manifest": saved.manifest, "sidecar": saved.sidecar}
    return {**record, "files": {name: str(path) for name, path in files.items()}}


# Summary ----------------------------------------------------------------------------------------


def _summarise(
    prepared: Prepared,
    selection: Selection,
    saved: Saved | None,
    report: str | None,
    file: TextIO,
) -> None:
    result = selection.manifest["result"]
    facts = [("method", _method(prepared)), ("picked", _picked(selection, result))]
    if "spent" in result["budget"]:
        facts.append(("spent", _spent(result["budget"])))
    if selection.value is not None:
        facts.append(("value", _value(selection)))
    if selection.weights is not None:
        facts.append(("weights", _WEIGHTS[selection.weight_kind or "inclusion"]))
    if (copies := result["target_copies"]) is not None:
        facts.append(("copies of the target", _copies(copies)))
    facts += [(name.replace("_", " "), _note(note)) for name, note in selection.notes.items()]
    table((), [(f"  {name}", text) for name, text in facts], file)
    show_verdict(result.get("verdict"), file)
    _show_picks(prepared, selection, file)
    for warning in selection.warnings:
        print(f"Warning: {warning}", file=file)
    if saved is not None and saved.output is not None:
        size = f", {bytes_of(saved.size_bytes)}" if saved.size_bytes is not None else ""
        print(f"Wrote {saved.output} ({saved.rows:,} rows{size})", file=file)
        print(f"  and {saved.manifest}: handful verify {saved.manifest}", file=file)
    if report is not None:
        print(f"  and {report}: open it in a browser", file=file)


_WEIGHTS = {
    "inclusion": "1/p: weighted sums over the picks estimate sums over the pool",
    "representation": "how many rows each pick stands for; they sum to n",
}


def _method(prepared: Prepared) -> str:
    why = f", chosen because {prepared.reason}" if prepared.reason else ""
    return f"{prepared.key}{why}"


def _picked(selection: Selection, result: dict[str, Any]) -> str:
    of = f"{len(selection):,} of {selection.n:,} rows"
    left_out = selection.n - result["candidates"]
    included = f", {result['included']:,} of them as --include says" if result["included"] else ""
    return of + included + (f"; {left_out:,} were left out beforehand" if left_out else "")


def _spent(budget: dict[str, Any]) -> str:
    total = budget["spent"] + budget["left"]
    return (
        f"{number_of(budget['spent'])} of {number_of(total)} {budget['asked']['cost']}, "
        f"{number_of(budget['left'])} left"
    )


def _copies(found: Mapping[str, int]) -> str:
    told = f"{found['equal']:,} rows equal a row of it, {found['nearly_equal']:,} nearly"
    if found["dropped"]:
        return f"{told}; {found['dropped']:,} were left out"
    return f"{told}; {found['picked']:,} of them picked"


def _value(selection: Selection) -> str:
    assert selection.value is not None
    if selection.upper_bound is None:
        why = f"; no bound: {selection.no_bound}" if selection.no_bound else ""
        return f"{number_of(selection.value)}{why}"
    share = f" ({selection.value / selection.upper_bound:.1%})" if selection.upper_bound > 0 else ""
    return f"{number_of(selection.value)}, at most {number_of(selection.upper_bound)} is possible{share}"


def _note(note: Any) -> str:
    if isinstance(note, Mapping):
        return glimpse(", ".join(f"{name} {_note(value)}" for name, value in note.items()), 200)
    if isinstance(note, float | int) and not isinstance(note, bool):
        return number_of(note)
    return glimpse(json_text(note), 200)


def _show_picks(prepared: Prepared, selection: Selection, file: TextIO) -> None:
    shown = selection.indices[:SHOWN_PICKS].tolist()
    if not shown:
        return
    by_number = prepared.ids.values is None
    rows = []
    for row, name in zip(shown, selection.ids[:SHOWN_PICKS].tolist(), strict=True):
        text = "" if prepared.pool.text is None else prepared.pool.texts(row, row + 1)[0]
        rows.append(
            (f"  {row:,}", *(() if by_number else (glimpse(str(name), 40),)), glimpse(text))
        )
    print(f"The first {len(shown)} picks:", file=file)
    table(("  row", *(() if by_number else ("id",)), "text"), rows, file)
