"""Target coverage: every target row has a pick close to it, and every pick a target row."""

from handful.methods import _works
from handful.methods._maximise import offered
from handful.objectives import flqmi

FLQMI = offered(
    flqmi.FLQMI,
    needs=("features", "target_features"),
    paper="Kothawade et al. 2022, PRISM: targeted subset selection",
    work=_works.targeted,
    cost="O(q·n·d) a sweep; the pool is never compared with itself",
)
