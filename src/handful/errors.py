"""Every message a user can meet, one named constructor per situation."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class HandfulError(ValueError):
    """The input or the request is at fault; the message says what, where and what to do.

    `exit_code` is what the command line ends with: 1 bad data, 2 usage, 3 constraints that cannot be
    met, 4 interrupted and resumable, 5 verify mismatch.
    """

    exit_code = 1


class DataError(HandfulError):
    """The data read is not as it must be (exit code 1)."""


class UsageError(HandfulError):
    """The request is not one that can be carried out as it is put (exit code 2)."""

    exit_code = 2


class InfeasibleError(HandfulError):
    """The constraints cannot be met together (exit code 3)."""

    exit_code = 3


class VerifyError(HandfulError):
    """A replay differs from its manifest (exit code 5)."""

    exit_code = 5


class HandfulWarning(UserWarning):
    """Something the user should know, though the work goes on."""


def nearest(name: str, known: Iterable[str], *, limit: int = 3) -> str:
    """Suggest the names most like `name`: " Nearest: 'less'." or an empty string.

    Example:
        >>> nearest("les", ["less", "dsir"])
        " Nearest: 'less'."
    """
    close = difflib.get_close_matches(name, list(known), n=limit, cutoff=0.5)
    return f" Nearest: {', '.join(map(repr, close))}." if close else ""


def _list(names: Iterable[object], *, limit: int = 8) -> str:
    shown = [str(name) for name in names]
    tail = f", … ({len(shown)} in all)" if len(shown) > limit else ""
    return ", ".join(shown[:limit]) + tail


# Names ------------------------------------------------------------------------------------------


def unknown_column(column: str, known: Iterable[str]) -> UsageError:
    """A column the pool does not have."""
    known = list(known)
    return UsageError(
        f"Unknown column {column!r}.{nearest(column, known)} There are: {_list(known)}."
    )


def unknown_method(name: str, known: Iterable[str]) -> UsageError:
    """A method nobody registered."""
    return UsageError(
        f"Unknown method {name!r}.{nearest(name, known)} See them all: handful methods."
    )


def unknown_parameter(name: str, owner: str, known: Iterable[str]) -> UsageError:
    """A parameter the method does not have."""
    known = list(known)
    there = f"It has: {_list(known)}." if known else "It has none."
    return UsageError(f"{owner} has no parameter {name!r}.{nearest(name, known)} {there}")


def unknown_choice(name: str, value: object, known: Iterable[str]) -> UsageError:
    """A value outside a closed set."""
    known = list(known)
    return UsageError(f"{name} {value!r} is not one of {_list(known)}.{nearest(str(value), known)}")


def bad_parameter(owner: str, name: str, value: object, expected: str) -> UsageError:
    """A parameter's value of the wrong type or out of range."""
    return UsageError(f"{owner}: {name}={value!r}, and it must be {expected}.")


# Budgets ----------------------------------------------------------------------------------------


def no_budget() -> UsageError:
    """Nothing says how much to pick."""
    return UsageError(
        "No budget. Say how much to pick: --rows 10000, --fraction 5%, or --budget 5M --cost COLUMN."
    )


def budget_without_cost() -> UsageError:
    """An amount of what?"""
    return UsageError("--budget needs --cost: a numeric column, @bytes, @words or @tokens:FILE.")


def cost_without_budget(cost: str) -> UsageError:
    """A cost, but no amount."""
    return UsageError(
        f"--cost {cost} needs --budget: the most that may be spent. Or drop it and pass --rows."
    )


def bad_amount(text: str, flag: str) -> UsageError:
    """A number that cannot be read."""
    return UsageError(f"{flag} {text!r} is not a number ≥ 0. Write 10000, 10k, 2.5M.")


def bad_fraction(text: object, flag: str) -> UsageError:
    """A share that cannot be read."""
    return UsageError(f"{flag} {text!r} is not a share between 0 and 1. Write 5% or 0.05.")


def bad_cost(where: str, column: str, value: object) -> DataError:
    """A cost no budget can be kept with."""
    return DataError(
        f"{where}: {column} = {value}, and a cost must be finite and ≥ 0. Mend it, or --exclude the row."
    )


