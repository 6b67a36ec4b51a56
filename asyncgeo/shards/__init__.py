"""Shards on disk: their names, who may write them, how they are written, and what they already hold."""

from asyncgeo.shards.file import Shard
from asyncgeo.shards.lines import Finding, Findings, places
from asyncgeo.shards.lock import Holder, holders
from asyncgeo.shards.names import Bounds, find, name, need, parse_name, plan
from asyncgeo.shards.scan import Redo, RunSource, Scan, Standing, Standings, is_done, scan

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
    "is_done",
    "name",
    "need",
    "parse_name",
    "places",
    "plan",
    "scan",
]
