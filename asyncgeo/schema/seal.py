"""Lines that prove themselves: a last key whose letters give every line the same CRC-32.

In: a line of JSON, the number its CRC-32 shall be. Out: the line with `,"seal":"@CNBIFLGA"` before its closing brace.
It knows nothing of rows.

Whoever reads need not find the seal, cut it off or decode anything: `zlib.crc32(line)` of the whole line, newline
included, is the number, or the line is not as it was written. That is the cheapest check there is: 0.5 µs a KB.

A letter is one of `@ABCDEFGHIJKLMNO`: four bits beside 0x40. To flip one bit of a letter flips certain bits of the
CRC whatever stands before (CRCs are linear over GF(2)), so the letters that turn the CRC of a line with nine `@` into
the number are found by solving 32 equations; this is done once, for each bit of the CRC alone.
"""

from typing import Final
from zlib import crc32

_LETTERS: Final = 9  # 36 bits: those of eight letters would give but 30 independent ones
_BLANK: Final = b',"seal":"' + b"@" * _LETTERS + b'"}\n'
SIZE: Final = len(_BLANK)
_START: Final = len(b',"seal":"')
_LETTER_OF: Final = bytes.maketrans(b"0123456789abcdef", bytes(range(0x40, 0x50)))


def seal(line: bytes, number: int) -> bytes:
    """The JSON object, which needs at least one key, as a line whose CRC-32 is the number."""
    body = line[:-1]
    off = crc32(body + _BLANK) ^ number
    first, second, third, fourth = _FLIPS
    bits = first[off & 255] ^ second[off >> 8 & 255] ^ third[off >> 16 & 255] ^ fourth[off >> 24]
    return b'%b,"seal":"%b"}\n' % (body, (b"%09x" % bits).translate(_LETTER_OF))


def _bits_by_crc_bit() -> list[int]:
    """For each bit of a CRC, the bits of the letters that flip it and no other: Gauss-Jordan elimination."""
    rows: dict[int, tuple[int, int]] = {}  # by the highest bit: bits of the CRC, bits of the letters that flip them
    for bit in range(4 * _LETTERS):
        flips, bits = _effect(bit), 1 << bit
        for pivot, (other_flips, other_bits) in rows.items():
            if flips >> pivot & 1:
                flips, bits = flips ^ other_flips, bits ^ other_bits
        if not flips:
            continue
        highest = flips.bit_length() - 1
        for pivot, (other_flips, other_bits) in rows.items():
            if other_flips >> highest & 1:
                rows[pivot] = other_flips ^ flips, other_bits ^ bits
        rows[highest] = flips, bits
    return [rows[bit][1] for bit in range(32)]


def _effect(bit: int) -> int:
    """Which bits of the CRC are flipped by one bit of the letters, counted from the last letter's lowest."""
    changed = bytearray(_BLANK)
    changed[_START + _LETTERS - 1 - bit // 4] ^= 1 << bit % 4
    return crc32(changed) ^ crc32(_BLANK)


def _combine(columns: list[int]) -> list[int]:
    """For each byte, the sum of the columns of its bits."""
    table = [0]
    for column in columns:
        table += [each ^ column for each in table]
    return table


_COLUMNS: Final = _bits_by_crc_bit()
_FLIPS: Final = [_combine(_COLUMNS[low : low + 8]) for low in range(0, 32, 8)]