def budget_below_cheapest(amount: object, cheapest: object) -> InfeasibleError:
    """Not even one row can be paid for."""
    return InfeasibleError(
        f"--budget {amount} is less than the cheapest row costs ({cheapest}). Raise it to at least that."
    )


def not_feasible(row: int) -> InfeasibleError:
    """A row taken against the ledger."""
    return InfeasibleError(
        f"Row {row} may not be taken: it is excluded, already taken, or over the budget."
    )


# Selections -------------------------------------------------------------------------------------


def prefix_only() -> UsageError:
    """An index that is not a prefix."""
    return UsageError(
        "A selection is cut to its first m picks only: selection[:m]. For row numbers use .indices."
    )


def not_nested(method: str) -> UsageError:
    """A prefix of a method that is not nested."""
    return UsageError(
        f"{method} is not nested: the first m of its picks are not what it would pick at m. "
        "Select again with rows=m."
    )


def apply_length(length: int, n: int) -> UsageError:
    """Data other than what was chosen from."""
    return UsageError(
        f"This data has {length} rows, but the selection was made from {n}. Pass the data it was made from."
    )


def cannot_apply(kind: str) -> UsageError:
    """A type whose rows cannot be taken."""
    return UsageError(f"Rows cannot be taken from a {kind}. Use selection.indices with it.")


# Data -------------------------------------------------------------------------------------------


def no_text(known: Iterable[str]) -> UsageError:
    """A method wants text and the pool has no text column."""
    return UsageError(
        "No text column. Name it: --text COLUMN, or a template such as '{instruction}\\n{input}'. "
        f"There are: {_list(known)}."
    )


def not_finite(what: str, where: tuple[int, ...], value: float) -> DataError:
    """A NaN or an infinity among numbers that are computed with."""
    place = ", ".join(map(str, where))
    return DataError(
        f"{what}[{place}] = {value}, and it must be finite. Mend it, or --exclude the row."
    )


def similarity_shape(got: tuple[int, ...], wanted: tuple[int, int]) -> UsageError:
    """A similarity that does not fit the rows it compares."""
    return UsageError(f"The similarity has shape {got}, and these rows need {wanted}.")


def negative_similarity(i: int, j: int, value: float, objective: str) -> DataError:
    """A signed similarity where none may be."""
    return DataError(
        f"similarity[{i}, {j}] = {value:.6g}, and {objective} needs values ≥ 0. "
        "Shift it, or use the default, clipped_cosine."
    )


def weights_shape(got: tuple[int, ...], wanted: int, each: str) -> UsageError:
    """Weights that are not one a row, or one a feature."""
    return UsageError(f"weights have shape {got}, and must be one a {each}: ({wanted},).")


def not_a_chance(row: int, value: float) -> DataError:
    """A number above 1 where chances are needed."""
    return DataError(
        f"features[{row}] holds {value:.6g}, and ProbabilisticCover needs chances in [0, 1]. "
        "Divide by the largest, or use SetCover."
    )


def negative_value(what: str, row: int, value: float, objective: str) -> DataError:
    """A negative or infinite number where only finite numbers ≥ 0 make sense."""
    return DataError(
        f"{what}[{row}] = {value:.6g}, and {objective} needs finite values ≥ 0. Shift or mend it."
    )


def asymmetric_similarity(objective: str) -> DataError:
    """A directed similarity where a mutual one is needed."""
    return DataError(
        f"The similarity is not symmetric, and {objective} needs s_ij = s_ji. Pass (s + s.T) / 2."
    )


def clipped_kernel() -> UsageError:
    """A similarity that need not be positive semidefinite, where a determinant is taken."""
    return UsageError(
        "clipped_cosine need not be positive semidefinite, and a log-determinant needs that. "
        "Use --similarity cosine, dot, euclidean or rbf."
    )


def not_a_kernel(row: int, variance: float) -> DataError:
    """A matrix with a negative eigenvalue, where a determinant is taken."""
    return DataError(
        f"The similarity is not positive semidefinite: row {row} has variance {variance:.3g} given the "
        "picks. Use cosine, dot, euclidean or rbf, or add to its diagonal."
    )


def not_given(objective: str, what: str) -> UsageError:
    """A part of the contract that an objective declares, or is asked for, and does not give."""
    return UsageError(f"{objective} gives no {what}. Declare it in its facts and write it.")


