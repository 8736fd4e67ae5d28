"""The flags of `select` and `plan`, one line each, with the names of `handful.select`'s own options."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Annotated, Any, NamedTuple

from typer import Argument, Option

Given = dict[str, Any]
"""What was given, by flag (`like_text` for --like-text); what was not is not in it."""


class Flag(NamedTuple):
    """One flag. `kind` is str, int, bool (a switch) or list (may be given several times)."""

    names: str
    kind: type
    value: str | None
    help: str

    @property
    def key(self) -> str:
        """Its name as an option of `handful.select`."""
        return self.names.split()[-1].removeprefix("--").replace("-", "_")


PANELS: dict[str, tuple[Flag, ...]] = {
    "How much": (
        Flag("--rows", str, "N", "Rows at most: 10000, 10k, 1M."),
        Flag("--fraction", str, "SHARE", "Share of the pool: 5% or 0.05."),
        Flag("--budget", str, "AMOUNT", "Cost at most: 5000000 or 5M; needs --cost."),
        Flag(
            "--cost", str, "COLUMN", "What a row costs: a column, @bytes, @words or @tokens:FILE."
        ),
        Flag(
            "--quota",
            list,
            "QUOTA",
            "'language:min=10%', 'source[dolly]:max=500', or a CSV file of them; % of rows, %cost.",
        ),
        Flag("--include", str, "FILE", "Ids that must be picked."),
        Flag("--exclude", str, "FILE", "Ids that must not be picked."),
        Flag("--stage", str, "S/COUNT", "Pick from one of COUNT disjoint parts of the pool: 2/4."),
        Flag(
            "--dedup",
            str,
            "KIND",
            "Leave out duplicates first: exact, near or semantic; 'near:threshold=0.8'.",
        ),
        Flag("--max-similarity", str, "COSINE", "No two picks closer than that: 0.95."),
    ),
    "What a row is": (
        Flag(
            "--text", str, "COLUMN", r"Or a template: '{instruction}\n{output}', '{messages:user}'."
        ),
        Flag("--id", str, "COLUMN", "Of unique ids; else row numbers are used."),
        Flag("--group", str, "COLUMN", "Of groups; @file: the file a row came from."),
        Flag("--score", str, "COLUMN", "Of scores, larger is better."),
        Flag("--label", str, "COLUMN", "Of labels; read by the verdict, never by a method."),
        Flag("--embeddings", str, "FILE", "A .npy or .npz of one vector a row, or a list column."),
        Flag("--array", list, "NAME=FILE", "Vectors by name; once for each array."),
        Flag("--features", str, "NAME", "How text becomes vectors: tfidf_svd:d=128."),
        Flag("--on-bad-row", str, "fail|skip", "At a row that cannot be read."),
    ),
    "What the picks should be like": (
        Flag("--like", list, "PATH", "Rows of a target, or NAME=PATH; once for each target."),
        Flag("--floor", str, "SHARE", "Of the budget, for each target at least: 20% or 0.2."),
        Flag(
            "--drop-target-copies",
            bool,
            None,
            "Leave out rows that (nearly) equal one of a target.",
        ),
        Flag("--given-embeddings", str, "FILE", "As --embeddings, of the rows already owned."),
        Flag("--like-text", str, "COLUMN", "As --text, where the target's columns differ."),
        Flag("--like-embeddings", str, "FILE", "As --embeddings, of the target."),
        Flag(
            "--like-array",
            list,
            "NAME=FILE",
            "As --array, of the target; of several, TARGET:NAME=FILE.",
        ),
        Flag("--given", str, "PATH", "Rows already owned: duplicates of them are left out, too."),
    ),
    "How they are chosen": (
        Flag("--method", str, "NAME", "See: handful methods. By default auto, which says why."),
        Flag("--param", list, "KEY=VALUE", "A parameter of the method."),
        Flag("--update", str, "MANIFEST", "Keep the picks of an earlier selection, found by id."),
        Flag(
            "--changes", int, "N", "How many of them may be given up for better rows; by default 0."
        ),
        Flag("--similarity", str, "NAME", "For methods that use one."),
        Flag("--trade-off", str, "SHARE", "Of the score beside what the method maximises: 0.3."),
        Flag("--optimizer", str, "NAME", "For methods that maximise something."),
        Flag("--certify", str, "HOW", "Look for an upper bound: fast, tight or off."),
        Flag("--seed", int, "N", "Of every draw; by default 0."),
        Flag("--draws", int, "N", "Random picks to set it beside; 0: no verdict. By default 99."),
    ),
    "What is written": (
        Flag("-o --output", str, "OUT", "Where the picked rows go; - for stdout."),
        Flag("--order", str, "source|picked", "Of the rows written; by default the source's."),
        Flag(
            "--format", str, "NAME", "jsonl, parquet, csv, tsv, arrow, npy; else by OUT's suffix."
        ),
        Flag("--weights-column", str, "NAME", "Add the weights as a column."),
        Flag("--row-column", str, "NAME", "Add the pool's row numbers as a column."),
        Flag("--report", str, "FILE.html", "A page that explains the selection."),
        Flag("--overwrite", bool, None, "Replace OUT if it exists."),
        Flag("--json", bool, None, "Print the result as one JSON object."),
        Flag("-q --quiet", bool, None, "Print nothing but errors."),
    ),
    "Means": (
        Flag("--memory", str, "SIZE", "Most to use, as 4GB; by default half the machine's."),
        Flag("--threads", int, "N", "By default all cores."),
        Flag(
            "--cache-dir", str, "FOLDER", "Where finished blocks are kept, so a killed run resumes."
        ),
        Flag("--no-cache", bool, None, "Keep nothing between runs."),
        Flag(
            "--config", str, "FILE.toml", "Flags from a file, under the same names; typed ones win."
        ),
    ),
}

FLAGS = {flag.key: flag for flags in PANELS.values() for flag in flags}

POOL = Flag(
    "pool",
    list,
    "POOL...",
    "Files, folders, quoted globs: JSON Lines, Parquet, CSV, Arrow, .npy; - is stdin.",
)


def takes_flags(
    command: Callable[[Given], None], panels: Mapping[str, tuple[Flag, ...]] = PANELS
) -> Callable[..., None]:
    """A command of what was given, as typer wants it: a function with a parameter for each flag."""

    def typed(**values: Any) -> None:
        command({key: v for key, v in values.items() if v is not None and v != []})

    kinds = {"pool": Annotated[list[str] | None, Argument(metavar=POOL.value, help=POOL.help)]}
    for panel, flags in panels.items():
        kinds |= {flag.key: _option(flag, panel) for flag in flags}
    parameters = [
        inspect.Parameter(key, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind)
        for key, kind in kinds.items()
    ]
    typed.__name__, typed.__doc__ = command.__name__, command.__doc__
    typed.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    typed.__annotations__ = kinds
    return typed


def _option(flag: Flag, panel: str) -> Any:
    kind = list[str] if flag.kind is list else flag.kind
    settings = Option(
        *flag.names.split(),
        metavar=flag.value,
        help=flag.help,
        rich_help_panel=panel,
        show_default=False,
    )
    return Annotated[kind | None, settings]
