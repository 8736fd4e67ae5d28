"""Every message a user can meet, one named constructor per situation."""

from handful.errors._base import *
from handful.errors.arrays import *
from handful.errors.budgets import *
from handful.errors.callbacks import *
from handful.errors.commands import *
from handful.errors.comparisons import *
from handful.errors.files import *
from handful.errors.names import *
from handful.errors.numbers import *
from handful.errors.outputs import *
from handful.errors.replays import *
from handful.errors.requests import *
from handful.errors.rows import *
from handful.errors.selections import *
from handful.errors.texts import *
from handful.errors.weighing import *
