import pytest
from support.cases import for_each

from asyncgeo.rules.normalise import _REWRITES, normalise


@for_each(
    ("written", "plain"),
    [
        ("∠ＡＢＣ＝５０°", "∠ABC=50°"),
        ("\\angle A=50^{\\circ}", "∠ A=50°"),
        ("⊿ABC", "△ABC"),
        ("☉O", "⊙O"),
        ("○O", "⊙O"),
        ("A'B’C＇", "A′B′C′"),
        ("A″", "A′′"),
        ("P_{1}P_2P~3~", "P1P2P3"),
        ("AB//CD", "AB∥CD"),
        ("AB丄CD", "AB⊥CD"),
        ("\\frac{1}{2}", "1/2"),
        ("\\frac{\\sqrt{3}}{2}", "√3/2"),
        ("2\\sqrt{3}", "2√3"),
        ("60度", "60°"),
        ("△ A B C", "△ ABC"),
    ],
)
def test_each_sign_has_one_spelling(written: str, plain: str) -> None:
    """Full-width forms, LaTeX, look-alikes, indices and spaced names come out alike."""
    assert normalise(written).text == plain


def test_what_is_not_rewritten_keeps_its_place() -> None:
    """A letter after a rewritten sign is found where it was written."""
    written = "\\angle A=50^{\\circ},BC"
    normal = normalise(written)
    assert written[normal.origin(normal.text.index("B"))] == "B"


@pytest.mark.parametrize(
    ("damaged", "whole"),
    [
        ("S_{\riangleKLM}=2", "S_{\\triangleKLM}=2"),
        ("S_{\triangle KLM}=2", "S_{\\triangle KLM}=2"),
        ("KL=\frac{2}{3}MN", "KL=\\frac{2}{3}MN"),
        ("∠K=\theta,MN=3\times 2,⌒\frown", "∠K=\\theta,MN=3\\times 2,⌒\\frown"),
    ],
)
def test_a_swallowed_backslash_is_read_as_if_it_were_there(damaged: str, whole: str) -> None:
    """The first letter became a control character: the S of an area is no point, a fraction is one."""
    assert normalise(damaged).text == normalise(whole).text


@for_each(
    ("text", "kind"),
    [
        ("<image1>", "image"),
        ("![x](y)", "image"),
        (r"\frac{1}{2}", "frac"),
        (r"\overset{\frown}{AB}", "arc"),
        ("S_{△ABC}", "area"),
        ("A~=B", "close"),
        (r"\angle", "latex"),
        ("⊙o", "center"),
        ("⊙0", "center"),
        ("点0", "center"),
        ("⊙○", "center"),
        ("○A", "circle"),
        ("〇 A", "circle"),
        ("AB//CD", "slashes"),
        ("AB||CD", "slashes"),
        ("A B", "spaced"),
        ("3. 5°", "decimal"),
        ("A″", "double"),
        ("A′′", "double"),
        ("A_{12}", "index"),
        ("A~1~", "index"),
        ("50度", "degree"),
        ("50 度", "degree"),
        ("50degrees", "degree"),
        ("50^°", "degree"),
        ("$", "noise"),
        ("{", "noise"),
        ("}", "noise"),
        ("^", "noise"),
        ("_", "noise"),
        ("\x01", "noise"),
        ("\x85", "noise"),
    ],
)
def test_every_rewrite_is_tried_where_it_begins(text: str, kind: str) -> None:
    """At most characters none is tried: that is quicker, and must miss none."""
    found = _REWRITES.search(text)
    assert found is not None
    assert found.lastgroup == kind or found[kind] is not None
