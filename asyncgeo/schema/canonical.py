"""The one form of each fact: conditions as anybody spelt them → the conditions that rows hold.

In: valid conditions. Out: the same facts, each once, in the form that the table says is written. Pure, and the same
again when it is applied again, in time linear in what is given. It knows no type by name, no wording and no model.

1. What is only read is written as what says the same. 2. Of facts that are the same the first stays. 3. An arc is of
the one circle that is named, and what belongs to a fact is written after it. 4. Facts that are one together are joined.
5. What another fact says as well is left out.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from itertools import chain
from typing import Final

from asyncgeo.schema.sameness import KEYS, key
from asyncgeo.schema.table import TABLE
from asyncgeo.schema.table.entry import CENTER, TYPE, Condition, ConditionType

FORM: Final = 1
"""The number of the present form, which rows carry as `meta.form`; it grows when a fact is written in another way."""

_Facts = dict[Hashable, Condition]
"""Facts in order, each by its key."""


def canonical(conditions: Iterable[Condition]) -> list[Condition]:
    """The facts of these conditions, in the present form."""
    facts: _Facts = {}
    joining = implying = beside = adding = loose = 0
    for condition in conditions:
        kind = condition["type"]
        if kind not in _SPECIAL:
            facts.setdefault(KEYS[kind](condition), condition)
            continue
        for fact in _written(condition, _SPECIAL[kind]):
            kind = fact["type"]
            facts.setdefault(KEYS[kind](fact), fact)
            joining += kind in _JOINS
            implying += kind in _IMPLIES
            beside += kind in _BESIDE
            adding += kind in _ADDS
            loose += is_of_any_circle(fact)
    if adding:
        facts = _with_added(facts)
    if loose and (center := _one_circle(facts)) is not None:
        return canonical({**fact, CENTER.name: center} if is_of_any_circle(fact) else fact for fact in facts.values())
    if beside:
        facts = _keyed(_beside_others(fact, facts) for fact in facts.values())
    if joining > 1:
        facts = _joined(list(facts.values()))
    return list((_strongest(facts) if implying or joining > 1 else facts).values())


def _written(condition: Condition, kind: ConditionType) -> Iterable[Condition]:
    """What stands in a row for the condition."""
    instead = None if kind.writes is None else kind.writes(condition)
    if instead is None:
        return (condition,)
    return chain.from_iterable(_written(fact, TABLE[fact[TYPE]]) for fact in instead)


def _with_added(facts: _Facts) -> _Facts:
    """The facts, each followed by what belongs to it and is not there."""
    full: _Facts = {}
    for own, fact in facts.items():
        full[own] = fact
        for added in _ADDS[fact[TYPE]](fact) if fact[TYPE] in _ADDS else ():
            if (other := key(added)) not in facts:
                full.setdefault(other, added)
    return full


def is_of_any_circle(fact: Condition) -> bool:
    """Whether it speaks of an arc and does not say of which circle."""
    return CENTER.name not in fact and fact[TYPE] in _OF_A_CIRCLE


def _one_circle(facts: _Facts) -> str | None:
    """The centre of the circle that the facts name, where it is one."""
    centers = {fact[CENTER.name] for fact in facts.values() if CENTER.name in fact}
    centers.update(*(fact[_CENTERS] for fact in facts.values() if _CENTERS in fact))
    return centers.pop() if len(centers) == 1 else None


def _beside_others(fact: Condition, facts: _Facts) -> Condition:
    """What says the fact where one other is known; with none or several of them it stays."""
    pairs = _BESIDE[fact[TYPE]](fact) if fact[TYPE] in _BESIDE else ()
    instead = [better for other, better in pairs if key(other) in facts]
    return instead[0] if len(instead) == 1 else fact


def _joined(facts: list[Condition]) -> _Facts:
    """Facts that have something in common are one, in the place of the first."""
    places: dict[int, Condition | None] = dict(enumerate(facts))
    for group in _groups(facts):
        if len(group) > 1:
            unite = _JOINS[facts[group[0]][TYPE]].unite
            places.update(zip(group, unite([facts[place] for place in group]), strict=True))
    return _keyed(filter(None, places.values()))


def _keyed(facts: Iterable[Condition]) -> _Facts:
    keyed: _Facts = {}
    for fact in facts:
        keyed.setdefault(key(fact), fact)
    return keyed


def _groups(facts: Sequence[Condition]) -> Iterable[list[int]]:
    """The places of facts of one type that have something in common, directly or through others."""
    leader: dict[int, int] = {}
    first: dict[Hashable, int] = {}

    def find(place: int) -> int:
        while (above := leader.get(place, place)) != place:
            leader[place] = leader.get(above, above)
            place = above
        return place

    for place, fact in enumerate(facts):
        joins = _JOINS.get(fact[TYPE])
        for shared in joins.shared(fact) if joins else ():
            one, other = find(first.setdefault((fact[TYPE], shared), place)), find(place)
            leader[max(one, other)] = min(one, other)
    groups: defaultdict[int, list[int]] = defaultdict(list)
    for place in leader:
        groups[find(place)].append(place)
    return map(sorted, groups.values())


def _strongest(facts: _Facts) -> _Facts:
    """The facts without those that another one says as well."""
    present = {fact["type"] for fact in facts.values()}
    said: set[Hashable] = set()
    for fact in facts.values():
        implies = _IMPLIES.get(fact["type"])
        if implies and not present.isdisjoint(implies):
            said.update(key(weaker) for name in present & implies.keys() for weaker in implies[name](fact))
    return {known: fact for known, fact in facts.items() if known not in said} if said else facts


_SPECIAL: Final = {k.name: k for k in TABLE.values() if k.writes or k.adds or k.implies or k.joins or k.beside}
"""Types whose conditions are more than facts each for itself."""
_JOINS: Final = {name: kind.joins for name, kind in _SPECIAL.items() if kind.joins}
_ADDS: Final = {name: kind.adds for name, kind in _SPECIAL.items() if kind.adds}
_BESIDE: Final = {name: kind.beside for name, kind in _SPECIAL.items() if kind.beside}
_IMPLIES: Final = {name: kind.implies for name, kind in _SPECIAL.items() if kind.implies}
_CENTERS: Final = "centers"
_OF_A_CIRCLE: Final = {kind.name for kind in TABLE.values() if CENTER._replace(optional=True) in kind.fields}
"""Types of arcs, whose circle need not be named."""
