"""A dataset in parts, such as train and test: which part each id belongs to.

In: `train=0.8,test=0.2`, a seed, ids. Out: the part of an id. It counts and writes nothing.

The place of an id is a number in [0, 1): the first 8 bytes of BLAKE2b of `{seed}:{id}` in UTF-8, big-endian, over
2^64. The parts lie side by side in the order given: with the shares above, a place below 0.8 is train. So an id stays
in its part whatever else is added, and parts have their shares nearly, not exactly.
"""

import re
from bisect import bisect_right
from dataclasses import dataclass
from hashlib import blake2b
from itertools import accumulate
from math import isclose
from typing import Final

from asyncgeo.errors import ConfigError

_PART: Final = re.compile(r"(\w+)=(\d*\.?\d+)", re.ASCII)
_WRITTEN: Final = "Write shares that sum to 1, as in --split train=0.8,test=0.2."


@dataclass(frozen=True, slots=True)
class Split:
    """Names of parts, and where in [0, 1] each ends."""

    names: tuple[str, ...]
    shares: tuple[float, ...]
    seed: int = 0

    def part_of(self, identifier: str) -> int:
        """Which of the names the id belongs to."""
        digest = blake2b(f"{self.seed}:{identifier}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
        ends = list(accumulate(self.shares[:-1]))  # the last part takes what is left of 1
        return bisect_right(ends, int.from_bytes(digest) / 2**64)


def read_split(text: str, seed: int = 0) -> Split:
    """The split that a flag spells. Raises ConfigError."""
    parts = [_PART.fullmatch(each.strip()) for each in text.split(",")]
    if not all(parts):
        wrong = next(each for each, found in zip(text.split(","), parts, strict=True) if not found)
        raise ConfigError(f"--split: {wrong!r:.60} is no name=share; names are letters, digits and _.", _WRITTEN)
    found = [(each[1], float(each[2])) for each in parts if each]
    names, shares = tuple(name for name, _ in found), tuple(share for _, share in found)
    for name, share in found:
        if names.count(name) > 1:
            raise ConfigError(f"--split names {name} twice.", _WRITTEN)
        if not 0 < share <= 1:
            raise ConfigError(f"--split: the share of {name} is {share:g}, not above 0 and at most 1.", _WRITTEN)
    if not isclose(sum(shares), 1, abs_tol=1e-6):
        raise ConfigError(f"--split: the shares sum to {sum(shares):g}, not 1.", _WRITTEN)
    return Split(names, shares, seed)
