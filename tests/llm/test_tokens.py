import pytest
from support.cases import for_each

from asyncgeo.llm.tokens import PER_MESSAGE, estimate

COUNTED = {
    # text: its tokens in o200k_base, as tiktoken 0.14 counts them
    "如图,在△ABC中,AB=AC,∠BAC=40°,则∠ABC的度数为()": 27,
    "已知⊙O的半径为5,弦AB的长为8,OC⊥AB于点C,求OC的长.": 32,
    "如图,四边形PQRS是平行四边形,对角线PR、QS相交于点O,若PR=10,QS=6,则OP的长为()": 42,
    "In triangle PQR, PQ = PR and angle QPR is 50 degrees. Find angle PQR.": 22,
    '{"verdict":"parsed","reason":null,"points":["P","Q","R"],"segments":[["P","Q"],["P","R"]]}': 32,
    "The system reads the problem and answers with one JSON object that describes the figure.": 16,
}


@for_each(("text", "tokens"), COUNTED.items())
def test_within_a_fifth_of_the_true_count(text: str, tokens: int) -> None:
    """Chinese, English and JSON alike: the weights are those of the vocabulary, not of one script."""
    assert estimate(text) - PER_MESSAGE == pytest.approx(tokens, rel=0.2)
