"""`handful plan`: what a selection would take, and nothing else."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from handful import errors
from handful.cli.flags import Given
from handful.cli.progress import progress
from handful.cli.request import asked
from handful.cli.show import bytes_of, number_of, print_json, table, time_of
from handful.flow.plan import Features, Plan, plan_of


def run(typed: Given) -> None:
    """Print the plan; one that does not fit is an error of its own."""
    ask = asked(typed)
    quiet = bool(ask.given.get("quiet"))
    with progress(quiet=quiet) as listener:
        found = plan_of(ask.pool, ask.request, listener)
    if ask.given.get("json"):
        print_json({**asdict(found), "fits": found.fits})
    elif not quiet:
        table((), [(f"  {name}", text) for name, text in _facts(found)])
        for warning in found.warnings:
            print(f"Warning: {warning}")
    if not found.fits:
        raise errors.too_little_memory(found.memory_bytes, found.memory_allowed, found.would_fit)


def _facts(found: Plan) -> list[tuple[str, str]]:
    left_out = found.n - found.candidates
    rows = f"{found.n:,}" + (f", of which {left_out:,} are left out" if left_out else "")
    why = f", chosen because {found.reason}" if found.reason else ""
    return [
        ("rows", rows),
        *([] if found.dedup is None else [("duplicates", f"left out first: {found.dedup}")]),
        ("picks", f"at most {found.k:,}"),
        *([("quotas", _quotas(found))] if found.quotas else []),
        ("method", f"{found.method}{why}"),
        ("features", "none" if found.features is None else _features(found.features)),
        (
            "memory",
            f"about {bytes_of(found.memory_bytes)} of {bytes_of(found.memory_allowed)} allowed",
        ),
        ("work", _work(found)),
        ("time", _time(found)),
    ]


def _quotas(found: Plan) -> str:
    count = len(found.quotas)
    return (
        "1 limit, which can be met"
        if count == 1
        else f"{count:,} limits, which can be met together"
    )


def _features(features: Features) -> str:
    size = "?" if features.size_bytes is None else bytes_of(features.size_bytes)
    d = "?" if features.d is None else features.d
    where = (
        "in memory" if features.held_bytes else "as it is" if not features.made else "in the cache"
    )
    return f"{features.name}: {features.n:,} × {d}, {size} {where}"


def _work(found: Plan) -> str:
    if found.work is None:
        return f"{found.method} does not say; see its cost: handful methods {found.method}"
    work = found.work
    parts: list[tuple[Any, str]] = [
        (work.multiply_adds, "multiply-adds"),
        (work.steps, "steps"),
    ]
    said = [f"{number_of(float(f'{amount:.2g}'))} {name}" for amount, name in parts if amount]
    said += [f"{bytes_of(work.text_bytes)} of text read"] if work.text_bytes else []
    said += [f"{bytes_of(work.array_bytes)} of arrays read"] if work.array_bytes else []
    return ", ".join(said) or "next to none"


def _time(found: Plan) -> str:
    if found.seconds is None:
        return "not known"
    return f"{time_of(found.seconds)} from here, where nothing is in the cache yet"
