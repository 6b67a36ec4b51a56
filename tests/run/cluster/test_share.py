import itertools
import math
from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from asyncgeo.llm.limits import Bound
from asyncgeo.run.cluster.share import BEAT, GONE, LEASE, LITTLE, NOTHING, HeldShare, ShareTable, divide, together

NAMES = "abcd"
HUNGRY = 1.0
LAPS = 4
LAST = (LAPS - 1) * BEAT


class Part:
    """A whole that is only a part."""

    def __init__(self, part: float) -> None:
        self.part = part
        self.asked: list[bool] = []

    def share(self, now: float, *, hungry: bool) -> float:  # noqa: ARG002  the table's time
        self.asked.append(hungry)
        return self.part


def settled(table: ShareTable, demands: dict[str, float], now: float = 0.0) -> dict[str, float]:
    """The shares when everybody has had its say a few times."""
    shares = dict.fromkeys(demands, 0.0)
    for lap in range(LAPS):
        for name, demand in demands.items():
            shares[name], _ = table.beat(name, demand, shares[name], 0.0, now + lap * BEAT)
    return shares


def test_one_alone_has_all() -> None:
    """One worker is not slower than a process."""
    assert settled(ShareTable(), {"a": HUNGRY}) == {"a": pytest.approx(1.0)}


def test_the_hungry_divide_what_the_others_leave() -> None:
    """Who uses a tenth keeps a little more than that, who waits for leave to send gets the rest."""
    shares = settled(ShareTable(), {"a": HUNGRY, "b": 0.1, "c": HUNGRY})
    assert 0.1 < shares["b"] < 0.2
    assert shares["a"] == pytest.approx(shares["c"])
    assert sum(shares.values()) == pytest.approx(1.0)


def test_a_newcomer_waits_until_the_others_have_given_up() -> None:
    """Its share is what nobody holds any more, by their own words."""
    table = ShareTable()
    settled(table, {"a": HUNGRY})
    assert table.beat("b", HUNGRY, 0.0, 0.0, 1.0)[0] == 0.0
    assert table.beat("a", HUNGRY, 1.0, 0.0, 1.1)[0] == pytest.approx(0.5)
    assert table.beat("b", HUNGRY, 0.0, 0.0, 1.2)[0] == 0.0  # that answer may still be on its way
    assert table.beat("a", HUNGRY, 0.5, 0.0, 1.3)[0] == pytest.approx(0.5)
    assert table.beat("b", HUNGRY, 0.0, 0.0, 1.4)[0] == pytest.approx(0.5)


def test_the_share_of_the_silent_goes_to_the_others_after_they_dropped_it() -> None:
    """A worker that is only slow has dropped its share before anybody else gets it."""
    table = ShareTable()
    settled(table, {"a": HUNGRY, "b": HUNGRY})
    assert table.beat("a", HUNGRY, 0.5, 0.0, LAST + LEASE)[0] == pytest.approx(0.5)
    assert table.beat("a", HUNGRY, 0.5, 0.0, LAST + GONE + 0.01)[0] == pytest.approx(1.0)


def test_the_share_of_one_known_to_be_gone_goes_at_once() -> None:
    """A closed connection is surer than silence."""
    table = ShareTable()
    settled(table, {"a": HUNGRY, "b": HUNGRY})
    table.leave("b")
    assert table.beat("a", HUNGRY, 0.5, 0.0, LAST)[0] == pytest.approx(1.0)


def test_a_part_of_the_limit_is_divided_like_all_of_it() -> None:
    """Where another run on the machine has half, two workers have a quarter each; they are hungry as one."""
    whole = Part(0.5)
    shares = settled(ShareTable(whole), {"a": HUNGRY, "b": HUNGRY})
    assert shares == {"a": pytest.approx(0.25), "b": pytest.approx(0.25)}
    assert all(whole.asked)


def test_a_pause_of_one_is_the_pause_of_all() -> None:
    """Retry-After reaches the others with their next beat, and does not grow on its way round."""
    table = ShareTable()
    assert table.beat("a", HUNGRY, 1.0, 5.0, 10.0)[1] == pytest.approx(5.0)
    assert table.beat("b", HUNGRY, 0.0, 0.0, 10.1)[1] == pytest.approx(4.9)
    assert table.beat("b", HUNGRY, 0.0, 4.95, 10.1)[1] == pytest.approx(4.9)
    assert table.beat("a", HUNGRY, 1.0, 0.0, 16.0)[1] == 0.0


