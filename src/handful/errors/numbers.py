"""Numbers and matrices that an objective or optimizer cannot use."""

from __future__ import annotations

from handful.errors._base import DataError, UsageError


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
        "Where these are counts, say how likely one mention covers: mention=0.5; or use SetCover."
    )


def negative_value(what: str, row: int, value: float, objective: str) -> DataError:
    """A negative or infinite number where only finite numbers ≥ 0 make sense."""
    return DataError(
        f"{what}[{row}] = {value:.6g}, and {objective} needs finite values ≥ 0. Shift or mend it."
    )


def negative_feature(row: int, value: float, objective: str) -> DataError:
    """A feature below 0, or infinite, where amounts are added up."""
    return DataError(
        f"features[{row}] = {value:.6g}, and {objective} needs finite values ≥ 0. Counts of words are "
        "(--features hashed_ngrams); for embeddings use feature_based with signed=split."
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


def optimizer_refuses(optimizer: str, objective: str, reason: str, instead: str) -> UsageError:
    """An optimizer that cannot serve this objective or budget."""
    return UsageError(
        f"{optimizer} cannot maximise {objective}: it needs {reason}. Use --optimizer {instead}."
    )


def not_a_graph(kind: str) -> UsageError:
    """Something else where a neighbour graph belongs."""
    return UsageError(
        f"graph is a {kind}, and must be a sparse matrix whose row i lists the neighbours of row i. "
        "For a dense one there is FacilityLocation(similarity=…)."
    )


def dense_only(what: str, instead: str = "search=exact") -> UsageError:
    """Sparse rows where only dense ones are served."""
    return UsageError(
        f"{what} needs dense features, and these are sparse. Use {instead}, or --features tfidf_svd."
    )


def transport_not_solved(shape: tuple[int, int], reason: str) -> DataError:
    """The simplex gave up."""
    return DataError(
        f"The transport of {shape[0]:,} rows to {shape[1]:,} targets was not solved exactly: {reason} "
        "Bring the features to a moderate scale, or take fewer rows of target."
    )
