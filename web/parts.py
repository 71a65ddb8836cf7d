"""A form with a file, as browsers send it (multipart/form-data, RFC 7578), within limits. Pure.

Our own forms have short plain names, each once; anything else is no form of ours.
"""

import re

from kernel.errors import BadInput

PARTS_MAX, HEAD_MAX = 10, 2_000
_TYPE = re.compile(r'multipart/form-data *;.*?\bboundary="?([0-9A-Za-z\'()+_,./:=?-]{1,70})"?', re.IGNORECASE)
_NAME = re.compile(rb'^content-disposition: *form-data; *name="([a-z-]{1,40})"', re.IGNORECASE | re.MULTILINE)


def parts_of(content_type: str, body: bytes) -> dict[str, bytes]:
    """What each field holds. Raises BadInput."""
    found = _TYPE.match(content_type)
    if found is None:
        raise _unreadable()
    between = b"\r\n--" + found[1].encode()
    pieces = (b"\r\n" + body).split(between, PARTS_MAX + 2)
    if len(pieces) < 3 or pieces[0] or not pieces[-1].startswith(b"--") or len(pieces) > PARTS_MAX + 2:
        raise _unreadable()
    fields: dict[str, bytes] = {}
    for piece in pieces[1:-1]:
        head, divided, content = piece.partition(b"\r\n\r\n")
        name = _NAME.search(head[:HEAD_MAX])
        if not divided or len(head) > HEAD_MAX or name is None or name[1].decode() in fields:
            raise _unreadable()
        fields[name[1].decode()] = content
    return fields


def _unreadable() -> BadInput:
    return BadInput("Dit formulier kunnen wij niet lezen.")
