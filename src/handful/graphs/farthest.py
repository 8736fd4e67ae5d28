"""Farthest-first: again and again the row farthest from its nearest pick.

The plain loop measures every row against every pick. Here a row's distance is brought up to date only
while the row is among the farthest: distances to the nearest pick only fall, so an old one is an upper
bound. A front of the rows with the largest old ones is kept current; once its largest has fallen to what
rows outside could still have, a new front is drawn. The picks are those of the plain loop in float64.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from handful.graphs.rows import mean_row, single_pairs, squared_distances, squared_lengths
from handful.runtime.blas import one_blas_thread

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

FRONT = 2048
"""Rows in the first front."""

PANEL = 1 << 21
"""Distances computed at once, at most."""

ASKED, GROUP = 2048, 64
"""Rows asked which picks are near to many, and picks that rows are measured against together."""


class Farthest:
    """The squared distance of each row to its nearest pick, known only as far as choices need.

    Args:
        rows: (n, d) float32, dense or CSR; unit rows for distances under the cosine.
        rank: (n,) by which ties break; None: row order.

    Attributes:
        picks: Rows added so far, in order.

    Cost: O(n·d) for the first pick; then about 1 % of n·d a pick where outliers lead, and n·k·d in all at
    worst. Memory: 32 bytes a row, and a copy of the front.

    Example:
        >>> far = Farthest(np.array([[0], [1], [4], [9]], np.float32))
        >>> far.add(0)
        >>> far.farthest()
        (3, 81.0)
    """

    def __init__(self, rows: Any, rank: Indices | None = None) -> None:
        n = rows.shape[0]
        self.rows, self.rank, self.picks = rows, rank, list[int]()
        self._squares = squared_lengths(rows).astype(np.float32)
        d, longest = rows.shape[1], float(self._squares.max(initial=0.0))
        self._error = np.float32(2.0**-24 * (2 * d + 32) * longest)
        self._distance = np.full(n, np.inf, np.float32)  # to the nearest of the first `seen` picks
        self._seen = np.zeros(n, np.int64)
        self._exact = np.full(n, np.inf)  # the same in float64, of the first `settled` picks
        self._settled = np.zeros(n, np.int64)
        self._open = np.ones(n, bool)
        self._front = np.zeros(0, np.int64)
        self._front_rows = rows[self._front]
        self._outside = np.float32(np.inf)  # no open row outside the front is farther than this
        self._size, self._drawn_at = FRONT, -8

    def add(self, row: int) -> None:
        """Add a pick. O(1) until the next question."""
        self.picks.append(row)
        self.drop(row)

    def drop(self, row: int) -> None:
        """Leave a row out of the choice from now on."""
        self._open[row] = False

    def reopen(self) -> None:
        """Take all rows into the choice again, picks too, so that `farthest` gives the covering radius."""
        self._open[:] = True
        self._front = self._front[:0]
        self._outside = np.float32(np.inf)

    def runners_up(self, count: int) -> tuple[Indices, Floats]:
        """The open rows farthest from their nearest pick, farthest first, and their float32 squared distances.

        Some rows tell how far the last of them is at least, and which picks are near to many. Those are met
        first, and a row that one pick is nearer to than that meets no other. Equally far rows: by rank.
        """
        rows, picks = np.flatnonzero(self._open), np.array(self.picks, np.int64)
        with one_blas_thread():
            asked = rows[:: max(1, len(rows) // ASKED)]
            apart, place = self._measured(asked, picks)
            popular = np.argsort(-np.bincount(place, minlength=len(picks)), kind="stable")
            least = np.sort(apart)[-count] - 2 * self._error if count <= len(asked) else -np.inf
            distance = np.full(len(rows), np.inf, np.float32)
            for start in range(0, len(picks), GROUP):
                some = picks[popular[start : start + GROUP]]
                distance = np.minimum(distance, self._measured(rows, some)[0])
                rows, distance = rows[distance >= least], distance[distance >= least]
        ties = rows if self.rank is None else self.rank[rows]
        best = np.lexsort((ties, -distance))[:count]
        return rows[best], distance[best].astype(np.float64)

    def squares_to_mean(self) -> Floats:
        """(n,) float64 squared distance of each row to the mean of all rows, rounded to float32."""
        return squared_distances(self.rows, mean_row(self.rows))

    def farthest(self) -> tuple[int, float] | None:
        """The open row farthest from its nearest pick, and the squared distance; None where none is open.

        Of equally far rows, the one of the lowest rank. There is at least one pick.
        """
        assert self.picks, "farthest from what? add a first pick"
        with one_blas_thread():
            close = self._close()
        if not len(close):
            return None
        self._settle(close)
        exact = self._exact[close]
        best = close[exact == exact.max()]
        row = int(best[np.argmin(best if self.rank is None else self.rank[best])])
        return row, float(self._exact[row])

    def _close(self) -> Indices:
        """Open rows of which the farthest is one: all within rounding of the largest distance."""
        if self._distance[self.picks[0]] == np.inf:
            self._update(np.arange(len(self._seen)))
            self._draw()
        while True:
            self._update(self._front)
            here = self._front[self._open[self._front]]
            if len(here):
                least = self._distance[here].max() - 2 * self._error
                if least > self._outside:
                    close: Indices = here[self._distance[here] >= least]
                    return close
            elif self._outside == -np.inf:
                return here
            self._draw()

    def _draw(self) -> None:
        """A new front: the open rows with the largest distances, as far as they are known."""
        if len(self.picks) - self._drawn_at < 8:
            self._size *= 2
        self._drawn_at = len(self.picks)
        rows = np.flatnonzero(self._open)
        if self._size < len(rows):
            order = np.argpartition(-self._distance[rows], self._size)
            self._outside = self._distance[rows[order[self._size :]]].max() + self._error
            rows = np.sort(rows[order[: self._size]])
        else:
            self._outside = np.float32(-np.inf)
        self._front, self._front_rows = rows, self.rows[rows]

    def _update(self, rows: Indices) -> None:
        """Bring some rows up to date by the picks that some of them have not met."""
        if not len(rows):
            return
        first = int(self._seen[rows].min())
        new = np.array(self.picks[first:], np.int64)
        if not len(new):
            return
        ours = self._front_rows if rows is self._front else self.rows
        step = max(1, PANEL // len(new))
        for start in range(0, len(rows), step):
            block = slice(start, start + step)
            near = self._nearest(ours[block], self._squares[rows[block]], new)
            self._distance[rows[block]] = np.minimum(self._distance[rows[block]], near)
        self._seen[rows] = len(self.picks)

    def _nearest(self, ours: Any, squares: Any, picks: Indices) -> NDArray[np.float32]:
        """Squared float32 distances of a block of rows to the nearest of some picks."""
        half = np.max(self._halves(ours, picks), axis=1)
        return np.asarray(np.maximum(squares - 2 * half, 0.0), np.float32)

    def _measured(self, rows: Indices, picks: Indices) -> tuple[NDArray[np.float32], Indices]:
        """The squared float32 distance of each of some rows to the nearest of some picks, and its place."""
        apart, place = np.zeros(len(rows), np.float32), np.zeros(len(rows), np.int64)
        step = max(1, PANEL // len(picks))
        for start in range(0, len(rows), step):
            block = slice(start, start + step)
            half = self._halves(self.rows[rows[block]], picks)
            place[block] = half.argmax(axis=1)
            apart[block] = np.maximum(self._squares[rows[block]] - 2 * half.max(axis=1), 0.0)
        return apart, place

    def _halves(self, ours: Any, picks: Indices) -> NDArray[np.float32]:
        """(m, p) ⟨x, y⟩ − ‖y‖² / 2 of a block of rows and some picks: largest where they are nearest."""
        products = ours @ self.rows[picks].T
        if hasattr(products, "toarray"):
            products = products.toarray()
        halves: NDArray[np.float32] = products - 0.5 * self._squares[picks]
        return halves

    def _settle(self, rows: Indices) -> None:
        """Bring the float64 distances of some rows up to date, by the picks each has not met."""
        missing = len(self.picks) - self._settled[rows]
        rows, missing = rows[missing > 0], missing[missing > 0]
        if not len(rows):
            return
        ends = np.cumsum(missing)
        place = np.arange(ends[-1]) - np.repeat(ends - missing, missing)
        picks = np.array(self.picks, np.int64)[np.repeat(self._settled[rows], missing) + place]
        squares = single_pairs(self.rows, np.repeat(rows, missing), self.rows, picks, metric=True)
        nearest = np.minimum.reduceat(squares, ends - missing)
        self._exact[rows] = np.minimum(self._exact[rows], nearest)
        self._settled[rows] = len(self.picks)
