"""Groups in an order of which every beginning holds them in proportion."""

from __future__ import annotations

from heapq import heappop, heappush

import numpy as np

from handful.selection import Indices


def in_proportion(sizes: Indices) -> Indices:
    """One group at a time, so that after every turn each has its share, rounded down or up.

        ⌊t·n_g/n⌋ ≤ seats of g in the first t turns ≤ ⌈t·n_g/n⌉    for every t and g

    The j-th seat of a group may come from turn ⌊(j−1)·n/n_g⌋ + 1 on and must come by turn ⌈j·n/n_g⌉. There is
    always an order that keeps all of these, and of the seats that may come, the one that must come soonest is
    never wrong. Ties go to the seat whose even place, (j − ½)·n/n_g, comes first, then to the larger group, then
    to the earlier one. Largest remainders taken anew for every t would not do: a group can lose a seat as t grows
    (the Alabama paradox).

    Args:
        sizes: (groups,) int64 ≥ 0.

    Returns:
        (sum of sizes,) int64: the group of each turn.

    Cost: O(n log n), 160 bytes a row.

    Example:
        >>> in_proportion(np.array([4, 2, 1])).tolist()
        [0, 1, 0, 0, 2, 1, 0]

    Source: Steiner & Yeomans 1993, Level schedules for mixed-model, just-in-time processes, section 3. Balinski &
    Young 1975, The quota method of apportionment, for the shares.
    """
    total = int(sizes.sum())
    groups = np.repeat(np.arange(len(sizes)), sizes)
    size = sizes[groups]
    seat = 1 + np.arange(total) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    soonest, latest = (seat - 1) * total // size, -(-seat * total // size)
    urgent = np.lexsort((groups, -size, (2 * seat - 1) / size, latest))
    coming = np.argsort(soonest[urgent], kind="stable")
    until = np.searchsorted(soonest[urgent][coming], np.arange(total), side="right").tolist()
    seats, waiting, turns, start = coming.tolist(), list[int](), list[int](), 0
    for stop in until:
        for place in seats[start:stop]:
            heappush(waiting, place)
        turns.append(heappop(waiting))
        start = stop
    return np.asarray(groups[urgent[np.array(turns, np.int64)]], np.int64)
