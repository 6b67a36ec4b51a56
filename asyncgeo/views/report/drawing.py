"""A picture → a list that the page draws: known elements, known attributes, text; nothing else comes through.

In: the text of one `<svg>`. Out: `["svg",{"viewBox":"0 0 320 260"},["g",{"class":"figure-strokes"},…],"text",…]`, or
None for what is no SVG. How it looks is left out: the page has its own style for each class, in its theme's colours.
"""

import re
import xml.etree.ElementTree as ET
from typing import Any, Final

_NAMESPACE: Final = "{http://www.w3.org/2000/svg}"
_ELEMENTS: Final = frozenset(("svg", "g", "circle", "path", "text"))
_ATTRIBUTES: Final = frozenset(("viewBox", "cx", "cy", "r", "d", "x", "y", "class"))
_CLASS: Final = re.compile(r"figure-[a-z]+")

Drawing = list[Any]


def drawing(svg: str) -> Drawing | None:
    """What the page may draw of the picture."""
    try:
        root = ET.fromstring(svg)  # noqa: S314  of our own making; entities are no text of problems
    except ET.ParseError:
        return None
    return _element(root) if root.tag == f"{_NAMESPACE}svg" else None


def _element(found: ET.Element) -> Drawing:
    kept = {name: value for name, value in found.attrib.items() if _is_kept(name, value)}
    drawn: Drawing = [found.tag.removeprefix(_NAMESPACE), kept]
    if found.text and found.text.strip():
        drawn.append(found.text)
    return [*drawn, *(_element(child) for child in found if child.tag.removeprefix(_NAMESPACE) in _ELEMENTS)]


def _is_kept(name: str, value: str) -> bool:
    return name in _ATTRIBUTES and (name != "class" or _CLASS.fullmatch(value) is not None)
