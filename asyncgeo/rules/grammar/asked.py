"""What a question says by the way: the diameter of 则⊙O的直径AD的长为(), the height of 求BC边上的高DF.

In: a match within the question. Out: its facts. A relation that is asked about is no fact; a name that is given is.
"""

from collections.abc import Iterable

from asyncgeo.rules.grammar import angles, circles, lines
from asyncgeo.rules.pattern import Clauses, Match
from asyncgeo.schema.conditions import Condition

clauses = Clauses()


@clauses.clause("直径 {s:s}(?!(⊥|∥|平分|交|和|= s|是 (?![(?])))")
def diameter(found: Match) -> Iterable[Condition]:
    """则⊙O的直径AD的长为()."""
    return circles.diameter(found)


@clauses.clause("弦 {s:s}(?!(⊥|∥|平分|交|和|= s|是 (?![(?])))")
def chord(found: Match) -> Iterable[Condition]:
    """则弦AB的长为()."""
    return circles.chord(found)


@clauses.clause("{t:S} 弦心距 {s:S}", "弦心距 {s:S}")
def chord_distance(found: Match) -> Iterable[Condition]:
    """则弦AB的弦心距OC为()."""
    return circles.chord_distance(found)


@clauses.clause("{t:S} 上 高 {s:S}")
def height(found: Match) -> Iterable[Condition]:
    """求BC边上的高DF的长."""
    return lines.height_on(found)


@clauses.clause("外角 {y:x}")
def exterior(found: Match) -> Iterable[Condition]:
    """则它的一个外角∠DCE的度数为()."""
    return angles.exterior(found)
