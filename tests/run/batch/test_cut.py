from datetime import UTC, datetime, timedelta

from hypothesis import given, strategies as st
from support.cases import for_each

from asyncgeo.run.batch import cut
from asyncgeo.run.batch.cut import RequestSize, custom_id
from asyncgeo.schema.records import Problem
from asyncgeo.store.batches import BatchSeen, Part, Planned

START = datetime(2026, 11, 30, 12, tzinfo=UTC)


def part(tokens: int, batch: str | None = "batch_1", state: str = "in_progress", **members: object) -> Part:
    """A part of so many tokens, and how its batch is doing."""
    at = START.isoformat()
    planned = Planned(
        at=at, part="0001", base_url="u", model="m", prompt="p", tokens=tokens, reserved=None, items=(("a", "a"),)
    )
    seen = BatchSeen(at=at, part="0001", state=state, done=0, failed=0, total=1)
    return Part(planned, batch=batch, seen=seen if batch else None, **members)  # type: ignore[arg-type]


@given(st.text(), st.text(), st.text(), st.text())
def test_requests_are_called_by_problem_and_text(one: str, other: str, text: str, changed: str) -> None:
    """Whatever the id, its name fits, is plain, and is another's only for another's id and text."""
    first, second = (
        custom_id([Problem(one, text)], "77aa01f2c3d4"),
        custom_id([Problem(other, changed)], "77aa01f2c3d4"),
    )
    assert len(first) <= 64
    assert first.isascii()
    assert first.isprintable()
    assert (first == second) is ((one, text) == (other, changed))


def test_a_plain_id_is_in_the_name() -> None:
    """A person finds it again."""
    assert custom_id([Problem("geo_17-b", "x")], "p").startswith("geo_17-b.")


@given(st.integers(1, 10**9), st.lists(st.integers(0, 10**9)))
def test_the_queue_is_never_filled_beyond_its_size(limit: int, under_way: list[int]) -> None:
    """What may still be submitted and what is under way are together at most the queue."""
    parts = [part(each) for each in under_way]
    free = cut.room(limit, parts)
    assert free is not None
    assert free >= 0
    assert free == 0 or free + sum(under_way) <= limit


def test_a_queue_that_is_nearly_full_is_no_place_for_a_file() -> None:
    """There would be one for each request; an empty one always is."""
    assert not cut.is_worth_a_file(1000, [part(850)])
    assert cut.is_worth_a_file(1000, [part(500)])
    assert cut.is_worth_a_file(1000, [part(2000, state="completed")])
    assert cut.is_worth_a_file(None, [part(2000)])


def test_what_has_ended_is_in_no_queue() -> None:
    """Nor what has no batch yet, nor what is here already."""
    ended = [part(900, state=each) for each in ("completed", "expired", "cancelled", "failed")]
    assert cut.room(1000, [*ended, part(900, batch=None), part(900, collected=True)]) == 900
    assert cut.room(1000, [part(500, state="cancelling")]) == 400


def test_a_queue_of_unknown_size_is_cut_by_the_lowest_tier() -> None:
    """Files fit everywhere, and none waits for a limit that nobody named."""
    assert cut.room(None, [part(10**9)]) is None
    assert cut.most(None, [part(10**9)], 1.0, 1.0).tokens == 1_800_000


@for_each(
    ("words", "limit"),
    [
        (
            "Enqueued token limit reached for gpt-4o-mini in organization org-1. Limit: 2,000,000 enqueued tokens.",
            2_000_000,
        ),
        ("The number of enqueued tokens has surpassed the configured limit of 30K for the deployment 'x'.", 30_000),
        ("configured limit of 1.5M tokens", 1_500_000),
        ("no room", None),
        ("limit: soon", None),
    ],
)
def test_the_endpoints_words_name_the_limit(words: str, limit: int | None) -> None:
    """OpenAI's and Azure's."""
    assert cut.limit_in(words) == limit


def test_the_queue_is_what_was_set_or_named_last() -> None:
    """A setting wins; without either it is not known."""
    parts = [part(1, limit=10), part(1, limit=20), part(1)]
    assert cut.queue(5, parts) == 5
    assert cut.queue("auto", parts) == 20
    assert cut.queue("auto", [part(1)]) is None


def test_what_was_refused_waits_longer_each_time() -> None:
    """Where nothing else says that there is room, it is tried again after a growing pause."""
    pauses = []
    for refusals in range(1, 12):
        refused = part(100, batch=None, refusals=refusals)
        tries = (k for k in range(10_000) if cut.may_try(refused, None, [refused], START + timedelta(seconds=k)))
        pauses.append(next(tries))
    assert pauses == sorted(pauses)
    assert pauses[-1] - pauses[-2] <= 61
    assert cut.may_try(part(100, batch=None), None, [], START)


def test_what_has_no_room_beside_others_waits_for_them() -> None:
    """And is tried when the queue is empty, whatever our count says."""
    refused, later = part(800, batch=None, refusals=1), START + timedelta(hours=1)
    assert not cut.may_try(refused, 1000, [refused, part(500)], later)
    assert cut.may_try(refused, 1000, [refused], later)


def test_what_will_never_have_room_is_cut_anew() -> None:
    """Larger than the queue that was named, or refused three times by an empty one."""
    assert cut.is_too_large(part(2000, batch=None, limit=1000, refusals=1), [])
    refused = part(800, batch=None, limit=1000, refusals=3)
    assert cut.is_too_large(refused, [refused])
    assert not cut.is_too_large(refused, [refused, part(300)])
    assert not cut.is_too_large(part(800, batch=None, limit=1000, refusals=2), [])
    assert not cut.is_too_large(part(2000, limit=1000), [])


@given(st.lists(st.floats(0, 10**6), min_size=1))
def test_looks_grow_rarer_with_age(ages: list[float]) -> None:
    """Often at first, once a minute at last, and the youngest decides."""
    assert 0.5 <= cut.pause(ages) <= 60
    assert cut.pause(ages) == cut.pause([min(ages)])
    assert cut.pause([min(ages)]) <= cut.pause([min(ages) * 2])


def test_a_clock_that_was_set_back_makes_nothing_younger_than_now() -> None:
    """Ages are never negative."""
    assert cut.age(START.isoformat(), START - timedelta(hours=1)) == 0.0


@given(*[st.integers(0, 100)] * 6)
def test_sizes_fit_where_all_of_them_do(a: int, b: int, c: int, d: int, e: int, f: int) -> None:
    """Requests, bytes, tokens and money are looked at one by one."""
    both = RequestSize(a, b, c).plus(RequestSize(d, e, f))
    assert both == RequestSize(a + d, b + e, c + f)
    assert both.fits(RequestSize(a + d, b + e, c + f))
    assert not both.fits(RequestSize(a + d, b + e, c + f - 1))


@given(st.lists(st.sampled_from(["", "apart", "x" * 5000])), st.integers(1, 5))
def test_requests_hold_the_problems_in_order(texts: list[str], size: int) -> None:
    """None is lost or doubled, whatever was asked before and what is long is by itself, and no request is too large."""
    problems = [Problem(str(number), text) for number, text in enumerate(texts)]
    units = list(cut.packed(problems, size, lambda problem: problem.text == "apart"))
    assert [each for unit in units for each in unit] == problems
    assert all(0 < len(unit) <= size for unit in units)
    assert all(len(unit) == 1 for unit in units if any(each.text for each in unit))