def no_groups() -> UsageError:
    """Caps a group, but no groups."""
    return UsageError(
        "partition_matroid caps rows of each group, and there are none: --group COLUMN."
    )


def optimizer_refuses(optimizer: str, objective: str, reason: str, instead: str) -> UsageError:
    """An optimizer that cannot serve this objective or budget."""
    return UsageError(
        f"{optimizer} cannot maximise {objective}: it needs {reason}. Use --optimizer {instead}."
    )


def bad_template(spec: str, problem: str) -> UsageError:
    """A template that cannot be read."""
    return UsageError(
        f"--text {spec!r}: {problem}. Write columns in braces, '{{instruction}}\\n{{input}}', "
        "and a brace itself twice."
    )


def no_turns(column: str, role: str) -> UsageError:
    """A role asked of a column that holds no chats."""
    return UsageError(
        f"'{{{column}:{role}}}' asks for the turns of one role, but {column} holds no chats. "
        f"Write '{{{column}}}'."
    )


def missing_extra(what: str, extra: str) -> UsageError:
    """An optional dependency that is not installed."""
    return UsageError(f"{what} needs an extra: pip install 'handful[{extra}]'.")


def model_not_here(name: str) -> UsageError:
    """A model that is not on this machine."""
    return UsageError(
        f"No model {name!r} on this machine. Pass its folder: --features sentence_model:model=FOLDER. "
        "handful fetches none by itself."
    )


def bad_flag(flag: str, value: object, expected: str) -> UsageError:
    """A flag's value out of range."""
    return UsageError(f"{flag} {value}: it must be {expected}.")


def bad_spec(text: str) -> UsageError:
    """A name with parameters that cannot be read."""
    return UsageError(f"{text!r} cannot be read. Write NAME or NAME:key=value,key=value.")


def unknown_feature(key: str, known: Iterable[str]) -> UsageError:
    """Features nobody made."""
    known = list(known)
    return UsageError(f"Unknown features {key!r}.{nearest(key, known)} There are: {_list(known)}.")


def empty_id(where: str, column: str) -> DataError:
    """A row without an id."""
    return DataError(
        f"{where}: {column} is empty, and every row needs an id. Mend it, or drop --id."
    )


def duplicate_id(value: str, first: str, second: str, count: int) -> DataError:
    """An id that stands twice."""
    more = f" ({count} ids repeat in all)" if count > 1 else ""
    return DataError(
        f"{second}: id {value!r} already stands at {first}{more}. "
        "Make ids unique, or drop --id to use row numbers."
    )


# Requests ---------------------------------------------------------------------------------------


def several_arrays(names: Iterable[str]) -> UsageError:
    """Several feature arrays and none named."""
    return UsageError(
        f"There are several feature arrays ({_list(names)}). Name the one that similarity is measured on, "
        "for methods that take it by --param array=NAME, or pass one --array."
    )


def unknown_array(name: str, known: Iterable[str]) -> UsageError:
    """A feature array that was not given."""
    known = list(known)
    return UsageError(
        f"No feature array {name!r}.{nearest(name, known)} Pass it: --array {name}=FILE. "
        f"There are: {_list(known) or 'none'}."
    )


def no_target_array(name: str) -> UsageError:
    """The pool's features have no counterpart on the target's side."""
    return UsageError(
        f"The pool's features are the array {name!r}, and the target has none of that name. "
        f"Pass it: --like-array {name}=FILE."
    )


def no_target_text() -> UsageError:
    """Features are made from text, and a target has none."""
    return UsageError(
        "The target has no text to make features of. Name its column: --like-text COLUMN."
    )


def target_unlike_pool() -> UsageError:
    """Nothing that both pool and target have."""
    return UsageError(
        "The target shares nothing with the pool to compare by: both need text (--text, --like-text), "
        "or features of one name (--array NAME=FILE and --like-array NAME=FILE)."
    )


def arrays_of_several_targets() -> UsageError:
    """Arrays cannot be told apart between targets."""
    return UsageError(
        "--like-array goes with one target; with several --like, give each as a file that holds it."
    )


def params_with_object(name: str) -> UsageError:
    """Parameters beside a configured method."""
    return UsageError(
        f"{name!r} was given beside a configured method. Set it on the method itself."
    )


