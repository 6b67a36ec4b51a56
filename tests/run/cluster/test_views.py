from dataclasses import replace

import pytest

from asyncgeo.llm.limits import Bound
from asyncgeo.run.cluster.views import NOTHING, demand, together


def test_nobody_sees_nothing() -> None:
    """Before the first beat there is a view all the same."""
    assert together([]) == NOTHING


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
    """And who does not could use what it uses, as a share of the whole limit."""
    view = replace(NOTHING, requests_limit=300.0, requests_used=30.0, tokens_limit=1000.0, tokens_used=500.0, share=0.5)
    assert demand(view, hungry=True) == 1.0
    assert demand(view, hungry=False) == pytest.approx(0.25)
    assert demand(NOTHING, hungry=False) == 0.0
