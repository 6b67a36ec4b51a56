import asyncio
import itertools
import os
import random
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st
from support import virtual
from support.examples import times
from support.paced import ROOM, Server, drive_for, drive_through

from asyncgeo import config
from asyncgeo.errors import ConfigError, EndpointDown, Fatal
from asyncgeo.llm.limits import Bound, Limits, Outcome, Permit
from asyncgeo.llm.limits.shared import SharedLimit, file_for
from asyncgeo.llm.limits.slots import Slots
from asyncgeo.llm.outcomes import Action, Decision
from asyncgeo.llm.rate_headers import RateHeaders, Window

pytestmark = pytest.mark.usefixtures("virtual_loop")

ANSWERED = Outcome(0.1)


def limits(**changes: object) -> Limits:
    """Limits in the running loop's time; they say nothing."""
    return Limits(config.LimitSettings(**changes), clock=virtual.now, rng=random.Random(1))  # type: ignore[arg-type]


def refused(after: float | None = None, headers: RateHeaders | None = None) -> Outcome:
    return Outcome(0.1, Decision("rate_limit", Action.COOL_DOWN, "429", after=after, scarce="requests"), headers)


def lost(words: str = "refused") -> Outcome:
    return Outcome(0.1, Decision("connection", Action.RETRY, words, transport=True))


async def send(mine: Limits, tokens: int = 10, outcome: Outcome = ANSWERED, asker: object = None) -> float:
    """One request; when it was sent."""
    permit = await mine.admit(tokens, asker)
    await asyncio.sleep(0.001)
    mine.observe(permit, outcome)
    mine.settle(permit, tokens if outcome is ANSWERED else None)
    return permit.sent_at


async def test_requests_go_in_order_at_the_rate() -> None:
    """Sixty a minute: one each second, first come, first served."""
    mine = limits(requests_per_minute=60)
    began = virtual.now()
    sent = await asyncio.gather(*(send(mine) for _ in range(10)))
    assert sent == sorted(sent)
    assert sent[-1] - began == pytest.approx(9, abs=0.5)


@settings(max_examples=times(0.4), deadline=None)
@given(st.lists(st.integers(1, 20_000), min_size=2, max_size=60), st.integers(0, 59))
async def test_large_requests_are_not_starved(sizes: list[int], place: int) -> None:
    """Under tokens per minute everybody passes in the order of asking, whatever the sizes."""
    mine = limits(tokens_per_minute=60_000)
    sizes[place % len(sizes)] = 50_000
    sent = await asyncio.gather(*(send(mine, size) for size in sizes))
    assert sent == sorted(sent)
    for first, start in enumerate(sent):
        for last, end in enumerate(sent[first:], first):
            assert sum(sizes[first : last + 1]) <= 1000 * (end - start) + 250 + max(sizes) + 1


async def test_a_request_that_never_fits_is_refused_with_the_numbers() -> None:
    """Waiting for it would be for ever."""
    with pytest.raises(ConfigError, match=r"50,000 tokens.*1,000"):
        await limits(tokens_per_minute=1000).admit(50_000)


async def test_nobody_sends_during_a_cool_down_and_nobody_rushes_after_it() -> None:
    """A Retry-After of 20 s holds all; then the old pace comes back within seconds, without a herd."""
    mine = limits(requests_per_minute=6000)
    sent: list[float] = []

    async def one(number: int) -> None:
        sent.append(await send(mine, outcome=refused(20.0) if number == 300 else ANSWERED))

    await asyncio.gather(*(one(number) for number in range(1500)))
    held = sent[300]
    assert not [moment for moment in sent if held < moment < held + 20]
    after = [moment - held - 20 for moment in sent if moment >= held + 20]
    assert len([moment for moment in after if moment < 1]) <= 126
    assert len([moment for moment in after if 3 <= moment < 5]) >= 180


