"""Choose the few worth keeping out of the many.

Names are loaded when first used, so that `import handful` is quick.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from handful.budget import Budget as Budget
    from handful.comparing.compare import compare as compare
    from handful.errors import DataError as DataError
    from handful.errors import HandfulError as HandfulError
    from handful.errors import InfeasibleError as InfeasibleError
    from handful.errors import UsageError as UsageError
    from handful.errors import VerifyError as VerifyError
    from handful.flow.plan import plan as plan
    from handful.flow.save import save as save
    from handful.flow.select import select as select
    from handful.flow.verify import verify as verify
    from handful.methods._utility import Utility as Utility
    from handful.pool import Pool as Pool
    from handful.reporting.explain import explain as explain
    from handful.reporting.report import report as report
    from handful.selection import Selection as Selection
    from handful.weighing.lasso_tasks import lasso_tasks as lasso_tasks
    from handful.weighing.pooled_negatives import pooled_negatives as pooled_negatives

__version__ = "0.1.0"

_HOMES = {
    "Budget": "handful.budget",
    "DataError": "handful.errors",
    "HandfulError": "handful.errors",
    "InfeasibleError": "handful.errors",
    "Pool": "handful.pool",
    "Selection": "handful.selection",
    "UsageError": "handful.errors",
    "Utility": "handful.methods._utility",
    "VerifyError": "handful.errors",
    "compare": "handful.comparing.compare",
    "explain": "handful.reporting.explain",
    "lasso_tasks": "handful.weighing.lasso_tasks",
    "plan": "handful.flow.plan",
    "pooled_negatives": "handful.weighing.pooled_negatives",
    "report": "handful.reporting.report",
    "save": "handful.flow.save",
    "select": "handful.flow.select",
    "verify": "handful.flow.verify",
}

__all__ = sorted([*_HOMES, "__version__"])  # noqa: PLE0605  # the list is the table above


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'handful' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
