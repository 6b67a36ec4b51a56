"""A problem's text as `parse --explain` and `show` print it: what the rules read in it, and what not, marked.

In: the text and what the rules made of it. Out: the same characters with styles.
"""

from rich.text import Text

from asyncgeo.rules import Explanation


def marked(text: str, found: Explanation) -> Text:
    """What was read green, what was not understood red, the question dim; characters keep their places."""
    shown = Text("".join(each if each.isprintable() else " " for each in text))
    for fact in found.facts:
        shown.stylize("green", fact.span.start, fact.span.end)
    if found.question is not None:
        shown.stylize("dim", found.question.start, found.question.end)
    for span in found.unread:
        shown.stylize("bold red underline", span.start, span.end)
    return shown
