"""Objects to draw ↔ what the facts of an answer name, and `also` besides.

In: conditions, and the text of `also`. Out: `RequiredObjects`, or the text. By the table alone. It knows no answer.

Facts name segments, lines, polygons and circles. `also` holds what the text alone says: points, segments and polygons
as one, two and more names written together, `line:AB`, `line:l`, `circle:O`, `circle:OA`; after `-` stands what is not
drawn though a fact names it, which older rows need.
"""

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any, Final

import msgspec

from asyncgeo.schema import spelling
from asyncgeo.schema.conditions import TABLE, TYPE, Condition, Field, points_of
from asyncgeo.schema.records import Circle, RequiredObjects
from asyncgeo.schema.shapes import Shape

_LINE: Final = "line:"
_CIRCLE: Final = "circle:"
_FIGURE: Final = "figure:"  # a segment or polygon whose points have small letters, which else is a word of prose
_NOT: Final = "-"
_ON_CIRCLE: Final = "point_on_circle"
_ENDS: Final = 2

Thing = tuple[str, ...]
"""Something to draw: its mark (`line:`, `circle:` or none), then its names."""


def _mark(field: Field) -> tuple[str, bool] | None:
    """How what the field names is marked in `also`, and whether it lists several; None where it is not drawn."""
    if field.shape in (Shape.LINE, Shape.LINES, Shape.LINES_2):
        return _LINE, field.shape is not Shape.LINE
    if field.name in ("circle_center", "centers"):
        return _CIRCLE, field.shape is not Shape.POINT
    if field.shape in (Shape.SEGMENTS, Shape.SEGMENTS_2, Shape.POLYGONS, Shape.POLYGONS_2):
        return "", True
    is_figure = field.shape is Shape.TRIANGLE or any(word in field.name for word in ("segment", "polygon", "triangle"))
    return ("", False) if is_figure else None


_DRAWN: Final = {
    kind.name: [(field.name, *marked) for field in kind.fields if (marked := _mark(field))] for kind in TABLE.values()
}


def things_of(condition: Condition) -> Iterator[Thing]:
    """What a condition names; a circle with the point that is said to be on it."""
    on_circle = (condition["point"],) if condition[TYPE] == _ON_CIRCLE else ()
    for name, mark, many in _DRAWN[condition[TYPE]]:
        if name not in condition:
            continue
        for each in condition[name] if many else (condition[name],):
            yield (mark, each, *on_circle) if mark == _CIRCLE else (mark, *each)


def read(named: Iterable[Thing], also: str) -> list[Thing] | None:
    """Everything to draw, once each, of what facts name and the text says besides; None where that is misspelt.

    A circle that the text describes takes the place of that about the same centre.
    """
    found = _merged(named)
    for word in also.split():
        thing = _read_thing(word.removeprefix(_NOT))
        if thing is None:
            return None
        if thing[0] == _CIRCLE or word.startswith(_NOT):
            found.pop(_key(thing), None)
        if not word.startswith(_NOT):
            found.setdefault(thing if thing[0] == _CIRCLE else _key(thing), thing)
    return list(found.values())


def _merged(named: Iterable[Thing]) -> dict[Hashable, Thing]:
    """Each thing once; of one circle that which has a point on it."""
    found: dict[Hashable, Thing] = {}
    for thing in named:
        key = _key(thing)
        if key not in found or (thing[0] == _CIRCLE and len(found[key]) == len(key)):
            found[key] = thing
    return found


def _key(thing: Thing) -> tuple[Any, ...]:
    """The same for names of a segment, line or triangle in any order, and for circles about one centre."""
    if thing[0] == _CIRCLE:
        return thing[:2]
    return (thing[0], frozenset(thing[1:])) if len(thing) <= _UNORDERED else thing


_UNORDERED: Final = 4  # mark and names of a triangle; the order of more corners says which polygon it is


@lru_cache(1 << 14)  # some 5 MB
def _read_thing(word: str) -> Thing | None:
    mark = next(mark for mark in (_LINE, _CIRCLE, _FIGURE, "") if word.startswith(mark))
    group = word.removeprefix(mark)
    names = spelling.names_in(group)
    if names is None or (not mark and _is_prose(names, group)):
        return None
    mark = "" if mark == _FIGURE else mark
    if (mark and len(names) > _ENDS) or (mark != _CIRCLE and len(set(names)) < len(names)):
        return None
    return (mark, *names)


