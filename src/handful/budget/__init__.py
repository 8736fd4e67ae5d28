"""What may be picked: the budget as asked, its quotas, and the ledger that keeps them while rows are taken."""

from handful.budget.amounts import exact, exact_sum, parse_amount, parse_fraction, parse_rows
from handful.budget.apart import Apart
from handful.budget.budget import Budget
from handful.budget.ledger import Ledger
from handful.budget.quotas import Bound, Kept, Limit, Quota, Quotas, audit

__all__ = [
    "Apart",
    "Bound",
    "Budget",
    "Kept",
    "Ledger",
    "Limit",
    "Quota",
    "Quotas",
    "audit",
    "exact",
    "exact_sum",
    "parse_amount",
    "parse_fraction",
    "parse_rows",
]
