"""The commands. Each parses, calls the library, and prints what came of it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

import handful
from handful import errors
from handful.cli.compare_flags import COMPARE_PANELS
from handful.cli.flags import Given, takes_flags

app = typer.Typer(
    name="handful",
    help="Choose the few worth keeping out of the many.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def call(arguments: list[str]) -> None:
    """Parse and run; a fault of the command line becomes a `UsageError` with the nearest name."""
    command = typer.main.get_command(app)
    names = list(command.commands)  # type: ignore[attr-defined]
    if arguments and arguments[0][0:1] != "-" and arguments[0] not in names:
        raise errors.unknown_command(arguments[0], names)
    try:
        command.main(arguments, prog_name="handful", standalone_mode=False)
    except SystemExit:  # typer's answer to a closed pipe, and to nothing else
        raise BrokenPipeError from None
    except Exception as fault:
        if not hasattr(fault, "format_message"):  # typer's own, whichever copy of click it keeps
            raise
        raise _usage(fault, arguments[:1]) from None


def _usage(fault: Any, command: list[str]) -> errors.UsageError:
    path = " ".join(["handful", *(name for name in command if name[0:1] != "-")])
    if hasattr(fault, "option_name") and hasattr(fault, "possibilities"):
        known = [name for option in fault.ctx.command.params for name in option.opts]
        return errors.unknown_flag(fault.option_name, path, [n for n in known if n[0] == "-"])
    return errors.bad_usage(fault.format_message(), path)


@app.callback(invoke_without_command=True)
def version(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Choose the few worth keeping out of the many."""
    if version:
        print(f"handful {handful.__version__}")


def select(typed: Given) -> None:
    """Choose the best subset of a pool under a budget, and write it.

    With only POOL, --rows and -o it does something good, and says what it chose and why.
    """
    from handful.cli.select import run

    run(typed)


def plan(typed: Given) -> None:
    """Say what a selection would take, and do nothing else: rows, features, memory, work, time.

    It takes the flags of `handful select`.
    """
    from handful.cli.plan import run

    run(typed)


def compare(typed: Given) -> None:
    """Train something small on the picks of each method, and set it beside random picks.

    Every seed holds out other rows, or tests on --test. A killed comparison goes on where it was.
    """
    from handful.cli.compare import run

    run(typed)


app.command("select")(takes_flags(select))
app.command("plan")(takes_flags(plan))
app.command("compare")(takes_flags(compare, COMPARE_PANELS))


@app.command("methods")
def methods(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="One of them.")] = None,
    as_json: Json = False,
) -> None:
    """List the methods; with NAME, its parameters, what it needs, and its paper."""
    from handful.cli.methods import run

    run(name, as_json)


@app.command("verify")
def verify(
    manifest: Annotated[
        str | None, typer.Argument(metavar="MANIFEST", help="OUT.manifest.json")
    ] = None,
    pool: Annotated[
        list[str] | None,
        typer.Argument(metavar="[POOL...]", help="The pool, where it is not where it was."),
    ] = None,
    memory: Annotated[str | None, typer.Option("--memory", metavar="SIZE")] = None,
    threads: Annotated[int | None, typer.Option("--threads", metavar="N")] = None,
    cache_dir: Annotated[str | None, typer.Option("--cache-dir", metavar="FOLDER")] = None,
    no_cache: Annotated[bool, typer.Option("--no-cache")] = False,
    as_json: Json = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Print nothing but errors.")] = False,
) -> None:
    """Read the inputs again, choose again, and say whether the same rows come out."""
    from handful.cli.verify import run

    if manifest is None:
        raise errors.no_manifest()
    means = {"memory": memory, "threads": threads, "cache": False if no_cache else cache_dir}
    run(manifest, pool or None, means, as_json=as_json, quiet=quiet)


@app.command("report")
def report(
    manifest: Annotated[str, typer.Argument(metavar="MANIFEST", help="OUT.manifest.json")],
    pool: Annotated[
        list[str] | None,
        typer.Argument(metavar="[POOL...]", help="The pool, where it is not where it was."),
    ] = None,
    output: Annotated[
        str | None, typer.Option("-o", "--output", metavar="FILE.html", help="Else beside OUT.")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace it if it exists.")
    ] = False,
    memory: Annotated[str | None, typer.Option("--memory", metavar="SIZE")] = None,
    threads: Annotated[int | None, typer.Option("--threads", metavar="N")] = None,
    cache_dir: Annotated[str | None, typer.Option("--cache-dir", metavar="FOLDER")] = None,
    no_cache: Annotated[bool, typer.Option("--no-cache")] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Print nothing but errors.")] = False,
) -> None:
    """Make the page of a selection: one HTML file that opens from disk and asks nothing of any network."""
    from handful.cli.report import run

    means = {"memory": memory, "threads": threads, "cache": False if no_cache else cache_dir}
    run(manifest, pool or None, output, means, overwrite=overwrite, quiet=quiet)