def besides(objects: RequiredObjects, facts: Iterable[Condition]) -> Iterator[str]:
    """What `also` has to say: objects that no fact names, points of neither, and what is named and not drawn."""
    named = _merged(chain.from_iterable(map(things_of, facts)))
    given = list(_things_in(objects))
    about = Counter(thing[:2] for thing in given if thing[0] == _CIRCLE)
    for thing in given:
        other = named.get(_key(thing))
        if other is None or (thing[0] == _CIRCLE and (other != thing or about[thing[:2]] > 1)):
            yield _spell(thing)
    here = set(map(_key, given))
    yield from (_NOT + _spell(thing) for key, thing in named.items() if key not in here)
    mentioned = {*chain.from_iterable(map(points_of, facts)), *chain.from_iterable(map(_points_in, given))}
    yield from (point for point in objects.points if point not in mentioned)


def _spell(thing: Thing) -> str:
    mark, *names = thing
    group = "".join(names)
    return (mark or (_FIGURE if _is_prose(names, group) else "")) + group


def _is_prose(names: list[str], group: str) -> bool:
    return len(names) > 1 and group.islower()


def _points_in(thing: Thing) -> Thing:
    return () if thing[0] == _LINE and len(thing) <= _ENDS else thing[1:]


def _things_in(objects: RequiredObjects) -> Iterator[Thing]:
    for names in (*objects.segments, *objects.polygons):
        yield ("", *names)
    for names in objects.lines:
        yield (_LINE, *names)
    for circle in objects.circles:
        yield (_CIRCLE, *filter(None, (circle.center, circle.radius_point)))


def objects_of(drawn: Iterable[Thing]) -> RequiredObjects:
    """The things as a row holds them; among the points are those alone that are nothing else's."""
    objects = RequiredObjects([], [], [], [], [])
    for mark, *names in drawn:
        if mark == _CIRCLE:
            objects.circles.append(Circle(*names))
        elif mark == _LINE:
            objects.lines.append(names)
        elif len(names) == 1:
            objects.points.append(names[0])
        else:
            (objects.segments if len(names) == _ENDS else objects.polygons).append(names)
    return objects


def in_order(objects: RequiredObjects, facts: Sequence[Condition]) -> RequiredObjects:
    """The objects as an answer holds them: first what facts name, in their order, then what is said besides."""
    things = read(chain.from_iterable(map(things_of, facts)), " ".join(besides(objects, facts))) or ()
    ordered = objects_of(things)
    points = dict.fromkeys(chain(ordered.points, named(ordered), *map(points_of, facts)))
    return msgspec.structs.replace(ordered, points=list(points))


def shared(one: RequiredObjects, other: RequiredObjects, facts: Sequence[Condition]) -> RequiredObjects:
    """What both draw, and what facts name; of a circle that has a point on it for one of them alone, the centre."""
    theirs = list(_things_in(other))
    keys = set(map(_key, theirs))
    both = [thing if thing in theirs or thing[0] != _CIRCLE else thing[:2] for thing in _things_in(one)]
    things = _merged(chain(chain.from_iterable(map(things_of, facts)), (each for each in both if _key(each) in keys)))
    points = (point for point in one.points if point in other.points)
    drawn = objects_of(things.values())
    return in_order(msgspec.structs.replace(drawn, points=list(dict.fromkeys((*drawn.points, *points)))), facts)


def named(objects: Any) -> Iterator[str]:
    """The points that objects name; a line may have a name of its own."""
    for names in (*objects.segments, *objects.lines, *objects.polygons):
        if len(names) > 1:
            yield from names
    for circle in objects.circles:
        yield from filter(None, (circle.center, circle.radius_point))


def read_loosely(facts: Iterable[Condition], also: object) -> dict[str, Any]:
    """The objects in JSON of valid conditions and of any `also`; words misspelt in it stand among the segments."""
    named = chain.from_iterable(map(things_of, facts))
    spelt = " ".join(map(str, also)) if isinstance(also, list) else also if isinstance(also, str) else ""
    words = _plain(spelt).split()
    good = [word for word in words if _read_thing(word.removeprefix(_NOT))]
    objects: dict[str, Any] = msgspec.to_builtins(objects_of(read(named, " ".join(good)) or ()))
    objects["segments"] += [word for word in words if word not in good]
    return objects


def _plain(also: str) -> str:
    """`also` as it was asked for, out of `⊙O, △ABC`."""
    for pattern, instead in _LOOSE:
        also = pattern.sub(instead, also)
    return also


_LOOSE: Final = (
    (re.compile(r"⊙\s*|\bcircles?[:\s]\s*"), _CIRCLE),
    (re.compile(r"\blines?[:\s]\s*"), _LINE),
    (re.compile(r"['’ʹ]"), "′"),
    (re.compile(r"△\s*|\b(?:segments?|polygons?|points?)[:\s]"), ""),
    (re.compile(r"[,，、;；]"), " "),
)