def not_a_method(kind: str) -> UsageError:
    """Neither a method nor an objective."""
    return UsageError(
        f"A {kind} is neither a method nor an objective. Pass a name (see: handful methods), or one of these."
    )


def needs_missing(key: str, missing: Iterable[str]) -> UsageError:
    """What a method needs was not given."""
    return UsageError(f"{key} needs " + "; and ".join(missing) + ".")


def not_honoured(key: str, constraint: str, honours: Iterable[str]) -> UsageError:
    """A constraint the method does not keep."""
    flags = {"amount": "--budget", "include": "--include", "rows": "--rows"}
    kept = ", ".join(flags.get(name, name) for name in honours)
    return UsageError(
        f"{key} does not honour {flags.get(constraint, constraint)}; it honours {kept}. "
        "Choose another method: handful methods."
    )


def empty_pool(where: str) -> DataError:
    """No rows."""
    return DataError(f"{where}: no rows. Check the path, and that the file is not empty.")


def nothing_left(n: int) -> InfeasibleError:
    """Every row is excluded or bad."""
    return InfeasibleError(
        f"None of the {n} rows may be picked: all are excluded or could not be read."
    )


def include_and_exclude(ids: Iterable[str]) -> InfeasibleError:
    """The same id on both lists, or a must-include that cannot be read."""
    return InfeasibleError(
        f"These ids are to be included, but are excluded or could not be read: {_list(ids)}. "
        "Take them off one list."
    )


def includes_over_budget(count: int, budget: object) -> InfeasibleError:
    """The must-includes alone break the budget."""
    return InfeasibleError(
        f"The {count} rows of --include exceed the budget {budget}. Raise it, or include fewer."
    )


def unknown_ids(flag: str, missing: list[str]) -> UsageError:
    """Ids the pool does not have."""
    shown = ", ".join(map(repr, missing[:3]))
    return UsageError(
        f"{flag}: {len(missing)} ids are not in the pool, such as {shown}. Mend the list, or check --id."
    )


def empty_text(where: str, spec: str) -> DataError:
    """A row whose text is empty."""
    return DataError(
        f"{where}: the text ({spec}) is empty. Mend it, --exclude it, or pass --on-bad-row skip."
    )


def target_without_words(name: str) -> DataError:
    """A target from which nothing can be counted."""
    return DataError(
        f"Target {name!r} has no words in its text. Name the right column: --like-text COLUMN."
    )


def bad_score(where: str, column: str, value: float, count: int) -> DataError:
    """A score that is no number."""
    return DataError(
        f"{where}: {column} = {value} ({count} such rows), and a score must be finite. "
        "Mend it, or --exclude the rows."
    )


# Files ------------------------------------------------------------------------------------------


def missing_file(path: object, near: Iterable[str] = ()) -> DataError:
    """A path that leads nowhere."""
    return DataError(f"{path}: no such file or folder.{nearest(str(path), near)} Check the path.")


def no_files(folder: object, known: Iterable[str]) -> DataError:
    """A folder or a glob with nothing in it that can be read."""
    return DataError(f"{folder}: no file to read there. Readable: {_list(known, limit=20)}.")


def cannot_open(path: object, reason: object) -> DataError:
    """A file the system does not let us open."""
    return DataError(f"{path}: cannot be opened ({reason}). Check that it may be read.")


def mixed_kinds(first: object, kind: str, other: object, other_kind: str) -> UsageError:
    """Files of two kinds in one pool."""
    return UsageError(
        f"One pool is of one kind, but {first} is {kind} and {other} is {other_kind}. "
        "Name the files of one kind, or convert the others."
    )


def unknown_format(path: object, known: Iterable[str]) -> UsageError:
    """A suffix that names no format."""
    return UsageError(
        f"{path}: its name does not say which format it is. Known: {_list(known, limit=20)}. "
        "Rename it; for an output, --format says it too."
    )


def unreadable(path: object, kind: str, reason: object) -> DataError:
    """A file that is damaged, or not of the kind its name says."""
    short = " ".join(str(reason).split()).rstrip(". ")
    return DataError(
        f"{path}: not a readable {kind} file ({short[:200]}). It may be cut short: copy or write it again."
    )


def spool_full(path: object, folder: object, reason: object) -> DataError:
    """No room to unpack an input."""
    return DataError(
        f"{path}: cannot be unpacked in {folder} ({reason}). "
        "Make room there, or point TMPDIR at a folder with more."
    )


