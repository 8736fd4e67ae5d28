"""Facility location: every row of the pool has a pick that stands close to it."""

from handful.methods import _works
from handful.methods._maximise import offered
from handful.objectives import facility_location

FacilityLocation = offered(
    facility_location.FacilityLocation,
    needs=("features",),
    paper="Cornuéjols, Fisher & Nemhauser 1977, Location of bank accounts to optimize float",
    work=_works.all_pairs,
    cost="O(n²·d) time, O(n) memory beyond a block; n² held where it fits",
    optimises=("coverage",),
)
