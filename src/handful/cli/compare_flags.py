"""The flags of `compare`: those of `select` that say what the rows are, and its own."""

from __future__ import annotations

from handful.cli.flags import FLAGS, PANELS, Flag

_SAME = ("How much", "What a row is", "What the picks should be like")

COMPARE_PANELS: dict[str, tuple[Flag, ...]] = {
    **{panel: PANELS[panel] for panel in _SAME},
    "What is compared": (
        Flag(
            "--method",
            list,
            "NAME",
            "Once for each: dsir, 'dsir:ngrams=3', all. By default what select takes.",
        ),
        Flag("--seeds", int, "N", "By default 10; fewer than 5 give no interval."),
        FLAGS["seed"],
    ),
    "How it is tested": (
        Flag(
            "--probe",
            str,
            "NAME",
            "auto, classifier, number, ngram_model, nearest; 'classifier:penalty=2'.",
        ),
        Flag(
            "--probe-command",
            str,
            "COMMAND",
            "Of your own, './train.sh {subset}'; prints a number.",
        ),
        Flag("--smaller-is-better", bool, None, "Of the number your command prints."),
        Flag("--test", str, "FILE", "Rows to test on; else some are held out for each seed."),
        Flag("--test-embeddings", str, "FILE", "As --embeddings, of the rows of --test."),
        Flag("--test-array", list, "NAME=FILE", "As --array, of the rows of --test."),
    ),
    "What is written": (
        Flag("-o --output", str, "TABLE", "The table as .csv, .tsv, .parquet or .json."),
        Flag("--report", str, "HTML", "The page: gains with intervals, learning curves, costs."),
        FLAGS["overwrite"],
        FLAGS["json"],
        FLAGS["quiet"],
    ),
    "Means": tuple(flag for flag in PANELS["Means"] if flag.key != "config"),
}