@given(
    st.lists(
        st.tuples(
            st.sampled_from(NAMES),
            st.floats(0, 1),
            st.floats(0.01, 0.6),  # seconds since the last step
            st.booleans(),  # whether the answer arrives
        ),
        max_size=200,
    )
)
def test_shares_held_never_add_up_to_more_than_one(steps: list[tuple[str, float, float, bool]]) -> None:
    """Whoever comes, goes, falls silent or misses an answer; what a member holds besides is the little it asks with."""
    table, members, now = ShareTable(), {name: HeldShare() for name in NAMES}, 0.0
    for name, demand, pause, arrives in steps:
        now += pause
        share, _ = table.beat(name, demand, members[name].share(now, hungry=False), 0.0, now)
        if arrives:
            members[name].take(share, now)
        held = sum(max(0.0, each.share(now, hungry=False) - LITTLE) for each in members.values())
        assert held <= 1.0 + 1e-9


@given(st.dictionaries(st.sampled_from("abcdefgh"), st.floats(0, 1), min_size=1))
def test_all_is_divided_and_nobody_gets_nothing(demands: dict[str, float]) -> None:
    """The parts add up to the whole; who wants more never gets less."""
    shares = divide(demands)
    assert math.isclose(sum(shares.values()), 1.0)
    assert min(shares.values()) > 0
    ranked = sorted(demands, key=lambda name: demands[name])
    assert all(shares[less] <= shares[more] + 1e-9 for less, more in itertools.pairwise(ranked))


def test_a_share_that_is_not_renewed_is_dropped() -> None:
    """After the lease only the little is left that learns the limits."""
    held = HeldShare()
    assert held.share(0.0, hungry=False) == LITTLE
    held.take(0.5, 10.0)
    assert held.share(10.0 + LEASE - 0.01, hungry=False) == 0.5
    assert held.share(10.0 + LEASE, hungry=False) == LITTLE


def test_a_share_of_nothing_is_still_a_limit() -> None:
    """Zero would divide by zero, or let everything pass."""
    held = HeldShare()
    held.take(0.0, 0.0)
    assert 0 < held.share(0.0, hungry=False) < LITTLE


def test_nobody_sees_nothing() -> None:
    """Before the first report there is a view all the same."""
    assert (NOTHING.requests_limit, NOTHING.slots, NOTHING.cool_down, NOTHING.binds) == (None, 0, 0.0, Bound.NOTHING)


def test_use_adds_up_and_the_limit_is_the_whole_one() -> None:
    """Two halves of 600 a minute are 600 a minute, not 300, whoever has learned of it."""
    one = replace(NOTHING, requests_limit=300.0, requests_used=290.0, share=0.5, in_flight=3, slots=8, cool_down=1.0)
    two = replace(NOTHING, requests_limit=300.0, requests_used=280.0, share=0.5, in_flight=4, slots=9, cool_down=2.0)
    newcomer = replace(NOTHING, requests_limit=None, share=0.02)
    seen = together([one, two, newcomer])
    assert seen.requests_limit == pytest.approx(600.0)
    assert seen.requests_used == 570.0
    assert (seen.in_flight, seen.slots, seen.cool_down, seen.share) == (7, 17, 2.0, 1.0)
    assert together([one, two], share=0.5).requests_limit == pytest.approx(300.0)


def test_the_time_is_divided_among_what_bound_each() -> None:
    """Seconds of all workers; what binds now is what binds most of them."""
    one = replace(NOTHING, binds=Bound.REQUESTS, bound={Bound.REQUESTS: 3.0, Bound.CPU: 1.0})
    two = replace(NOTHING, binds=Bound.REQUESTS, bound={Bound.REQUESTS: 2.5})
    seen = together([one, two, NOTHING])
    assert seen.binds is Bound.REQUESTS
    assert dict(seen.bound) == {Bound.REQUESTS: 5.5, Bound.CPU: 1.0}


def test_who_waits_for_leave_could_use_everything() -> None:
    """For a beat; and who does not could use what it uses, as a share of the whole limit."""
    view = replace(NOTHING, requests_limit=300.0, requests_used=30.0, tokens_limit=1000.0, tokens_used=500.0, share=0.5)
    held = HeldShare()
    held.share(0.0, hungry=True)
    held.share(0.1, hungry=False)
    assert held.demand(view, BEAT) == 1.0
    assert held.demand(view, BEAT + 0.01) == pytest.approx(0.25)
    assert held.demand(NOTHING, BEAT + 0.01) == 0.0
