"""Request bytes → a `Completion`, or a `Failure` as a value; the one retry loop.

In: a function that renders the request for a response format, and an estimate of its tokens. Out: what the
endpoint answered. It owns the response format that works, and the budget. It knows neither what is asked nor what an
answer says; bytes go out and come in through `sender`, how long anybody waits is `limits`' business, what to do about
an error is `retry`'s.

    render ─ reserve budget ─ admit ─ send ─ read ─ observe ─ settle ─ Completion
       ▲──────────── retry, step down ──── decide ◄──┘
"""

import asyncio
import itertools
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Final, Protocol, Self

from asyncgeo import config, prices, rate_headers, replies, retry
from asyncgeo.errors import BudgetReached, Fatal
from asyncgeo.formats import ResponseFormat
from asyncgeo.limits import Limits, Outcome, Permit
from asyncgeo.rate_headers import RateHeaders
from asyncgeo.records import Tokens
from asyncgeo.retry import Action, Decision
from asyncgeo.sender import Sender

Render = Callable[[ResponseFormat], bytes]


@dataclass(frozen=True, slots=True)
class Completion:
    """An answer. `tokens` and `attempts` count every try; `latency` in seconds, of the last."""

    content: str
    model: str
    tokens: Tokens
    attempts: int
    latency: float
    finish_reason: str


@dataclass(frozen=True, slots=True)
class Failure:
    """No answer for this one request; `reask` says that showing the model `message` may help."""

    kind: str
    message: str
    attempts: int
    tokens: Tokens
    reask: bool


class Listener(Protocol):
    """Is told what the client does."""

    def event(self, name: str) -> None:
        """One of `requests`, `retries`, `rate_limited` happened."""
        ...

    def spend(self, tokens: Tokens) -> None:
        """The endpoint billed these tokens."""
        ...


class _Deaf:
    """A listener for those who have none."""

    def event(self, name: str) -> None:
        """Nothing."""

    def spend(self, tokens: Tokens) -> None:
        """Nothing."""


_LONGEST_WAIT: Final = 600.0
"""Seconds of Retry-After beyond which the run ends with a message: a silent stall of hours helps nobody."""

_PATIENCE: Final = 10
"""429s a single request bears, as a multiple of `retry.max_attempts`: they are not its fault, but not for ever."""

_SECRET: Final = 8
"""A key shorter than this is no secret (local servers take any word), and the word may stand in an answer."""


@dataclass(slots=True)
class _Trial:
    """One `ask` on its way: what was sent, what it cost, how often it failed."""

    asker: int
    estimate: int
    sent: int = 0
    strikes: int = 0  # failures that count against `max_attempts`
    refusals: int = 0  # 429s, which do not
    elapsed: float = 0.0  # its own requests and pauses; waiting for limits does not count
    tokens: Tokens = field(default_factory=Tokens)


