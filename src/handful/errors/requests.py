"""Requests that cannot be carried out as they are put."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from handful.errors._base import InfeasibleError, UsageError, listed, nearest


def no_groups() -> UsageError:
    """Caps a group, but no groups."""
    return UsageError(
        "partition_matroid caps rows of each group, and there are none: --group COLUMN."
    )


def bad_flag(flag: str, value: object, expected: str) -> UsageError:
    """A flag's value out of range."""
    return UsageError(f"{flag} {value}: it must be {expected}.")


def bad_spec(text: str) -> UsageError:
    """A name with parameters that cannot be read."""
    return UsageError(f"{text!r} cannot be read. Write NAME or NAME:key=value,key=value.")


def several_arrays(names: Iterable[str]) -> UsageError:
    """Several feature arrays and none named."""
    return UsageError(
        f"There are several feature arrays ({listed(names)}). Name the one that similarity is measured on, "
        "for methods that take it by --param array=NAME, or pass one --array."
    )


def unknown_array(name: str, known: Iterable[str]) -> UsageError:
    """A feature array that was not given."""
    known = list(known)
    return UsageError(
        f"No feature array {name!r}.{nearest(name, known)} Pass it: --array {name}=FILE. "
        f"There are: {listed(known) or 'none'}."
    )


def no_target_array(name: str) -> UsageError:
    """The pool's features have no counterpart on the target's side."""
    return UsageError(
        f"The pool's features are the array {name!r}, and the target, or the rows owned, have none of that "
        f"name. Pass it: --like-array {name}=FILE, or --given-embeddings FILE."
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


def given_unlike_pool(key: str, what: str) -> UsageError:
    """Rows already owned cannot be told to be duplicates."""
    how = "--like-text COLUMN" if what == "text" else "--given-embeddings FILE"
    return UsageError(
        f"--dedup {key} compares rows by their {what}, and the rows of --given have none such. Pass {how}, or "
        "leave out --given."
    )


def given_embeddings_alone() -> UsageError:
    """Vectors of rows that are not there."""
    return UsageError("--given-embeddings goes with --given: the rows already owned.")


def changes_without_update() -> UsageError:
    """Changes of what?"""
    return UsageError("--changes goes with --update OUT.manifest.json, whose picks it lets change.")


def update_of_other_ids(manifest: str, then: object, now: object) -> UsageError:
    """Old picks are found by id, and the ids are others."""
    old, new = (f"the column {name!r}" if name else "the row numbers" for name in (then, now))
    return UsageError(
        f"The ids of {manifest} are {old}, and here they are {new}. Pass the same --id, for picks are found by it."
    )


def no_trade_off(key: str) -> UsageError:
    """A method without an objective to set a score beside."""
    return UsageError(
        f"--trade-off sets a score beside an objective, and {key} maximises none. Choose one that does, such as "
        "--method facility_location, or leave it out."
    )


def no_trade_off_scale(objective: str, value: float) -> UsageError:
    """An objective that has no size to set beside a score's."""
    return UsageError(
        f"--trade-off needs an objective with a value above 0, and {objective} reaches {value:g} here. "
        "Choose another method, or leave out --trade-off."
    )


def arrays_of_several_targets(array: str, targets: Sequence[str]) -> UsageError:
    """An array that could be any target's."""
    own = " ".join(f"--like-array {target}:{array}=FILE" for target in targets[:2])
    return UsageError(
        f"--like-array {array} could be of any of {len(targets)} targets. Give each its own: {own}; or name a "
        "list column that all of their files have."
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
    flags = {"amount": "--budget", "include": "--include", "rows": "--rows", "quotas": "--quota"}
    flags |= {"max_similarity": "--max-similarity", "changes": "--changes", "floor": "--floor"}
    kept = ", ".join(flags.get(name, name) for name in honours)
    return UsageError(
        f"{key} does not honour {flags.get(constraint, constraint)}; it honours {kept}. "
        "Choose another method: handful methods."
    )


def no_target_to_compare() -> UsageError:
    """Copies of a target, and nothing to find them by."""
    return UsageError(
        "--drop-target-copies needs a target that shares text, or an array's name, with the pool. Pass --like."
    )


def floor_without_targets(targets: int) -> UsageError:
    """A least share for each target, and not two to share."""
    return UsageError(
        f"--floor shares the budget among several targets, and there are {targets}. "
        "Pass --like once for each, or leave --floor out."
    )


def floors_over_budget(floor: float, targets: int) -> UsageError:
    """Least shares that add up to more than all."""
    return UsageError(
        f"--floor {floor:g} for each of {targets} targets is more than the whole budget. "
        f"Ask for at most {1 / targets:.4g}."
    )


def floor_not_met(name: str, received: str, wanted: str) -> InfeasibleError:
    """A target that found fewer rows than its least share."""
    return InfeasibleError(
        f"Target {name!r} got {received} of the {wanted} that --floor promises it, and no more row fits. "
        "Lower --floor, or the budget."
    )


def unknown_ids(flag: str, missing: list[str]) -> UsageError:
    """Ids the pool does not have."""
    shown = ", ".join(map(repr, missing[:3]))
    return UsageError(
        f"{flag}: {len(missing)} ids are not in the pool, such as {shown}. Mend the list, or check --id."
    )
