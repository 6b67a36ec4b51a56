from hypothesis import given, strategies as st

from asyncgeo.run.cluster.leases import Hand, Leases
from asyncgeo.schema.records import Problem


def problem(position: int) -> Problem:
    return Problem(str(position), "…", position)


def crew(leases: Leases, *slots: int) -> list[Hand]:
    hands = [Hand(f"worker {number}", each) for number, each in enumerate(slots, 1)]
    for hand in hands:
        leases.join(hand)
    return hands


def dealt(leases: Leases) -> dict[str, list[int]]:
    return {hand.name: [each.position for each in given] for hand, given in leases.deal()}


def test_a_worker_that_is_not_ready_gets_nothing() -> None:
    """Until it tells of its slots there is no room at it."""
    leases = Leases()
    crew(leases, 0)
    leases.put(problem(0))
    assert leases.capacity == 0
    assert dealt(leases) == {}


def test_equal_workers_get_equal_parts() -> None:
    """At the end of a run nobody sits on what another could ask."""
    leases = Leases()
    crew(leases, 100, 100)
    for position in range(9):
        leases.put(problem(position))
    assert sorted(map(len, dealt(leases).values())) == [4, 5]


def test_what_a_lost_worker_had_is_the_first_to_be_leased_again() -> None:
    """In its old order, before what nobody has had yet."""
    leases = Leases()
    first, second = crew(leases, 8, 0)
    for position in range(4):
        leases.put(problem(position))
    assert dealt(leases) == {"worker 1": [0, 1, 2, 3]}
    assert leases.answered(first, 2)
    leases.put(problem(4))
    assert leases.lose(first) == 3
    second.slots = 8
    assert dealt(leases) == {"worker 2": [0, 1, 3, 4]}
    assert not leases.answered(first, 0)


def test_withdrawn_problems_are_leased_to_nobody() -> None:
    """Neither those that wait nor those in a hand."""
    leases = Leases()
    (hand,) = crew(leases, 1)
    for position in range(40):
        leases.put(problem(position))
    dealt(leases)
    waiting, held = leases.withdraw(), leases.withdraw(hand)
    assert sorted(each.position for each in (*waiting, *held)) == list(range(40))
    assert dealt(leases) == {}


@given(st.lists(st.tuples(st.sampled_from("put answer lose resize deal".split()), st.integers(0, 300)), max_size=80))
def test_a_problem_is_waiting_or_in_one_hand_or_answered(steps: list[tuple[str, int]]) -> None:
    """Whatever comes and goes, none is lost, none is in two hands, and no hand holds more than it has room for."""
    leases, made, answered = Leases(), 0, set[int]()
    hands = crew(leases, 8, 30, 0)
    for step, value in steps:
        hand = hands[value % len(hands)]
        match step:
            case "put":
                leases.put(problem(made))
                made += 1
            case "answer" if hand.holds:
                position = list(hand.holds)[value % len(hand.holds)]
                assert leases.answered(hand, position)
                answered.add(position)
            case "lose":
                leases.lose(hand)
                hands[hands.index(hand)] = crew(leases, 8)[0]
            case "resize":
                hand.slots = max(hand.slots, value)
            case "deal":
                dealt(leases)
                assert all(len(each.holds) <= each.capacity for each in hands)
    held = [position for hand in hands for position in hand.holds]
    waiting = [each.position for each in leases.withdraw()]
    assert sorted([*held, *waiting, *answered]) == list(range(made))
