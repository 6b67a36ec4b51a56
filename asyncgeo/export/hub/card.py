"""The card of a dataset: `README.md` with YAML before it, as the Hub reads it.

In: statistics of a merge, and the files. Out: text. YAML is written as JSON where that is shorter, which YAML allows.
The licence is left empty where none is given: `push` refuses such a card.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from asyncgeo.dataset import Stats

_SIZES: Final = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
_TAGS: Final = ("geometry", "mathematics", "geometry-problems", "semantic-parsing", "asyncgeo")
_FILL: Final = "  # fill this in before it is published, for example: mit, cc-by-4.0, other"
_COLUMNS: Final = {
    "id": "the problem's id",
    "source": "who read it: a model, the rules (`rules`), or the rules because the model failed",
    "subject": "the cleaned text, as in `cleaned_text`",
    "original_text": "the problem as it was, question and all",
    "cleaned_text": "what a figure is built from",
    "category": "one of ten kinds of construction",
    "difficulty": "1 to 5: how hard the figure is to draw",
    "required_objects": "JSON in text: points, segments, lines, circles and polygons that must be drawn",
    "verification_conditions": "JSON in text: a list of conditions, each with its `type` and that type's fields",
    "unexpressed": "words of the text that no type of condition can say",
    "choices, label, answer": "the key that came with the problem, where one did; `label` counts from 0",
    "quality_drawable, quality_answer": "what verdicts found: of its figure, and of what is asked; null: not looked at",
}
_LOADING: Final = """```python
import json
from datasets import load_dataset

problems = load_dataset("path/of/this/dataset", split="{split}")
conditions = json.loads(problems[0]["verification_conditions"])
```
"""


class HubSplit(NamedTuple):
    """One split: its file, the bytes of it on disk, its problems, and the bytes that they take when read."""

    name: str
    path: str
    size: int
    problems: int
    bytes: int


class Card(NamedTuple):
    """What a card says."""

    name: str
    licence: str
    parts: tuple[HubSplit, ...]
    stats: Stats
    prompts: Mapping[str, int]
    languages: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join(("---", *self._yaml(), "---", "", *self._text()))

    def _yaml(self) -> Iterator[str]:
        yield f"license: {_inline(self.licence)}" if self.licence else f"license:{_FILL}"
        yield f"language: {_inline(self.languages)}"
        yield f"pretty_name: {_inline(self.name)}"
        yield f"size_categories: {_inline([_size(self.stats.problems)])}"
        yield f"tags: {_inline(_TAGS)}"
        yield 'annotations_creators: ["machine-generated"]'
        yield "configs:"
        yield '- config_name: "default"'
        yield "  data_files:"
        yield from (f"  - {_inline({'split': part.name, 'path': part.path})}" for part in self.parts)
        yield "dataset_info:"
        yield "  splits:"
        for part in self.parts:
            yield f"  - {_inline({'name': part.name, 'num_bytes': part.bytes, 'num_examples': part.problems})}"
        yield f"  download_size: {sum(part.size for part in self.parts)}"
        yield f"  dataset_size: {sum(part.bytes for part in self.parts)}"

    def _text(self) -> Iterator[str]:
        stats = self.stats
        yield f"# {self.name}\n"
        yield "Geometry problems with what their texts state, as objects and conditions that a figure must fulfil; made"
        yield "by asyncgeo.\n"
        yield _table("split", {part.name: part.problems for part in self.parts})
        yield _table("of the problems that were asked about", _outcomes(stats))
        yield _table("quality", _quality(stats), "The figures were not verified: `asyncgeo verify` does.\n")
        yield _table("read by", stats.sources)
        yield _table("model", stats.models)
        yield _table("prompt (digest)", self.prompts)
        yield _table("category", stats.categories)
        yield _table("difficulty", stats.difficulties)
        yield "## Columns\n"
        yield from (f"- `{name.replace(', ', '`, `')}`: {what}" for name, what in _COLUMNS.items())
        yield "\n## Loading\n"
        yield _LOADING.format(split=self.parts[0].name)


def _inline(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _size(problems: int) -> str:
    return next((name for most, name in _SIZES if problems < most), "n>1M")


def _outcomes(stats: Stats) -> dict[str, int]:
    return {
        "parsed by the source that was asked": stats.parsed,
        "read by the rules because the model failed": stats.fallbacks,
        "skipped: no figure can be built from the text": stats.skipped,
        "failed": stats.failed,
        "left out for their quality": stats.left_out,
        "state more than their conditions can say": stats.unexpressed,
    }


def _quality(stats: Stats) -> dict[str, int]:
    """What verdicts found of all parses, those that are left out included."""
    if stats.quality is None:
        return {}
    figures, answers, reviews = stats.quality
    of_figures = {
        "a figure can be drawn": figures.drawable,
        "contradict themselves": figures.contradictory,
        "figure not verified": figures.unchecked,
    }
    of_answers = {f"what is asked, held against the key: {state}": count for state, count in answers.items()}
    return of_figures | of_answers | {f"reviewed: {standing}": count for standing, count in reviews.items()}


def _table(title: str, counts: Mapping[Any, int], otherwise: str = "") -> str:
    """Counts under a title; what is said where there are none."""
    if not counts:
        return otherwise
    rows = "\n".join(f"| {str(name).replace('|', '/')} | {count:,} |" for name, count in counts.items())
    return f"| {title} | problems |\n|---|---:|\n{rows}\n"
