"""Shards on disk: their names, who may write them, how they are written, and what they already hold."""

from asyncgeo.store.appender import Shard
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
    "Shard",
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
