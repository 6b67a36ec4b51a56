"""One request → one reply, in the order in which a real server looks at it.

In: the key and the body of a request. Out: `ServedReply`, after the time it takes. The order: key, request, model,
format, quota, limits, faults, load; then time passes; then the answer. What the limits refuse costs nothing; what fails
later counts like an answer. It knows statuses and headers, but no connection.
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, assert_never

from asyncgeo.schema.records import RULES_MODEL
from asyncgeo.simulator import answers, faults
from asyncgeo.simulator.buckets import Buckets
from asyncgeo.simulator.faults import Body, Cut, Fault, Received, Reset, Script, Slow, Spoiled
from asyncgeo.simulator.options import Options
from asyncgeo.simulator.pace import SimulatedPace
from asyncgeo.simulator.stats import SimulatorStats
from asyncgeo.simulator.wire import Answer, Ask, Choice, Refusal, WireCompletion, encode, read, read_format

JSON: Final = "application/json"


@dataclass(frozen=True, slots=True)
class ServedReply:
    """What to send; `breaks` says how the connection ends instead of by the whole reply."""

    status: int
    body: bytes
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)
    breaks: Reset | Cut | None = None


@dataclass(frozen=True, slots=True)
class _Turn:
    """One well-formed request on its way to a reply."""

    ask: Ask
    asked: Received
    prompt_tokens: int
    key: str


class SimulatedService:
    """Answers requests; `stats` tells of them."""

    def __init__(self, options: Options, script: Script | None) -> None:
        self.stats: Final = SimulatorStats()
        self.script = script
        self._options = options
        self._mixed = faults.mixed(options.faults, options.seed) if options.faults else None
        self._buckets = Buckets(options.rpm, options.tpm, burst=options.burst, now=time.monotonic())
        self._meter = answers.TokenMeter()
        self._pace = SimulatedPace(options)
        self._ordinal = 0
        self._spent = 0  # requests that count against the quota

    def set_limits(self, rpm: float | None, tpm: float | None) -> None:
        """Enforce other limits from now on."""
        self._buckets.change(rpm, tpm, time.monotonic())

    def limit_headers(self) -> dict[str, str]:
        """What a reply that leaves now tells of the limits."""
        return self._buckets.headers(time.monotonic())

    async def answer(self, key: str, body: bytes) -> ServedReply:
        """The reply to one request."""
        place = self.stats.arrive(time.monotonic())
        status = 0
        try:
            reply = await self._answer(key, read(body), place)
            status = 0 if reply.breaks else reply.status
        finally:
            self.stats.leave(status)
        return reply

    def answer_batched(self, key: str, body: bytes) -> ServedReply:
        """The reply to one line of a batch: no limits and no latency; a connection that breaks is an error of ours."""
        ask = read(body)
        if isinstance(ask, Refusal):
            return _refused(ask)
        turn = self._begin(ask, key)
        self.stats.batched.update(answers.texts_of(turn.asked.problem))
        if (refusal := self._refuse(ask, None)) is not None:
            return _refused(refusal)
        fault = self._fault(turn)
        if isinstance(fault, Reset | Cut | Slow):
            fault = faults.named("500")
        return _broken(fault, turn) or self._complete(turn, fault)

    async def _answer(self, key: str, ask: Ask | Refusal, place: int) -> ServedReply:
        if self._options.api_key is not None and key != self._options.api_key:
            return _refused(faults.bad_key(f"{key[:4]}***"))
        if isinstance(ask, Refusal):
            return _refused(ask)
        turn = self._begin(ask, key)
        charge = max(ask.cap or 0, turn.prompt_tokens)
        self.stats.charges[place] = charge
        if (refusal := self._refuse(ask, charge)) is not None:
            return _refused(refusal)
        fault = self._fault(turn)
        return _broken(fault, turn) or await self._finish(turn, fault)

    def _begin(self, ask: Ask, key: str) -> _Turn:
        self._ordinal += 1
        problem = answers.problem_of(ask)
        texts = answers.texts_of(problem)
        self.stats.problems.update(texts)
        asked = Received(self._ordinal, problem, max(self.stats.problems[text] for text in texts))
        return _Turn(ask, asked, self._meter.prompt_tokens(ask), key)

    def _refuse(self, ask: Ask, charge: int | None) -> Refusal | None:
        """What the server's own rules say against the request: model, format, quota, limits (None: none apply)."""
        options = self._options
        if options.models is not None and ask.model not in options.models:
            return faults.unknown_model(ask.model)
        form, _ = read_format(bytes(ask.response_format))
        self.stats.formats[form] += 1
        if form != "text" and form not in options.knows:
            return faults.unsupported(form)
        if options.quota is not None and self._spent >= options.quota:
            return faults.no_quota()
        refusal = None if charge is None else self._buckets.admit(charge, RULES_MODEL, time.monotonic())
        self._spent += refusal is None
        return refusal

    def _fault(self, turn: _Turn) -> Fault | None:
        """The script's fault, else the mix's."""
        for source in (self.script, self._mixed):
            found = source(turn.asked) if source is not None else None
            if found is not None and (found != faults.OF_FLEX or turn.ask.service_tier == "flex"):
                self.stats.faults[found if isinstance(found, str) else type(found).__name__] += 1
                return faults.named(found)
        return None

    async def _finish(self, turn: _Turn, fault: Fault | None) -> ServedReply:
        """The completion, when its time has come."""
        if isinstance(fault, Slow):
            await asyncio.sleep(fault.seconds)
        if not await self._pace.spend(turn.asked):
            return _refused(faults.OVERLOADED)
        return self._complete(turn, fault)

    def _complete(self, turn: _Turn, fault: Fault | None) -> ServedReply:
        """The completion, spoiled or cut as the fault says."""
        done = self._completion(turn)
        if isinstance(fault, Spoiled):
            return ServedReply(200, encode(fault.spoil(done)))
        if isinstance(fault, Cut):
            return ServedReply(200, encode(done), breaks=fault)
        self.stats.answered.update(answers.texts_of(turn.asked.problem))
        return ServedReply(200, encode(done))

    def _completion(self, turn: _Turn) -> WireCompletion:
        """The right completion, cut where the request caps it."""
        whole, cap = answers.content(turn.asked.problem), turn.ask.cap
        text = whole if cap is None else answers.cut(whole, cap)
        usage = self._meter.usage(turn.ask, turn.prompt_tokens, text)
        self.stats.prompt_tokens += usage.prompt_tokens
        self.stats.completion_tokens += usage.completion_tokens
        self.stats.cached_tokens += usage.prompt_tokens_details.cached_tokens
        tier = "flex" if turn.ask.service_tier == "flex" else "default"
        choice = Choice(Answer(text), "stop" if text is whole else "length")
        return WireCompletion(
            f"chatcmpl-{turn.asked.ordinal:08x}", int(time.time()), RULES_MODEL, [choice], usage, tier
        )


def _refused(refusal: Refusal, key: str = "") -> ServedReply:
    return ServedReply(refusal.status, refusal.body(key), headers=refusal.headers)


def _broken(fault: Fault | None, turn: _Turn) -> ServedReply | None:
    """The reply of a fault that needs no answer."""
    match fault:
        case Refusal():
            return _refused(fault, turn.key)
        case Body():
            return ServedReply(fault.status, fault.body, fault.content_type)
        case Reset():
            return ServedReply(0, b"", breaks=fault)
        case Spoiled() | Cut() | Slow() | None:
            return None
        case _:
            assert_never(fault)
