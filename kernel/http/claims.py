"""What an access token of ours says (RFC 9068); `kernel.http.bearer` tells when it is believed."""

from typing import Annotated, Literal

from pydantic import Field, StrictInt

from kernel.message import Message, Short

TOKEN_BYTES = 8 << 10


class Bound(Message):
    """The thumbprint of the key that a token is bound to (RFC 9449 section 6)."""

    jkt: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{43}$")]


class AccessClaims(Message):
    """What a token holds. `scope`: activities with spaces between them (RFC 8693 section 4.2). `sleutel`: the kid of
    the application's key under which it was asked for."""

    iss: Short
    aud: Short
    sub: Short
    client_id: Annotated[Short, Field(min_length=1)]
    scope: Annotated[str, Field(max_length=TOKEN_BYTES)] = ""
    jti: Annotated[Short, Field(min_length=1)]
    iat: StrictInt
    exp: StrictInt
    ontvanger: Annotated[Short, Field(min_length=1)]
    oin: Short
    soort: Literal["mens", "burger", "automatisch"]
    gemeente: Short
    sleutel: Short = ""
    cnf: Bound | None = None
