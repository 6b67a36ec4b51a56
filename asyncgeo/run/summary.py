"""What a run is doing, in one line, and what it came to, in its last lines.

In: a state, and how the run ended. Out: lines of plain text.
"""

from collections.abc import Iterator
from typing import Final

from asyncgeo.schema.words import billed, duration, money
from asyncgeo.store.events import Ended, Progress

_WORTH_SAYING: Final = 0.02
"""Shares of the time below this are left out."""


BOUNDS: Final = {
    "requests": "requests per minute",
    "tokens": "tokens per minute",
    "cool_down": "cool-down after 429",
    "outage": "endpoint down",
    "concurrency": "answers awaited (slots × latency)",
    "cpu": "this program's own work",
    "nothing": "start-up and last answers",
}
"""What a run can be waiting for (`limits.Bound`), in words."""


DOWN: Final = "the endpoint does not answer"


def line(seen: Progress) -> str:
    """One line of plain text: done/total, rate, verdicts, pace, what is left."""
    return " · ".join(_parts(seen))


def _parts(seen: Progress) -> Iterator[str]:
    yield f"{seen.done:,}/{seen.total:,}"
    yield f"{seen.rate:,.1f}/s"
    yield verdicts(seen)
    if seen.retries:
        yield f"retries {seen.retries:,}"
    if seen.cost is not None:
        yield money(seen.cost)
    yield f"in flight {seen.in_flight:,}"
    for label, used, limit in meters(seen):
        yield f"{label} {used:,.0f}/{limit:,.0f}"
    if seen.cool_down:
        yield f"cool-down {seen.cool_down:.0f}s"
    if seen.down:
        yield DOWN
    if seen.share < 1:
        yield shared(seen)
    yield f"ETA {duration(seen.eta)}"


def meters(seen: Progress) -> Iterator[tuple[str, float, float]]:
    """Name, use and limit of each limit that is known."""
    kinds = (("RPM", seen.requests_used, seen.requests_limit), ("TPM", seen.tokens_used, seen.tokens_limit))
    for label, used, limit in kinds:
        if limit is not None:
            yield label, used, limit


def shared(seen: Progress) -> str:
    """How much of the limit this run has, where others have the rest."""
    return f"{seen.share:.0%} of a shared limit"


def closing(seen: Progress, ended: Ended, *, offline: bool = False) -> list[str]:
    """What was done, what it took, what limited it, what failed: the lines at the end of a run.

    Without a model (`offline`) nothing was asked or paid, and nothing limited the run.
    """
    rate = seen.done / seen.elapsed if seen.elapsed else 0.0
    lines = [f"{seen.done:,} of {seen.total:,} in {duration(seen.elapsed)} ({rate:,.1f}/s): {verdicts(seen, _PENDING)}"]
    lines += [_NO_MODEL] if offline else _asked(seen, ended)
    if ended.error_kinds:
        lines.append("Errors: " + _counts(ended.error_kinds))
    if ended.skip_reasons:
        lines.append("Skipped: " + _counts(ended.skip_reasons))
    return lines


def verdicts(seen: Progress, waiting: str = "waiting for evidence") -> str:
    """The counts, which add up to what is done; and what waits, where anything does."""
    return " · ".join(f"{name} {number:,}" for name, number in verdict_counts(seen, waiting))


_PENDING: Final = "failed and pending"
"""What waited for evidence when the run ended."""


_NO_MODEL: Final = "No model was used: the embedded rule reader answered."


def verdict_counts(seen: Progress, waiting: str = "waiting for evidence") -> list[tuple[str, int]]:
    """Each count with its name, in the order in which they are shown."""
    found = [("parsed", seen.parsed), ("stood in", seen.stand_ins), ("skipped", seen.skipped), ("failed", seen.failed)]
    return [*found, (waiting, seen.waiting)] if seen.waiting else found


def _asked(seen: Progress, ended: Ended) -> list[str]:
    """Requests, tokens, and what the time went to."""
    probes = f" · probes {seen.probes:,}" if seen.probes else ""
    probes += f" · at the standard price instead of flex {seen.flex_fallbacks:,}" if seen.flex_fallbacks else ""
    lines = [f"Requests {seen.requests:,} · retries {seen.retries:,} · 429s {seen.rate_limited:,}{probes}"]
    if seen.input_tokens:
        cost = "" if seen.cost is None else f" · {money(seen.cost)}"
        share = seen.cached_tokens / seen.input_tokens
        lines.append(f"Tokens {billed(seen.tokens, f'{share:.0%}')}{cost}")
    if limits := limited_by(ended):
        lines.append(f"Limited by: {limits}")
    return lines


def limited_by(ended: Ended) -> str:
    """The share of the time that each thing bound, the largest first; empty for a run too short to say."""
    shares = sorted(((share, bound) for bound, share in ended.bound.items()), reverse=True)
    return " · ".join(f"{BOUNDS.get(bound, bound)} {share:.0%}" for share, bound in shares if share >= _WORTH_SAYING)


def _counts(counts: dict[str, int]) -> str:
    return " · ".join(f"{name} {count:,}" for name, count in counts.items())
