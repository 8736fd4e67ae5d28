"""Equal shares of a budget among classes of unequal size, at every budget at once."""

from __future__ import annotations

import numpy as np

from handful.selection import Indices


def in_turns(order: Indices, classes: Indices) -> Indices:
    """One row of each class in turn, in the order given, for as long as the class has rows.

    The first k rows hold min(size, L) or L + 1 of each class: water-filling. A class smaller than its share is
    taken whole, and what it leaves is spread over the others. The first classes have one more where k does not
    come out even.

    Args:
        order: (m,) row numbers, the first of each class first.
        classes: (n,) int64 ≥ 0 class of each row; in a round, classes take their turn in ascending order.

    Returns:
        (m,) the same rows.

    Cost: O(m log m).

    Example:
        >>> in_turns(np.arange(6), np.array([0, 0, 0, 0, 1, 2])).tolist()
        [0, 4, 5, 1, 2, 3]
    """
    rows = order[np.argsort(classes[order], kind="stable")]
    own = classes[rows]
    place = np.arange(len(rows)) - np.searchsorted(own, own)
    return np.asarray(rows[np.lexsort((own, place))], np.int64)
