"""What a question wants of what, in the same words whatever its language: ("area", "四边形ABCD"), ("length", "AB+CD").

In: nothing. Out: the types. Bodies are written as in Chinese, whose figures have words of few letters.
"""

from typing import Final, Literal, NamedTuple

Noun = Literal[
    "", "degrees", "length", "perimeter", "area", "radius", "diameter", "side", "sine", "cosine", "tangent", "from line"
]
FROM: Final = "|"
"""Between a point and the line of its distance."""


class Request(NamedTuple):
    """What is wanted, of what; `over` where it is a ratio, of the same noun."""

    noun: Noun
    body: str
    over: str = ""
