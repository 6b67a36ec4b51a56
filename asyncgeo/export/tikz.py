r"""A figure → a TikZ picture, as our SVG shows it.

In: a parse and its figure. Out: `<id>.tex`: a `tikzpicture` to be put into a document that has `\usepackage{tikz}`, or
a whole document of the class `standalone`. The conditions are its comments.

What is drawn, and where, is decided once, for SVG; here its elements are said in TikZ: circles, paths of lines and
arcs, and texts, each in a group whose attributes say how. Pixels are 0.75 pt, y goes down.
"""

import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from typing import Final

from asyncgeo.export.exportable import Exportable
from asyncgeo.export.piece import FigureFormat, Piece, in_words
from asyncgeo.figure import Figure, render

_PIXEL: Final = 0.75  # pt
_TOKEN: Final = re.compile(r"[A-Za-z]|-?\d*\.?\d+(?:e-?\d+)?")
_DOCUMENT: Final = "\\documentclass[tikz,border=2pt]{{standalone}}\n\\begin{{document}}\n{}\\end{{document}}\n"
_FEATURES: Final = {
    "stroke-linecap": "line cap={}",
    "stroke-linejoin": "line join={}",
    "fill-opacity": "fill opacity={}",
}
"""Attributes that TikZ has by another name."""

_GREEK: Final = {
    **dict(zip("αβγδζηθικ", ("alpha", "beta", "gamma", "delta", "zeta", "eta", "theta", "iota", "kappa"), strict=True)),
    **dict(zip("λμνξπρςσ", ("lambda", "mu", "nu", "xi", "pi", "rho", "varsigma", "sigma"), strict=True)),
    **dict(zip("τυφχψωε", ("tau", "upsilon", "varphi", "chi", "psi", "omega", "varepsilon"), strict=True)),
    **dict(zip("ΓΔΘΛΞΠ", ("Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi"), strict=True)),
    **dict(zip("ΣΥΦΨΩ", ("Sigma", "Upsilon", "Phi", "Psi", "Omega"), strict=True)),
}
_SIGNS: Final = {
    **{letter: f"\\{name} " for letter, name in _GREEK.items()},
    **dict(zip("οΑΒΕΖΗΙΚΜΝΟΡΤΧ", "oABEZHIKMNOPTX", strict=True)),  # these look like Latin letters
    **dict(zip("₀₁₂₃₄₅₆₇₈₉", "0123456789", strict=True)),
    "°": "^\\circ ",
    "′": "'",
    "√": "\\surd ",
    "−": "-",
    "·": "\\cdot ",
    "×": "\\times ",
    "∠": "\\angle ",
    **{sign: f"\\{sign}" for sign in "#$%&_{}"},
}
"""What is written otherwise in a formula."""
_INDEX: Final = re.compile("([₀₁₂₃₄₅₆₇₈₉]+)")


def write_tikz(parse: Exportable, figure: Figure) -> Piece:
    """The picture, for a document that has one already."""
    return Piece((_comments(parse) + _picture(parse, figure)).encode())


def write_document(parse: Exportable, figure: Figure) -> Piece:
    """The picture as a document of its own."""
    return Piece((_comments(parse) + _DOCUMENT.format(_picture(parse, figure))).encode())


TIKZ: Final = FigureFormat(".tex", write_tikz, nicely=True)
TIKZ_DOCUMENT: Final = FigureFormat(".tex", write_document, nicely=True)


def _comments(parse: Exportable) -> str:
    said = (parse.id, *parse.text.splitlines(), *in_words(parse.conditions))
    return "".join(f"% {each}\n" for each in said)


def _picture(parse: Exportable, figure: Figure) -> str:
    svg = ET.fromstring(render(parse.conditions, parse.objects, figure))  # noqa: S314  our own
    drawn = "".join(f"  {each};\n" for each in _elements(svg, {}))
    return f"\\begin{{tikzpicture}}[x={_PIXEL:g}pt,y=-{_PIXEL:g}pt]\n{drawn}\\end{{tikzpicture}}\n"


