from asyncgeo.run.cluster.worker import HeldShare


def test_a_share_that_is_not_renewed_is_dropped() -> None:
    """Before the driver gives it to others only the little is left that learns the limits."""
    held = HeldShare()
    little = held.share(0.0, hungry=False)
    assert 0 < little < 0.1
    held.take(0.5, 10.0)
    assert held.share(11.4, hungry=False) == 0.5
    assert held.share(11.5, hungry=False) == little


def test_a_share_of_nothing_is_still_a_limit() -> None:
    """Zero would divide by zero, or let everything pass."""
    held = HeldShare()
    held.take(0.0, 0.0)
    assert 0 < held.share(0.0, hungry=False) < 0.1


def test_hunger_is_remembered() -> None:
    """Limits ask at every request; a report comes five times a second."""
    held = HeldShare()
    held.share(0.0, hungry=True)
    held.share(0.1, hungry=False)
    assert held.hungry_at == 0.0
