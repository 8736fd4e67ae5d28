"""Outputs that cannot be written."""

from __future__ import annotations

from handful.errors._base import DataError, UsageError


def output_exists(path: object) -> UsageError:
    """Something is there already."""
    return UsageError(f"{path} exists. Pass --overwrite to replace it, or name another output.")


def output_is_input(path: object) -> UsageError:
    """Writing would destroy what is read."""
    return UsageError(f"{path} is one of the inputs. Name another output.")


def outputs_collide(path: object) -> UsageError:
    """Two outputs of one name."""
    return UsageError(f"{path} is named for two outputs. Give each a name of its own.")


def output_folder(path: object, reason: str) -> UsageError:
    """A folder that cannot be written to."""
    return UsageError(f"{path}: {reason}. Make the folder, or name another output.")


def output_busy(path: object) -> UsageError:
    """Another run is at it."""
    return UsageError(
        f"{path} is being written by another run. Wait for it, or name another output."
    )


def disk_full(path: object, free: int, written: int) -> DataError:
    """No room for the output."""
    return DataError(
        f"{path}: the disk is full or a size limit is reached ({written:,} bytes were written so far, {free:,} "
        "are free). Nothing was left there. Make room and run the same command again, or name an output elsewhere."
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
