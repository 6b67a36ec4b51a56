"""What a run says while it goes on and when it has ended, beside the counts: the pace, and what limited it."""

from typing import Final

from asyncgeo import progress
from asyncgeo.limits import Bound, View
from asyncgeo.tally import Snapshot
from asyncgeo.terminal import printable

_WORTH_SAYING: Final = 0.02
"""Shares of the time below this are left out."""

_WORDS: Final = {
    Bound.REQUESTS: "requests per minute",
    Bound.TOKENS: "tokens per minute",
    Bound.COOL_DOWN: "cool-down after 429",
    Bound.OUTAGE: "endpoint down",
    Bound.CONCURRENCY: "answers awaited (requests in flight × latency)",
    Bound.CPU: "this program's own work",
    Bound.NOTHING: "nothing waiting to be sent",
}


def pace(view: View) -> str:
    """The limits in use now, in a few words: for the progress line."""
    parts = [f"in flight {view.in_flight:,}"]
    if view.requests_limit is not None:
        parts.append(f"RPM {view.requests_used:,.0f}/{view.requests_limit:,.0f}")
    if view.tokens_limit is not None:
        parts.append(f"TPM {view.tokens_used:,.0f}/{view.tokens_limit:,.0f}")
    if view.cool_down:
        parts.append(f"cool-down {view.cool_down:.0f}s")
    if view.share < 1:
        parts.append(f"share {view.share:.0%}")
    return " · ".join(parts)


def limited_by(view: View) -> str:
    """The share of the time that each thing bound, the largest first; empty for a run too short to tell."""
    total = sum(view.bound.values())
    shares = sorted(((seconds / total, bound) for bound, seconds in view.bound.items() if total), reverse=True)
    return " · ".join(f"{_WORDS[bound]} {share:.0%}" for share, bound in shares if share >= _WORTH_SAYING)


def end_lines(snapshot: Snapshot, view: View | None) -> list[str]:
    """The lines of the end block, for the screen and for the log."""
    used = snapshot.tokens
    rate = snapshot.done / snapshot.elapsed if snapshot.elapsed else 0.0
    verdicts = (
        f"parsed {snapshot.parsed:,} · skipped {snapshot.skipped:,} · errors {snapshot.failed + snapshot.stand_ins:,}"
    )
    lines = [
        f"{snapshot.done:,} of {snapshot.total:,} in {progress.duration(snapshot.elapsed)} ({rate:,.1f}/s): {verdicts}",
        f"Requests {snapshot.requests:,} · retries {snapshot.retries:,} · 429s {snapshot.rate_limited:,}",
    ]
    if used.input:
        share = used.cached / used.input
        cost = "" if snapshot.cost is None else f" · ${snapshot.cost:.4f}"
        lines.append(f"Tokens {used.input:,} in ({share:.0%} cached), {used.output:,} out{cost}")
    if view is not None and (limits := limited_by(view)):
        lines.append(f"Limited by: {limits}")
    if snapshot.error_kinds:
        lines.append("Errors: " + " · ".join(f"{kind} {count:,}" for kind, count in snapshot.error_kinds))
        lines += [f"  {printable(error)}" for error in snapshot.last_errors]
    return lines
