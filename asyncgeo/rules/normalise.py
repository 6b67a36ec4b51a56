"""One spelling for every sign: full-width forms, LaTeX, look-alikes of ∠ △ ⊙ ∥ ′, subscripts.

In: the text as written. Out: `Normal`: the text in one spelling, and for each of its characters the place in the
original it came from. It knows signs, not words: no meaning is read here.
"""

import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import Final

_SAME_WIDTH: Final = str.maketrans(
    {
        **{chr(code + 0xFEE0): chr(code) for code in range(0x21, 0x7F)},
        **dict.fromkeys('\u3000\xa0\u2003\u2002\t\r\n\x0b\x0c\ufeff\u200b"“”', " "),
        **dict.fromkeys("'’‘ʹ´`＇‵", "′"),
        **dict.fromkeys("☉◎⨀⦿", "⊙"),
        **dict.fromkeys("∆⊿Δ▵", "△"),
        **dict.fromkeys("Ð∟", "∠"),
        **dict.fromkeys("‖║", "∥"),
        **dict.fromkeys("▱▰", "□"),
        **dict.fromkeys("∘˚º", "°"),
        **dict.fromkeys("。．;；!！?？", "."),
        **dict.fromkeys("丄┴⟂", "⊥"),
        **dict.fromkeys("≅", "≌"),
        **dict.fromkeys("～∼", "∽"),
        **dict.fromkeys("⁀︵⏜", "⌒"),
        **{chr(0x2080 + digit): str(digit) for digit in range(10)},
        **dict.fromkeys("−–—", "-"),
        **dict.fromkeys("·•*", "×"),
        "：": ":",
        "∶": ":",
        "，": ",",
        "ɑ": "α",
    }
)

_LATEX: Final = {
    "angle": "∠",
    "measuredangle": "∠",
    "triangle": "△",
    "riangle": "△",  # this and the next: what `_SWALLOWED` leaves of commands
    "iangle": "△",
    "heta": "θ",
    "imes": "×",
    "herefore": ",",
    "ecause": ",",
    "igodot": "⊙",
    "igtriangleup": "△",
    "rown": "⌒",
    "vartriangle": "△",
    "bigtriangleup": "△",
    "Delta": "△",
    "odot": "⊙",
    "bigodot": "⊙",
    "circ": "°",
    "degree": "°",
    "parallel": "∥",
    "perp": "⊥",
    "bot": "⊥",
    "cong": "≌",
    "sim": "∽",
    "backsim": "∽",
    "times": "×",
    "cdot": "×",
    "prime": "′",
    "sqrt": "√",
    "alpha": "α",
    "beta": "β",
    "theta": "θ",
    "square": "□",
    "parallelogram": "□",
    "frown": "⌒",
    "overparen": "⌒",
    "widehat": "⌒",
    "hat": "⌒",
    "overarc": "⌒",
    "wideparen": "⌒",
    "because": ",",
    "therefore": ",",
    "qquad": " ",
    "quad": " ",
}

_SWALLOWED: Final = re.compile(
    r"[\t\n\r](?=r?iangle|(?:heta|imes|herefore)(?![a-z]))|\x08(?=(?:ecause|igodot|igtriangleup)(?![a-z]))|\f(?=rac|rown)"
)
"""A command's backslash and first letter that became a control character; `\\triangle` may have lost its t before."""

_TERM: Final = r"((?:[^{}\\]|\\sqrt\s*\{[^{}\\]{1,6}\}){1,12}?)"
_FRACTION: Final = rf"\\(?:[dt]?f)?rac\s*\{{?{_TERM}\}}?\s*\{{{_TERM}\}}"
_FIGURE: Final = r"△|□|\\(?:var)?t?r?iangle|\\bigtriangleup|[正四平矩菱梯]|阴影"
"""What follows the S of an area."""
_ROOT: Final = re.compile(r"\\sqrt\s*\{")
_FIRST: Final = r"(?=[<!\\S~o0○〇/|\s.″′_度d^${}\x00-\x1f\x7f-\x9f])"
"""What any rewrite begins with: at other characters, most of them, none need be tried."""
_REWRITES: Final = re.compile(
    f"{_FIRST}(?:"
    + "|".join(
        (
            r"(?P<image><image\d*>|!\[[^\]]*\]\([^)]*\))",
            rf"(?P<frac>{_FRACTION})",
            r"(?P<arc>\\overset\s*\{\s*\\frown\s*\}|\\stackrel\s*\{\s*\\frown\s*\})",
            rf"(?P<area>(?<![A-Z])S[~_{{\s]*(?={_FIGURE}))",
            r"(?P<close>(?<=[A-Z])~(?=\s*[=:+,/\-]))",
            r"\\(?P<latex>[A-Za-z]+)",
            r"(?P<center>(?<=⊙)[o0○〇]|(?<=[点A-Z])0(?![\d.])|(?<![\d.])0(?=[A-Z]))",
            r"(?P<circle>[○〇](?=\s*[A-Z]))",
            r"(?P<slashes>//|\|\|)",
            r"(?P<spaced>(?<=(?<![A-Za-z])[A-Z])[ ]+(?=[A-Z](?![A-Za-z])))",
            r"(?P<decimal>(?<=\d)\.\s+(?=\d+\s*(?:°|(?:cm|mm|km|m)\b)))",
            r"(?P<double>″|′′)",
            r"(?P<index>(?<=[A-Za-z])(?:_\{?\s*(?P<i1>\d+)\s*\}?|~(?P<i2>\d+)~))",
            r"(?P<degree>(?<=\d)\s*(?:度|degrees?\b|\^\s*°))",
            r"(?P<noise>[${}\\^_]|[\x00-\x1f\x7f-\x9f])",
        )
    )
    + ")"
)


_SPELLED: Final = {
    "area": "面积",
    "arc": "⌒",
    "center": "O",
    "circle": "⊙",
    "slashes": "∥",
    "double": "′′",
    "degree": "°",
    "decimal": ".",
}


@dataclass(frozen=True, slots=True)
class Normal:
    """The text in one spelling; `starts[i]` … of the piece that begins at `pieces[i]`."""

    text: str
    original: str
    pieces: list[int]
    shifts: list[int]

    def origin(self, place: int) -> int:
        """The place in the original of the character at `place`."""
        found = bisect_right(self.pieces, place) - 1
        return min(place + self.shifts[found], len(self.original))


def normalise(original: str) -> Normal:
    """`original` in one spelling."""
    text = _SWALLOWED.sub(r"\\", original).translate(_SAME_WIDTH)
    out: list[str] = []
    pieces, shifts = [0], [0]
    done = length = 0
    for found in _REWRITES.finditer(text):
        put = _rewrite(found)
        out += (text[done : found.start()], put)
        length += found.start() - done + len(put)
        done = found.end()
        pieces.append(length)
        shifts.append(done - length)
    out.append(text[done:])
    return Normal("".join(out), original, pieces, shifts)


def _rewrite(found: re.Match[str]) -> str:
    """What stands for one piece of spelling."""
    kind = found.lastgroup
    if kind == "latex":
        return _LATEX.get(found["latex"], " ")
    if kind == "frac":
        inner = re.search(_FRACTION, found[0])
        return _ROOT.sub("√", f"{inner[1]}/{inner[2]}").replace("}", "") if inner else " "
    if found["index"] is not None:
        return found["i1"] or found["i2"]
    return _SPELLED.get(kind or "", "")
