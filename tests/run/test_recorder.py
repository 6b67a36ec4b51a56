"""The recorder of a run: what it counts, and what stands in the journal."""

from asyncgeo.llm.limits import Bound, View
from asyncgeo.run.recorder import Recorder
from asyncgeo.run.tally import Tally
from asyncgeo.schema.records import Failed, Skipped, Tokens
from asyncgeo.store.events import Event, Lost, Said

VIEW = View(
    requests_limit=600.0,
    tokens_limit=None,
    requests_used=590.04,
    tokens_used=1e6,
    slots=100,
    in_use=9,
    in_flight=8,
    waiting=1,
    cool_down=0.0,
    share=0.5,
    refusals=0,
    cuts=0,
    binds=Bound.REQUESTS,
    bound={Bound.REQUESTS: 9.0, Bound.CPU: 1.0, Bound.TOKENS: 0.0},
)


def recorder(total: int) -> tuple[Recorder, list[Event]]:
    events: list[Event] = []
    return Recorder(Tally(total, lambda tokens, _: tokens.input / 100), events.append), events


def test_rows_with_an_error_stand_in_the_journal() -> None:
    """Each with its id, kind and message; others only count."""
    mine, events = recorder(2)
    mine.row(Skipped(id="1", source="screen", reason="undefined_points"))
    mine.row(Failed(id="2", error="no answer", kind="timeout"))
    mine.say("warning", "slow")
    lost, said = events
    assert isinstance(lost, Lost)
    assert (lost.id, lost.kind, lost.message) == ("2", "timeout", "no answer")
    assert isinstance(said, Said)
    assert mine.last_errors() == ("2: timeout: no answer",)
    ended = mine.ended(3, "x", "y")
    assert (ended.skip_reasons, ended.error_kinds) == ({"undefined_points": 1}, {"timeout": 1})
    assert (ended.exit_code, ended.message, ended.remedy, ended.bound) == (3, "x", "y", {})


def test_progress_joins_counts_and_pace() -> None:
    """Cost is projected from what is done to all of it; before there are limits the pace is empty."""
    mine, _ = recorder(4)
    mine.row(Failed(id="2", error="no answer", kind="timeout"))
    mine.event("requests")
    mine.spend(Tokens(100, 60, 10))
    before = mine.progress()
    assert (before.requests_limit, before.slots, before.in_flight) == (None, 0, 0)
    mine.view = lambda: VIEW
    seen = mine.progress()
    assert (seen.total, seen.done, seen.failed, seen.requests) == (4, 1, 1, 1)
    assert (seen.input_tokens, seen.cached_tokens, seen.output_tokens) == (100, 60, 10)
    assert (seen.cost, seen.projected) == (1.0, 4.0)
    assert (seen.requests_limit, seen.requests_used, seen.tokens_limit, seen.share) == (600.0, 590.0, None, 0.5)


def test_what_bound_a_run_adds_up_to_one() -> None:
    """Shares of the time; what never bound is left out."""
    mine, _ = recorder(1)
    mine.view = lambda: VIEW
    assert mine.ended(0).bound == {"requests": 0.9, "cpu": 0.1}


def test_without_anything_done_nothing_is_projected() -> None:
    """Neither a cost nor an ETA is made up."""
    seen = Tally(5, lambda *_: 0.0).progress()
    assert (seen.cost, seen.projected, seen.eta) == (0.0, None, None)
