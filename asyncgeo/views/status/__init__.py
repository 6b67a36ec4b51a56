"""What a folder of shards and journals holds: looked at any time, beside any run, without disturbing it."""

from asyncgeo.views.status.failures import Failure, Failures, failures
from asyncgeo.views.status.lookup import Found, best, lookup, search
from asyncgeo.views.status.origin import follow_up, identifiers_of_folder, input_of_folder
from asyncgeo.views.status.rows import Counts
from asyncgeo.views.status.runs import Run, State, moment
from asyncgeo.views.status.steps import Step
from asyncgeo.views.status.whole import Dataset, Gap, ShardStatus, Status, Watcher

__all__ = [
    "Counts",
    "Dataset",
    "Failure",
    "Failures",
    "Found",
    "Gap",
    "Run",
    "ShardStatus",
    "State",
    "Status",
    "Step",
    "Watcher",
    "best",
    "failures",
    "follow_up",
    "identifiers_of_folder",
    "input_of_folder",
    "lookup",
    "moment",
    "search",
]
