from hypothesis import given, strategies as st

from asyncgeo.rules.normalise import normalise

SIGNS = st.sampled_from(
    ["\\angle", "\\frac{1}{2}", "\\sqrt{3}", "${A}$", "_{1}", "~2~", "″", "//", "A B", "△", "Ｃ", "度", "5", "x", " "]
)


@given(st.lists(SIGNS, max_size=20).map("".join) | st.text(max_size=60))
def test_every_place_leads_back_to_the_original(text: str) -> None:
    """Places in the plain text map into the original in order, whatever was rewritten before them."""
    normal = normalise(text)
    origins = [normal.origin(place) for place in range(len(normal.text) + 1)]
    assert origins == sorted(origins)
    assert all(0 <= origin <= len(text) for origin in origins)
