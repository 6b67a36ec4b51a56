"""Many workers, one run: problems are leased to them, and their rows come back to the one writer.

In: problems, one by one, from the pipeline of the command itself (the driver). Out: their rows. To that pipeline a
`Fleet` is an extractor and slots like any other; plan, shards, journal and screen stay where they are.

    driver    pipeline → fleet ─ leases ─┐ frames ┌─ inbox → pipeline → client → endpoint
              shards ← rows ← decode ────┘        └─ outbox ← rows, counts, beats        worker × N

A worker is a process with an event loop, a session and a pipeline of its own. It has in hand what its slots can take
and a little more; when it dies, what it had in hand is leased again. One limit for all: `portions` divides it.

Files in the order of the flow: `driver` (owns the workers) → `leases` (who has what) → `messages` (what passes) →
`local` and `cluster` (two ways to start a worker and to reach it: a process of this machine, an actor of a Ray
cluster) → `worker` → `purse` (the budget, asked for over the wire) and `portions` (the limit); `views` adds up what
the workers see.
"""

from asyncgeo.run.cluster.driver import Fleet
from asyncgeo.run.cluster.messages import Setup
from asyncgeo.run.cluster.portions import Portions

__all__ = ["Fleet", "Portions", "Setup"]
