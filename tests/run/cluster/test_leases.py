import asyncio
from dataclasses import replace

from hypothesis import given, strategies as st

from asyncgeo.llm.limits import View
from asyncgeo.run.cluster.leases import Asked, Lease, Leases
from asyncgeo.run.cluster.share import NOTHING
from asyncgeo.schema.records import Problem

LOOP = asyncio.new_event_loop()
LOOP.close()  # nothing here waits


def asked(position: int) -> Asked:
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
