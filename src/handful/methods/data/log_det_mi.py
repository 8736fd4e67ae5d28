"""Targeted log-determinant: picks that say much about the target, and not the same thing twice."""

from handful.methods import _works
from handful.methods._maximise import offered
from handful.objectives import log_det_mi

LogDetMI = offered(
    log_det_mi.LogDetMI,
    needs=("features", "target_features"),
    paper="Kothawade et al. 2022, PRISM: targeted subset selection",
    work=_works.factor,
    cost="O(n·k·(k + q + d)) time",
)
