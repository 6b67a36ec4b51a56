"""What a folder of shards and event logs holds: looked at any time, beside any run, without disturbing it."""

from asyncgeo.views.status.batches import BatchStatus, open_batches
from asyncgeo.views.status.failures import FailedProblem, Failures, failures
from asyncgeo.views.status.lookup import FoundProblem, best, lookup, search
from asyncgeo.views.status.origin import follow_up, identifiers_of_folder, input_of_folder, keys_of_folder
from asyncgeo.views.status.quality import Verified
from asyncgeo.views.status.rows import StatusCounts
from asyncgeo.views.status.runs import Run, RunState, moment
from asyncgeo.views.status.steps import Step
from asyncgeo.views.status.whole import Dataset, Gap, ShardStatus, Status, Watcher

__all__ = [
    "BatchStatus",
    "Dataset",
    "FailedProblem",
    "Failures",
    "FoundProblem",
    "Gap",
    "Run",
    "RunState",
    "ShardStatus",
    "Status",
    "StatusCounts",
    "Step",
    "Verified",
    "Watcher",
    "best",
    "failures",
    "follow_up",
    "identifiers_of_folder",
    "input_of_folder",
    "keys_of_folder",
    "lookup",
    "moment",
    "open_batches",
    "search",
]
