"""How many examples a law is tried on, which the profile that `conftest` has loaded decides."""

from hypothesis import settings


def times(factor: float) -> int:
    """So many times what a law is usually tried on: 100 in `.ci/run`, 50 at a desk, 20 in the fast half."""
    return max(1, round(settings().max_examples * factor))
