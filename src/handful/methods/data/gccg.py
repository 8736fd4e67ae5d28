"""Conditional graph cut: like the pool, unlike each other and unlike what is already owned."""

from handful.methods import _works
from handful.methods._maximise import offered
from handful.objectives import gccg

GCCG = offered(
    gccg.GCCG,
    needs=("features", "given_features"),
    paper="Kothawade et al. 2022, PRISM: targeted subset selection",
    work=_works.totals,
    cost="O(n²·d) time once, O(n·d) a pick",
)
