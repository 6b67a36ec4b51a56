"""Everything on disk: shards, what lies beside them, and what they already hold.

In: rows, answers, events as they come; paths. Out: lines in files, and indexes of what the files hold. It knows neither
models nor requests, and nothing of how a run goes.

`names`, `lock` and `own` (who may write what) → `appender` and `writer` (how it is written) → `lines` (what a line is)
→ `survey` and `facts` (one shard) → `scan` (what is done) and `best` (the best row of each id). Beside the shards:
`events`, `raw_answers`, `verdicts`, `ledger`, `batches`. `processes` is the process pool that reads large folders.
"""

from asyncgeo.store.facts import Standing
from asyncgeo.store.lines import Finding, Findings, places
from asyncgeo.store.lock import Holder, holders, in_turn
from asyncgeo.store.names import Bounds, find, lookalikes, name, need, parse_name, plan, uncovered
from asyncgeo.store.own import make_own_folder, open_own, sync_folder
from asyncgeo.store.scan import Redo, RunSource, Scan, Standings, is_done, scan

__all__ = [
    "Bounds",
    "Finding",
    "Findings",
    "Holder",
    "Redo",
    "RunSource",
    "Scan",
    "Standing",
    "Standings",
    "find",
    "holders",
    "in_turn",
    "is_done",
    "lookalikes",
    "make_own_folder",
    "name",
    "need",
    "open_own",
    "parse_name",
    "places",
    "plan",
    "scan",
    "sync_folder",
    "uncovered",
]
