"""English tokens → the same in the order of Chinese ones, so that one grammar reads both.

In: the row of an English text. Out: the row with its clauses parted, what "of" and "on" govern put before them, and
no particles. "D is the midpoint of BC and DE is perpendicular to AB" comes out as "D 是 BC 中点 ; DE ⊥ AB". Only the
places of tokens change and, rarely, what a name is of: B in "angles B and C". It states no fact.
"""

from typing import Final

from asyncgeo.rules.lexicon import SIGN_OF
from asyncgeo.rules.order.parting import parted
from asyncgeo.rules.order.phrases import AFTER_OF, BEFORE_OF
from asyncgeo.rules.order.rewriting import signs_of
from asyncgeo.rules.order.turning import aimed, turned
from asyncgeo.rules.tokens import TokenRow

_PARTICLES: Final = frozenset(SIGN_OF[word] for word in ("之", "往", "自", "随", "经", "越", "间", "它"))
"""of, to, from, with, by, beyond, between, it: what no rule used says nothing."""
_LAST: Final = {SIGN_OF["由"]: SIGN_OF["过"]}
"""A preposition that is a verb in Chinese: it must not part clauses."""


def arranged(row: TokenRow) -> TokenRow:
    """The row in Chinese order."""
    tokens = aimed(turned(BEFORE_OF.applied(parted(list(row.tokens)))))
    kept = (token for token in AFTER_OF.applied(tokens) if token.sign not in _PARTICLES)
    tokens = [token._replace(sign=_LAST[token.sign]) if token.sign in _LAST else token for token in kept]
    return TokenRow(tuple(tokens), signs_of(tokens), row.filler, row.text, chinese=False)
