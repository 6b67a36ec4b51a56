import asyncio
from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from asyncgeo.llm.limits import Bound, View
from asyncgeo.run.cluster.leases import NOTHING, Lease, Leases, Waiting, together
from asyncgeo.schema.records import Problem

LOOP = asyncio.new_event_loop()
LOOP.close()  # nothing here waits


def asked(position: int) -> Waiting:
    return Problem(str(position), "…", position), asyncio.Future(loop=LOOP)


def pace(slots: int) -> View:
    return replace(NOTHING, slots=slots)


def leases_of(*slots: int, waiting: int = 0) -> Leases:
    leases = Leases()
    leases.workers += [Lease(f"worker {number}", pace(each)) for number, each in enumerate(slots, 1)]
    leases.waiting.extend(map(asked, range(waiting)))
    return leases


def dealt(leases: Leases, lease: Lease) -> list[int]:
    return [each.position for each in leases.deal(lease)]


def test_a_worker_that_is_not_ready_gets_nothing() -> None:
    """Until it reports its slots it has no room."""
    leases = leases_of(0, waiting=1)
    assert leases.capacity == 0
    assert dealt(leases, leases.workers[0]) == []


def test_equal_workers_get_equal_parts() -> None:
    """At the end of a run none has what another could ask."""
    leases = leases_of(100, 100, waiting=9)
    assert [len(dealt(leases, lease)) for lease in leases.workers] == [5, 4]
    assert [lease.problems.keys() for lease in leases.workers] == [set(range(5)), set(range(5, 9))]


def test_what_a_lost_worker_had_is_the_first_to_be_leased_again() -> None:
    """In its old order, before what no worker has had yet."""
    leases = leases_of(8, 0, waiting=4)
    first, second = leases.workers
    assert dealt(leases, first) == [0, 1, 2, 3]
    del first.problems[2]
    leases.waiting.append(asked(4))
    leases.lose(first)
    assert not first.problems
    second.view = pace(8)
    assert dealt(leases, second) == [0, 1, 3, 4]


@given(st.lists(st.tuples(st.sampled_from("put answer lose resize deal".split()), st.integers(0, 300)), max_size=80))
def test_a_problem_is_waiting_or_leased_once_or_answered(steps: list[tuple[str, int]]) -> None:
    """Whatever comes and goes, none is lost, none is leased twice, and no worker has more than it has room for."""
    leases, made, answered = leases_of(8, 30, 0), 0, set[int]()
    for step, value in steps:
        lease = leases.workers[value % len(leases.workers)]
        match step:
            case "put":
                leases.waiting.append(asked(made))
                made += 1
            case "answer" if lease.problems:
                position = list(lease.problems)[value % len(lease.problems)]
                del lease.problems[position]
                answered.add(position)
            case "lose":
                leases.lose(lease)
                leases.workers.append(Lease("another", pace(8)))
            case "resize":
                lease.view = pace(max(lease.view.slots, value))
            case "deal":
                dealt(leases, lease)
                assert len(lease.problems) <= lease.capacity
    leased = [position for lease in leases.workers for position in lease.problems]
    waiting = [each.position for each, _ in leases.waiting]
    assert sorted([*leased, *waiting, *answered]) == list(range(made))


def test_nobody_sees_nothing() -> None:
    """Before the first report there is a view all the same."""
    assert (NOTHING.requests_limit, NOTHING.slots, NOTHING.cool_down, NOTHING.binds) == (None, 0, 0.0, Bound.NOTHING)


def test_use_adds_up_and_the_limit_is_the_whole_one() -> None:
    """Two halves of 600 a minute are 600 a minute, not 300, whoever has learned of it."""
    one = replace(NOTHING, requests_limit=300.0, requests_used=290.0, share=0.5, in_flight=3, slots=8, cool_down=1.0)
    two = replace(NOTHING, requests_limit=300.0, requests_used=280.0, share=0.5, in_flight=4, slots=9, cool_down=2.0)
    newcomer = replace(NOTHING, requests_limit=None, share=0.02)
    seen = together([one, two, newcomer])
    assert seen.requests_limit == pytest.approx(612.0)
    assert seen.requests_used == 570.0
    assert (seen.in_flight, seen.slots, seen.cool_down, seen.share) == (7, 17, 2.0, 1.02)
    assert together([one]).requests_limit == pytest.approx(300.0)


def test_the_time_is_divided_among_what_bound_each() -> None:
    """Seconds of all workers; what binds now is what binds most of them."""
    one = replace(NOTHING, binds=Bound.REQUESTS, bound={Bound.REQUESTS: 3.0, Bound.CPU: 1.0})
    two = replace(NOTHING, binds=Bound.REQUESTS, bound={Bound.REQUESTS: 2.5})
    seen = together([one, two, NOTHING])
    assert seen.binds is Bound.REQUESTS
    assert dict(seen.bound) == {Bound.REQUESTS: 5.5, Bound.CPU: 1.0}
