"""The headers by which a BRP gateway wants to know what for. Names differ per supplier: an empty name is off. Pure."""

import re
from typing import Annotated

from pydantic import Field

from audit.contract import Ground
from kernel.message import Message

VALUE_MAX = 242  # the widest limit seen at a municipality
HeaderName = Annotated[str, Field(pattern=r"^([A-Za-z][A-Za-z0-9-]{0,60})?$")]
HeaderValue = Annotated[str, Field(max_length=VALUE_MAX, pattern=r"^[\x20-\x7e]*$")]
_PLAIN = re.compile(rf"[\x20-\x7e]{{1,{VALUE_MAX}}}")


class Gateway(Message):
    """Names of headers, and values per activity (by slug; "*" for all others)."""

    purpose_name: HeaderName = "x-doelbinding"
    activity_name: HeaderName = "x-verwerking"
    user_name: HeaderName = "x-gebruiker"
    application_name: HeaderName = "x-toepassing"
    oin_name: HeaderName = "x-origin-oin"
    key_name: HeaderName = "x-api-key"
    purposes: dict[str, HeaderValue] = Field(default_factory=dict)
    activities: dict[str, HeaderValue] = Field(default_factory=dict)
    oin: Annotated[str, Field(pattern=r"^([0-9]{20})?$")] = ""

    def headers(self, ground: Ground, user: str) -> dict[str, str]:
        """For one question. What is empty, or no plain text, is left out."""
        slug = ground.activiteit
        said = {
            self.purpose_name: self.purposes.get(slug, self.purposes.get("*", "")),
            self.activity_name: self.activities.get(slug, self.activities.get("*", slug)),
            self.user_name: user,
            self.application_name: ground.toepassing,
            self.oin_name: self.oin,
        }
        return {name: value for name, value in said.items() if name and _PLAIN.fullmatch(value)}
