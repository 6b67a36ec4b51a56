"""Batches at the endpoint → how each is doing, and its files on the disk once it has come to its end.

In: a context. Out: states and files; a part that was refused for want of room waits for some, one that failed as a
whole is given up. It reads no answer.
"""

import asyncio
from collections import Counter
from typing import Final

import msgspec

from asyncgeo.errors import Fatal, UserError
from asyncgeo.llm.batch import NO_ROOM, GoneError, Reason, RemoteBatch, fatal
from asyncgeo.llm.outcomes import Action, decide_status
from asyncgeo.run.batch import cut
from asyncgeo.run.batch.context import BatchContext
from asyncgeo.store import batches
from asyncgeo.store.batches import FINAL_STATES, BatchSeen, Collected, FileKind, Part
from asyncgeo.store.events import now

_WHOLE_FAILURES: Final = 3
"""Batches in a row that failed as a whole, for no reason that waiting helps, before the run ends."""


_LATE: Final = 10
"""Looks for an output file that is to come; a minute between two of them, for a batch that took long."""


class Waiter:
    """Waits for one start."""

    def __init__(self, context: BatchContext) -> None:
        self._context = context
        self._failures = 0
        self._late: Counter[str] = Counter()
        self._said: dict[str, tuple[str, int]] = {}  # by part: its state and the tenths of it that are done

    async def look(self) -> None:
        """Wait a while, then look at every batch, and take down what has come to its end."""
        waiting = self._context.waiting()
        await asyncio.sleep(cut.pause(cut.age(part.sent or part.planned.at) for part in waiting))
        for part in waiting:
            if part.batch is None:
                continue
            try:
                remote = await self._context.api.look(part.batch)
            except GoneError:
                raise _unknown(part) from None
            self._note(part, remote)
            if remote.state == "failed":
                self._judge_failure(part, remote)
            elif remote.state in FINAL_STATES and not self._is_late(part, remote):
                await self._take_down(part, remote)

    def _is_late(self, part: Part, remote: RemoteBatch) -> bool:
        """Whether requests were answered and their file is still to come, as happens for a while."""
        if remote.output_file is not None or not remote.done:
            return False
        self._late[part.name] += 1
        return self._late[part.name] < _LATE

    def _note(self, part: Part, remote: RemoteBatch) -> None:
        """How it is doing, into the ledger where that is news, and to the person where it is much."""
        seen = BatchSeen(
            at=now(), part=part.name, state=remote.state, done=remote.done, failed=remote.failed, total=remote.total
        )
        if part.seen is None or msgspec.structs.replace(part.seen, at=seen.at) != seen:
            self._context.ledger.append(seen)
        tenths = 10 * (seen.done + seen.failed) // max(1, seen.total)
        if self._said.get(part.name, ("", 0)) != (seen.state, tenths):
            self._said[part.name] = (seen.state, tenths)
            counted = f", {seen.done:,} of {seen.total:,} done" if seen.total else ""
            failed = f", {seen.failed:,} failed" if seen.failed else ""
            self._context.say(f"Batch {part.name}: {seen.state.replace('_', ' ')}{counted}{failed}.")

    async def _take_down(self, part: Part, remote: RemoteBatch) -> None:
        self._failures = 0
        if remote.output_file is not None:
            await self._download(part, "output", remote.output_file)
        if remote.error_file is not None:
            await self._download(part, "errors", remote.error_file)
        self._context.ledger.append(Collected(at=now(), part=part.name))

    async def _download(self, part: Part, kind: FileKind, file: str) -> None:
        try:
            with batches.whole_file(batches.path_of(self._context.plan.folder, part.name, kind)) as stream:
                await self._context.api.download(file, stream)
        except GoneError:
            self._context.say(f"Batch {part.name}: the endpoint has lost its {kind} file; what it held is asked again.")

    def _judge_failure(self, part: Part, remote: RemoteBatch) -> None:
        """A batch that was refused as a whole, and cost nothing: wait for room, try again, or end the run."""
        words = "; ".join(filter(None, (f"{each.code} {each.message}".strip() for each in remote.reasons)))
        if any(map(_is_for_room, remote.reasons)):
            self._context.refuse(part, words)
            return
        self._context.give_up(part, f"the endpoint refuses it ({words.rstrip('.') or 'without a reason'})")
        self._failures += 1
        for each in remote.reasons:
            decision = decide_status(
                0, {}, msgspec.json.encode({"error": {"code": each.code, "message": each.message}})
            )
            if decision.action is Action.STOP:
                raise fatal(decision, self._context.plan.settings.api.base_url)
        if self._failures >= _WHOLE_FAILURES:
            raise Fatal(
                f"The endpoint refuses every batch: {words or 'it gives no reason'}.",
                "Run without --batch, or look at the batch on the provider's page.",
                kind="batch_failed",
            )


def _unknown(part: Part) -> UserError:
    """The endpoint has no such batch for this key: nothing is asked again that may have been answered."""
    return UserError(
        f"The endpoint does not know batch {part.name} ({part.batch}) with this key.",
        "Use the key of the project that it was submitted with. Is it gone for good, then give it up: asyncgeo batch "
        f"cancel {part.name}",
    )


def _is_for_room(reason: Reason) -> bool:
    return reason.code == NO_ROOM or "enqueued token" in reason.message.lower()
