"""Request bytes → a `Completion`, or a `Failure` as a value; the one retry loop.

In: a function that renders the request in a form, and an estimate of its tokens. Out: what the endpoint answered. It
owns the budget. It knows neither what is asked nor what an answer says; bytes travel through `transport`, how
long anybody waits is `limits`' business, what to do about an error is `outcomes`'s, which form of request works is
`negotiation`'s, whether words of money are true is `doubt`'s.

    render ─ reserve budget ─ admit ─ send ─ read ─ observe ─ settle ─ Completion
       ▲──────────── retry, step down ──── decide ◄──┘
"""

import itertools
import math
import random
from collections.abc import Callable
from types import TracebackType
from typing import Final, Protocol, Self

import msgspec
from msgspec.structs import replace

from asyncgeo import config
from asyncgeo.errors import BudgetReached, Fatal
from asyncgeo.llm import lost, outcomes, prices, rate_headers, responses, served
from asyncgeo.llm.clock import Clock
from asyncgeo.llm.doubt import Doubt
from asyncgeo.llm.formats import Form, ResponseFormat
from asyncgeo.llm.limits import Limits, Outcome, Permit
from asyncgeo.llm.negotiation import Negotiation, Turn
from asyncgeo.llm.outcomes import CAPACITY, Action, Decision
from asyncgeo.llm.rate_headers import RateHeaders
from asyncgeo.llm.responses import Response
from asyncgeo.llm.served import Served
from asyncgeo.llm.transport import Transport
from asyncgeo.schema.records import Service, Tokens

Render = Callable[[Form], bytes]


class Completion(msgspec.Struct, frozen=True):
    """An answer. `tokens`, billed as `service`, and `attempts` count every try; `latency` in seconds, of the last."""

    content: str
    model: str
    tokens: Tokens
    attempts: int
    latency: float
    finish_reason: str
    service: Service = "standard"


class Failure(msgspec.Struct, frozen=True):
    """No answer for this one request; `reask` says that showing the model `message` may help.

    `cut` is an answer that reached its cap: its beginning may be of use where it is about several problems.
    """

    kind: str
    message: str
    attempts: int
    tokens: Tokens
    reask: bool
    service: Service = "standard"
    cut: Completion | None = None


class Listener(Protocol):
    """Hears what the client does."""

    def event(self, name: str) -> None:
        """One of `requests`, `retries`, `rate_limited`, `flex_fallbacks` happened."""
        ...

    def spend(self, tokens: Tokens, service: Service) -> None:
        """The endpoint billed these tokens in this service."""
        ...


class _Deaf:
    """A listener for those who have none."""

    def event(self, name: str) -> None:
        """Nothing."""

    def spend(self, tokens: Tokens, service: Service) -> None:
        """Nothing."""


_LONGEST_WAIT: Final = 600.0
"""Seconds of Retry-After beyond which the run ends with a message: a silent stall of hours does not help."""

_PATIENCE: Final = 10
"""429s before one request gives up, as a multiple of `retry.max_attempts`."""

_FLEX_PATIENCE: Final = 0.15
"""Of `retry.max_elapsed`, after which a request that the flex tier refuses may be asked at the standard one: a minute
and a half of ten."""
_SERVED: Final = 3.0
"""Seconds that a request refused for want of capacity waits at most while others are served: its turn may come soon."""

_SPEECHLESS: Final = 5
"""Different requests answered with a 200 that is no completion, and none ever with one: then no model is there."""

_SECRET: Final = 8
"""A key shorter than this is no secret (local servers take any word), and the word may stand in an answer."""


_NOTHING: Final = Tokens()
_UNSENT: Final = Turn(Form())


