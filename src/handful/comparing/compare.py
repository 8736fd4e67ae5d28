"""`handful.compare`: methods × seeds, a probe trained on each pick, each beside random."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import handful
from handful import errors
from handful import methods as known
from handful.comparing.cases import array_of
from handful.comparing.cells import Cells
from handful.comparing.command import Command, Function, asks_held_out
from handful.comparing.comparison import Comparison
from handful.comparing.contest import Contest, key_of_probe
from handful.comparing.field import Field, Held, read_labels
from handful.comparing.probes import choose, configured
from handful.comparing.probes._contract import Probe
from handful.comparing.trial import FOLDS
from handful.flow.inputs import read_targets
from handful.flow.prepare import prepare, with_method
from handful.flow.prepared import Prepared
from handful.flow.record import inputs_section
from handful.flow.select import request as as_request
from handful.methods._contract import Target
from handful.parameters import values
from handful.pool import Pool
from handful.runtime.progress import Progress

SEEDS = 10
DRAWS = 3
"""Random picks a seed; one where the probe is the user's own, for it may take hours."""


def compare(
    data: Any,
    *,
    methods: Sequence[Any] = ("auto",),
    seeds: int = SEEDS,
    probe: str | Callable[..., Any] = "auto",
    probe_command: str | None = None,
    smaller_is_better: bool = False,
    test: Any = None,
    test_arrays: Mapping[str, Any] | None = None,
    test_embeddings: Any = None,
    progress: Progress | None = None,
    **options: Any,
) -> Comparison:
    """Set methods beside random picks of the same budget, by what a small model learns from each pick.

    Every seed holds out other rows (a fifth of the target, else of the pool; or --test, always the same), lets
    each method choose from the rest, trains the probe on each pick and on random picks, and tests all on the
    held-out rows. Differences from random are paired by seed; their intervals come from the bootstrap, and are
    corrected for the number of methods (`comparing.statistics.differences`).

    Args:
        data: The pool, as for `handful.select`.
        methods: Keys, specs such as "dsir:ngrams=3", configured methods or objectives; "auto" is what
            `select` would take, "all" every method that the request has what it needs for.
        seeds: How many; fewer than 5 give no intervals.
        probe: "auto", "classifier", "number", "ngram_model", "nearest", with parameters as "classifier:penalty=2";
            or a function of the picked row numbers that returns a number; where it needs a second argument, rows
            are held out, and that is their numbers (of the target, where that is held out).
        probe_command: A command with {subset} in it, which prints a number.
        smaller_is_better: Of the number of the user's own probe.
        test: Rows to test on, as for `data`. None: rows are held out.
        test_arrays: Their features by name, as `like_arrays`.
        test_embeddings: Short for test_arrays={"embedding": …}.
        progress: Who is told how far the work is.
        **options: As in `handful.select`; `label` names the column of labels. A killed comparison goes on where
            it was when it is called again.

    Cost: a selection and 1 to 4 trainings for each method and seed.
    """
    asked = as_request(options)
    if seeds < 1:
        raise errors.too_few_seeds(seeds)
    prepared = prepare(data, replace(asked, method="random"), progress)
    field, chosen = _field(
        prepared, probe, probe_command, smaller_is_better, test, test_arrays, test_embeddings
    )
    entrants = _entrants(prepared, methods)
    draws = 1 if field.held == "nothing" else DRAWS
    contest = Contest(field, chosen, entrants, draws, _cells(field, chosen, probe))
    return contest.run(range(asked.seed, asked.seed + seeds))


def _entrants(prepared: Prepared, named: Sequence[Any]) -> dict[str, Prepared]:
    """Each method with the request it is to serve."""
    entrants: dict[str, Prepared] = {}
    for method in named:
        if method == "all":
            entrants |= {key: found for key, found in _all(prepared) if key not in entrants}
            continue
        entrant = with_method(prepared, method)
        name = method if isinstance(method, str) else repr(method)
        name = entrant.key if name == "auto" else name
        if name in entrants:
            raise errors.given_twice("--method", name)
        entrants[name] = entrant
    return entrants


