"""Log-determinant: picks whose features span a large volume."""

from handful.methods import _works
from handful.methods._maximise import offered
from handful.objectives import log_det

LogDet = offered(
    log_det.LogDet,
    needs=("features",),
    paper="Chen, Zhang & Zhou 2018, Fast greedy MAP inference for determinantal point process",
    work=_works.factor,
    cost="O(n·k·(k + d)) time, O(n·k) memory",
    optimises=("diversity",),
)
