from asyncgeo.run.tally import Tally
from asyncgeo.schema.records import Failed, Parsed, RequiredObjects, Skipped, Tokens


class Clock:
    """A clock that is told the time."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


PARSED = Parsed(
    id="1",
    source="model",
    subject="x",
    original_text="x",
    cleaned_text="x",
    category="Basic Constructions",
    difficulty=1,
    required_objects=RequiredObjects(),
    verification_conditions=[],
)
STAND_IN = Parsed(
    **{name: getattr(PARSED, name) for name in PARSED.__struct_fields__} | {"error": "e", "kind": "timeout"}
)


def test_each_kind_of_row_is_counted_once() -> None:
    """Done = parsed + stood in + skipped + failed; what waits is counted beside them until its row comes."""
    tally = Tally(10)
    waiting = Failed(id="4", error="w", kind="timeout")
    tally.waits(waiting)
    assert (tally.progress().done, tally.progress().waiting, tally.last_errors) == (0, 1, ("4: timeout: w",))
    for row in (
        PARSED,
        STAND_IN,
        Skipped(id="2", source="screen", reason="ambiguous_reference"),
        Failed(id="3", error="x", kind="input"),
        waiting,
    ):
        tally.row(row)
    seen = tally.progress()
    assert (seen.done, seen.parsed, seen.stand_ins, seen.skipped, seen.failed) == (5, 1, 1, 1, 2)
    assert (seen.unreadable, seen.waiting) == (1, 0)
    assert tally.skip_reasons == {"ambiguous_reference": 1}
    assert tally.error_kinds == {"timeout": 2, "input": 1}
    assert len(tally.last_errors) == 3


def test_the_rate_follows_the_last_seconds_and_the_eta_the_last_minute() -> None:
    """A slow start does not spoil them for ever, a pause does not make the ETA jump; without a rate there is none."""
    clock = Clock()
    tally = Tally(1000, clock=clock)
    assert tally.progress().eta is None
    for second in range(1, 121):
        clock.now = float(second)
        for _ in range(1 if second <= 90 else 7):
            tally.row(PARSED)
        seen = tally.progress()
    assert seen.rate == 7
    assert seen.eta == round((1000 - 90 - 210) / 4, 1)
    assert Tally(0, clock=clock).progress().eta == 0


def test_cost_is_priced_from_the_tokens_billed() -> None:
    """Tokens add up; an unknown price stays unknown."""
    tally = Tally(1, cost_of=lambda tokens, _: tokens.input + tokens.output)
    tally.spend(Tokens(10, 4, 2))
    tally.spend(Tokens(1, 1, 1, 5, 6))
    seen = tally.progress()
    assert seen.tokens == Tokens(11, 5, 3, 5, 6)
    assert (seen.input_tokens, seen.cached_tokens, seen.output_tokens, seen.cost) == (11, 5, 3, 14)
    assert Tally(1).progress().cost is None