async def test_a_rate_that_is_not_to_be_adapted_keeps_a_retry_after_all_the_same() -> None:
    """`adaptive = false` is the person's wish for a rate; when the server names a pause, everybody keeps it."""
    mine = limits(requests_per_minute=6000, adaptive=False)
    sent = [await send(mine, outcome=refused(20.0)), await send(mine)]
    assert sent[1] - sent[0] >= 20
    assert mine.view().requests_limit == 6000


@pytest.mark.parametrize("headers", [ROOM, None])
@pytest.mark.parametrize("wait", [1.0, 5.0])
async def test_brief_waits_that_others_need_not_keep_hold_nobody_else(wait: float, headers: RateHeaders | None) -> None:
    """A server that refuses one in 25 and says "in a second" to it alone costs a twenty-fifth, from the start."""
    server = Server(stray=0.04, wait=wait, headers=headers)
    load = await drive_for(limits(requests_per_minute=6000), server, 12)
    assert load.per_second(1, 12) >= 0.95 * 0.96 * 100
    assert load.per_second(2, 5) >= 80


async def test_brief_waits_of_slow_answers_are_found_out_as_well() -> None:
    """Though what was sent on trial is answered only when the wait is over."""
    server = Server(latency=1.8, stray=0.04, wait=1.0, headers=ROOM)
    load = await drive_for(limits(requests_per_minute=6000), server, 20)
    assert load.per_second(8, 20) >= 0.95 * 0.96 * 100


async def test_a_limit_that_names_brief_waits_is_found_without_a_storm() -> None:
    """What goes on trial is little: the rate is cut, and few requests are refused."""
    load = await drive_for(limits(requests_per_minute=6000), Server(limit=50, wait=1.0), 20)
    assert load.per_second(2, 20) >= 0.9 * 50
    assert load.refused <= 0.03


async def test_brief_waits_that_are_for_all_hold_everybody() -> None:
    """Where the others are refused as well, each wait is kept by all: one burst of refusals for each, no storm."""
    server = Server(stray=0.01, wait=1.0, everybody=True, refusing=0.1, headers=ROOM)
    load = await drive_for(limits(requests_per_minute=6000), server, 60)
    assert load.refused <= 0.2
    assert sum(moment >= 30 for moment in load.refusals) <= 0.25 * sum(moment >= 30 for moment in load.answers)


async def test_long_waits_are_everybodys_whatever_the_others_meet() -> None:
    """Twenty seconds are kept by all, always."""
    load = await drive_for(limits(requests_per_minute=6000), Server(stray=0.01, wait=20.0, headers=ROOM), 60)
    gaps = [later - sooner for sooner, later in itertools.pairwise(sorted(load.answers))]
    assert sum(gap > 19 for gap in gaps) >= 2


async def answers_of(server: Server) -> tuple[float, float]:
    """Answers per second after the first five, and the share refused."""
    load = await drive_for(limits(requests_per_minute=6000), server, 30)
    return load.per_second(5, 30), load.refused


@pytest.mark.slow
@pytest.mark.parametrize(("share", "least"), [(0.02, 0.9), (0.05, 0.9), (0.15, 0.8), (0.3, 0.7)])
async def test_refusals_at_random_cost_their_share_and_little_more(share: float, least: float) -> None:
    """Slowing down does not help against them: most of what the server would answer is asked for, from the start."""
    for seed in range(2):
        answered, _ = await answers_of(Server(stray=share, seed=seed))
        assert answered >= least * 100 * (1 - share)


@pytest.mark.parametrize("limit", [30.0, 50.0, 80.0])
async def test_a_limit_that_nobody_names_is_found(limit: float) -> None:
    """From refusals alone: it is used, and few requests are refused."""
    answered, refusals = await answers_of(Server(limit=limit))
    assert answered >= 0.9 * limit
    assert refusals <= 0.05


async def test_a_limit_is_used_beneath_refusals_at_random() -> None:
    """Where both refuse, what the limit lets pass is asked for."""
    answered, _ = await answers_of(Server(stray=0.3, limit=50))
    assert answered >= 0.6 * 50


