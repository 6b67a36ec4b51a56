from hashlib import blake2b

from hypothesis import given, strategies as st

from asyncgeo.dataset import Split

identifiers = st.text(min_size=1, max_size=12)


@given(identifiers, st.integers(0, 9))
def test_a_part_follows_from_the_id_and_the_seed_alone(identifier: str, seed: int) -> None:
    """As the module documents it, so that another program can do the same."""
    place = int.from_bytes(blake2b(f"{seed}:{identifier}".encode(), digest_size=8).digest()) / 2**64
    assert Split(("train", "test"), (0.8, 0.2), seed).part_of(identifier) == (0 if place < 0.8 else 1)
