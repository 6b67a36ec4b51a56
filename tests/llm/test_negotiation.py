from asyncgeo.llm.formats import Form, ResponseFormat
from asyncgeo.llm.negotiation import Negotiation, Next
from asyncgeo.llm.outcomes import Action, Decision

STRICT, OBJECT, TEXT = ResponseFormat
ODD = Decision("bad_request", Action.REASK, "HTTP 400: no")
BROKEN = Decision("server_error", Action.RETRY, "HTTP 500: no", transport=True)


def refusal(member: str) -> Decision:
    return Decision("bad_parameter", Action.STEP_DOWN, "HTTP 400: no", member=member)


def test_a_refused_member_is_left_out_once_and_said_once() -> None:
    """Requests that were on their way with it are sent again, at no cost."""
    said: list[str] = []
    found = Negotiation("auto", say=said.append)
    early, late = found.turn(), found.turn()
    assert found.refused(refusal("seed"), early) == Next(None)
    assert found.refused(refusal("seed"), late) == Next(None)
    assert found.form == Form(without=frozenset({"seed"}))
    assert len(said) == 1


def test_a_member_that_is_refused_though_it_was_left_out_ends_the_run() -> None:
    """Nothing else could be tried; it would go on for ever."""
    found = Negotiation("auto")
    found.refused(refusal("seed"), found.turn())
    _, decision = found.refused(refusal("seed"), found.turn())
    assert decision is not None
    assert decision.action is Action.STOP


def test_the_cap_goes_by_its_old_name_and_is_left_out_only_without_a_budget() -> None:
    """A budget relies on how long an answer can be."""
    for capped, action in ((False, None), (True, Action.STOP)):
        found = Negotiation("auto", capped=capped)
        assert found.refused(refusal("max_completion_tokens"), found.turn()).decision is None
        _, decision = found.refused(refusal("max_tokens"), found.turn())
        assert (decision.action if decision else None) is action


def test_a_format_that_was_answered_is_loosened_for_one_request_only() -> None:
    """Behind one address may be servers that differ."""
    found = Negotiation("auto")
    found.answered(found.turn())
    assert found.refused(refusal("response_format"), found.turn()) == Next(OBJECT)
    assert found.form.format is STRICT
    assert found.turn(OBJECT).form.format is OBJECT


def test_a_chosen_format_is_never_left() -> None:
    """Whoever fixes it is told that it is refused."""
    found = Negotiation("json_schema")
    _, decision = found.refused(refusal("response_format"), found.turn())
    assert decision is not None
    assert (decision.action, "json_schema" in decision.message) == (Action.STOP, True)
    assert found.refused(ODD, found.turn()) == Next(STRICT, ODD)


def test_an_unexplained_error_steps_down_only_on_evidence() -> None:
    """A looser format was answered, and the strict one is refused even after that, never once answered."""
    found = Negotiation("auto")
    first, second = found.turn(), found.turn()
    assert found.refused(ODD, first) == Next(OBJECT)
    found.answered(found.turn(OBJECT))
    assert found.refused(ODD, second) == Next(OBJECT)  # was sent before the looser answer
    assert found.form.format is STRICT
    assert found.refused(ODD, found.turn()) == Next(None)
    assert found.form.format is OBJECT
    assert found.refused(ODD, second) == Next(None)  # on its way in the old format


def test_an_unexplained_error_among_answers_is_its_problems() -> None:
    """What was answered in a format, the endpoint takes."""
    found = Negotiation("auto")
    found.answered(found.turn())
    assert found.refused(ODD, found.turn()) == Next(None, ODD)
    assert found.refused(BROKEN, found.turn()) == Next(None, BROKEN)


def test_a_server_error_counts_as_an_attempt_while_formats_are_tried() -> None:
    """Most are accidents; each next attempt is made in the next format, then from the strictest again."""
    found = Negotiation("auto")
    own: ResponseFormat | None = None
    formats = []
    for _ in range(4):
        turn = found.turn(own)
        formats.append(turn.form.format)
        own, decision = found.refused(BROKEN, turn)
        assert decision is BROKEN
    assert formats == [STRICT, OBJECT, TEXT, STRICT]


def test_trying_formats_ends_when_it_has_helped_nobody() -> None:
    """Two requests that were refused in every format speak for the rest."""
    found = Negotiation("auto")
    for _ in range(2):
        assert found.refused(ODD, found.turn()) == Next(OBJECT)
        assert found.refused(ODD, found.turn(OBJECT)) == Next(TEXT)
        assert found.refused(ODD, found.turn(TEXT)) == Next(None, ODD)
    assert found.refused(ODD, found.turn()) == Next(None, ODD)