@pytest.mark.slow
async def test_want_of_capacity_says_nothing_of_the_rate() -> None:
    """A refusal that says so itself slows nobody from the first on, whatever wait it names: that is the request's."""
    for after in (None, 2.0, 30.0):
        answered, _ = await answers_of(Server(stray=0.3, scarce="capacity", wait=after, patient=False))
        assert answered >= 0.97 * 70


async def test_the_use_that_is_shown_is_that_of_the_wall_clock() -> None:
    """Pauses do not make it look larger than what went out."""
    mine = limits(requests_per_minute=6000)
    began = virtual.now()
    for number in range(200):
        await send(mine, outcome=refused(0.5) if number % 20 == 19 else ANSWERED)
        if virtual.now() >= began + 1:
            assert 0 < mine.view().requests_used <= 6000


async def test_the_longest_of_several_cool_downs_counts() -> None:
    """A shorter one that comes later takes nothing back."""
    mine = limits()
    began = virtual.now()
    mine.cool_down(10)
    mine.cool_down(3)
    assert mine.view().cool_down == pytest.approx(10)
    assert await send(mine) - began == pytest.approx(10)


async def test_auto_takes_the_limits_of_the_first_reply() -> None:
    """Until then everything passes."""
    mine = limits()
    headers = RateHeaders(Window(600, 599, 0.1), Window(60_000, 59_000, 1.0))
    await send(mine, outcome=Outcome(0.1, None, headers))
    view = mine.view()
    assert (view.requests_limit, view.tokens_limit) == (600, 60_000)


@settings(max_examples=times(0.1), deadline=None)
@given(st.integers(60, 300), st.floats(2.0, 20.0), st.integers(0, 20))
async def test_an_emptied_window_slows_only_until_its_reset(rpm: int, reset: float, before: int) -> None:
    """One refusal that comes with headers, among answers without: what they said is over when the window is full."""
    mine, emptied = limits(), RateHeaders(Window(rpm, 0, reset))
    for _ in range(before):
        await send(mine)
    began = await send(mine, outcome=refused(headers=emptied))
    assert (mine.view().requests_limit or rpm) < rpm
    while virtual.now() < began + reset + 6:
        await send(mine)
    assert mine.view().requests_limit == pytest.approx(rpm)


async def test_requests_per_day_under_the_name_of_a_minute_are_no_rate() -> None:
    """Nothing is known then, and everything may pass."""
    mine = limits()
    await send(mine, outcome=Outcome(0.1, None, RateHeaders(Window(14_400, 14_399, 6.0), Window(60, 0, 80_000.0))))
    view = mine.view()
    assert (view.requests_limit, view.tokens_limit) == (None, None)


async def test_a_refusal_while_both_windows_have_room_is_not_about_the_rate() -> None:
    """Then only the pause that was asked for is kept."""
    mine = limits(requests_per_minute=600)
    await send(mine, outcome=refused(1.0, RateHeaders(Window(600, 300, 30.0), Window(60_000, 30_000, 30.0))))
    assert mine.view().cuts == 0
    await send(mine, outcome=refused(1.0))
    assert mine.view().cuts == 1


async def test_retuning_takes_effect_at_once() -> None:
    """Whoever waits at the old rate goes on at the new one."""
    mine = limits(requests_per_minute=1)
    began = virtual.now()
    waiting = [asyncio.create_task(send(mine)) for _ in range(11)]
    await asyncio.sleep(10)
    mine.retune(config.LimitSettings(requests_per_minute=600))
    sent = await asyncio.gather(*waiting)
    assert sent[1] - began <= 10.3
    assert sent[-1] - began <= 12


async def test_estimates_are_corrected_by_what_was_charged() -> None:
    """When every request turns out half as large, twice as many go."""
    mine = limits(tokens_per_minute=60_000)
    sent = []
    for _ in range(300):
        permit = await mine.admit(100)
        mine.observe(permit, ANSWERED)
        mine.settle(permit, 50)
        sent.append(permit.sent_at)
    assert 200 / (sent[-1] - sent[99]) == pytest.approx(20, rel=0.03)