class Client:
    """`async with Client(...) as client: await client.ask(render, tokens)`.

    Args:
        settings: endpoint, model, time-out, response format.
        patience: how often and how long to try again.
        limits: who gives leave to send.
        api_key: sent as it is; it appears in no message.
        budget: what may be spent; None is no bound.
        listener: is told of requests, retries and tokens.
        say: is told in words of what the person should know.
        rng: jitter.
        clock: seconds.
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
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._patience = patience
        self._limits = limits
        self._api_key = api_key
        self._budget = budget
        self._listener: Listener = listener or _Deaf()
        self._say = say
        self._rng = rng or random.Random()  # noqa: S311  jitter is no secret
        self._clock = clock
        self._fixed = settings.response_format != "auto"
        self._format = ResponseFormat.JSON_SCHEMA if not self._fixed else ResponseFormat(settings.response_format)
        self._askers = itertools.count(1)
        self._sender = Sender(settings, api_key)

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
        return self._format

    async def ask(self, render: Render, tokens: int) -> Completion | Failure:
        """The answer to one request of about `tokens` tokens, tried until it is there or there is no hope.

        Raises Fatal, EndpointDown or BudgetReached when the run cannot go on.
        """
        trial = _Trial(next(self._askers), tokens)
        while True:
            outcome = await self._attempt(render, trial)
            if isinstance(outcome, Completion | Failure):
                return outcome
            verdict = self._judge(outcome, trial)
            if isinstance(verdict, Failure):
                return verdict
            if verdict > 0:
                await self._limits.rest(verdict)

    # one attempt

    async def _attempt(self, render: Render, trial: _Trial) -> Completion | Failure | Decision:
        form = self._format
        body = render(form)
        hold = await self._reserve(trial.estimate)
        try:
            permit = await self._limits.admit(trial.estimate, trial.asker)
        except BaseException:
            self._settle(hold, 0.0)
            raise
        try:
            return await self._exchange(body, form, permit, hold, trial)
        finally:
            self._limits.settle(permit, None)
            self._settle(hold, hold.amount if hold else 0.0)

    async def _exchange(
        self, body: bytes, form: ResponseFormat, permit: Permit, hold: prices.Hold | None, trial: _Trial
    ) -> Completion | Failure | Decision:
        """Send, read, and learn from it. After the reply is here nothing awaits: it has been paid for."""
        trial.sent += 1
        self._listener.event("requests")
        found, headers = await self._send(body, form)
        latency = self._clock() - permit.sent_at
        trial.elapsed += latency
        if isinstance(found, Decision):
            decision = self._redacted(found)
            self._limits.observe(permit, Outcome(latency, decision, headers))
            if not decision.transport:  # a request that got no answer may have been billed all the same
                self._settle(hold, 0.0)
            return replace(decision, kind=_OLD_FORMAT) if self._has_stepped_down(decision, form) else decision
        self._limits.observe(permit, Outcome(latency, None, headers))
        self._account(found.usage, permit, hold, trial)
        return self._conclude(found, latency, trial)

    async def _send(self, body: bytes, form: ResponseFormat) -> tuple[replies.Reply | Decision, RateHeaders | None]:
        try:
            async with asyncio.timeout(self._settings.timeout):  # the SDK's own is per read, and begins anew with each
                answer = await self._sender.send(body)
        except self._sender.lost as error:
            return retry.decide(error), None
        told = rate_headers.read_limits(answer.headers)
        if not _OK <= answer.status < _MOVED:
            return retry.decide_status(answer.status, answer.headers, answer.body, form), told
        return replies.read(answer.body, answer.headers), told

    def _account(self, usage: Tokens | None, permit: Permit, hold: prices.Hold | None, trial: _Trial) -> None:
        """Enter what the endpoint billed."""
        if usage is None:
            return
        mine = trial.tokens
        trial.tokens = Tokens(mine.input + usage.input, mine.cached + usage.cached, mine.output + usage.output)
        self._listener.spend(usage)
        self._limits.settle(permit, max(usage.input, self._settings.max_completion_tokens))
        if self._budget is not None:
            self._settle(hold, prices.cost(self._budget.price, usage))

    def _conclude(self, reply: replies.Reply, latency: float, trial: _Trial) -> Completion | Failure:
        if (flaw := replies.flaw(reply)) is not None:
            return Failure(flaw.kind, self._redact(flaw.message), trial.sent, trial.tokens, reask=True)
        return Completion(
            content=self._redact(reply.content),
            model=reply.model,
            tokens=trial.tokens,
            attempts=trial.sent,
            latency=latency,
            finish_reason=reply.finish_reason,
        )

    # what to do about an error

    def _judge(self, decision: Decision, trial: _Trial) -> Failure | float:
        """The failure of the request, or the seconds to wait before it is sent again. Raises Fatal."""
        if decision.kind == _OLD_FORMAT:
            return 0.0
        if decision.after is not None and decision.after > _LONGEST_WAIT:
            raise self._stop(
                replace(decision, kind="rate_limit"),
                f"asks to wait {decision.after:,.0f} s ({rate_headers.until(decision.after)})",
            )
        match decision.action:
            case Action.STOP:
                raise self._stop(decision)
            case Action.STEP_DOWN:
                self._step_down(decision)
                return 0.0
            case Action.REASK:
                return self._failed(decision, trial, reask=True)
            case Action.COOL_DOWN:
                self._listener.event("rate_limited")
                trial.refusals += 1
                if trial.refusals > _PATIENCE * self._patience.max_attempts:
                    return self._failed(decision, trial)
                return self._wait_after_refusal(decision, trial)
            case Action.RETRY:
                return self._try_again(decision, trial)

    def _wait_after_refusal(self, decision: Decision, trial: _Trial) -> float:
        """The wait that was named, which `limits` may share among all; our own from the second refusal on."""
        pause = self._pause(trial.refusals - 1) if trial.refusals > 1 else 0.0
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
        return retry.backoff(attempt, self._rng, self._patience.base_delay, self._patience.max_delay)

    def _step_down(self, decision: Decision) -> None:
        looser = self._format.looser
        if self._fixed or looser is None:
            raise self._stop(decision, f'does not know the response format "{self._format}"')
        self._say(f"the endpoint does not know {self._format}; asking for {looser} from now on ({decision.message})")
        self._format = looser

    def _has_stepped_down(self, decision: Decision, form: ResponseFormat) -> bool:
        """Another request has learned meanwhile what this one was told."""
        return decision.action is Action.STEP_DOWN and form is not self._format

    def _failed(self, decision: Decision, trial: _Trial, *, reask: bool = False) -> Failure:
        return Failure(decision.kind, decision.message, trial.sent, trial.tokens, reask=reask)

    def _stop(self, decision: Decision, what: str = "refuses to go on") -> Fatal:
        """The error that ends the run; from now on nobody sends."""
        said, remedy = retry.STOPS.get(decision.kind, ("", ""))
        message = f"The endpoint {self._settings.base_url} {said or what} ({decision.message})."
        error = Fatal(message, remedy, kind=decision.kind)
        self._limits.close(error)
        return error

    # budget and secrets

    async def _reserve(self, tokens: int) -> prices.Hold | None:
        if self._budget is None:
            return None
        amount = prices.ceiling(self._budget.price, tokens, self._settings.max_completion_tokens)
        try:
            return await self._budget.reserve(amount)
        except BudgetReached as error:
            self._limits.close(error)
            raise

    def _settle(self, hold: prices.Hold | None, billed: float) -> None:
        if hold is not None and self._budget is not None:
            self._budget.settle(hold, billed)

    def _redacted(self, decision: Decision) -> Decision:
        clean = self._redact(decision.message)
        return decision if clean is decision.message else replace(decision, message=clean)

    def _redact(self, text: str) -> str:
        if len(self._api_key) < _SECRET or self._api_key not in text:
            return text
        return text.replace(self._api_key, "[API key]")


_OK: Final = 200
_MOVED: Final = 300

_OLD_FORMAT: Final = "old_format"
"""A refusal of a format that the run has left meanwhile."""
