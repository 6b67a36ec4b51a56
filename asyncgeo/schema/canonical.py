"""The one form of each fact: conditions as anybody spelt them → the conditions that rows hold.

In: valid conditions. Out: the same facts, each once, in the form that the table says is written. Pure, and the same
again when it is applied again. It knows no type but those whose conditions are joined, no wording and no model.

1. What is only read is written as what says the same, and what belongs to a fact is written after it. 2. Of facts that
are the same the first stays. 3. Facts that are one together are joined. 4. What another fact says as well is left out.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from asyncgeo.schema.sameness import KEYS, Key
from asyncgeo.schema.table import TABLE
from asyncgeo.schema.table.entry import TYPE, Condition, ConditionType, Facts, Joins

FORM: Final = 1
"""The number of the present form, which rows carry as `meta.form`; it grows when a fact is written in another way."""


class _Type(NamedTuple):
    """What the table says of a type, as it is needed here. `is_plain`: its conditions are facts as they are."""

    key: Key
    is_plain: bool
    writes: Facts | None
    adds: Facts | None
    implies: Facts | None
    joins: Joins | None


def _type(kind: ConditionType) -> _Type:
    rest = (kind.writes, kind.adds, kind.implies, kind.joins)
    return _Type(KEYS[kind.name], not any(rest), *rest)


_TYPES: Final[Mapping[str, _Type]] = {kind.name: _type(kind) for kind in TABLE.values()}

_Facts = dict[Hashable, Condition]
"""Facts in order, each by its key."""


def canonical(conditions: Iterable[Condition]) -> list[Condition]:
    """The facts of these conditions, in the present form."""
    facts: _Facts = {}
    others: list[_Type] = []
    for condition in conditions:
        kind = _TYPES[condition[TYPE]]
        if kind.is_plain:
            facts.setdefault(kind.key(condition), condition)
            continue
        for fact in _written(condition, kind):
            kind = _TYPES[fact[TYPE]]
            facts.setdefault(kind.key(fact), fact)
            others.append(kind)
    if sum(kind.joins is not None for kind in others) > 1:
        facts = _joined(list(facts.values()))
    if len(facts) > 1 and any(kind.implies or kind.joins for kind in others):
        facts = _strongest(facts)
    return list(facts.values())


def _written(condition: Condition, kind: _Type) -> Iterator[Condition]:
    """What stands in a row for the condition."""
    for fact in (condition,) if kind.writes is None else kind.writes(condition):
        if fact is condition:
            yield fact
            if kind.adds is not None:
                yield from kind.adds(fact)
        else:
            yield from _written(fact, _TYPES[fact[TYPE]])


def _joined(facts: list[Condition]) -> _Facts:
    """Facts that have something in common are one, in the place of the first."""
    left: dict[int, Condition] = dict(enumerate(facts))
    for group in _groups(facts):
        for place in group[1:]:
            joins = _TYPES[facts[place][TYPE]].joins
            united = joins and joins.unite(left[group[0]], facts[place])
            if united:
                left[group[0]] = united
                del left[place]
    keyed: _Facts = {}
    for fact in left.values():
        keyed.setdefault(_TYPES[fact[TYPE]].key(fact), fact)
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
        joins = _TYPES[fact[TYPE]].joins
        for shared in joins.shared(fact) if joins else ():
            one, other = find(first.setdefault((fact[TYPE], shared), place)), find(place)
            leader[max(one, other)] = min(one, other)
    groups: defaultdict[int, list[int]] = defaultdict(list)
    for place in leader:
        groups[find(place)].append(place)
    return map(sorted, groups.values())


def _strongest(facts: _Facts) -> _Facts:
    """The facts without those that another one says as well."""
    kinds = ((fact, _TYPES[fact[TYPE]].implies) for fact in facts.values())
    weaker = [fact for strong, implies in kinds if implies is not None for fact in implies(strong)]
    said = {_TYPES[fact[TYPE]].key(fact) for fact in weaker}
    return {key: fact for key, fact in facts.items() if key not in said}
