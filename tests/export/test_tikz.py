import math
import re
import xml.etree.ElementTree as ET
from itertools import pairwise
from typing import Any

import pytest
from support.cases import for_each
from support.exports import DRAWABLE, drawn
from support.figures import Case, name

from asyncgeo.export.exportable import Exportable
from asyncgeo.export.tikz import write_document, write_tikz
from asyncgeo.figure import draw, render
from asyncgeo.schema.records import RequiredObjects
from asyncgeo.schema.words import readable

NUMBER = r"-?\d+(?:\.\d+)?"
COLOUR = r"(?:black|\{rgb,255:red,\d+;green,\d+;blue,\d+\})"
OPTIONS = re.compile(
    rf"(?:(?:draw|fill|text)={COLOUR}|line width={NUMBER}pt|line cap=round|line join=round|fill opacity={NUMBER}"
    rf"|dash pattern=on {NUMBER}pt off {NUMBER}pt|anchor=base|inner sep=0pt"
    rf"|font=\\fontsize\{{{NUMBER}\}}\{{{NUMBER}\}}\\selectfont)(?:,|$)"
)
POINT = rf"\({NUMBER},{NUMBER}\)"
ARC = rf"arc\[start angle={NUMBER},end angle={NUMBER},radius={NUMBER}\]"
PATH = re.compile(rf"\\path\[(.*)\] {POINT}(?: circle\[radius={NUMBER}\]|(?: (?:-- )?{POINT}| {ARC}| -- cycle)+);")
NODE = re.compile(rf"\\node\[(.*)\] at {POINT} \{{\$([^$]+)\$\}};")
FORMULA = re.compile(r"(?:[A-Za-z0-9=+\-:.,'?() ]|_\{\d+\}|\^?\\[A-Za-z]+ )+")


def picture(text: str) -> list[str]:
    """The lines of the picture, without the comments before it."""
    lines = [line for line in text.splitlines() if not line.startswith("%")]
    assert lines[0] == r"\begin{tikzpicture}[x=0.75pt,y=-0.75pt]"
    assert lines[-1] == r"\end{tikzpicture}"
    return [line.strip() for line in lines[1:-1]]


@for_each("case", DRAWABLE, ids=name)
def test_every_line_is_of_a_small_grammar(case: Case) -> None:
    """Paths of moves, lines, arcs and circles, and formulas in nodes, with options that every TikZ knows."""
    for line in picture(write_tikz(*drawn(case)).content.decode()):
        found = PATH.fullmatch(line) or NODE.fullmatch(line)
        assert found, line
        assert not OPTIONS.sub("", found[1]), line
        if NODE.fullmatch(line):
            assert FORMULA.fullmatch(found[2]), line


@pytest.mark.parametrize("case", DRAWABLE[:12], ids=name)
def test_what_svg_shows_is_there(case: Case) -> None:
    """As many circles, paths and texts."""
    parse, figure = drawn(case)
    svg = ET.fromstring(render(parse.conditions, parse.objects, figure))  # noqa: S314  our own
    kinds = [element.tag.rpartition("}")[2] for element in svg.iter()]
    lines = picture(write_tikz(parse, figure).content.decode())
    assert sum("circle[" in line for line in lines) == kinds.count("circle")
    assert sum(line.startswith(r"\node") for line in lines) == kinds.count("text")
    assert len(lines) == sum(map(kinds.count, ("circle", "path", "text")))


def test_an_arc_ends_where_it_should() -> None:
    """Its centre and angles lead from the first point to the last."""
    angle: list[dict[str, Any]] = [{"type": "angle_value", "points": [["A", "B", "C"]], "value": 50}]
    figure = draw(angle)
    svg = render(angle, RequiredObjects(), figure)
    (data,) = re.findall(r'd="(M[^"]*A[^"]*)"', svg)
    x, y, radius, *_, u, v = map(float, re.findall(NUMBER, data))
    text = write_tikz(Exportable("1", "", angle, RequiredObjects()), figure).content.decode()
    ((a, b, told),) = re.findall(rf"start angle=({NUMBER}),end angle=({NUMBER}),radius=({NUMBER})", text)
    start, end = (math.radians(float(each)) for each in (a, b))
    assert float(told) == pytest.approx(radius, abs=0.1)
    assert x + radius * (math.cos(end) - math.cos(start)) == pytest.approx(u, abs=0.2)
    assert y + radius * (math.sin(end) - math.sin(start)) == pytest.approx(v, abs=0.2)


def test_names_are_formulas() -> None:
    """Indices, primes, degrees and Greek letters as TeX writes them."""
    conditions: list[dict[str, Any]] = [
        {"type": "angle_value", "points": [["A1", "B′", "α"]], "value": 50},
        {"type": "distance_equals", "segment": ["A1", "B′"], "value": 2.5},
    ]
    text = write_tikz(Exportable("1", "", conditions, RequiredObjects()), draw(conditions)).content.decode()
    for formula in ("A_{1}", "B'", r"\alpha ", r"50^\circ ", "2.5"):
        assert f"${formula}$" in text


def test_conditions_are_comments_and_a_document_stands_alone() -> None:
    """A text of several lines is all comment."""
    case = DRAWABLE[0]
    parse, figure = drawn(case)
    whole = Exportable(parse.id, "one\ntwo % three", parse.conditions, parse.objects)
    text = write_document(whole, figure).content.decode()
    said = [line.removeprefix("% ") for line in text.splitlines() if line.startswith("%")]
    assert said[:3] == [parse.id, "one", "two % three"]
    assert set(said[3:]) == set(map(readable, case.conditions))
    body = [line for line in text.splitlines() if not line.startswith("%")]
    assert body[0].startswith(r"\documentclass[tikz")
    places = [body.index(each) for each in (r"\begin{document}", r"\end{tikzpicture}", r"\end{document}")]
    assert all(one < other for one, other in pairwise(places))
