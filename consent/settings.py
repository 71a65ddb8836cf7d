"""Settings of the register."""

from typing import Annotated

from pydantic import Field, IPvAnyNetwork
from pydantic_settings import SettingsConfigDict

from consent.delivery.settings import Service
from consent.events.address import Webhook
from consent.fsc.settings import Group
from consent.terms import OPEN_MOST
from kernel.settings import RoomSettings


class ConsentSettings(RoomSettings):
    """REGIE_CONSENT_*. database: SQLAlchemy URL. trusted: public room keys in hex, by the name of the room.

    key_minutes: how long opened keys stay in memory. finish_seconds: how often rows follow the log.
    authzen_tenant: a tenant without a register, where /access/v1 answers everybody from a plain table of policies, for
    conformance suites; "" is none, and in production there is none.
    govstack: the municipalities where the GovStack Consent API answers under /govstack/v1; nowhere unless said so.
    webhooks: where events go, by "<tenant>/<recipient>"; nothing else is ever called. oin: of who runs this, as
    the source of events. key_hosts: where applications may publish their own keys, by name of the host, each with the
    private addresses that are meant; nowhere unless said so. events_days: how long an event can be read and asked for
    again. cert_gateways: as the house's settings say. fsc: by municipality, the group in which it offers these
    interfaces; nowhere unless said so. messages: by municipality, its message service, that brings residents the
    receipt of what they chose; nobody gets one unless said so. desk_per_day: conversations that one employee of the
    desk may have on a day. messages_days: how long a message that does not arrive is tried. messages_months: after so
    many without a login nobody is sent messages any more. open_most: requests for nobody in particular that one
    recipient may have open. desk_days: how long a conversation is kept; the FG counts
    those of 31 days. asked_most: residents that one application may ask about in bulk within 24 hours.
    """

    model_config = SettingsConfigDict(env_prefix="REGIE_CONSENT_")

    database: str
    trusted: dict[str, str] = Field(default_factory=dict)
    key_minutes: Annotated[int, Field(ge=0, le=15)] = 15
    finish_seconds: Annotated[float, Field(gt=0, le=60)] = 2.0
    authzen_tenant: str = ""
    govstack: Annotated[tuple[str, ...], Field(max_length=400)] = ()
    webhooks: dict[str, Webhook] = Field(default_factory=dict)
    oin: Annotated[str, Field(pattern=r"^([0-9]{20})?$")] = ""
    events_days: Annotated[int, Field(ge=7, le=3_660)] = 365
    cert_gateways: tuple[IPvAnyNetwork, ...] = ()
    fsc: Annotated[dict[str, Group], Field(max_length=400)] = Field(default_factory=dict)
    messages: Annotated[dict[str, Service], Field(max_length=400)] = Field(default_factory=dict)
    messages_days: Annotated[int, Field(ge=1, le=30)] = 14
    messages_months: Annotated[int, Field(ge=3, le=60)] = 24
    desk_per_day: Annotated[int, Field(ge=1, le=500)] = 40
    open_most: Annotated[int, Field(ge=1, le=1_000_000)] = OPEN_MOST
    desk_days: Annotated[int, Field(ge=32, le=366)] = 32
    asked_most: Annotated[int, Field(ge=1, le=100_000_000)] = 100_000
    key_hosts: Annotated[dict[str, tuple[str, ...]], Field(max_length=200)] = Field(default_factory=dict)
    pool: Annotated[int, Field(ge=1, le=100)] = 8
