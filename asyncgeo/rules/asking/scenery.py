"""What a question leaves to the text: which arms ∠A has, which circle an arc belongs to.

In: the text. Out: names, or None where the text leaves several. The rules read the text only when they are asked.
"""

import re
from functools import cached_property
from typing import Final

from asyncgeo.rules import letters
from asyncgeo.rules.read import read
from asyncgeo.rules.scene import Scene
from asyncgeo.rules.tokens import NAME

_SEVERAL: Final = re.compile(r"同心圆|[大小]圆|\bconcentric\b|\b(?:larger|smaller|bigger|inner|outer)\s+circle")
"""Circles about one centre, which its name does not tell apart."""
_POLYGON: Final = re.compile(rf"([\u4e00-\u9fff△□]*?[△形□])((?:{NAME}){{3,8}})(?![A-Z])")
_REGULAR: Final = re.compile(r"正方形|菱形|正三角形|正△|等边|正[五六七八]边形")
_ONE: Final = re.compile(NAME)


class Scenery:
    """One text."""

    def __init__(self, text: str, normal: str) -> None:
        self._text = text
        self._normal = normal

    @cached_property
    def _scene(self) -> Scene:
        reading = read(self._text)
        return Scene(reading.row, reading.given, [one.condition for one in reading.reads])

    def angle(self, vertex: str) -> list[str] | None:
        """The angle that is meant by one letter."""
        return letters.unmistakable(self._scene, vertex)

    def circle(self, center: str = "") -> str | None:
        """The centre of the circle of that name; of the only circle, where none is named."""
        if _SEVERAL.search(self._normal):
            return None
        if center:
            return center
        named = self._scene.centers()
        return named[0] if len(named) == 1 else None

    def corners(self, kind: str) -> tuple[str, ...]:
        """The corners of the only figure that is called so; none where there are several."""
        named = {tuple(_ONE.findall(names)) for words, names in _POLYGON.findall(self._normal) if words.endswith(kind)}
        return named.pop() if len(named) == 1 else ()

    def is_regular(self, corners: tuple[str, ...]) -> bool:
        """Whether the text says of the figure with these corners that its sides are equal."""
        return any(
            set(_ONE.findall(names)) == set(corners)
            for words, names in _POLYGON.findall(self._normal)
            if _REGULAR.search(words)
        )
