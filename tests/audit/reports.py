"""Reports of uses outside Regie, for tests: our own invented records, and stand-ins for register and vault."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from audit.contract import NOBODY, ResidentRef
from audit.reported.intake import SCOPE
from audit.reported.ports import Registered, RegisteredElement, Reporter
from kernel.caller import Caller
from kernel.clock import millis
from kernel.errors import BadInput, NoAccess
from kernel.hidden import Hidden
from tests.audit.logs import HOST, NOON, TENANT

OIN = "00000001002003004000"
KNOWN, STRANGER, NO_NUMBER = "999993653", "111222333", "999993654"
SYSTEM = Caller(
    tenant=TENANT, organisation="groen", application="bomenbeheer", kind="automatisch", scope=(SCOPE,), key="k-1"
)
USED_AT = millis(NOON) - 3_600_000
Report = dict[str, Any]


def ldv(bsn: str = KNOWN, **more: Any) -> Report:
    """An LDV record in its envelope."""
    record = {
        "trace_id": secrets.token_hex(16),
        "span_id": secrets.token_hex(8),
        "status": "Ok",
        "name": "Adres opzoeken bij een kapvergunning",
        "start_time": USED_AT,
        "end_time": USED_AT + 40,
        "resource": {"attributes": {"service.name": "Bomenbeheer", "service.version": "4.2"}},
        "attributes": {
            "dpl.core.processing_activity_id": f"https://{HOST}/toestemming/v1/verwerkingsactiviteiten/kapvergunning",
            "iets.van.een.ander": {"wordt": "niet bewaard"},
        },
    }
    body: Report = {
        "ontvanger": "groen",
        "inwoner": {"bsn": bsn},
        "zaak": "K-2026-7",
        "gebruiker": "mw-77",
        "gegevenselementen": ["brp.adres", "boomsoort"],
        "logregel": record,
    }
    return body | more


def within(report: Report, place: str, value: Any) -> Report:
    """The report with another value at a JSON pointer; DROP leaves it out."""
    head, _, rest = place.removeprefix("/").partition("/")
    if isinstance(report, list):
        return [within(one, rest, value) if str(at) == head and rest else one for at, one in enumerate(report)]
    changed = dict(report)
    if rest:
        changed[head] = within(report[head], rest, value)
    elif value is DROP:
        del changed[head]
    else:
        changed[head] = value
    return changed


DROP = object()


def vng(bsn: str = KNOWN, reference: str = "kap-0001", **more: Any) -> Report:
    """A verwerkingsactie in its envelope."""
    action = {
        "actieNaam": "Perceel bekijken",
        "handelingNaam": "Beoordelen",
        "verwerkingNaam": "Kapvergunning",
        "verwerkingId": "5e0e8a8c-2f6b-4a0e-9c55-0d8f5f0f6b11",
        "verwerkingsactiviteitUrl": f"https://{HOST}/toestemming/v1/verwerkingsactiviteiten/kapvergunning",
        "vertrouwelijkheid": "normaal",
        "bewaartermijn": "P5Y",
        "uitvoerder": OIN,
        "systeem": "Bomenbeheer 4.2",
        "gebruiker": "mw-77",
        "gegevensbron": "Bomenkaart",
        "tijdstip": "2026-11-22T12:00:00+01:00",
        "verwerkteObjecten": [
            {
                "objecttype": "persoon",
                "soortObjectId": "BSN",
                "objectId": bsn,
                "betrokkenheid": "aanvrager",
                "verwerkteSoortenGegevens": [{"soortGegeven": "brp.adres"}, {"soortGegeven": "perceel"}],
            }
        ],
    }
    return {"ontvanger": "groen", "kenmerk": reference, "verwerkingsactie": action} | more


ACTIVITY = Registered(
    slug="kapvergunning",
    version="3",
    title="Kapvergunning",
    purpose="Wij kijken of een boom weg mag.",
    elements=(RegisteredElement(name="brp.adres", class_="B", basis="6(1)(e)", law="Bomenverordening 4"),),
    keep_lines=5,
    kept_days=30,
)


@dataclass
class Books:
    """Satisfies Register: one application of one recipient."""

    activity: Registered = ACTIVITY
    admitted: bool = True
    by_bsn: bool = True

    async def reporter(self, caller: Caller, users: Sequence[str]) -> Reporter:
        if not self.admitted or caller.application != SYSTEM.application:
            raise NoAccess("Deze toepassing mag hier niets melden.")
        actors = tuple(f"p-{user}" for user in users)
        said = {"recipient": "groen", "recipient_name": "Groenbeheer", "oin": OIN, "system": "Bomenbeheer"}
        return Reporter.model_validate({**said, "by_bsn": self.by_bsn, "actors": actors})

    async def activities(self, caller: Caller) -> Mapping[str, Registered]:
        return {self.activity.slug: self.activity}

    def withhold(self, until: int) -> None:
        """Its lines are shown to nobody they are about, up to a moment in ms."""
        self.activity = self.activity.model_copy(update={"withheld_until": until})

    def publish(self) -> None:
        """A newer version is in force."""
        self.activity = self.activity.model_copy(update={"version": "4", "purpose": "Wij kijken naar bomen."})


@dataclass
class People:
    """Satisfies Numbers and Residents: who is enrolled, by number; asked: how often."""

    enrolled: dict[str, str] = field(default_factory=lambda: {KNOWN: "s1"})
    asked: int = 0

    async def identify(self, caller: Caller, bsn: Hidden) -> ResidentRef:
        if not self.is_number(bsn):
            raise BadInput("Dit BSN bestaat niet.")
        for number, subject in self.enrolled.items():
            if bsn == Hidden(number):
                return ResidentRef(id=f"id-{subject}", subject=subject, fence="0" * 32)
        return ResidentRef(id="id-niemand", subject=NOBODY, fence="0" * 32, stand_in=True)

    async def identify_all(self, caller: Caller, bsns: Sequence[Hidden]) -> list[ResidentRef]:
        self.asked += 1
        return [await self.identify(caller, bsn) for bsn in bsns]

    def is_number(self, bsn: Hidden) -> bool:
        return bsn not in (Hidden(NO_NUMBER), Hidden("x"), Hidden(""))
