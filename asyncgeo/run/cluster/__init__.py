"""Many workers, one run: problems are leased to them, and their answers come back to the one writer.

In: problems, one by one, from the pipeline of the command itself (the driver). Out: their answers. To that pipeline a
`Driver` is an extractor and slots like any other; plan, shards, event log and screen stay where they are.

    pipeline → driver ── problems, share, grants ──→ worker × N → client → endpoint
    shards ← pipeline ← driver ←── answers, bills, pace ──┘

A worker is an actor of a Ray cluster with an event loop and a session of its own. When it dies, what it was leased is
asked again.

Files in order, each imports only those before it: `leases` (which worker has what) → `budget` (paid by the driver) →
`worker` → `driver` (which gives each worker its share of the limits too) → `nodes` (of the cluster).
"""
