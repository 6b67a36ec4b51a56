"""A run through the Batch API: submit, wait, answer; each begins anew from what is on the disk.

In: a plan, and how rows are made of answers, which is an ordinary run over some of the problems. Out: rows by way of
that, batches at the endpoint, and `batches.jsonl` (`store.batches`). While it waits it holds that file and no shard.

    pending ─ render ─ planned ─ upload ─ create ─ look ─ download ─ sort ─ answer ─ closed
       ▲          (input file)              ▲ no room ┘                ├ again: pending, in the next batch
       └────────────────────────────────────┴──────────────────────────┘ (three times; then live)

`cut`, `sort` (what to do; pure) · `budget` (money) → `context` (what all share) → `submit`, `wait` (what is done) →
`cycle` (in which order).
"""

from asyncgeo.run.batch.cycle import BatchRun

__all__ = ["BatchRun"]