def json_array(path: object) -> DataError:
    """A JSON document where JSON Lines are expected."""
    return DataError(
        f"{path}: this is one JSON list, not JSON Lines. Write one object a line: jq -c '.[]' {path}."
    )


def foreign_encoding(path: object, encoding: str, kind: str = "JSON Lines") -> DataError:
    """A whole file in another encoding, by its first bytes."""
    return DataError(
        f"{path}: this is {encoding}, and {kind} are UTF-8. "
        f"Convert it: iconv -f {encoding} -t UTF-8 {path}."
    )


def wrong_encoding(where: str, reason: object) -> DataError:
    """Bytes that are not UTF-8."""
    return DataError(
        f"{where}: not valid UTF-8 ({reason}). Convert the file: iconv -f LATIN1 -t UTF-8."
    )


def csv_fields(found: int, expected: int) -> str:
    """Why a CSV record is bad: too few or too many fields."""
    return f"{found} field{'s' * (found != 1)}, where the header has {expected}"


def not_utf8(byte: int) -> str:
    """Why a record is bad: a byte that UTF-8 does not allow there."""
    return f"byte 0x{byte:02X} is not UTF-8; if the file is in another encoding: iconv -f LATIN1 -t UTF-8"


def bad_row(where: str, reason: str) -> DataError:
    """A row that cannot be read, where that ends the work."""
    return DataError(f"{where}: {reason}. Mend it, or pass --on-bad-row skip.")


def open_quote(where: str) -> DataError:
    """A quoted CSV field that runs to the end of the file."""
    return DataError(
        f'{where}: a field opens with a quote (") that is never closed. Close it; '
        "a quote that belongs to the text is doubled, in a field that is quoted."
    )


def repeated_column(path: object, column: str) -> DataError:
    """A header that names a column twice."""
    return DataError(f"{path}: the column {column!r} is there twice. Rename one of them.")


def not_a_number(where: str, column: str, value: object) -> DataError:
    """A value that should be a number."""
    shown = repr(value)
    shown = shown if len(shown) <= 60 else shown[:59] + "…"
    return DataError(
        f"{where}: {column} = {shown}, which is not a number. Mend it, or name another column."
    )


def not_a_vector(where: str, column: str, reason: str) -> DataError:
    """A value that should be a list of numbers as long as the others."""
    return DataError(
        f"{where}: {column} {reason}, and a vector column needs a list of numbers, as many in every row."
    )


def unsupported_data(kind: str, hint: str = "") -> UsageError:
    """An object nothing is known to do with."""
    return UsageError(
        f"Rows cannot be read from a {kind}.{hint} Pass a path, a pandas or polars frame, an Arrow table, "
        "a Hugging Face dataset, a numpy array, a scipy sparse matrix, a list, or a dict of named arrays."
    )


def unlike_lengths(first: str, rows: int, other: str, other_rows: int) -> UsageError:
    """Columns or arrays of one pool with different numbers of rows."""
    return UsageError(
        f"{first!r} has {rows} rows, but {other!r} has {other_rows}. All must have the same number."
    )


# Arrays -----------------------------------------------------------------------------------------


def array_shape(name: str, shape: object) -> DataError:
    """A feature array that is not rows by dimensions."""
    return DataError(f"Array {name!r} has shape {shape}, and it must be (rows, dimensions).")


def array_type(name: str, dtype: object) -> DataError:
    """A feature array that does not hold numbers."""
    return DataError(
        f"Array {name!r} holds {dtype}, and it must hold numbers. Save it as float16 or float32."
    )


def array_rows(name: str, rows: int, pool: object, pool_rows: int) -> DataError:
    """A feature array that does not fit its pool."""
    return DataError(
        f"Array {name!r} has {rows} rows, but {pool} has {pool_rows}. Row i of the array must belong to "
        "row i of the pool: make it again from this pool, with no row left out."
    )


def bad_entry(name: str, row: int, column: int, value: object, where: str) -> DataError:
    """A feature that is NaN or infinite."""
    return DataError(
        f"{name}[{row}, {column}] = {value} ({where}), and features must be finite (as float32). "
        "Make that row's vector again, or remove the row from the pool and the array."
    )