@app.command("explain")
def explain(
    manifest: Annotated[str, typer.Argument(metavar="MANIFEST", help="OUT.manifest.json")],
    row: Annotated[
        str, typer.Argument(metavar="ROW_ID", help="An id, or a row number without ids.")
    ],
    pool: Annotated[
        list[str] | None,
        typer.Argument(metavar="[POOL...]", help="The pool, where it is not where it was."),
    ] = None,
    as_json: Json = False,
    memory: Annotated[str | None, typer.Option("--memory", metavar="SIZE")] = None,
    threads: Annotated[int | None, typer.Option("--threads", metavar="N")] = None,
    cache_dir: Annotated[str | None, typer.Option("--cache-dir", metavar="FOLDER")] = None,
    no_cache: Annotated[bool, typer.Option("--no-cache")] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="No progress.")] = False,
) -> None:
    """Why a row is in, or out: its gain and rank, its nearest pick, what stood against it."""
    from handful.cli.explain import run

    means = {"memory": memory, "threads": threads, "cache": False if no_cache else cache_dir}
    run(manifest, row, pool or None, means, as_json=as_json, quiet=quiet)


Parameters = Annotated[
    list[str] | None, typer.Option("--param", metavar="KEY=VALUE", help="A parameter of it.")
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace OUT if it exists.")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Print nothing but errors.")]


@app.command("lasso-tasks")
def lasso_tasks(
    heads: Annotated[
        str, typer.Argument(metavar="HEADS", help="A .npy (k, T), or a file with a column a task.")
    ],
    target: Annotated[
        str,
        typer.Option("--target", metavar="FILE|COLUMN", help="The target's head; needed."),
    ] = "",
    samples: Annotated[
        str, typer.Option("--samples", metavar="N", help="To share out: 10000, 10k; needed.")
    ] = "",
    param: Parameters = None,
    output: Annotated[
        str | None,
        typer.Option("-o", "--output", metavar="OUT", help="A table of tasks: .csv, .jsonl, …"),
    ] = None,
    overwrite: Overwrite = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Share out samples over source tasks, by how much each says about a target's head (Lasso).

    Its parameters: handful methods lasso-tasks.
    """
    from handful.cli.weighing import run_tasks

    asked = {"heads": heads, "target": target, "samples": samples}
    run_tasks(asked, param or [], output, overwrite=overwrite, as_json=as_json, quiet=quiet)


@app.command("pooled-negatives")
def pooled_negatives(
    scores: Annotated[
        list[str], typer.Argument(metavar="SCORES...", help="Files of one candidate a row.")
    ],
    query: Annotated[str, typer.Option("--query", metavar="COLUMN")] = "query",
    document: Annotated[str, typer.Option("--document", metavar="COLUMN")] = "document",
    relevance: Annotated[
        str, typer.Option("--relevance", metavar="COLUMN", help="Scores of the relevance model.")
    ] = "relevance",
    selection: Annotated[
        str, typer.Option("--selection", metavar="COLUMN", help="Scores of the selection model.")
    ] = "selection",
    positive: Annotated[
        str, typer.Option("--positive", metavar="COLUMN", help="1 where labelled relevant, else 0.")
    ] = "positive",
    param: Parameters = None,
    sample: Annotated[
        int | None,
        typer.Option("--sample", metavar="N", min=1, help="Negatives to draw for each query."),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Of the draw.")] = 0,
    output: Annotated[
        str | None,
        typer.Option("-o", "--output", metavar="OUT", help="The rows, with weights added."),
    ] = None,
    overwrite: Overwrite = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Weigh candidates so that pooling does not turn relevant ones into negatives.

    Adds weight, selection_weight and keep to each row; with --sample also drawn. Its parameters: handful methods
    pooled-negatives.
    """
    from handful.cli.weighing import run_negatives

    columns = {"query": query, "document": document, "relevance": relevance}
    columns |= {"selection": selection, "positive": positive}
    draw = None if sample is None else (sample, seed)
    run_negatives(
        scores,
        columns,
        param or [],
        draw,
        output,
        overwrite=overwrite,
        as_json=as_json,
        quiet=quiet,
    )


@app.command("cache")
def cache(
    clear: Annotated[bool, typer.Option("--clear", help="Remove all of it.")] = False,
    cache_dir: Annotated[str | None, typer.Option("--cache-dir", metavar="FOLDER")] = None,
    as_json: Json = False,
) -> None:
    """Show what is kept between runs, or clear it."""
    from handful.cli.cache import run

    run(cache_dir, clear=clear, as_json=as_json)
