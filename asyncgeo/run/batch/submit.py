"""Pending problems → batches at the endpoint, as far as there is room and money for them.

In: a context. Out: input files, their parts in the ledger, batches of them. Each step is on the disk before the next,
so that a crash anywhere leaves something that the next start goes on with.
"""

import itertools
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from asyncgeo import rules
from asyncgeo.llm import prices, tokens
from asyncgeo.llm.batch import URL, GoneError, NoRoomError
from asyncgeo.run.batch import cut
from asyncgeo.run.batch.context import BatchContext
from asyncgeo.run.batch.cut import RequestSize, custom_id
from asyncgeo.run.packs import ProblemPack
from asyncgeo.schema.records import Problem, Unreadable
from asyncgeo.schema.words import counted, money, short
from asyncgeo.store import batches
from asyncgeo.store.batches import Created, Part, Planned, Uploaded
from asyncgeo.store.events import now


class Submitter:
    """Submits for one start; the problems that it has looked at already are not looked at again without a reason."""

    def __init__(self, context: BatchContext) -> None:
        self._context = context
        self._source: Iterator[ProblemPack] = iter(())
        self._scale = 1.0  # of what our own count of tokens allows

    async def submit(self) -> None:
        """Whatever there is room for: first what is planned already, then what is pending."""
        for part in [each for each in self._context.waiting() if each.batch is None]:
            if cut.is_too_large(part, self._context.all.open):
                self._cut_smaller(part)
            elif cut.may_try(part, self._limit, self._context.all.open, datetime.now(UTC)):
                await self._send(part)
        while (planned := self._next_part()) is not None:
            await self._send(planned)

    def has_more(self) -> bool:
        """Whether a problem is left that could be submitted."""
        return next(self._to_submit(), None) is not None

    @property
    def _limit(self) -> int | None:
        return cut.queue(self._context.plan.settings.batch.enqueued_tokens, self._context.all.parts.values())

    # planning

    def _next_part(self) -> Part | None:
        """The next input file, planned; None where there is no room, no money or no problem for it."""
        waiting = self._context.waiting()
        if any(part.batch is None for part in waiting):
            return None  # what was refused goes first
        if not cut.is_worth_a_file(self._limit, waiting):
            return None
        most = cut.most(self._limit, waiting, self._context.budget.free(), self._scale)
        wanted = self._to_submit()
        first = next(wanted, None)
        return None if first is None else self._plan(itertools.chain((first,), wanted), most)

    def _plan(self, requests: Iterator[ProblemPack], most: RequestSize) -> Part | None:
        """Write the file of as many requests as fit, the first in any case but for want of money."""
        name = f"{len(self._context.all.parts) + 1:04d}"
        path = batches.path_of(self._context.plan.folder, name, "input")
        size, items = RequestSize(), list[tuple[str, str]]()
        with batches.whole_file(path) as stream:
            for problems in requests:
                called = custom_id(problems, self._context.prompt.digest)
                line, own = self._render(called, problems)
                both = size.plus(own)
                if not both.fits(most) and (items or own.usd > most.usd):
                    self._source = itertools.chain((problems,), self._source)
                    break
                stream.write(line)
                size = both
                items += ((called, problem.id) for problem in problems)
        if items:
            return self._note(name, size, tuple(items))
        path.unlink()
        return None

    def _note(self, name: str, size: RequestSize, items: tuple[tuple[str, str], ...]) -> Part:
        """The part in the ledger."""
        context, api, form = self._context, self._context.plan.settings.api, self._context.negotiation.form
        context.ledger.append(
            Planned(
                at=now(),
                part=name,
                base_url=api.base_url,
                model=api.model,
                prompt=context.prompt.digest,
                tokens=size.tokens,
                reserved=None if context.budget.price is None else size.usd,
                items=items,
                format=form.format,
                without=tuple(sorted(form.without)),
                packed=context.pack > 1,
            )
        )
        return context.all.parts[name]

    def _render(self, called: str, problems: ProblemPack) -> tuple[bytes, RequestSize]:
        """The line of a first question, and what it counts."""
        prompt, form, price = self._context.prompt, self._context.negotiation.form, self._context.budget.price
        body = prompt.render_pack(problems, form) if self._context.pack > 1 else prompt.render(problems[0], form)
        line = b'{"custom_id":"%s","method":"POST","url":"%s","body":%s}\n' % (called.encode(), URL.encode(), body)
        asked = prompt.tokens(form) + sum(tokens.estimate(problem.text) for problem in problems)
        cap = self._context.plan.settings.api.max_completion_tokens
        return line, RequestSize(1, len(line), asked, 0.0 if price is None else prices.ceiling(price, asked, cap))

    def _to_submit(self) -> Iterator[ProblemPack]:
        """What was not looked at yet, request by request; from the beginning where any problem came back since."""
        first = next(self._source, None)
        if first is not None:
            self._source = itertools.chain((first,), self._source)
        elif self._context.is_stale:
            self._context.is_stale = False
            plan, again = self._context.fresh(), self._context.all.again
            asked = self._asked(plan.problems.read(*plan.span, self._context.is_wanted))
            self._source = cut.packed(asked, self._context.pack, lambda problem: again[problem.id] > 0)
        return self._source

    def _asked(self, pending: Iterable[Problem | Unreadable]) -> Iterator[Problem]:
        """The problems that pass the screen, each read when it is asked for; the others need no question."""
        for each in pending:
            if isinstance(each, Unreadable):
                self._context.free.add(each.row.id)
            elif rules.screen(each.text).reason is not None:
                self._context.free.add(each.id)
            else:
                yield each

    def _cut_smaller(self, part: Part) -> None:
        """A part that will never find room makes way for smaller ones."""
        if part.limit is not None and part.planned.tokens <= part.limit * cut.MARGIN:
            self._scale /= 2
        self._context.give_up(part, "it is larger than the account's queue, and is cut anew")

    # sending

    async def _send(self, part: Part) -> None:
        """Upload the file unless it is there, and make a batch of it."""
        context = self._context
        if not batches.path_of(context.plan.folder, part.name, "input").exists():
            context.give_up(part, "its file is gone")
        elif not context.budget.claim(part.name, part.planned.reserved):
            context.give_up(part, "the budget does not cover it any more")
        else:
            again = part.name in context.uncertain
            context.uncertain.add(part.name)
            try:
                await self._carry_out(part, again=again)
            except NoRoomError as error:
                context.refuse(part, str(error))
            except GoneError:
                context.give_up(part, "the endpoint has lost its file")
            context.uncertain.discard(part.name)

    async def _carry_out(self, part: Part, *, again: bool) -> None:
        """Both calls, each noted as soon as it is known to be carried out; `again`: the next one may be already."""
        context = self._context
        if part.file is None:
            path = batches.path_of(context.plan.folder, part.name, "input")
            file = await context.api.upload(path, f"asyncgeo-{context.all.folder}-{part.name}.jsonl", again=again)
            context.ledger.append(Uploaded(at=now(), part=part.name, file=file))
            again = False
        metadata = {"asyncgeo_folder": context.all.folder, "asyncgeo_part": part.name}
        made = await context.api.create(part.file or "", metadata, again=again)
        context.ledger.append(Created(at=now(), part=part.name, batch=made.id, expires=made.expires))
        cost = "" if part.planned.reserved is None else f", at most {money(part.planned.reserved)}"
        number, size = counted(len(part.planned.items), "problem"), short(part.planned.tokens)
        context.say(f"Batch {part.name} is submitted: {number}, {size} tokens{cost}.")
