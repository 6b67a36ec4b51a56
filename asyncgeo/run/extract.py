"""One `Problem` → one `Row`: screen, ask, check, ask again, fall back.

In: a problem. Out: its row, with the answers it was made of. Everything it needs is handed to it; it knows neither
other problems nor files. What ends the whole run (`Stopped`, `Interrupted`) passes through it, and the problem stays
pending; only where a usable answer is there, it makes the row.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final, NamedTuple, Protocol

import msgspec

from asyncgeo import rules
from asyncgeo.errors import AsyncgeoError
from asyncgeo.llm import tokens
from asyncgeo.llm.client import Completion, Failure
from asyncgeo.llm.formats import Form
from asyncgeo.llm.prompts import Prompt
from asyncgeo.run import grounding
from asyncgeo.schema.checks import Checked, Unfit
from asyncgeo.schema.records import (
    RULES_MODEL,
    Failed,
    Meta,
    Parsed,
    Problem,
    Row,
    Service,
    Skipped,
    Source,
    Tokens,
    rewritten,
    row_from,
    timestamp,
)
from asyncgeo.schema.sanitize import encodable
from asyncgeo.store.raw_answers import Answered, Raw

UNFIT: Final = "invalid_answer"
"""The kind of a row whose answers, first and corrected, could not be used."""
_HOPELESS: Final = frozenset({"too_long", "thinking", "bad_parameter"})
"""Kinds that asking again, which takes a longer request, cannot fix."""


class Asks(Protocol):
    """What extraction needs of the client."""

    async def ask(self, render: Callable[[Form], bytes], tokens: int) -> Completion | Failure:
        """The answer to one request, or why this one request has none."""
        ...


class FirstReply(NamedTuple):
    """What came of the first question where it was asked elsewhere, and the digest of the prompt that asked it.

    `alone`: no other question may be asked; a usable answer is taken as it is.
    """

    reply: Completion | Failure
    prompt: str
    alone: bool = False


_NOTHING: Final = Tokens()


@dataclass(frozen=True, slots=True)
class _Spent:
    """What one problem has cost so far, over its first question and the correction."""

    model: str = ""
    tokens: Tokens = _NOTHING
    service: Service = "standard"
    attempts: int = 0
    latency: float = 0.0
    prompt: str = ""
    raws: tuple[Raw, ...] = ()

    def plus(self, reply: Completion | Failure, raw: Raw | None) -> "_Spent":
        tokens, attempts = self.tokens + reply.tokens, self.attempts + reply.attempts
        billed = {each.service for each in (self, reply) if each.tokens != _NOTHING}
        service = billed.pop() if len(billed) == 1 else "standard"
        if raw is None or not isinstance(reply, Completion):
            return replace(self, tokens=tokens, service=service, attempts=attempts)
        return _Spent(reply.model, tokens, service, attempts, reply.latency, self.prompt, (*self.raws, raw))


_Answer = Checked | Failure | tuple[str, str]
"""A usable answer; a failure that asking again cannot fix; or (the answer, why it is none)."""


class Extractor:
    """Makes rows; `now` gives the UTC time that they carry."""

    def __init__(self, client: Asks, prompt: Prompt, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._client = client
        self._prompt = prompt
        self._now = now
        self._echoes = grounding.Echoes()
        self._head_tokens = tokens.estimate(prompt.head().decode())

    async def extract(self, problem: Problem) -> Row:
        """The row of `problem`. Raises Stopped or Interrupted when the run ends before it has one."""
        return (await self.answer(problem)).row

    async def answer(self, problem: Problem, first: FirstReply | None = None) -> Answered:
        """The row of `problem` and the answers that came. Raises as `extract` does.

        With `first` its first question was asked before, and only what follows from its answer is asked now.
        """
        if (verdict := rules.screen(problem.text)).reason is not None:
            meta = self._meta(_Spent())
            skipped = Skipped(id=problem.id, source="screen", reason=verdict.reason, detail=verdict.detail, meta=meta)
            return Answered(skipped)
        reply, prompt, alone = first or (None, self._prompt.digest, False)
        spent, outcome = await self._ask(problem, _Spent(prompt=prompt), None, reply)
        if isinstance(outcome, Checked):
            return await self._better(problem, spent, outcome, alone=alone)
        if isinstance(outcome, tuple):
            spent, outcome = await self._ask(problem, spent, outcome)
        if isinstance(outcome, Checked):
            return self._row(problem, spent, outcome)
        kind, message = (UNFIT, outcome[1]) if isinstance(outcome, tuple) else (outcome.kind, outcome.message)
        return Answered(self._fall_back(problem, spent, kind, message), spent.raws)

    async def reconsider(self, problem: Problem, first: Answered, why: str) -> Answered:
        """The row of a second answer, for which the model was shown its first and what is wrong with it.

        Where no usable one comes, the first row again, with what the question cost. Raises as `extract` does.
        """
        meta = first.row.meta or self._meta(_Spent())
        spent = _Spent(meta.model, meta.tokens, meta.service, meta.attempts, meta.latency, meta.prompt)
        spent, outcome = await self._ask(problem, spent, (first.raws[-1].content if first.raws else "", why))
        if isinstance(outcome, Checked):
            return self._row(problem, spent, outcome)
        cost = {"tokens": spent.tokens, "service": spent.service, "attempts": spent.attempts}
        return Answered(rewritten(first.row, timestamp(self._now()), **cost), spent.raws)

    async def _better(self, problem: Problem, spent: _Spent, first: Checked, *, alone: bool) -> Answered:
        """The row of a usable answer; where something in it is in doubt, of the better of it and a second one.

        Rules would answer the same again. However the second question ends, the answer that is there makes a row.
        """
        if alone or first.reask is None or spent.model == RULES_MODEL:
            return self._row(problem, spent, first)
        try:
            after, second = await self._ask(problem, spent, (spent.raws[-1].content, first.reask))
        except (AsyncgeoError, asyncio.CancelledError):
            return self._row(problem, spent, first)
        if isinstance(second, Checked) and _is_better(second, first):
            return self._row(problem, after, second)
        cost = replace(spent, tokens=after.tokens, service=after.service, attempts=after.attempts)
        return self._row(problem, cost, first)._replace(raws=(*after.raws[len(spent.raws) :], *spent.raws))

    async def _ask(
        self,
        problem: Problem,
        spent: _Spent,
        correction: tuple[str, str] | None,
        reply: Completion | Failure | None = None,
    ) -> tuple[_Spent, _Answer]:
        """One question and what came of it; none where its reply is there already."""
        if reply is None:
            reply = await self._client.ask(
                lambda form: self._prompt.render(problem, form, correction), self._estimate(problem, correction)
            )
        if isinstance(reply, Failure):
            unusable = reply.reask and correction is None and reply.kind not in _HOPELESS
            return spent.plus(reply, None), ("", reply.message) if unusable else reply
        spent = spent.plus(reply, self._raw(problem, reply, spent.prompt))
        checked = grounding.read(reply.content, problem.text)
        return spent, (reply.content, checked.why) if isinstance(checked, Unfit) else checked

    def _estimate(self, problem: Problem, correction: tuple[str, str] | None) -> int:
        """Tokens of the request."""
        return self._head_tokens + sum(map(tokens.estimate, (problem.text, *(correction or ()))))

    def _row(self, problem: Problem, spent: _Spent, checked: Checked) -> Answered:
        """The row of a usable answer; what a model gave for another text as well is a finding."""
        if spent.model != RULES_MODEL and (echoes := self._echoes.found(checked.extraction, problem.text)):
            checked = replace(checked, findings=(*checked.findings, *echoes))
        return Answered(verdict_row(problem, checked, self._meta(spent, checked)), spent.raws)

    def _fall_back(self, problem: Problem, spent: _Spent, kind: str, message: str) -> Row:
        """What the rules read, marked, with how much they understood; where they refuse too, an error row."""
        extraction, message = rules.parse(problem.text), encodable(message)
        meta = msgspec.structs.replace(self._meta(spent), coverage=extraction.coverage)
        if extraction.reason is not None:
            return Failed(id=problem.id, error=message, kind=kind, attempts=spent.attempts, meta=meta)
        return row_from(problem, extraction, "rules", meta, error=message, kind=kind)

    def _raw(self, problem: Problem, reply: Completion, prompt: str) -> Raw:
        return Raw(
            id=problem.id,
            text=problem.text,
            at=timestamp(self._now()),
            model=reply.model,
            prompt=prompt,
            finish_reason=reply.finish_reason,
            content=reply.content,
        )

    def _meta(self, spent: _Spent, checked: Checked | None = None) -> Meta:
        """How the row came to be; a row of an answer is as old as the answer."""
        return Meta(
            at=spent.raws[-1].at if checked is not None and spent.raws else timestamp(self._now()),
            model=spent.model,
            prompt=spent.prompt if spent.attempts else "",
            tokens=spent.tokens,
            service=spent.service,
            attempts=spent.attempts,
            latency=round(spent.latency, 3),
            coverage=checked.extraction.coverage if checked else None,
            findings=checked.findings if checked else (),
        )


def _is_better(second: Checked, first: Checked) -> bool:
    """Whether the second of two usable answers counts: it is a parse with less in doubt."""
    return second.extraction.reason is None and len(second.doubts) < len(first.doubts)


def verdict_row(problem: Problem, checked: Checked, meta: Meta) -> Parsed | Skipped:
    """The row of a usable answer; what the embedded reader answered is called what it is."""
    source: Source = "rules" if meta.model == RULES_MODEL else "model"
    return row_from(problem, checked.extraction, source, meta)
