"""A figure → the problem that Newclid sets itself: points with places, and predicates.

In: a parse and its figure. Out: `<id>.json`, a `ProblemSetup` of Newclid 3 without a goal:
    {"name":"17","points":[{"name":"A","num":{"x":0.3,"y":1.2}},…],
     "assumptions":[{"string":"cong A B A C"},{"string":"aconst A B A C 5pi/18"}],"goals":[]}

    newclid.problem.ProblemSetup.model_validate_json(Path("17.json").read_bytes())
"""

from typing import Final

import msgspec

from asyncgeo.export.exportable import Exportable
from asyncgeo.export.newclid_predicates import Translator
from asyncgeo.export.piece import FigureFormat, Piece, in_words, places_of
from asyncgeo.figure import Figure


def write_newclid(parse: Exportable, figure: Figure) -> Piece:
    """The problem; two points stand for a line that has a name alone."""
    places = places_of(figure)
    translator = Translator(places, parse.conditions)
    assumptions, unsaid = translator.translated()
    whole = {
        "name": parse.id,
        "points": [{"name": name, "num": {"x": x, "y": y}} for name, (x, y) in places.items()],
        "assumptions": [{"string": each} for each in assumptions],
        "goals": [],
    }
    return Piece(msgspec.json.encode(whole) + b"\n", in_words(unsaid))


NEWCLID: Final = FigureFormat(".json", write_newclid)