async def test_closing_turns_everybody_away_and_touches_nobody_in_flight() -> None:
    """Those in the queue, in a cool-down and at rest are told at once; a permit already given is settled as ever."""
    mine = limits(requests_per_minute=1)
    flying = await mine.admit(1)
    waiting = [asyncio.create_task(mine.admit(1)) for _ in range(3)]
    waiting.append(asyncio.create_task(mine.rest(1000)))  # type: ignore[arg-type]  # gathered alike
    await asyncio.sleep(1)
    began = virtual.now()
    mine.close(Fatal("no", kind="quota"))
    assert all(isinstance(end, Fatal) for end in await asyncio.gather(*waiting, return_exceptions=True))
    assert virtual.now() == began
    mine.observe(flying, ANSWERED)
    mine.settle(flying, 1)
    assert mine.view().in_flight == 0
    with pytest.raises(Fatal):
        await mine.admit(1)


@settings(max_examples=times(0.5), deadline=None)
@given(st.lists(st.tuples(st.floats(0, 2), st.booleans()), min_size=1, max_size=30))
async def test_cancelling_leaks_nothing(requests: list[tuple[float, bool]]) -> None:
    """At whatever await a request is cancelled: no slot, no permit and no turn is lost."""
    mine = limits(requests_per_minute=600, max_concurrency=4)

    async def one() -> None:
        await mine.acquire()
        try:
            permit = await mine.admit(10)
            try:
                await asyncio.sleep(0.1)
                mine.observe(permit, ANSWERED)
            finally:
                mine.settle(permit, None)
        finally:
            mine.release()

    tasks = [asyncio.create_task(one()) for _ in requests]
    for task, (after, cancelled) in zip(tasks, requests, strict=True):
        if cancelled:
            asyncio.get_running_loop().call_later(after, task.cancel)
    await asyncio.gather(*tasks, return_exceptions=True)
    view = mine.view()
    assert (view.in_use, view.in_flight, view.waiting) == (0, 0, 0)
    await one()


async def test_a_dead_endpoint_is_probed_by_one_and_then_given_up() -> None:
    """Everybody pauses; after `give_up_after` all are told."""
    mine = Limits(config.LimitSettings(), give_up_after=60, clock=virtual.now, rng=random.Random(1))
    sent: list[float] = []

    async def one(number: int) -> None:
        while True:
            sent.append(await send(mine, outcome=lost(), asker=number))

    results = await asyncio.gather(*(one(number) for number in range(20)), return_exceptions=True)
    assert {type(result) for result in results} == {EndpointDown}
    sent = [moment - sent[0] for moment in sent]
    assert len([moment for moment in sent if moment < 0.1]) <= 20 + 8
    assert len([moment for moment in sent if moment >= 0.1]) <= 12


async def test_an_endpoint_that_only_says_429_is_given_up() -> None:
    """Not the problem's fault, but not for ever; time that the server asks us to wait is excused."""
    mine = Limits(config.LimitSettings(), give_up_after=60, clock=virtual.now, rng=random.Random(1))
    began = virtual.now()

    async def insist() -> None:
        while True:
            await send(mine, outcome=refused())

    with pytest.raises(EndpointDown, match="429"):
        await insist()
    assert 60 <= virtual.now() - began <= 200


async def test_after_a_cut_no_more_are_in_flight_than_there_are_slots() -> None:
    """Problems in work keep their slots when the slots shrink; their requests wait."""
    mine = limits()
    permits: list[Permit] = [await mine.admit(1, number % 2) for number in range(16)]
    overload = Outcome(0.1, Decision("overloaded", Action.RETRY, "503", transport=True, overload=True))
    for permit in permits[:5]:
        mine.observe(permit, overload)
        mine.settle(permit, None)
    for permit in permits[5:9]:
        mine.observe(permit, ANSWERED)
        mine.settle(permit, 1)
    assert mine.view().slots == 9
    more = [await mine.admit(1) for _ in range(2)]
    late = asyncio.create_task(mine.admit(1))
    await asyncio.sleep(1)
    assert not late.done()
    assert mine.view().binds is Bound.CONCURRENCY
    for permit in (*permits[9:], *more):
        mine.observe(permit, ANSWERED)
        mine.settle(permit, 1)
    assert (await late).sent_at == virtual.now()