def _elements(parent: ET.Element, above: Mapping[str, str]) -> Iterator[str]:
    """What is drawn, in order; attributes of a group are those of what it holds."""
    here = {**above, **parent.attrib}
    for element in parent:
        own = {**here, **element.attrib}
        match element.tag.rpartition("}")[2]:
            case "g":
                yield from _elements(element, here)
            case "circle":
                yield f"\\path[{_style(own)}] ({own['cx']},{own['cy']}) circle[radius={own['r']}]"
            case "path":
                yield f"\\path[{_style(own)}] {' '.join(_path(own['d']))}"
            case "text":
                yield _text(own, element.text or "")
            case other:
                raise ValueError(f"an element {other} of our SVG has no words in TikZ")


def _style(own: Mapping[str, str]) -> str:
    said = [
        f"{what}={_colour(own[name])}" for what, name in (("draw", "stroke"), ("fill", "fill")) if _is_seen(own, name)
    ]
    said.append(f"line width={float(own.get('stroke-width', 1)) * _PIXEL:g}pt")
    if "stroke-dasharray" in own:
        on, off = map(float, re.split(r"[ ,]+", own["stroke-dasharray"]))
        said.append(f"dash pattern=on {on * _PIXEL:g}pt off {off * _PIXEL:g}pt")
    return ",".join((*said, *(form.format(own[name]) for name, form in _FEATURES.items() if name in own)))


def _is_seen(own: Mapping[str, str], name: str) -> bool:
    return own.get(name, "none") != "none"


def _colour(value: str) -> str:
    """`#b45309` or `#000` → TikZ's own words for it."""
    digits = value.removeprefix("#")
    pairs = [digits[k : k + 2] for k in (0, 2, 4)] if len(digits) > 3 else [each * 2 for each in digits]  # noqa: PLR2004
    red, green, blue = (int(each, 16) for each in pairs)
    return f"{{rgb,255:red,{red};green,{green};blue,{blue}}}" if red + green + blue else "black"


def _path(data: str) -> Iterator[str]:
    """Path data of absolute moves, lines, arcs of circles and ends."""
    tokens = _TOKEN.findall(data)
    at, k, verb = (0.0, 0.0), 0, ""
    while k < len(tokens):
        if tokens[k].isalpha():
            verb, k = tokens[k], k + 1
        if verb == "Z":
            yield "-- cycle"
            continue
        if verb == "A":
            radius, _, _, large, sweep, x, y = map(float, tokens[k : k + 7])
            yield _arc(at, (x, y), radius, large=bool(large), sweep=bool(sweep))
            k += 7
        elif verb in ("M", "L"):
            x, y = map(float, tokens[k : k + 2])
            yield f"{'-- ' if verb == 'L' else ''}({x:g},{y:g})"
            verb, k = "L", k + 2
        else:
            raise ValueError(f"a path {data!r} of our SVG has no words in TikZ")
        at = x, y


def _arc(a: tuple[float, float], b: tuple[float, float], radius: float, *, large: bool, sweep: bool) -> str:
    """The centre is on the chord's bisector, on the side that the two flags say; angles grow as y does."""
    half = math.dist(a, b) / 2
    radius = max(radius, half)
    off = math.sqrt(radius**2 - half**2) * (1 if large == sweep else -1)
    across = (b[1] - a[1]) / (2 * half), (a[0] - b[0]) / (2 * half)
    x, y = (a[0] + b[0]) / 2 + off * across[0], (a[1] + b[1]) / 2 + off * across[1]
    start, end = (math.degrees(math.atan2(p[1] - y, p[0] - x)) for p in (a, b))
    turn = (end - start) % 360 if sweep else -((start - end) % 360)
    return f"arc[start angle={start:.3f},end angle={start + turn:.3f},radius={radius:g}]"


def _text(own: Mapping[str, str], text: str) -> str:
    size = float(own["font-size"])
    point = size * _PIXEL
    style = f"text={_colour(own['fill'])},font=\\fontsize{{{point:g}}}{{{1.2 * point:g}}}\\selectfont"
    return f"\\node[anchor=base,inner sep=0pt,{style}] at ({own['x']},{own['y']}) {{${_formula(text)}$}}"


def _formula(text: str) -> str:
    """`A₁′` → `A_{1}'`."""
    parts = _INDEX.split(text)
    return "".join(
        f"_{{{_said(part)}}}" if k % 2 else _said(part)  # an index between two other parts
        for k, part in enumerate(parts)
    )


def _said(part: str) -> str:
    return "".join(_SIGNS.get(sign, sign) for sign in part)
