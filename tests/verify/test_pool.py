import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from support.judging import die, judge
from support.live import TIMEOUT

from asyncgeo.schema.records import RequiredObjects
from asyncgeo.schema.verdict import Verdict
from asyncgeo.store.parses import Parse
from asyncgeo.verify.judge import judge_batch
from asyncgeo.verify.pool import VerifierPool

ANGLES = [{"type": "angle_value", "points": [["A", "B", "C"]], "value": value} for value in (50, 70)]


def parse(identifier: str, text: str = "", conditions: list[dict[str, Any]] | None = None) -> Parse:
    return Parse(identifier, text, conditions or [], RequiredObjects())


class Record:
    """Keeps verdicts, or has no room for them."""

    def __init__(self, *, full: bool = False) -> None:
        self.pairs: list[tuple[int, Verdict]] = []
        self.full = full

    def __call__(self, pairs: Sequence[tuple[int, Verdict]]) -> None:
        if self.full:
            raise OSError(28, "No space left on device")
        self.pairs += pairs


async def test_verdicts_come_from_another_process_and_are_recorded() -> None:
    """The one told is the one recorded, at its position; a contradiction is found there as it is here."""
    record = Record()
    async with VerifierPool(judge_batch, record, workers=1) as judges:
        good = await judges.judge(4, parse("1", conditions=ANGLES[:1]))
        bad = await judges.judge(9, parse("2", conditions=ANGLES))
    assert good is not None
    assert bad is not None
    assert (good.drawable, bad.drawable, bad.conflict) == (True, False, (0, 1))
    assert record.pairs == [(4, good), (9, bad)]


async def test_the_loop_turns_while_others_judge() -> None:
    """Many parses at once: each has its verdict, from processes that are not this one."""
    record = Record()
    async with VerifierPool(judge, record, workers=2) as judges:
        verdicts = await asyncio.gather(*(judges.judge(k, parse(str(k))) for k in range(200)))
    assert [verdict.id for verdict in verdicts if verdict is not None] == [str(k) for k in range(200)]
    assert str(os.getpid()) not in {verdict.of for verdict in verdicts if verdict is not None}
    assert judges.unjudged == 0
    assert sorted(position for position, _ in record.pairs) == list(range(200))


@pytest.mark.parametrize("text", ["die", "raise"])
async def test_a_parse_that_kills_its_process_costs_its_own_verdict_only(text: str) -> None:
    """All others have theirs, also those that were in the same batch and in other batches; two bad ones are found."""
    said: list[str] = []
    async with VerifierPool(judge, Record(), workers=2, say=said.append) as judges:
        verdicts = await asyncio.gather(
            *(judges.judge(k, parse(str(k), text if k in (7, 40) else "")) for k in range(60))
        )
        later = await judges.judge(60, parse("60"))
    assert [k for k, verdict in enumerate(verdicts) if verdict is None] == [7, 40]
    assert later is not None
    assert judges.unjudged == 2
    assert {line.split(" could")[0] for line in said} == {
        "The parse of 7",
        "The parse of 40",
    }  # either batch may be first
    assert len(said) == 2


async def test_processes_that_cannot_live_are_given_up() -> None:
    """Said once, not for every row; the run goes on without verdicts."""
    said: list[str] = []
    async with VerifierPool(die, Record(), workers=1, say=said.append) as judges:
        verdicts = await asyncio.gather(*(judges.judge(k, parse(str(k))) for k in range(40)))
        assert await judges.judge(40, parse("40")) is None
    assert verdicts == [None] * 40
    assert judges.unjudged == 41
    assert sum("die as soon as they start" in line for line in said) == 1
    assert len(said) <= 9


async def test_dropping_waits_for_nobody() -> None:
    """What hangs is ended with its process; whoever waits is told that there is no verdict."""
    async with asyncio.timeout(TIMEOUT):
        async with VerifierPool(judge, Record(), workers=1) as judges:
            waiting = [asyncio.create_task(judges.judge(k, parse(str(k), "hang"))) for k in range(40)]
            await asyncio.sleep(0)
            judges.drop()
            assert await judges.judge(41, parse("41")) is None
        assert await asyncio.gather(*waiting) == [None] * 40
        assert judges.unjudged == 41


async def test_more_than_can_wait_are_left_for_later() -> None:
    """Memory does not grow with a run that is faster than its judges."""
    async with asyncio.timeout(TIMEOUT):
        async with VerifierPool(judge, Record(), workers=1) as judges:
            waiting = [asyncio.create_task(judges.judge(k, parse(str(k), "hang"))) for k in range(11_000)]
            await asyncio.sleep(0)
            refused = judges.unjudged
            judges.drop()
            assert await asyncio.gather(*waiting) == [None] * 11_000
        assert 0 < refused < 1000
        assert judges.unjudged == 11_000


async def test_verdicts_without_room_are_told_all_the_same() -> None:
    """A full disk costs the file, which a later verification makes up for."""
    said: list[str] = []
    async with VerifierPool(judge, Record(full=True), workers=1, say=said.append) as judges:
        assert await judges.judge(0, parse("1")) is not None
    assert "No space left on device" in said[0]


def test_processes_end_with_a_killed_parent(tmp_path: Path) -> None:
    """SIGKILL takes no leave; nobody is left behind to hold memory."""
    script = tmp_path / "asker.py"
    script.write_text(
        "import asyncio, sys\n"
        "from asyncgeo.verify.pool import VerifierPool\n"
        "from asyncgeo.store.parses import Parse\n"
        "from asyncgeo.schema.records import RequiredObjects\n"
        "from support.judging import judge\n"
        "async def main():\n"
        "    async with VerifierPool(judge, lambda pairs: None, workers=1) as judges:\n"
        "        print((await judges.judge(0, Parse('1', '', [], RequiredObjects()))).of, flush=True)\n"
        "        await judges.judge(1, Parse('2', 'hang', [], RequiredObjects()))\n"
        "if __name__ == '__main__':\n"
        "    asyncio.run(main())\n"
    )
    paths = os.pathsep.join(map(str, (Path(__file__).parents[1], *sys.path)))
    with subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": paths}
    ) as asker:
        assert asker.stdout is not None
        assert int(asker.stdout.readline()) != asker.pid
        asker.send_signal(signal.SIGKILL)
        assert asker.stdout.read() == ""  # returns once the last process that could write has ended
