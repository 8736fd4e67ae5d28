"""Facility location: every row of the pool has a pick that stands close to it."""

from handful.methods._maximise import offered
from handful.objectives import facility_location
from handful.runtime.work import Size, Work

REFRESHED = 20
"""Gains that lazy greedy computes again for a pick, about."""


def _work(size: Size) -> Work:
    """All pairs once, and some columns again for each pick; the rows at unit length, and lists of pairs."""
    return Work(
        multiply_adds=float(size.n) * size.d * (size.n + REFRESHED * size.k),
        memory_bytes=(64 + 4 * size.d) * size.n + 2**28,
    )


FacilityLocation = offered(
    facility_location.FacilityLocation,
    needs=("features",),
    paper="Cornuéjols, Fisher & Nemhauser 1977, Location of bank accounts to optimize float",
    work=_work,
    cost="O(n²·d) time, O(n) memory beyond a block; n² held where it fits",
    optimises=("coverage",),
)