def zero_vector(name: str, row: int, where: str) -> DataError:
    """A feature vector that has no direction."""
    return DataError(
        f"{name}[{row}] is all zeros ({where}), which has no direction. "
        "Make that row's vector again, or remove the row from the pool and the array."
    )


def one_array_file(first: object, second: object) -> UsageError:
    """Several bare arrays as one pool."""
    return UsageError(
        f"A pool of arrays is one file, but {first} and {second} were given. Join them with numpy.vstack."
    )


def which_array(path: object, names: Iterable[str]) -> UsageError:
    """An archive with several arrays where one is wanted."""
    return UsageError(
        f"{path} holds several arrays: {_list(names)}. Save the one you mean as .npy."
    )


def cache_full(folder: object, needed: int) -> DataError:
    """No room for what is kept between runs."""
    return DataError(
        f"{folder}: the disk has no room for {needed:,} bytes of cached features. Make room (handful cache "
        "--clear), or pass --no-cache, or --cache-dir FOLDER on another disk."
    )


# Outputs ----------------------------------------------------------------------------------------


def output_exists(path: object) -> UsageError:
    """Something is there already."""
    return UsageError(f"{path} exists. Pass --overwrite to replace it, or name another output.")


def output_is_input(path: object) -> UsageError:
    """Writing would destroy what is read."""
    return UsageError(f"{path} is one of the inputs. Name another output.")


def output_folder(path: object, reason: str) -> UsageError:
    """A folder that cannot be written to."""
    return UsageError(f"{path}: {reason}. Make the folder, or name another output.")


def output_busy(path: object) -> UsageError:
    """Another run is at it."""
    return UsageError(
        f"{path} is being written by another run. Wait for it, or name another output."
    )


def disk_full(path: object, free: int, written: int, needed: int | None) -> DataError:
    """No room for the output."""
    room = f"{needed:,} bytes are needed" if needed else f"{written:,} bytes were written so far"
    return DataError(
        f"{path}: the disk is full or a size limit is reached ({room}, {free:,} are free). Nothing was left "
        "there. Make room and run the same command again, or name an output elsewhere."
    )


def manifest_format(path: object, found: object, known: int) -> DataError:
    """A manifest of another version."""
    return DataError(
        f"{path}: manifest format {found}, and this version reads {known}. Use the version that wrote it."
    )


def no_room(reason: object) -> DataError:
    """A disk that is full while something other than the output's own file is written."""
    return DataError(
        f"The disk is full or a size limit is reached ({reason}). Make room, and run the same command again."
    )


def column_taken(column: str) -> UsageError:
    """An added column under a name that is in use."""
    return UsageError(
        f"The pool has a column {column!r} already. Give the added column another name."
    )


def cannot_write(format: str, reason: str, suggestion: str) -> UsageError:
    """Rows that a format has no place for."""
    return UsageError(f"{format} cannot hold this: {reason}. {suggestion}")


# Comparisons ------------------------------------------------------------------------------------


def no_probe() -> UsageError:
    """Nothing to train on."""
    return UsageError(
        "Nothing to probe: without labels, text or features no model can be trained on a pick. Pass --label, "
        "--text or --embeddings, or a command of your own: --probe-command './train.sh {subset}'."
    )


def probe_needs(key: str, missing: Iterable[str]) -> UsageError:
    """A probe without what it learns from."""
    how = {"labels": "labels (--label COLUMN)", "numbers": "a numeric --label COLUMN"}
    how |= {"texts": "text (--text COLUMN)", "features": "features (--embeddings FILE)"}
    return UsageError(f"The probe {key} needs {' and '.join(how[m] for m in missing)}.")


def command_without_subset(command: str) -> UsageError:
    """A command that would never see the rows."""
    return UsageError(
        f"--probe-command {command!r}: it must name the picked rows, such as './train.sh {{subset}}'."
    )


def command_failed(command: str, code: int, said: str) -> DataError:
    """The user's own command ended badly."""
    return DataError(
        f"{command}: ended with {code}. It said: {said.strip() or 'nothing'}. Mend it, or run it by hand to see."
    )


def command_without_number(command: str, last: str) -> DataError:
    """The user's own command printed no number."""
    return DataError(
        f"{command}: the last line it printed is {last!r}, and it must be a finite number. Print it last."
    )


