"""Permission to send, at the pace the endpoint bears.

    limits = Limits(settings.limits)
    await limits.acquire()                       # a slot, before the task for a problem is made
    permit = await limits.admit(tokens)          # immediately before each send, each retry again
    limits.observe(permit, Outcome(...))         # what came of it
    limits.settle(permit, tokens)                # what it was charged
    limits.release()

Files in the order of a request: `slots` → `queue` (first come, first served) → `outage` (is it down?) →
`pace` (requests and tokens per minute, in `buckets`) → `limits`, the door that owns them all. What is learned
meanwhile: `rate` (rates; `random_refusals` have nothing to do with them), `retry_after` (whom a named wait is for),
`concurrency` (requests in flight), `meter`, `shared`; `bottleneck` says what limited the run.
"""

from asyncgeo.llm.limits.bottleneck import Bound
from asyncgeo.llm.limits.limits import Limits
from asyncgeo.llm.limits.permits import Outcome, Permit, Shares, View

__all__ = ["Bound", "Limits", "Outcome", "Permit", "Shares", "View"]
