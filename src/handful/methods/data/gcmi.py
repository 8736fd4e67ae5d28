"""Pure relevance: rows that are close to the target, one by one."""

from handful.methods import _works
from handful.methods._maximise import offered
from handful.objectives import gcmi

GCMI = offered(
    gcmi.GCMI,
    needs=("features", "target_features"),
    paper="Kothawade et al. 2022, PRISM: targeted subset selection",
    work=_works.targeted,
    cost="O(q·n·d) time",
)
