"""Every clause kind, in the order in which they read: figures and positions first, for angles depend on them.

In: a match of a clause. Out: its facts. One module a subject, one function a clause kind; clauses read independently
of each other and may read the same words.
"""

from typing import Final

from asyncgeo.rules.grammar import (
    angles,
    arcs,
    circles,
    figures,
    implied,
    lengths,
    lines,
    meetings,
    motions,
    positions,
    silent,
    tangents,
)
from asyncgeo.rules.pattern import Clause

CLAUSES: Final[tuple[Clause, ...]] = tuple(
    clause
    for module in (
        figures,
        circles,
        tangents,
        arcs,
        positions,
        lines,
        meetings,
        motions,
        lengths,
        angles,
        implied,
        silent,
    )
    for clause in module.clauses
)
