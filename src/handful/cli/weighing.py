"""`handful lasso-tasks` and `handful pooled-negatives`: systems that pick no rows."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from handful import errors
from handful.cli.request import named
from handful.cli.show import number_of, print_json, table
from handful.weighing.lasso_tasks import Allocation, lasso_tasks
from handful.weighing.pooled_negatives import NegativeWeights, pooled_negatives
from handful.weighing.record import check_table, save_rows

SHOWN = 10
Draw = tuple[int, int]


def run_tasks(
    asked: dict[str, str],
    param: list[str],
    output: str | None,
    *,
    overwrite: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Carry out `handful lasso-tasks`."""
    for flag in ("target", "samples"):
        if not asked[flag]:
            raise errors.flag_needed(f"--{flag}", "handful lasso-tasks")
    inputs = [asked["heads"], asked["target"]]
    _check(output, inputs, overwrite=overwrite, as_json=as_json)
    given = named(param, "--param")
    found = lasso_tasks(Path(asked["heads"]), asked["target"], samples=asked["samples"], **given)
    if output is not None:
        found.save(output, overwrite=overwrite)
    if as_json:
        print_json({**found.record, "tasks": _tasks(found)})
    elif not quiet:
        _show_tasks(found, output)
    sys.stdout.flush()


def _check(output: str | None, inputs: list[str], *, overwrite: bool, as_json: bool) -> None:
    """Refuse what cannot be written, before any work."""
    if output is None:
        if not as_json:
            raise errors.no_output()
        return
    check_table(output, inputs, overwrite=overwrite)


def _tasks(found: Allocation) -> list[dict[str, Any]]:
    rows = zip(found.tasks, found.counts.tolist(), found.relevance.tolist(), strict=True)
    return [{"task": t, "samples": n, "relevance": v} for t, n, v in rows]


def _show_tasks(found: Allocation, output: str | None) -> None:
    result = found.record["result"]
    rival = result["least_squares_rival"]
    drawn = f"{result['drawn_from']:,} of {result['tasks']:,} tasks, {result['samples']:,} samples"
    facts = [
        ("draw from", drawn),
        ("penalty", f"{result['penalty']:.4g}"),
        ("residual", f"{result['residual']:.1%} of the target's length"),
        ("‖ν‖₁", f"{result['sum_of_relevance']:.4g}"),
        ("variance", f"{result['variance']:.4g} for noise of variance 1 a sample"),
    ]
    if rival is not None:
        facts.append(
            (
                "rival",
                f"least squares draws from {rival['drawn_from']:,} tasks, ‖ν‖₁ "
                f"{rival['sum_of_relevance']:.4g}, variance {rival['variance']:.4g}",
            )
        )
    table((), [(f"  {name}", text) for name, text in facts])
    order = sorted(_tasks(found), key=lambda row: -row["samples"])
    rows = [
        (f"  {row['task']}", f"{row['samples']:,}", f"{row['relevance']:+.4f}")
        for row in order[:SHOWN]
        if row["samples"]
    ]
    table(("  task", "samples", "relevance"), rows)
    if len(found) > len(rows):
        print(f"  and {len(found) - len(rows):,} more")
    print(f"Wrote {output}, and {output}.record.json")


def run_negatives(
    paths: list[str],
    columns: dict[str, str],
    param: list[str],
    draw: Draw | None,
    output: str | None,
    *,
    overwrite: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Carry out `handful pooled-negatives`."""
    from handful.io.open import open_source

    _check(output, paths, overwrite=overwrite, as_json=as_json)
    parameters = named(param, "--param")
    source = open_source([Path(path) for path in paths])
    for column in columns.values():
        if column not in source.schema:
            raise errors.unknown_column(column, source.schema)
    kinds: Any = {
        column: "text" if name in {"query", "document"} else "number"
        for name, column in columns.items()
    }
    read = source.read(kinds, 0, source.rows)
    given: dict[str, Any] = {name: read[column] for name, column in columns.items()}
    given |= {name: list(given[name]) for name in ("query", "document")}
    found = pooled_negatives(**given, **parameters)
    added = {"weight": found.relevance, "selection_weight": found.selection, "keep": found.keep}
    if draw is not None:
        added["drawn"] = found.sample(*draw)
    result = {**found.record["result"], "warnings": list(found.warnings)}
    if draw is not None:
        result |= {"drawn": int(added["drawn"].sum()), "seed": draw[1]}
    record = {**found.record, "result": result}
    if output is not None:
        save_rows(source, added, record, output, overwrite=overwrite)
    if as_json:
        print_json(record)
    elif not quiet:
        _show_negatives(found, result, output)
    sys.stdout.flush()


def _show_negatives(found: NegativeWeights, result: dict[str, Any], output: str | None) -> None:
    lists = f"{result['lists']:,} queries, {result['candidates']:,} candidates"
    facts = [
        ("lists", f"{lists}, {result['labelled']:,} labelled"),
        ("negatives", f"{result['kept']:,} kept, {result['dropped']:,} dropped"),
        (
            "expected",
            f"{number_of(round(result['expected_false_negatives'], 1))} of them relevant after all",
        ),
        ("effective", f"{number_of(round(result['effective_negatives'], 1))} negatives, by weight"),
    ]
    if result["lists_without_positive"]:
        facts.append(("no label", f"{result['lists_without_positive']:,} queries"))
    if "drawn" in result:
        facts.append(("drawn", f"{result['drawn']:,} negatives"))
    table((), [(f"  {name}", text) for name, text in facts])
    for warning in found.warnings:
        print(f"Warning: {warning}")
    print(f"Wrote {output}, and {output}.record.json")
