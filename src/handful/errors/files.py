"""Files that cannot be found or read."""

from __future__ import annotations

from collections.abc import Iterable

from handful.errors._base import DataError, UsageError, listed, nearest


def missing_file(path: object, near: Iterable[str] = ()) -> DataError:
    """A path that leads nowhere."""
    return DataError(f"{path}: no such file or folder.{nearest(str(path), near)} Check the path.")


def no_files(folder: object, known: Iterable[str]) -> DataError:
    """A folder or a glob with nothing in it that can be read."""
    return DataError(f"{folder}: no file to read there. Readable: {listed(known, limit=20)}.")


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
        f"{path}: its name does not say which format it is. Known: {listed(known, limit=20)}. "
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
