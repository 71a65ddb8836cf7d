"""The headers by which a BRP gateway wants to know what for. Names differ per supplier: an empty name is off. Pure."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from kernel.message import Message

VALUE_MAX = 242  # the widest limit seen at a municipality
HeaderName = Annotated[str, Field(pattern=r"^([A-Za-z][A-Za-z0-9-]{0,60})?$")]
HeaderValue = Annotated[str, Field(max_length=VALUE_MAX, pattern=r"^[\x20-\x7e]*$")]
_PLAIN = re.compile(rf"[\x20-\x7e]{{1,{VALUE_MAX}}}")


# What suppliers call them, collected from their public documentation: RvIG defines none of these.
SUPPLIERS: Mapping[str, Mapping[str, str]] = {
    "iconnect": {},
    "2secure": {},
    "centric": {
        "purpose_name": "x-request-afnemerscode",
        "activity_name": "",
        "user_name": "x-request-user",
        "application_name": "x-request-application",
        "oin_name": "x-request-organization",
        "afnemer_name": "",
        "key_name": "",
    },
    "none": dict.fromkeys(
        ("purpose_name", "activity_name", "user_name", "application_name", "oin_name", "afnemer_name", "key_name"), ""
    ),
}


class Gateway(Message):
    """Names of headers, and values per activity (by slug; "*" for all others). supplier: whose names, where none is
    given. oin: of the municipality; afnemer: of whom it asks for, where that is another."""

    supplier: Literal["iconnect", "2secure", "centric", "none"] = "iconnect"
    purpose_name: HeaderName = "x-doelbinding"
    activity_name: HeaderName = "x-verwerking"
    user_name: HeaderName = "x-gebruiker"
    application_name: HeaderName = "x-toepassing"
    oin_name: HeaderName = "x-origin-oin"
    afnemer_name: HeaderName = "x-afnemer-oin"
    key_name: HeaderName = "x-api-key"
    purposes: dict[str, HeaderValue] = Field(default_factory=dict)
    activities: dict[str, HeaderValue] = Field(default_factory=dict)
    oin: Annotated[str, Field(pattern=r"^([0-9]{20})?$")] = ""
    afnemer: Annotated[str, Field(pattern=r"^([0-9]{20})?$")] = ""

    @model_validator(mode="before")
    @classmethod
    def _named(cls, said: Any) -> Any:
        if not isinstance(said, dict):
            return said
        return {**SUPPLIERS.get(str(said.get("supplier", "iconnect")), {}), **said}

    @classmethod
    def off(cls) -> "Gateway":
        """No headers at all."""
        return cls(supplier="none")

    def headers(self, slug: str, application: str, user: str) -> dict[str, str]:
        """For one question of this activity. What is empty, or no plain text, is left out."""
        said = {
            self.purpose_name: self.purposes.get(slug, self.purposes.get("*", "")),
            self.activity_name: self.activities.get(slug, self.activities.get("*", slug)),
            self.user_name: user,
            self.application_name: application,
            self.oin_name: self.oin,
            self.afnemer_name: self.afnemer,
        }
        return {name: value for name, value in said.items() if name and _PLAIN.fullmatch(value)}
