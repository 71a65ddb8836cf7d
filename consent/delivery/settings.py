"""Where messages go."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from consent.events.address import Webhook


class Service(Webhook):
    """The message service of a municipality, behind an interface that it offers us. header and file: how we say who we
    are; the file holds the whole value, such as "Bearer …"."""

    header: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,60}$")] = "Authorization"
    file: Path | None = None
