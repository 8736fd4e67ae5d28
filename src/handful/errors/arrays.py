"""Arrays of features."""

from __future__ import annotations

from collections.abc import Iterable

from handful.errors._base import DataError, UsageError, listed


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
        f"{path} holds several arrays: {listed(names)}. Save the one you mean as .npy."
    )


def cache_full(folder: object, needed: int) -> DataError:
    """No room for what is kept between runs."""
    return DataError(
        f"{folder}: the disk has no room for {needed:,} bytes of cached features. Make room (handful cache "
        "--clear), or pass --no-cache, or --cache-dir FOLDER on another disk."
    )


def negative_activation(whose: str, place: tuple[int, int], value: float) -> DataError:
    """An overlap of activations, one of which is below 0."""
    return DataError(
        f"Activations of {whose}: [{place[0]}, {place[1]}] = {value:g}, and mona needs values ≥ 0. "
        "Take them after the autoencoder's nonlinearity."
    )


def moments_of_others(names: Iterable[str]) -> DataError:
    """Optimiser state that does not belong to the gradients."""
    return DataError(
        f"Gradients and moments are not of the same weights: {listed(list(names)[:3])} differ. Pass all three "
        "by the names of the model's parameters, each of one shape."
    )


def losses_of_models(name: str, columns: int, models: int) -> DataError:
    """A column of losses too many or too few."""
    return DataError(
        f"The target's array {name!r} has {columns} columns, and --param benchmark names {models} models. "
        "Give one column of losses for each score, in the same order."
    )


def models_all_tie() -> DataError:
    """A benchmark that ranks nothing."""
    return DataError(
        "All models have the same benchmark score, so no loss can rank them as it does. Pass models that differ."
    )


def nothing_to_learn(rows: int) -> DataError:
    """No contrast between sampled texts."""
    return DataError(
        f"The {rows} sampled texts all have the same predictive strength: there is nothing to learn from them. "
        "Sample more texts, or pass models that differ more."
    )
