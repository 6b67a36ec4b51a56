"""A local OpenAI-compatible endpoint that answers from the rules, enforces limits and plays faults.

    async with Endpoint(Options(rpm=600), script=faults.at({3: "500"})) as endpoint:
        ... endpoint.base_url, endpoint.stats

Files in the order of a request: `server` (connections) → `service` (what happens to a request) → `wire` and `strict`
(what it must be) → `buckets` (may it pass) → `faults` (what goes wrong) → `pace` (how long it takes) → `answers` (what
the rules say, and what that costs). `options` is how all of it behaves, `stats` what was asked.
"""

from asyncgeo.simulator.faults import Received, at, first, read_mix
from asyncgeo.simulator.options import Options
from asyncgeo.simulator.server import Endpoint, serve
from asyncgeo.simulator.stats import SimulatorStats

__all__ = ["Endpoint", "Options", "Received", "SimulatorStats", "at", "first", "read_mix", "serve"]
