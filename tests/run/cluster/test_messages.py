import pytest

from asyncgeo.config import Limits, Settings
from asyncgeo.errors import AsyncgeoError, BudgetReached, ConfigError, EndpointDown, Fatal, Interrupted, Stopped
from asyncgeo.llm.limits import Bound
from asyncgeo.run.cluster import messages
from asyncgeo.run.cluster.messages import (
    Beat,
    Counted,
    Ended,
    Enough,
    Granted,
    Lease,
    Order,
    Portion,
    Ready,
    Report,
    Reserve,
    Retune,
    Rows,
    Said,
    Settle,
    Setup,
    Stop,
)
from asyncgeo.run.cluster.views import NOTHING
from asyncgeo.schema.records import Problem, Tokens

KEY = "sk-test-0123456789abcdef"
ORDERS: list[Order] = [
    Setup(Settings(limits=Limits(requests_per_minute=500)), KEY, metered=True, name="worker 1"),
    Lease([Problem("17", "如图,在△ABC中,∠A=40°", 3, "in/17.json")]),
    Portion(1.5, 0.5, 2.0),
    Retune(Limits(tokens_per_minute="auto")),
    Granted([1, 2]),
    Stop(Ended("Fatal", "No.", "Mend it.", "quota")),
    Enough(),
]
REPORTS: list[Report] = [
    Ready("0.1.0", 4711, "here"),
    Rows([(3, b'{"status":"error"}\n')], 64, {3: b'{"id":"3"}\n'}),
    Counted({"requests": 3}, Tokens(10, 5, 2)),
    Beat(1.5, NOTHING, 0.25),
    Said("the endpoint tells its limit"),
    Reserve(7, 0.01),
    Settle(7, 0.002),
    Ended(),
]
ERRORS = (
    Fatal("The key is refused.", "Set another.", kind="authentication"),
    EndpointDown("Nobody answers."),
    BudgetReached("Spent.", "More."),
    Interrupted("Interrupted."),
    ConfigError("Too large.", "Raise it."),
)


def test_a_frame_gives_back_its_messages() -> None:
    """Every message, both ways, with what is in it."""
    assert messages.orders(messages.frame(ORDERS)) == ORDERS
    assert messages.reports(messages.frame(REPORTS)) == REPORTS


def test_a_view_keeps_what_bound_the_run() -> None:
    """The words of `Bound` survive as such, not as text."""
    beat = messages.reports(messages.frame([Beat(0.0, NOTHING, 1.0)]))[0]
    assert isinstance(beat, Beat)
    assert beat.view.binds is Bound.NOTHING


def test_the_key_is_not_shown() -> None:
    """What is printed by accident, in a traceback or a log, tells nothing."""
    assert KEY not in repr(ORDERS)
    assert KEY not in str(ORDERS[0])


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_an_error_arrives_as_itself(error: AsyncgeoError) -> None:
    """Branch, message, remedy and kind: the exit code of a run does not depend on which process met the error."""
    found = messages.error_of(messages.ended(error))
    assert type(found) is type(error)
    assert str(found) == str(error)
    assert getattr(found, "kind", None) == getattr(error, "kind", None)


def test_no_error_stays_none() -> None:
    """A worker that is through has nothing to tell."""
    assert messages.error_of(messages.ended(None)) is None


def test_an_error_of_another_tree_stops_the_run() -> None:
    """Whatever a worker calls it: a name is looked up among our errors, never among everything there is."""
    for name in ("Final", "SystemExit", "annotations", "EXIT_FINISHED"):
        assert type(messages.error_of(Ended(name, "?"))) is Stopped
