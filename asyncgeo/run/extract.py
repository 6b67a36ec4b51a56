"""One `Problem` → one `Row`: screen, ask, check, ask again, fall back.

In: a problem. Out: its row, with the answers it was made of. Everything it needs is handed to it; it knows neither
other problems nor files. What ends the whole run (`Stopped`, `Interrupted`) passes through it, and the problem stays
pending; only where a usable answer is there, it makes the row. Of a pack of problems, asked in one request, each is
judged alone, and goes on alone where that is not enough.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Final, NamedTuple, Protocol

import msgspec
from msgspec.structs import replace

from asyncgeo import rules
from asyncgeo.errors import AsyncgeoError
from asyncgeo.llm import tokens
from asyncgeo.llm.client import Completion, Failure
from asyncgeo.llm.formats import Form
from asyncgeo.llm.prompts import Prompt
from asyncgeo.run import grounding, packs
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


class _Spent(msgspec.Struct, frozen=True):
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

OpenedPack = Answered | Callable[[], Awaitable[Answered]]
"""What came of a problem in a pack: its row, or what makes one by asking about it alone."""

_VAIN: Final = 3
"""Packs in a row without one usable answer, after which no more are sent: this model or server cannot read them."""


class Extractor:
    """Makes rows; `now` gives the UTC time that they carry.

    `pack_prompt` asks for several problems in one request, where any are; `say` hears when that is given up.
    """

    def __init__(
        self,
        client: Asks,
        prompt: Prompt,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        *,
        pack_prompt: Prompt | None = None,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._client = client
        self._prompt = prompt
        self._now = now
        self._pack_prompt = pack_prompt
        self._say = say
        self._vain = 0  # packs in a row of which nothing was usable
        self._echoes = grounding.Echoes()

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
        spent = _Spent(prompt=prompt)
        if isinstance(reply, Failure) and reply.kind == packs.MISSING:
            spent, reply = spent.plus(reply, None), None
        spent, outcome = await self._ask(problem, spent, None, reply)
        if isinstance(outcome, Checked):
            return await self._better(problem, spent, outcome, alone=alone)
        if isinstance(outcome, tuple):
            spent, outcome = await self._ask(problem, spent, outcome)
        if isinstance(outcome, Checked):
            return self._row(problem, spent, outcome)
        kind, message = (UNFIT, outcome[1]) if isinstance(outcome, tuple) else (outcome.kind, outcome.message)
        return Answered(self._fall_back(problem, spent, kind, message), spent.raws)

    async def open(self, problems: Sequence[Problem]) -> list[OpenedPack]:
        """Ask about all of them in one request: what came of each. Raises as `extract` does.

        Nothing awaits once the reply is here, which has been paid for.
        """
        if self._pack_prompt is None or self._vain >= _VAIN:
            return [partial(self.answer, problem) for problem in problems]
        prompt, texts = self._pack_prompt, [problem.text for problem in problems]
        size = prompt.tokens() + sum(map(tokens.estimate, texts))
        reply = await self._client.ask(lambda form: prompt.render_pack(problems, form), size)
        firsts = [FirstReply(each, prompt.digest) for each in packs.tell_apart(reply, texts)]
        return self._opened(problems, firsts, was_billed=reply.tokens != _NOTHING)

    def _opened(
        self, problems: Sequence[Problem], firsts: Sequence[FirstReply], *, was_billed: bool
    ) -> list[OpenedPack]:
        """Rows of usable answers; about everything else, and what is in doubt, another question is asked."""
        opened, was_of_use = list[OpenedPack](), False
        for problem, first in zip(problems, firsts, strict=True):
            spent, outcome = self._judge(problem, _Spent(prompt=first.prompt), first.reply, is_last=False)
            was_of_use |= isinstance(outcome, Checked)
            if isinstance(outcome, Checked) and not _is_doubtful(spent, outcome):
                opened.append(self._row(problem, spent, outcome))
            else:
                opened.append(partial(self.answer, problem, first))
        if was_billed:
            self._vain = 0 if was_of_use else self._vain + 1
            if self._vain == _VAIN:
                self._say(f"nothing usable came of {_VAIN} packs in a row: problems are asked one by one from now on")
        return opened

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

        However the second question ends, the answer that is there makes a row.
        """
        if alone or not _is_doubtful(spent, first):
            return self._row(problem, spent, first)
        try:
            after, second = await self._ask(problem, spent, (spent.raws[-1].content, first.reask or ""))
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
            if spent.prompt != self._prompt.digest:
                spent = replace(spent, prompt=self._prompt.digest)
            reply = await self._client.ask(
                lambda form: self._prompt.render(problem, form, correction), self._estimate(problem, correction)
            )
        return self._judge(problem, spent, reply, is_last=correction is not None)

    def _judge(
        self, problem: Problem, spent: _Spent, reply: Completion | Failure, *, is_last: bool
    ) -> tuple[_Spent, _Answer]:
        """What came of a question by its reply; after the last one nothing is worth another."""
        if isinstance(reply, Failure):
            unusable = reply.reask and not is_last and reply.kind not in _HOPELESS
            return spent.plus(reply, None), ("", reply.message) if unusable else reply
        spent = spent.plus(reply, self._raw(problem, reply, spent.prompt))
        checked = grounding.read(reply.content, problem.text)
        return spent, (reply.content, checked.why) if isinstance(checked, Unfit) else checked

    def _estimate(self, problem: Problem, correction: tuple[str, str] | None) -> int:
        """Tokens of the request."""
        return self._prompt.tokens() + sum(map(tokens.estimate, (problem.text, *(correction or ()))))

    def _row(self, problem: Problem, spent: _Spent, checked: Checked) -> Answered:
        """The row of a usable answer; what a model gave for another text as well is a finding."""
        if spent.model != RULES_MODEL and (echoes := self._echoes.found(checked.extraction, problem.text)):
            checked = replace(checked, findings=(*checked.findings, *echoes))
        return Answered(verdict_row(problem, checked, self._meta(spent, checked)), spent.raws)

    def _fall_back(self, problem: Problem, spent: _Spent, kind: str, message: str) -> Row:
        """What the rules read, marked, with how much they understood; where they refuse too, an error row."""
        extraction, message = rules.parse(problem.text), encodable(message)
        meta = replace(self._meta(spent), coverage=extraction.coverage)
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
            key=problem.key,
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


def _is_doubtful(spent: _Spent, checked: Checked) -> bool:
    """Whether another question is worth asking; rules would answer the same again."""
    return checked.reask is not None and spent.model != RULES_MODEL


def _is_better(second: Checked, first: Checked) -> bool:
    """Whether the second of two usable answers counts: it is a parse with less in doubt."""
    return second.extraction.reason is None and len(second.doubts) < len(first.doubts)


def verdict_row(problem: Problem, checked: Checked, meta: Meta) -> Parsed | Skipped:
    """The row of a usable answer; what the embedded reader answered is called what it is."""
    source: Source = "rules" if meta.model == RULES_MODEL else "model"
    return row_from(problem, checked.extraction, source, meta)
