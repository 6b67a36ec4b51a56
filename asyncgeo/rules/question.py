"""Where the question begins: what is asked is no condition.

In: the row. Out: which of its tokens are given, and the statement as text without figure references.
"""

import re
from typing import Final

from asyncgeo.rules.lexicon import SIGN_OF
from asyncgeo.rules.tokens import BREAKS, NAMES, TokenRow

_ASK: Final = SIGN_OF["?"]
_EMPTY: Final = re.compile(r"\(\)")
_REFERENCE: Final = re.compile(
    r"^[\s,.，．、。:：]*(?:已知[:：,，\s]*)?(?:如图所示|如下图|如图|as shown in the figure)[\s,，.．、:：]*",
    re.IGNORECASE,
)


def leading(row: TokenRow) -> int:
    """The number of tokens of a question that stands first: Find ∠A if …; 0 where the statement does."""
    asked = row.signs.find(_ASK)
    if asked < 0 or NAMES & set(row.signs[:asked]):
        return 0
    ends = [end for sign in ";." if (end := row.signs.find(sign, asked)) >= 0]
    return min(ends) if ends and NAMES & set(row.signs[min(ends) :]) else 0


def given(row: TokenRow) -> int:
    """The number of tokens before a question that stands last: 则…, or the clause that leaves a blank to fill."""
    if leading(row):
        return len(row.signs)
    asked = row.signs.find(_ASK)
    blank = _blank(row)
    if asked >= 0 and (blank < 0 or asked < blank):
        return asked
    if blank >= 0:
        return max(row.signs.rfind(sign, 0, blank) for sign in BREAKS) + 1
    return len(row.signs)


def _blank(row: TokenRow) -> int:
    """The place of the blank to fill: brackets that hold nothing, not even words of no weight as (如图) does."""
    held = {start for start, _ in row.filler}
    for found in _EMPTY.finditer(row.signs):
        opening, closing = row.tokens[found.start()], row.tokens[found.end() - 1]
        if not any(place in held for place in range(opening.end, closing.start)):
            return found.start()
    return -1


def statement(text: str) -> str:
    """The given part as one trimmed line."""
    return _REFERENCE.sub("", " ".join(text.split())).strip(" ,.;:、。．，；：")
