"""Text of unknown origin → text that a terminal, a log or one line of JSON can show.

File names, problem texts and servers' messages may hold escape sequences, line breaks and bytes that are no text.
"""


def printable(text: str) -> str:
    """`text` with every character escaped that does not simply show, lone surrogates too."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in text)