def _all(prepared: Prepared) -> Iterator[tuple[str, Prepared]]:
    for key in known.names():
        try:
            yield key, with_method(prepared, key)
        except errors.UsageError:  # it needs what is not there, or cannot keep the budget
            continue


# The field --------------------------------------------------------------------------------------


def _field(
    prepared: Prepared,
    probe: Any,
    command: str | None,
    smaller_is_better: bool,
    test: Any,
    test_arrays: Mapping[str, Any] | None,
    test_embeddings: Any,
) -> tuple[Field, Probe]:
    """What is held out, and the probe for what is at hand."""
    own: Probe | None = None
    if command is not None:
        own = Command(command, prepared.pool.source, not smaller_is_better)
    elif callable(probe):
        own = Function(probe, not smaller_is_better)
    if own is not None and not (callable(probe) and asks_held_out(probe)):
        return Field(prepared, "nothing"), own
    tests, held = _held_out(prepared, test, test_arrays, test_embeddings)
    label = prepared.request.label
    array = array_of(prepared)
    at_hand: set[str] = set()
    labels: list[Any] = []
    if array is not None and all(array in pool.arrays for _, pool in tests):
        at_hand.add("features")
    if prepared.pool.text is not None and all(pool.text is not None for _, pool in tests):
        at_hand.add("texts")
    if label is not None and at_hand:
        for _, pool in tests:
            pool.require(label)
        labels, numeric = read_labels([prepared.pool, *(pool for _, pool in tests)], label)
        at_hand.add("numbers" if numeric else "labels")
    chosen = own or configured(probe, at_hand)
    if probe == "auto" and own is None:
        prepared.run.progress.note(f"{choose(at_hand)[0]}: {choose(at_hand)[1]}")
    own_labels = None
    if labels:
        own_labels = labels[0] if prepared.candidates is None else labels[0][prepared.candidates]
    field = Field(
        prepared,
        held,
        tests=tuple(_as_target(name, pool) for name, pool in tests),
        test_pools=tuple(pool for _, pool in tests),
        labels=own_labels,
        test_labels=tuple(labels[1:]),
        array=array,
        features="features" in at_hand,
    )
    return field, chosen


def _held_out(
    prepared: Prepared, test: Any, test_arrays: Mapping[str, Any] | None, test_embeddings: Any
) -> tuple[tuple[tuple[str, Pool], ...], Held]:
    """What is tested on: the rows of --test, else a part of the target, else of the pool."""
    if test is not None or test_arrays or test_embeddings is not None:
        given = {"like_arrays": test_arrays or {}, "like_embeddings": test_embeddings}
        asked = replace(prepared.request, like=None if test is None else {"test": test}, **given)
        return read_targets(asked, prepared.run, prepared.pool), "file"
    label, tests = prepared.request.label, prepared.targets
    labelled = label is None or all(label in pool.source.schema for _, pool in tests)
    if tests and labelled:
        return tests, "target"
    if prepared.view.n < FOLDS:
        raise errors.too_few_to_hold_out(prepared.view.n)
    return (), "pool"


def _as_target(name: str, pool: Pool) -> Target:
    texts = None if pool.text is None else pool.texts
    return Target(name, pool.n, texts, lambda array: pool.arrays[str(array)])


def _cells(field: Field, probe: Probe, given: Any) -> Cells:
    """Where cells are kept; nothing is kept of a function, for what it does cannot be told."""
    prepared = field.prepared
    asked = prepared.request.record()
    common = {
        name: value for name, value in asked.items() if name not in {"method", "params", "seed"}
    }
    identity = {
        "inputs": inputs_section(prepared),
        "request": common,
        "held": field.held,
        "tests": [pool.source.fingerprint() for pool in field.test_pools],
        "probe": key_of_probe(probe),
        "parameters": {
            name: repr(value) for name, value in values(probe).items() if name != "source"
        },
        "probe_version": probe.version,
        "handful": handful.__version__,
    }
    return Cells(None if callable(given) else prepared.run.cache, identity)
