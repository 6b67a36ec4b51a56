"""Permission to send, at the pace the endpoint bears.

    limits = Limits(settings.limits)
    await limits.acquire()                       # a slot, before the task for a problem is made
    permit = await limits.admit(tokens)          # immediately before each send, each retry again
    limits.observe(permit, Outcome(...))         # what came of it
    limits.settle(permit, tokens)                # what it was charged
    limits.release()

Files in the order of a request: `slots` → `turnstile` (first come, first served) → `outage` (is it down?) →
`pace` (requests and tokens per minute, in `buckets`) → `admission`, the door that owns them all. What is learned
meanwhile: `learn` (rates; `random_refusals` have nothing to do with them), `waits` (whom a named wait is for),
`growth` (requests in flight), `meter`, `neighbours`; `account` says what limited the run.
"""

from asyncgeo.limits.account import Bound
from asyncgeo.limits.admission import Limits
from asyncgeo.limits.permits import Outcome, Permit, Shares, View

__all__ = ["Bound", "Limits", "Outcome", "Permit", "Shares", "View"]
