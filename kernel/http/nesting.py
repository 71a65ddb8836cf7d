"""How deep JSON nests, before anybody reads it: a reader that calls itself for each bracket ends where Python does."""

import re

# An unterminated string runs to the end, and nothing is tried twice: linear for any body.
_BRACKETS = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{}]', re.DOTALL)


def depth(body: bytes, enough: int) -> int:
    """How deep the brackets nest, counted no further than just above `enough`. Strings do not count."""
    if body.count(b"[") + body.count(b"{") <= enough:
        return 0  # cannot be deeper; the common case
    now = deepest = 0
    for token in _BRACKETS.finditer(body):
        first = body[token.start()]
        now += (first in b"[{") - (first in b"]}")
        deepest = max(deepest, now)
        if deepest > enough:
            break
    return deepest
