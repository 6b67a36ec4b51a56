"""TODO."""

from typing import NamedTuple


class Fact(NamedTuple):
    """What is counted of one row; thousands of rows share one. `word` is the skip's reason or the error's kind."""

    status: str
    source: str
    model: str
    category: str
    difficulty: int
    word: str
    failed: bool  # an error, or a rules row that stands in for the model