async def test_slots_are_given_in_order_and_can_change_their_number() -> None:
    """Growing serves those who wait; shrinking waits for releases."""
    slots = Slots(1)
    got: list[int] = []

    async def one(number: int) -> None:
        await slots.acquire()
        got.append(number)

    tasks = [asyncio.create_task(one(number)) for number in range(4)]
    await asyncio.sleep(0)
    assert got == [0]
    slots.resize(3)
    await asyncio.sleep(0)
    assert got == [0, 1, 2]
    slots.resize(1)
    slots.release()
    slots.release()
    await asyncio.sleep(0)
    assert got == [0, 1, 2]
    slots.release()
    await asyncio.gather(*tasks)
    assert got == [0, 1, 2, 3]


async def test_thousands_are_asked_of_a_silent_server_almost_as_fast_as_at_full_concurrency() -> None:
    """5,007 answers of 1.8 s: not more than 13 s, where all slots from the start need 10.8."""
    load = await drive_through(limits(), Server(latency=1.8), 5007)
    assert max(load.answers) <= 13
    assert sum(moment < 1.7 for moment in load.sent) <= 32


@pytest.mark.parametrize("jitter", [0.0, 0.2])
async def test_a_server_of_four_slots_is_not_drowned(jitter: float) -> None:
    """Answers of 20 s: it is kept busy, with at most 40 in flight, and none waits for the 120 s of the time-out."""
    load = await drive_through(limits(), Server(latency=20, slots=4, jitter=jitter), 400)
    assert load.most <= 40
    assert load.longest < 120
    assert max(load.answers) <= 1.1 * 400 / 4 * 20


async def test_a_named_rate_is_used_from_the_first_reply_on() -> None:
    """However long its answers take: as many are in flight as it needs."""
    load = await drive_through(limits(), Server(latency=6, headers=ROOM), 1000)
    assert load.per_second(12.1, 15) >= 95


async def test_answers_that_cannot_be_used_open_no_more_slots() -> None:
    """A model that only thinks is asked no more at once than in the beginning."""
    load = await drive_through(limits(), Server(latency=1.8, usable=False), 500)
    assert load.most <= 32


class Wall:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_hungry_neighbours_share_equally_and_the_dead_leave_their_share(tmp_path: Path) -> None:
    """Together never more than one limit once all know of each other; a killed process is noticed in seconds."""
    wall, file = Wall(), tmp_path / "limit.sqlite"
    with SharedLimit(file, wall=wall) as first, SharedLimit(file, wall=wall) as second:
        assert first.share(wall(), hungry=True) == 1.0
        assert second.share(wall(), hungry=True) < 0.1
        for _ in range(4):
            wall.now += 0.6
            shares = first.share(wall(), hungry=True), second.share(wall(), hungry=True)
        assert shares == (0.5, 0.5)
        for _ in range(6):
            wall.now += 0.6
            alone = first.share(wall(), hungry=True)
        assert alone == 1.0


def test_a_sated_neighbour_leaves_its_share_to_the_hungry(tmp_path: Path) -> None:
    """Who would not use more keeps a little, so that it can become hungry."""
    wall, file = Wall(), tmp_path / "limit.sqlite"
    with SharedLimit(file, wall=wall) as first, SharedLimit(file, wall=wall) as second:
        for _ in range(5):
            wall.now += 0.6
            shares = first.share(wall(), hungry=True), second.share(wall(), hungry=False)
        assert shares == pytest.approx((0.9, 0.1))