class _Trial(msgspec.Struct):
    """One `ask` on its way: what was sent, what it cost, how often it failed."""

    asker: int
    estimate: int
    sent: int = 0
    strikes: int = 0  # failures that count against `max_attempts`
    refusals: int = 0  # 429s, which do not
    elapsed: float = 0.0  # its own requests and pauses; waiting for limits does not count
    tokens: Tokens = _NOTHING
    turn: Turn = _UNSENT  # how it was last sent
    own: ResponseFormat | None = None  # a looser format than the run's, for this one
    refused_at: float = -math.inf  # for want of capacity, the last time
    without_tier: bool = False  # asked at the standard tier, though the run asks for another
    services: frozenset[Service] = frozenset()  # what its tokens were billed as
    sent_at: float = 0.0

    @property
    def service(self) -> Service:
        """What all its tokens were billed as; "standard" where any was."""
        return next(iter(self.services)) if len(self.services) == 1 else "standard"


class Client:
    """`async with Client(...) as client: await client.ask(render, tokens)`.

    Args:
        settings: endpoint, model, time-out, response format.
        patience: how often and how long to try again.
        limits: who gives leave to send.
        api_key: sent as it is; it appears in no message, and no header of the settings does.
        budget: what may be spent; None is no bound.
        listener: hears of requests, retries and tokens.
        say: takes a sentence for what the person should know.
        rng: jitter.
        clock: the time that counts; the same as the limits'.
    """

    def __init__(  # noqa: PLR0913  every seam is a parameter
        self,
        settings: config.Api,
        patience: config.Retry,
        limits: Limits,
        *,
        api_key: str,
        budget: prices.Budget | None = None,
        listener: Listener | None = None,
        say: Callable[[str], None] = lambda _: None,
        rng: random.Random | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._settings = settings
        self._patience = patience
        self._limits = limits
        secrets = [(api_key, "[API key]"), *((value, f"[header {name}]") for name, value in settings.headers.items())]
        self._secrets = [(value, name) for value, name in secrets if len(value) >= _SECRET]
        self._budget = budget
        self._listener: Listener = listener or _Deaf()
        self._say = say
        self._rng = rng or random.Random()  # noqa: S311  jitter is no secret
        self._clock = clock or Clock()
        self._negotiation = Negotiation(
            settings.response_format,
            capped=budget is not None,
            tier="flex" if settings.service_tier == "flex" else "",
            without_tier=settings.flex_fallback,
            say=say,
        )
        self._doubt = Doubt(patience.max_delay, self._clock)
        self._askers = itertools.count(1)
        self._speechless: set[int] | None = set()  # got a 200 that is no completion; None once anything was answered
        self._answered_at = -math.inf  # when any request was answered last
        self._has_doubted_usage = False
        self._has_missed_tier = False
        self._sender = Transport(settings, api_key, self._clock)

    async def __aenter__(self) -> Self:
        await self._sender.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._sender.__aexit__(kind, error, trace)

    @property
    def response_format(self) -> ResponseFormat:
        """The strictest format that the endpoint is not known to refuse."""
        return self._negotiation.form.format

    async def look_up(self) -> Served:
        """Whether the endpoint says that it serves the model; it never raises, and takes 2 s at most."""
        return await served.look_up(self._sender.get, self._settings)

    async def ask(self, render: Render, tokens: int) -> Completion | Failure:
        """The answer to one request of about `tokens` tokens, tried until it is there or there is no hope.

        Raises Fatal, EndpointDown or BudgetReached when the run cannot go on.
        """
        trial = _Trial(next(self._askers), tokens)
        try:
            while True:
                outcome = await self._attempt(render, trial)
                if not isinstance(outcome, Decision):
                    return outcome
                verdict = self._judge(outcome, trial)
                if isinstance(verdict, Failure):
                    return verdict
                if verdict > 0:
                    await self._limits.rest(verdict)
        finally:
            self._doubt.leave(trial.asker)

    # one attempt

    async def _attempt(self, render: Render, trial: _Trial) -> Completion | Failure | Decision:
        hold = await self._reserve(trial.estimate)
        try:
            permit = await self._admit(trial)
        except BaseException:
            self._settle(hold, 0.0)
            raise
        try:
            trial.turn = self._negotiation.turn(trial.own, without_tier=trial.without_tier)
            return await self._exchange(render(trial.turn.form), permit, hold, trial)
        finally:
            self._limits.settle(permit, None)
            self._settle_in_full(hold, trial)

    async def _admit(self, trial: _Trial) -> Permit:
        """Permission to send, which no request has while another probes whether there is money left."""
        while True:
            if self._doubt.holds(trial.asker):
                await self._doubt.over()
            permit = await self._limits.admit(trial.estimate, trial.asker)
            if not self._doubt.holds(trial.asker):
                return permit
            self._limits.settle(permit, 0)

    async def _exchange(
        self, body: bytes, permit: Permit, hold: prices.Hold | None, trial: _Trial
    ) -> Completion | Failure | Decision:
        """Send, read, and learn from it. After the reply is here nothing awaits: it has been paid for."""
        trial.sent += 1
        trial.sent_at = self._clock()
        self._listener.event("requests")
        found, headers = await self._send(body, streamed=trial.turn.form.streamed)
        latency = self._clock() - permit.sent_at
        trial.elapsed += latency
        if isinstance(found, Decision):
            decision = self._redacted(found)
            self._limits.observe(permit, Outcome(latency, decision, headers))
            if not decision.transport:  # a request that got no answer may have been billed all the same
                self._settle(hold, 0.0)
            return decision
        broken_off, flaw = responses.interruption(found), responses.flaw(found)
        self._limits.observe(permit, Outcome(latency, broken_off, headers, usable=flaw is None))
        self._account(found.usage, self._service(found.tier, trial), permit, hold, trial)
        if broken_off is not None:
            return self._redacted(broken_off)
        self._speechless, self._answered_at = None, self._clock()
        self._negotiation.answered(trial.turn)
        self._doubt.answered(trial.asker)
        return self._conclude(found, flaw, latency, trial)

    async def _send(self, body: bytes, *, streamed: bool) -> tuple[responses.Reply | Decision, RateHeaders | None]:
        try:
            answer = await (self._sender.stream(body) if streamed else self._sender.send(body))
        except self._sender.lost as error:
            return lost.decide(error), None
        told = rate_headers.read_limits(answer.headers)
        if not _OK <= answer.status < _MOVED:
            return self._refusal(answer, body), told
        reply = responses.read(answer.body, answer.headers)
        if isinstance(reply, Decision):  # judged again with what was sent; a good answer need not wait for that
            reply = responses.read(answer.body, answer.headers, _members(body))
        return reply, told

    def _refusal(self, answer: Response, body: bytes) -> Decision:
        """The decision on a reply that is an error, of the model or of something in front of it."""
        decision = lost.refused(answer.status, answer.headers, answer.body, self._sender.url)
        decision = decision or outcomes.decide_status(answer.status, answer.headers, answer.body, _members(body))
        if not answer.cut:
            return decision
        return replace(decision, message=f"{decision.message} (the rest of a long reply was not read)")

    def _service(self, tier: str, trial: _Trial) -> Service:
        """What a reply is billed as, by the tier it names; where it names none it may have cost the full price."""
        if tier.lower() == "flex":
            return "flex"
        if trial.turn.form.tier and not self._has_missed_tier:
            self._has_missed_tier = True
            named = f"by its tier {tier!r}" if tier else "without naming a tier"
            self._say(f"flex was asked for, but the endpoint answers {named}: booked at the standard price")
        return "standard"

    def _account(
        self, told: Tokens | None, service: Service, permit: Permit, hold: prices.Hold | None, trial: _Trial
    ) -> None:
        """Enter what the endpoint billed; where it does not say, or what cannot be, the reservation stands."""
        most = self._most(trial)
        usage = prices.believed(told, most)
        if usage is None:
            self._doubt_usage(told, most, hold)
            return
        trial.tokens += usage
        trial.services |= {service}
        self._listener.spend(usage, service)
        self._limits.settle(permit, max(usage.input, self._settings.max_completion_tokens))
        if self._budget is not None:
            self._settle(hold, self._budget.cost(usage, service))

    def _doubt_usage(self, told: Tokens | None, most: Tokens, hold: prices.Hold | None) -> None:
        """Count the most that was expected, and say so once; without a budget a reply without usage costs nothing."""
        if told is None and hold is None:
            return
        if hold is None:
            self._listener.spend(most, "standard")
        if not self._has_doubted_usage:
            self._has_doubted_usage = True
            what = "none" if told is None else f"{told.input:,} tokens in and {told.output:,} out"
            self._say(
                f"a reply names no usage that can be ({what}); such a request counts as {most.input:,} tokens in and "
                f"{most.output:,} out, the most it was to use"
            )

    def _most(self, trial: _Trial) -> Tokens:
        """The tokens that a request was expected to use at most."""
        return Tokens(trial.estimate, 0, self._settings.max_completion_tokens)

    def _conclude(
        self, reply: responses.Reply, flaw: responses.Flaw | None, latency: float, trial: _Trial
    ) -> Completion | Failure:
        answer = self._completion(reply, latency, trial)
        if flaw is None:
            return answer
        failure = self._failure(flaw.kind, self._redact(flaw.message), trial, reask=flaw.reask)
        return replace(failure, cut=answer) if flaw.kind == responses.LENGTH else failure

    def _completion(self, reply: responses.Reply, latency: float, trial: _Trial) -> Completion:
        return Completion(
            content=self._redact(reply.content),
            model=reply.model,
            tokens=trial.tokens,
            attempts=trial.sent,
            latency=latency,
            finish_reason=reply.finish_reason,
            service=trial.service,
        )

    # what to do about an error

    def _judge(self, decision: Decision, trial: _Trial) -> Failure | float:
        """The failure of the request, or the seconds to wait before it is sent again. Raises Fatal."""
        trial.own, left = self._negotiation.refused(decision, trial.turn)
        return 0.0 if left is None else self._carry_out(left, trial)

    def _carry_out(self, decision: Decision, trial: _Trial) -> Failure | float:
        if decision.after is not None and decision.after > _LONGEST_WAIT:
            raise self._stop(
                replace(decision, kind="rate_limit"),
                f"asks to wait {decision.after:,.0f} s ({rate_headers.until(decision.after)})",
            )
        match decision.action:
            case Action.STOP | Action.STEP_DOWN:
                return self._doubt_or_stop(decision, trial)
            case Action.REASK | Action.FAIL:
                return self._failed(decision, trial, reask=decision.action is Action.REASK)
            case Action.COOL_DOWN:
                self._listener.event("rate_limited")
                trial.refusals += 1
                if decision.scarce == CAPACITY:
                    return self._wait_for_capacity(decision, trial)
                if trial.refusals > _PATIENCE * self._patience.max_attempts:
                    return self._failed(decision, trial)
                return self._wait_after_refusal(decision, trial)
            case Action.RETRY:
                self._stop_if_nobody_completes(decision, trial)
                return self._try_again(decision, trial)

    def _doubt_or_stop(self, decision: Decision, trial: _Trial) -> float:
        """Seconds until an account that is said to be empty is asked once more. Raises Fatal where that is certain."""
        wait = self._doubt.refused(trial.asker, trial.sent_at) if decision.doubtful else None
        if wait is None:
            raise self._stop(decision)
        if wait:
            self._say(
                f"the endpoint speaks of money, but answered others just now; one request probes ({decision.message})"
            )
        return max(wait, decision.after or 0.0) if wait else 0.0

    def _stop_if_nobody_completes(self, decision: Decision, trial: _Trial) -> None:
        """One 200 that is no completion is an accident; those of several problems and never an answer are none."""
        if decision.kind != "broken_reply" or self._speechless is None:
            return
        self._speechless.add(trial.asker)
        if len(self._speechless) >= _SPEECHLESS:
            raise self._stop(replace(decision, kind="not_found"))

    def _wait_after_refusal(self, decision: Decision, trial: _Trial) -> float:
        """The wait that was named, which `limits` may share among all; our own from the second refusal on."""
        pause = self._pause(trial.refusals - 1) if trial.refusals > 1 else 0.0
        trial.elapsed += pause
        return max(pause, decision.after or 0.0)

    def _wait_for_capacity(self, decision: Decision, trial: _Trial) -> Failure | float:
        """That is no rate, so each waits on its own, long only while none is served; in the end without the tier."""
        longest = self._patience.max_elapsed
        if trial.turn.form.tier and self._settings.flex_fallback and trial.elapsed >= _FLEX_PATIENCE * longest:
            trial.without_tier = True
            self._listener.event("flex_fallbacks")
            return 0.0
        if trial.elapsed >= longest:
            return self._failed(decision, trial)
        pause, before, trial.refused_at = self._pause(trial.refusals), trial.refused_at, self._clock()
        if self._answered_at > before:
            pause = min(pause, self._rng.uniform(0.0, _SERVED))
        trial.elapsed += pause
        return max(pause, decision.after or 0.0)

    def _try_again(self, decision: Decision, trial: _Trial) -> Failure | float:
        """Seconds to wait, or the failure when the attempts are used up; while the endpoint is down none are."""
        trial.strikes += not (decision.transport and self._limits.down)
        if trial.strikes >= self._patience.max_attempts or (
            trial.elapsed >= self._patience.max_elapsed and trial.strikes
        ):
            return self._failed(decision, trial)
        self._listener.event("retries")
        wait = max(self._pause(max(trial.strikes, 1)), decision.after or 0.0)
        trial.elapsed += wait
        return wait

    def _pause(self, attempt: int) -> float:
        return outcomes.backoff(attempt, self._rng, self._patience.base_delay, self._patience.max_delay)

    def _failed(self, decision: Decision, trial: _Trial, *, reask: bool = False) -> Failure:
        return self._failure(decision.kind, decision.message, trial, reask=reask)

    def _failure(self, kind: str, message: str, trial: _Trial, *, reask: bool) -> Failure:
        return Failure(kind, message, trial.sent, trial.tokens, reask=reask, service=trial.service)

    def _stop(self, decision: Decision, what: str = "refuses to go on") -> Fatal:
        """The error that ends the run; from now on nothing is sent."""
        said, remedy = outcomes.STOPS.get(decision.kind, ("", ""))
        message = f"The endpoint {self._settings.base_url} {said or what} ({decision.message})."
        error = Fatal(message, decision.remedy or remedy, kind=decision.kind)
        self._limits.close(error)
        return error

    # budget and secrets

    async def _reserve(self, tokens: int) -> prices.Hold | None:
        if self._budget is None:
            return None
        amount = self._budget.most(tokens, self._settings.max_completion_tokens)
        try:
            return await self._budget.reserve(amount)
        except BudgetReached as error:
            self._limits.close(error)
            raise

    def _settle(self, hold: prices.Hold | None, billed: float) -> None:
        if hold is not None and self._budget is not None:
            self._budget.settle(hold, billed)

    def _settle_in_full(self, hold: prices.Hold | None, trial: _Trial) -> None:
        """What was not billed by now may have been billed all the same, unseen: it counts at the most it can cost."""
        if hold is not None and hold.open:
            self._listener.spend(self._most(trial), "standard")
            self._settle(hold, hold.amount)

    def _redacted(self, decision: Decision) -> Decision:
        clean = self._redact(decision.message)
        return decision if clean is decision.message else replace(decision, message=clean)

    def _redact(self, text: str) -> str:
        for secret, name in self._secrets:
            if secret in text:
                text = text.replace(secret, name)
        return text


_OK: Final = 200
_MOVED: Final = 300


def _members(body: bytes) -> frozenset[str]:
    """The names of a request's members."""
    return frozenset(msgspec.json.decode(body, type=dict[str, msgspec.Raw]))
