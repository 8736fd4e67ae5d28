"""The command line and its files."""

from __future__ import annotations

from collections.abc import Iterable

from handful.errors._base import UsageError, listed, nearest


def unknown_command(name: str, known: Iterable[str]) -> UsageError:
    """A word that is no command."""
    known = list(known)
    return UsageError(f"No command {name!r}.{nearest(name, known)} There are: {listed(known)}.")


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