def test_leaving_gives_the_share_back_at_once(tmp_path: Path) -> None:
    """At the next beat, not when the row has aged."""
    wall, file = Wall(), tmp_path / "limit.sqlite"
    with SharedLimit(file, wall=wall) as first:
        with SharedLimit(file, wall=wall) as second:
            second.share(wall(), hungry=True)
        wall.now += 0.6
        assert first.share(wall(), hungry=True) == 1.0


def test_a_busy_or_broken_file_stops_nobody(tmp_path: Path) -> None:
    """What was agreed last still holds; without a file everybody is alone."""
    wall, file = Wall(), tmp_path / "limit.sqlite"
    with SharedLimit(file, wall=wall) as mine:
        other = sqlite3.connect(file, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        assert mine.share(wall(), hungry=True) == 1.0
        other.close()
    (tmp_path / "no.sqlite").write_bytes(b"this is no database at all" * 100)
    with SharedLimit(tmp_path / "no.sqlite", wall=wall) as mine:
        assert mine.share(wall(), hungry=True) == 1.0
    (tmp_path / "file").write_text("")
    with SharedLimit(tmp_path / "file" / "x.sqlite", wall=wall) as mine:
        assert mine.share(wall(), hungry=True) == 1.0


def test_without_a_temporary_folder_nothing_is_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    """A read-only container has none: no file, no error."""
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.setattr("tempfile._candidate_tempdir_list", lambda: ["/proc/nowhere"])
    assert file_for("http://a/v1", "m", "sk-one") is None


def placed(folder: Path, *, mode: int = 0o700, link: bool = False) -> Path:
    """A file in a folder of this mode, which may be a link to one."""
    real = folder / "real"
    real.mkdir(mode=0o700)
    real.chmod(mode)
    if link:
        (folder / "link").symlink_to(real)
    return folder / ("link" if link else "real") / "limit-a.sqlite"


@pytest.mark.parametrize(("mode", "link"), [(0o755, False), (0o777, False), (0o700, True)])
def test_a_folder_that_others_may_write_in_is_not_used(tmp_path: Path, mode: int, *, link: bool) -> None:
    """In the folder for temporary files it may be anybody's; then nothing is shared, and that is said once."""
    file, said = placed(tmp_path, mode=mode, link=link), list[str]()
    with SharedLimit(file, say=said.append) as mine:
        assert mine.share(0.0, hungry=True) == mine.share(9.0, hungry=True) == 1.0
    assert len(said) == 1
    assert "not shared" in said[0]
    assert not list((tmp_path / "real").iterdir())


def test_a_file_that_is_a_link_is_not_used(tmp_path: Path) -> None:
    """Nothing is written through it."""
    file, said = placed(tmp_path), list[str]()
    (tmp_path / "foreign").write_bytes(b"")
    file.symlink_to(tmp_path / "foreign")
    with SharedLimit(file, say=said.append):
        assert len(said) == 1
    assert not (tmp_path / "foreign").read_bytes()


def test_files_of_endpoints_that_are_not_used_any_more_are_removed(tmp_path: Path) -> None:
    """A day after the last process wrote there; of those in use none."""
    file = placed(tmp_path)
    old, new = file.with_name("limit-old.sqlite"), file.with_name("limit-new.sqlite")
    for each in (old, new, file.with_name("notes.txt")):
        each.touch()
    os.utime(old, (0, 0))
    os.utime(file.with_name("notes.txt"), (0, 0))
    with SharedLimit(file):
        assert {each.name for each in file.parent.iterdir()} == {"limit-a.sqlite", "limit-new.sqlite", "notes.txt"}


def test_the_shared_file_tells_nothing_of_the_key() -> None:
    """Different keys, models and endpoints have different limits, and files."""
    names = {str(file_for(url, "m", key)) for url in ("http://a/v1", "http://b/v1") for key in ("sk-one", "sk-two")}
    assert len(names) == 4
    assert not any("sk-" in name for name in names)
