"""What a municipality is in a group of FSC."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from kernel.address import plain_address
from kernel.message import Message, Short

Service = Literal["verstrekking", "toestemming", "access", "logboek", "govstack"]  # the roots behind a gate
Peer = Annotated[str, Field(pattern=r"^[0-9]{20}$")]


class Group(Message):
    """group: its id (FSC Core, Group ID). peer: the OIN of whoever offers the services, by whose Manager tokens are
    signed. publishes_for: the OIN of the municipality where that is another (`pdi`). inway: its address, as tokens say
    it in `aud`. services: name of a service -> the root that it is. jwks: the Manager's public keys as a JWK set, or
    jwks_url: where they are, at a host of `key_hosts`."""

    group: Annotated[str, Field(pattern=r"^[a-zA-Z0-9./_-]{1,100}$")]
    peer: Peer
    publishes_for: Peer | Literal[""] = ""
    inway: Annotated[str, Field(pattern=r"^https://[A-Za-z0-9.:\[\]/_-]+$", max_length=500)]
    services: Annotated[
        dict[Annotated[str, Field(pattern=r"^[a-zA-Z0-9._-]{1,100}$")], Service],
        Field(min_length=1, max_length=20),
    ]
    jwks: Annotated[str, Field(max_length=20_000)] = ""
    jwks_url: Annotated[Short, Field(max_length=500)] = ""

    @model_validator(mode="after")
    def _keys(self) -> Self:
        if bool(self.jwks) == bool(self.jwks_url):
            raise ValueError("keys, or where they are")
        if self.jwks_url and not plain_address(self.jwks_url).startswith("https://"):
            raise ValueError("keys are fetched over https")
        return self