def probe_not_finite(value: float) -> DataError:
    """The user's own function returned no number to compare by."""
    return DataError(f"The probe returned {value}, and it must return a finite number.")


def too_few_draws(draws: int, fewest: int) -> UsageError:
    """Too few random picks for any of them to be called rare."""
    return UsageError(
        f"--draws {draws}: with fewer than {fewest} random picks nothing can be called better or worse. "
        f"Ask for at least {fewest}, or for none: --draws 0."
    )


# Command line -----------------------------------------------------------------------------------


def unknown_command(name: str, known: Iterable[str]) -> UsageError:
    """A word that is no command."""
    known = list(known)
    return UsageError(f"No command {name!r}.{nearest(name, known)} There are: {_list(known)}.")


def unknown_flag(name: str, command: str, known: Iterable[str]) -> UsageError:
    """A flag the command does not have."""
    return UsageError(f"{command} has no flag {name}.{nearest(name, known)} See: {command} --help.")


def no_pool() -> UsageError:
    """Nothing to choose from."""
    return UsageError("No pool. Name its files: handful select POOL... --rows 10000 -o OUT.")


def no_manifest() -> UsageError:
    """Nothing to verify."""
    return UsageError("No manifest. Name it: handful verify OUT.manifest.json.")


def no_output() -> UsageError:
    """Rows chosen, and nowhere to put them."""
    return UsageError(
        "No output. Say where the rows go: -o OUT.jsonl, -o - for stdout, or --json to print which they are."
    )


def json_and_rows() -> UsageError:
    """Two things on one stdout."""
    return UsageError("--json and -o - both want stdout. Write the rows to a file: -o OUT.")


def not_named(flag: str, text: str) -> UsageError:
    """A value that lacks its name."""
    return UsageError(f"{flag} {text!r}: write NAME=VALUE, such as {flag} name={text or 'value'}.")


def given_twice(flag: str, name: str) -> UsageError:
    """One name with two values."""
    return UsageError(f"{flag} {name!r} is given twice. Give each its own name: {flag} NAME=PATH.")


def bad_config(path: object, reason: object) -> UsageError:
    """A configuration file that is not TOML."""
    return UsageError(
        f"{path}: not readable as TOML ({reason}). Mend it, or type the flags instead."
    )


def unknown_config_key(path: object, key: str, known: Iterable[str]) -> UsageError:
    """A key that is no flag."""
    return UsageError(
        f"{path}: {key!r} is no flag of handful select.{nearest(key, known)} Keys are the flags' names."
    )


def bad_config_value(path: object, key: str, value: object, expected: str) -> UsageError:
    """A value its flag cannot take."""
    return UsageError(f"{path}: {key} = {value!r}, and it must be {expected}.")


def no_weights(method: str) -> UsageError:
    """A column for weights that mean nothing."""
    return UsageError(
        f"{method} gives its picks no weights here, so --weights-column has nothing to hold. Leave it out."
    )


def bad_usage(reason: str, command: str) -> UsageError:
    """A command line that cannot be read."""
    return UsageError(f"{reason.rstrip('.')}. See: {command} --help.")


def unknown_labels(labels: object) -> DataError:
    """Something in place of classes; scikit-learn's own words, by which its checks know the error."""
    return DataError(f"Unknown label type: {labels!r}. y must hold classes or numbers.")


# Verify -----------------------------------------------------------------------------------------


def replay_differs(what: str, differences: list[str]) -> VerifyError:
    """Something is not as the manifest says."""
    shown = "; ".join(differences[:6])
    more = f"; and {len(differences) - 6} more" if len(differences) > 6 else ""
    return VerifyError(f"Not the same: {what}: {shown}{more}.")


def replay_needs(what: str, why: str) -> UsageError:
    """A manifest that does not hold all that was used."""
    return UsageError(
        f"{what} cannot be had from the manifest alone: {why}. Pass it again, in Python: "
        "handful.verify(manifest, data, like=…)."
    )


def too_little_memory(needed: str, allowed: str, would_fit: Iterable[str]) -> InfeasibleError:
    """A plan that the limit has no room for."""
    ways = list(would_fit)
    advice = f" This would fit: {'; '.join(ways)}." if ways else ""
    return InfeasibleError(f"About {needed} are needed, and --memory allows {allowed}.{advice}")
