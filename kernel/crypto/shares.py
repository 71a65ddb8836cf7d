"""Shamir's sharing (CACM 22:11, 1979) of 32 bytes in three parts: any two give the whole, one gives nothing.

Over GF(2^8) with the polynomial of AES (FIPS 197, 4.2), byte by byte: share x is secret + slope * x. Own code, forty
lines, because what the registries offer is unkept or hides these same lines under word lists. NOT promised: that a
share was not changed; who joins two compares what comes out with the public half of the key.
"""

from kernel.crypto.primitives import random_bytes

SHARES, NEEDED = 3, 2
_AES = 0x11B


def split(secret: bytes) -> dict[int, bytes]:
    """Shares by number, each as long as the secret."""
    slope = random_bytes(len(secret))
    return {x: _line(secret, slope, x) for x in range(1, SHARES + 1)}


def joined(shares: dict[int, bytes]) -> bytes:
    """The secret, from two shares by number. Raises ValueError for fewer, more, others, or of unequal length."""
    if len(shares) != NEEDED or not all(1 <= x <= SHARES for x in shares):
        raise ValueError("two shares of the three are needed")
    (one, first), (other, second) = shares.items()
    if len(first) != len(second):
        raise ValueError("these shares are not of one secret")
    # Lagrange at 0: (other * first + one * second) / (one + other); plus and minus are both exclusive or
    divide = _inverse(one ^ other)
    return bytes(_times(divide, _times(other, a) ^ _times(one, b)) for a, b in zip(first, second, strict=True))


def _line(secret: bytes, slope: bytes, x: int) -> bytes:
    return bytes(at_zero ^ _times(x, climb) for at_zero, climb in zip(secret, slope, strict=True))


def _times(one: int, other: int) -> int:
    product = 0
    for _ in range(8):
        product ^= one & -(other & 1)
        one = one << 1 ^ (_AES & -(one >> 7))
        other >>= 1
    return product


def _inverse(of: int) -> int:
    return next(one for one in range(1, 256) if _times(of, one) == 1)
