"""One small request shows an account's limits; what to put under `[limits]`, and why.

In: settings and the key. Out: the values and the reasons in words. It writes no file.
"""

import math
from typing import Final, NamedTuple

from asyncgeo.config import Settings
from asyncgeo.errors import UserError, hide
from asyncgeo.llm.models import ending, today
from asyncgeo.run.session import is_offline, looking_up, session
from asyncgeo.run.tally import Tally
from asyncgeo.schema.records import Failed, Parsed, Problem, Skipped

_QUESTION: Final = "如图,在△ABC中,AB=AC,∠BAC=40°,则∠ABC的度数为()"
_HEADROOM: Final = 3.0
"""Slots in units of rate × latency: the one answer that was seen was to a short problem, and many take twice as long.
Too many slots cost nothing, for the rates bind before them; too few would bind instead of the rates."""


class Advice(NamedTuple):
    """What to set, and in words why."""

    limits: dict[str, int | str]
    why: list[str]


async def tune(settings: Settings, key: str | None) -> Advice:
    """Ask once. Raises UserError without an endpoint to ask, and when it gives no usable answer."""
    hide(key)
    if is_offline(settings, key, wanted=False):
        raise UserError(
            "There is no endpoint to ask: neither OPENAI_API_KEY nor a base URL is set.",
            "Set one of them; without spending, `asyncgeo rehearse` plays a run against simulated limits.",
        )
    said: list[str] = []
    news = list(filter(None, [ending(settings.api, today())]))
    async with session(settings, key, Tally(1), said.append, offline=False) as asking:
        async with looking_up(asking, news.append):
            row = await asking.extractor.extract(Problem("tune", _QUESTION))
        view = asking.limits.view()
    if isinstance(row, Failed) or (isinstance(row, Parsed) and row.error is not None):
        raise UserError(f"The endpoint gave no usable answer: {row.error}", "Try `asyncgeo run --limit 5` to see more.")
    latency = _latency_of(row)
    advice = advise(view.requests_limit, view.tokens_limit, latency, settings.limits.max_concurrency)
    return advice._replace(why=[*news, *advice.why])


def _latency_of(row: Parsed | Skipped) -> float:
    return row.meta.latency if row.meta is not None else 0.0


def advise(rpm: float | None, tpm: float | None, latency: float, ceiling: int) -> Advice:
    """The settings for an account with these limits whose answers take `latency` seconds."""
    limits: dict[str, int | str] = {
        "requests_per_minute": "auto" if rpm is None else round(rpm),
        "tokens_per_minute": "auto" if tpm is None else round(tpm),
    }
    why = [f"One answer took {latency:.1f} s."]
    if rpm is None and tpm is None:
        why.append('The endpoint names no limits, so both stay "auto": the run adapts to what it bears.')
        return Advice({**limits, "max_concurrency": ceiling}, why)
    why.append(
        "The endpoint names its limits: "
        + ", ".join(
            f"{value:,.0f} {unit} per minute"
            for value, unit in ((rpm, "requests"), (tpm, "tokens"))
            if value is not None
        )
        + "."
    )
    needed = ceiling if rpm is None else max(1, math.ceil(rpm / 60 * max(latency, 0.1) * _HEADROOM))
    why.append(
        f"To use them, {needed:,} requests in flight suffice: requests per second × latency, "
        f"times {_HEADROOM:g} for slower answers."
    )
    return Advice({**limits, "max_concurrency": needed}, why)
