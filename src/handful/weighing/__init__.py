"""Published systems that pick no rows: they say how much each source, or each candidate, is to weigh."""

from __future__ import annotations

import importlib
from typing import Any

SYSTEMS = {"lasso_tasks": "LassoTasks", "pooled_negatives": "PooledNegatives"}
"""Their modules, and the classes whose fields are their parameters."""


def find(key: str) -> type[Any]:
    """The class of a system."""
    module = importlib.import_module(f"handful.weighing.{key}")
    found: type[Any] = getattr(module, SYSTEMS[key])
    return found
