"""Feature-based: much of every feature, with less and less return for more of the same."""

from handful.methods import _works
from handful.methods._maximise import offered
from handful.objectives import feature_based

FeatureBased = offered(
    feature_based.FeatureBased,
    needs=("features",),
    paper="Wei, Iyer & Bilmes 2014, Fast multi-stage submodular maximization",
    work=_works.entries,
    cost="O(nonzeros) a sweep, memory linear in the nonzeros",
    optimises=("coverage", "diversity"),
)
