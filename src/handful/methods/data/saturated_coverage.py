"""Saturated coverage: every row of the pool is near enough to the picks as a whole."""

from handful.methods import _works
from handful.methods._maximise import offered
from handful.objectives import saturated_coverage

SaturatedCoverage = offered(
    saturated_coverage.SaturatedCoverage,
    needs=("features",),
    paper="Lin & Bilmes 2011, A class of submodular functions for document summarization",
    work=_works.totals,
    cost="O(n²·d) time a sweep",
    optimises=("coverage",),
)
