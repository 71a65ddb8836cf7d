"""What the log asks its signer, and hears: a line of JSON each way, after the dialogue of a C2SP witness. Pure.

{"verb": "sign", "origin", "old": 5, "proof": [hex, ...], "size": 9, "root": hex, "map_root"}

200  done          404  there is no state of this log      410  its state cannot be read
400  not readable  409  the state stands at `size`         422  this would be a fork
403  not allowed   503  a key or a disk is away
"""

from typing import Annotated, Literal

from pydantic import Field

from kernel.message import Hex32, Message, Text

LINE_MAX = 16 << 10  # 64 hashes in hexadecimal digits are 4 KB
OK, UNREADABLE, FORBIDDEN, GONE, ELSEWHERE, LOST, FORK, AWAY = 200, 400, 403, 404, 409, 410, 422, 503

Size = Annotated[int, Field(ge=0, lt=1 << 63)]
Origin = Annotated[str, Field(pattern=r"^[a-z0-9.:-]{1,200}/[a-z0-9]{2,20}/[0-9]{4}h[12]$")]


class Asked(Message):
    """One question. `found`, `open`: for the key. `newest`: what was signed last for this tenant, in any term."""

    verb: Literal["found", "open", "adopt", "remembered", "newest", "sign"]
    origin: Origin
    size: Size = 0
    root: Hex32 = "0" * 64
    map_root: Hex32 = "0" * 64
    old: Size = 0
    proof: Annotated[tuple[Hex32, ...], Field(max_length=64)] = ()


class Told(Message):
    """The answer; what a verb does not speak of is absent. key: public. size: also of a 409. sequence: of the state.
    origin: of the newest term with lines."""

    status: Annotated[int, Field(ge=200, le=599)]
    size: Size = 0
    root: Hex32 | Literal[""] = ""
    map_root: Hex32 = "0" * 64
    key: Hex32 | Literal[""] = ""
    note: Text = ""
    origin: Origin | Literal[""] = ""
    sequence: Size = 0
