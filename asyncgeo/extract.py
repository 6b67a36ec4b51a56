"""One `Problem` → one `Row`: screen, ask, check, ask again, fall back.

In: a problem. Out: its row. Everything it needs is handed to it; it knows neither other problems nor files. What
ends the whole run (`Stopped`, `Interrupted`) passes through it, and the problem stays pending.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final, Protocol

from asyncgeo import checks, rules, tokens
from asyncgeo.checks import Checked, Unfit
from asyncgeo.client import Completion, Failure
from asyncgeo.formats import ResponseFormat
from asyncgeo.prompts import Prompt
from asyncgeo.records import RULES_MODEL, Failed, Meta, Problem, Row, Skipped, Source, Tokens, row_from

UNFIT: Final = "invalid_answer"
"""The kind of a row whose answers, first and corrected, could not be used."""


class Asks(Protocol):
    """What extraction needs of the client."""

    async def ask(self, render: Callable[[ResponseFormat], bytes], tokens: int) -> Completion | Failure:
        """The answer to one request, or why this one request has none."""
        ...


_NOTHING: Final = Tokens()


@dataclass(frozen=True, slots=True)
class _Spent:
    """What one problem has cost so far, over its first question and the correction."""

    model: str = ""
    tokens: Tokens = _NOTHING
    attempts: int = 0
    latency: float = 0.0

    def plus(self, reply: Completion | Failure) -> "_Spent":
        both = Tokens(
            self.tokens.input + reply.tokens.input,
            self.tokens.cached + reply.tokens.cached,
            self.tokens.output + reply.tokens.output,
        )
        spent = replace(self, tokens=both, attempts=self.attempts + reply.attempts)
        return replace(spent, model=reply.model, latency=reply.latency) if isinstance(reply, Completion) else spent


class Extractor:
    """Makes rows; `now` gives the UTC time that they carry."""

    def __init__(self, client: Asks, prompt: Prompt, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._client = client
        self._prompt = prompt
        self._now = now
        self._head_tokens = tokens.estimate(prompt.head(ResponseFormat.JSON_SCHEMA).decode())

    async def extract(self, problem: Problem) -> Row:
        """The row of `problem`. Raises Stopped or Interrupted when the run ends before it has one."""
        if (verdict := rules.screen(problem.text)).reason is not None:
            meta = self._meta(_Spent())
            return Skipped(id=problem.id, source="screen", reason=verdict.reason, detail=verdict.detail, meta=meta)
        spent, outcome = await self._ask(problem, _Spent(), None)
        if isinstance(outcome, tuple):
            spent, outcome = await self._ask(problem, spent, outcome)
        if isinstance(outcome, Checked):
            source: Source = "rules" if spent.model == RULES_MODEL else "model"
            return row_from(problem, outcome.extraction, source, self._meta(spent, outcome))
        kind, message = (UNFIT, outcome[1]) if isinstance(outcome, tuple) else (outcome.kind, outcome.message)
        return self._fall_back(problem, spent, kind, message)

    async def _ask(
        self, problem: Problem, spent: _Spent, correction: tuple[str, str] | None
    ) -> tuple[_Spent, Checked | Failure | tuple[str, str]]:
        """One question: a usable answer, a failure that asking again cannot mend, or (the answer, why not)."""
        estimate = self._head_tokens + tokens.estimate(problem.text)
        if correction is not None:
            estimate += sum(map(tokens.estimate, correction))
        reply = await self._client.ask(lambda form: self._prompt.render(problem, form, correction), estimate)
        spent = spent.plus(reply)
        if isinstance(reply, Failure):
            return spent, ("", reply.message) if reply.reask and correction is None else reply
        checked = checks.read(reply.content)
        return spent, (reply.content, checked.why) if isinstance(checked, Unfit) else checked

    def _fall_back(self, problem: Problem, spent: _Spent, kind: str, message: str) -> Row:
        """What the rules read, marked; where they refuse too, an error row."""
        extraction = rules.parse(problem.text)
        meta = self._meta(spent)
        if extraction.reason is not None:
            return Failed(id=problem.id, error=message, kind=kind, attempts=spent.attempts, meta=meta)
        return row_from(problem, extraction, "rules", meta, error=message, kind=kind)

    def _meta(self, spent: _Spent, checked: Checked | None = None) -> Meta:
        return Meta(
            at=self._now().isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            model=spent.model,
            prompt=self._prompt.digest if spent.attempts else "",
            tokens=spent.tokens,
            attempts=spent.attempts,
            latency=round(spent.latency, 3),
            coverage=checked.extraction.coverage if checked else None,
            findings=checked.findings if checked else (),
        )
