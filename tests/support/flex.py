"""Prices of a model that has a flex tier."""

from typing import Final

from asyncgeo.config import Price
from asyncgeo.llm.prices import Tariff

FULL: Final = Price(1.0, 0.1, 10.0)
HALF: Final = Price(0.5, 0.05, 5.0)
TARIFF: Final[Tariff] = {"standard": FULL, "flex": HALF, "batch": HALF}
