"""`handful select`: choose, write, and say what came of it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
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
from handful.flow.prepare import prepare
from handful.flow.prepared import Prepared
from handful.flow.save import Layout, Saved, files_read, settle, write
from handful.flow.select import choose
from handful.io.atomic import Files
from handful.io.manifest import manifest_path, sidecar_path
from handful.io.output import Output
from handful.reporting.report import check_page, write_page
from handful.selection import Selection

SHOWN_PICKS = 5
SHOWN_QUOTAS = 4


def run(typed: Given) -> None:
    """Carry out the command."""
    ask = asked(typed)
    given = ask.given
    quiet, as_json = given.get("quiet", False), given.get("json", False)
    output, layout = _where(ask)
    check_draws(given.get("draws"))
    if "report" in given:
        check_page(
            given["report"],
            overwrite=given.get("overwrite", False),
            inputs=files_read(ask.pool, ask.request),
            outputs=_files_of(output),
        )
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


def _files_of(output: Output | None) -> list[Path]:
    """The picked rows, and what lies beside them."""
    if output is None or output.path is None:
        return []
    return [output.path, manifest_path(output.path), sidecar_path(output.path)]


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
    facts = [*_asked_and_got(prepared, selection), *_said(selection)]
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


def _asked_and_got(prepared: Prepared, selection: Selection) -> list[tuple[str, str]]:
    """What was picked of what, by what, and how the constraints were kept."""
    result = selection.manifest["result"]
    facts = [("method", _method(prepared)), ("picked", _picked(selection, result))]
    if result["duplicates"] is not None:
        facts.insert(0, ("duplicates", _duplicates(result["duplicates"])))
    if result["update"] is not None:
        facts.append(("update", _update(result["update"])))
    if "spent" in result["budget"]:
        facts.append(("spent", _spent(result["budget"])))
    if result["budget"].get("quotas"):
        facts.append(("quotas", _quotas(result["budget"]["quotas"])))
    if (copies := result["target_copies"]) is not None:
        facts.append(("copies of the target", _copies(copies)))
    return facts


def _said(selection: Selection) -> list[tuple[str, str]]:
    """Value, weights, and whatever the method notes."""
    facts = []
    if selection.value is not None:
        facts.append(("value", _value(selection)))
    if selection.weights is not None:
        facts.append(("weights", _WEIGHTS[selection.weight_kind or "inclusion"]))
    if "random_value" in selection.notes:
        facts.append(("random", _beside_random(selection)))
    for name, note in selection.notes.items():
        if name not in _SCALE:
            said = _trade_off(note) if name == "trade_off" else _note(note)
            facts.append((name.replace("_", " "), said))
    facts.append(("took", _took(selection.manifest["run"])))
    return facts


_WEIGHTS = {
    "inclusion": "1/p: weighted sums over the picks estimate sums over the pool",
    "representation": "how many rows each pick stands for; they sum to n",
}


_SCALE = ("random_value", "certified", "beyond_random", "shadow_prices")
"""Notes told beside the value, or in words."""


def _method(prepared: Prepared) -> str:
    why = f", chosen because {prepared.reason}" if prepared.reason else ""
    return f"{prepared.key}{why}"


def _picked(selection: Selection, result: dict[str, Any]) -> str:
    of = f"{len(selection):,} of {selection.n:,} rows"
    left_out = selection.n - result["candidates"]
    included = f", {result['included']:,} of them as --include says" if result["included"] else ""
    return of + included + (f"; {left_out:,} were left out beforehand" if left_out else "")


def _duplicates(left_out: Mapping[str, Any]) -> str:
    text = f"{left_out['dropped']:,} rows left out ({left_out['kind']})"
    if left_out.get("dropped_as_owned"):
        text += f", {left_out['dropped_as_owned']:,} of them as rows already owned"
    clusters = left_out["clusters"]
    return f"{text}; {clusters:,} clusters, the largest of {left_out['largest_cluster']:,} rows"


def _quotas(kept: list[dict[str, Any]]) -> str:
    """How many are kept, and those that bind."""
    binding = [f"{one['quota']} ({number_of(one['got'])})" for one in kept if one["slack"] == 0]
    shown = ", ".join(binding[:SHOWN_QUOTAS])
    more = f" and {len(binding) - SHOWN_QUOTAS} more" if len(binding) > SHOWN_QUOTAS else ""
    limits = {1: "1 limit is kept", 2: "both limits are kept"}.get(
        len(kept), f"all {len(kept):,} limits are kept"
    )
    return limits + (f"; binding: {shown}{more}" if binding else "; none binds")


def _spent(budget: dict[str, Any]) -> str:
    if "left" not in budget:
        return f"{number_of(budget['spent'])} {budget['asked']['cost']}"
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


def _update(told: Mapping[str, Any]) -> str:
    lost = f", {told['lost']:,} were lost" if told["lost"] else ""
    return (
        f"{told['kept']:,} of {told['old']:,} old picks kept{lost}; {told['left']:,} of "
        f"{told['changes_allowed']:,} changes made, {told['came']:,} rows came"
    )


def _trade_off(told: Mapping[str, Any]) -> str:
    return (
        f"{told['trade_off']:g}: {told['objective']:.1%} of the objective's own best, "
        f"{told['score']:.1%} of the best scores; the curve is in the manifest and the report"
    )


def _beside_random(selection: Selection) -> str:
    """Random's value on the scale of the bound, and how far the picks are from there to it."""
    by_chance, notes = selection.notes["random_value"], selection.notes
    if not selection.upper_bound:
        return number_of(by_chance)
    share = f"{number_of(by_chance)} ({by_chance / selection.upper_bound:.1%})"
    if "beyond_random" not in notes:
        return share
    return f"{share}; the picks are {notes['beyond_random']:.1%} of the way from there to the bound"


def _took(run: Mapping[str, Any]) -> str:
    return (
        f"{run['wall_seconds']:.1f} s, {run['cpu_seconds']:.1f} CPU s, "
        f"{bytes_of(run['peak_bytes'])} resident at most"
    )


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
