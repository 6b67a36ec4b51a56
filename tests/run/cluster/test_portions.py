import itertools
import math

import pytest
from hypothesis import given, strategies as st

from asyncgeo.run.cluster.portions import BEAT, GONE, LEASE, LITTLE, Held, Portions, divide

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


def settled(table: Portions, demands: dict[str, float], now: float = 0.0) -> dict[str, float]:
    """The shares when everybody has had its say a few times."""
    shares = dict.fromkeys(demands, 0.0)
    for lap in range(LAPS):
        for name, demand in demands.items():
            shares[name], _ = table.beat(name, demand, shares[name], 0.0, now + lap * BEAT)
    return shares


def test_one_alone_has_all() -> None:
    """A fleet of one is not slower than a process."""
    assert settled(Portions(), {"a": HUNGRY}) == {"a": pytest.approx(1.0)}


def test_the_hungry_divide_what_the_others_leave() -> None:
    """Who uses a tenth keeps a little more than that, who waits for leave to send gets the rest."""
    shares = settled(Portions(), {"a": HUNGRY, "b": 0.1, "c": HUNGRY})
    assert 0.1 < shares["b"] < 0.2
    assert shares["a"] == pytest.approx(shares["c"])
    assert sum(shares.values()) == pytest.approx(1.0)


def test_a_newcomer_waits_until_the_others_have_given_up() -> None:
    """Its share is what nobody holds any more, by their own words."""
    table = Portions()
    settled(table, {"a": HUNGRY})
    assert table.beat("b", HUNGRY, 0.0, 0.0, 1.0)[0] == 0.0
    assert table.beat("a", HUNGRY, 1.0, 0.0, 1.1)[0] == pytest.approx(0.5)
    assert table.beat("b", HUNGRY, 0.0, 0.0, 1.2)[0] == 0.0  # that answer may still be on its way
    assert table.beat("a", HUNGRY, 0.5, 0.0, 1.3)[0] == pytest.approx(0.5)
    assert table.beat("b", HUNGRY, 0.0, 0.0, 1.4)[0] == pytest.approx(0.5)


def test_the_share_of_the_silent_goes_to_the_others_after_they_dropped_it() -> None:
    """A worker that is only slow has dropped its share before anybody else gets it."""
    table = Portions()
    settled(table, {"a": HUNGRY, "b": HUNGRY})
    assert table.beat("a", HUNGRY, 0.5, 0.0, LAST + LEASE)[0] == pytest.approx(0.5)
    assert table.beat("a", HUNGRY, 0.5, 0.0, LAST + GONE + 0.01)[0] == pytest.approx(1.0)


def test_the_share_of_one_known_to_be_gone_goes_at_once() -> None:
    """A closed connection is surer than silence."""
    table = Portions()
    settled(table, {"a": HUNGRY, "b": HUNGRY})
    table.leave("b")
    assert table.beat("a", HUNGRY, 0.5, 0.0, LAST)[0] == pytest.approx(1.0)


def test_a_part_of_the_limit_is_divided_like_all_of_it() -> None:
    """Where another run on the machine has half, two workers have a quarter each; they are hungry as one."""
    whole = Part(0.5)
    shares = settled(Portions(whole), {"a": HUNGRY, "b": HUNGRY})
    assert shares == {"a": pytest.approx(0.25), "b": pytest.approx(0.25)}
    assert all(whole.asked)


def test_a_pause_of_one_is_the_pause_of_all() -> None:
    """Retry-After reaches the others with their next beat, and does not grow on its way round."""
    table = Portions()
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
    table, members, now = Portions(), {name: Held() for name in NAMES}, 0.0
    for name, demand, pause, arrives in steps:
        now += pause
        share, _ = table.beat(name, demand, members[name].held(now), 0.0, now)
        if arrives:
            members[name].take(share, now)
        held = sum(max(0.0, each.held(now) - LITTLE) for each in members.values())
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
    held = Held()
    assert held.held(0.0) == LITTLE
    held.take(0.5, 10.0)
    assert held.held(10.0 + LEASE - 0.01) == 0.5
    assert held.held(10.0 + LEASE) == LITTLE


def test_a_share_of_nothing_is_still_a_limit() -> None:
    """Zero would divide by zero, or let everything pass."""
    held = Held()
    held.take(0.0, 0.0)
    assert 0 < held.held(0.0) < LITTLE


def test_hunger_is_remembered_until_the_next_beat() -> None:
    """Limits ask at every request; the beat comes five times a second."""
    held = Held()
    held.share(0.0, hungry=True)
    held.share(0.0, hungry=False)
    assert held.was_hungry()
    assert not held.was_hungry()
