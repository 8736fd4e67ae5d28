"""Disparity sum: picks far apart on the whole."""

from handful.methods import _works
from handful.methods._maximise import offered
from handful.objectives import disparity_sum

DisparitySum = offered(
    disparity_sum.DisparitySum,
    needs=("features",),
    paper="Ravi, Rosenkrantz & Tayi 1994, Heuristic and special case algorithms for dispersion problems",
    work=_works.pick_by_pick,
    cost="O(n·k·d) time",
    optimises=("diversity",),
)
