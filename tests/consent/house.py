"""A register and its log, together and real, on SQLite or PostgreSQL, with a clock that tests move."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from fastapi import Request

from audit.component import build_audit
from audit.contract import Audit, Entry, Event, FenceAt, Receipt, record_one
from audit.service import AuditService
from audit.settings import AuditSettings
from consent.activity import ActivityVersion, CatalogueElement, Recipient, Words
from consent.component import Neighbours, build_consent
from consent.contract import Choice, ConsentRequest, ConsentView, Decision, Question, ResidentRef, Sealed
from consent.particulars import VALUES
from consent.service import ConsentService
from consent.settings import ConsentSettings
from kernel.caller import Caller, room_of
from kernel.canonical import read_canonical
from kernel.clock import Clock, millis
from kernel.component import Component, Tenant
from kernel.crypto import sha256
from kernel.crypto.file_keys import FileKeyProvider
from kernel.crypto.keys import KeyExists
from kernel.hidden import Hidden
from kernel.http.rooms import RoomKey
from kernel.ids import random_id
from kernel.numbers import fits
from kernel.sql import Database
from tests.once import tables

TENANT = "gm9901"
TENANTS = {TENANT: Tenant(id=TENANT, name="Spaarnewoude", public_url="http://localhost:8000")}
START = datetime(2026, 9, 1, 9, tzinfo=UTC)
STAFF = Caller(tenant=TENANT, kind="kamer", application="test")
LOKET = Caller(tenant=TENANT, kind="automatisch", organisation="loket", application="loket-app")
ANNA = ResidentRef(id="a" * 32, subject="b" * 32, fence="c" * 32)
BERT = ResidentRef(id="d" * 32, subject="e" * 32, fence="f" * 32)
ANNA_HERSELF = Caller(tenant=TENANT, kind="inwoner", user=ANNA.id)
NAME, PLAN, ANSWER = "brp.naam", "kluis.plan", "inkomen.isLaag"
HASH, WEB_SEED = "0" * 64, b"w" * 32
DESK = LOKET.model_copy(update={"kind": "mens"})
COACH = LOKET.model_copy(update={"organisation": "coach", "application": "coach-app"})
CALLERS = {"loket": LOKET, "desk": DESK, "coach": COACH, "anna": ANNA_HERSELF}  # the public door's, by the header x-who


def words(text: str) -> Words:
    return Words(nl=text, en=text)


CATALOGUE = tuple(
    CatalogueElement(name=name, words=words(name), source=source, inputs=inputs)
    for name, source, inputs in (
        (NAME, "brp", (("brp", NAME),)),
        (PLAN, "kluis", (("kluis", PLAN),)),
        (ANSWER, "kluis", (("kluis", "inkomen.bruto"),)),
    )
)


@dataclass
class Hand:
    """A clock that moves when told."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **span: float) -> None:
        self.now += timedelta(**span)


def element(name: str, klasse: str) -> dict[str, object]:
    law = {"wet": "Wet BRP 1.7", "verstrekkingsgrond": "Wet BRP 3.8"} if klasse != "C" else {}
    basis = {"A": "6(1)(c)", "B": "6(1)(e)", "C": "6(1)(a)"}[klasse]
    reason = {"nl": "nodig", "en": "needed"}
    return {"gegevenselement": name, "reden": reason, "klasse": klasse, "grondslag": basis, **law}


def activity(slug: str = "regeling", elements: dict[str, str] | None = None, **more: object) -> ActivityVersion:
    used = elements or {NAME: "A", PLAN: "C", ANSWER: "C"}
    text = {"nl": "tekst", "en": "text"}
    said = {
        "slug": slug,
        "verwerkingsverantwoordelijke": "College",
        "contact": "14 0XX",
        "ontvangers": [{"ontvanger": "loket"}],
        "gegevenselementen": [element(name, klasse) for name, klasse in used.items()],
        "maximalePeriode": 56,
        "regelsBewaren": 20,
        "beoordeling": {
            "dpia": "gedaan",
            "waarden": dict.fromkeys(VALUES, "ja"),
            "door": "FG",
            "totEnMet": millis(datetime(2027, 6, 1, tzinfo=UTC)),
            "stappen": dict.fromkeys(("wet", "kwaliteit", "waarden", "ontwerp"), "ja"),
        },
        "functionarisGegevensbescherming": "FG, 14 0XX",
        "categorieenBetrokkenen": [text],
        "dpvDoelen": ["https://w3id.org/dpv#ServiceProvision"],
        "maatregelen": [text],
        "vrijeKeuze": {"gelijkeWeg": "Op papier.", "druk": "Nee.", "zonder": "Nee."},
        **{name: text for name in ("titel", "doel", "bewaartermijn", "gevolgVanWeigeren", "naIntrekking")},
    }
    return ActivityVersion.model_validate(said | more)


JWKS = (
    '{"keys":[{"kid":"1","kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",'
    '"y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}'  # RFC 7515 appendix A.3.1, its public half
)
PARTY = Recipient.model_validate(
    {
        "slug": "loket",
        "oin": "0" * 20,
        "naam": {"nl": "Het loket", "en": "The desk"},
        "toepassingen": [{"clientId": "loket-app", "naam": "app", "soort": "automatisch", "jwks": JWKS}],
    }
)


def name_of(caller: Caller, resident: ResidentRef) -> str:
    """As the vault would: of one recipient, 32 signs of base32."""
    return sha256(f"{caller.organisation}/{resident.id}".encode()).hex().translate(str.maketrans("0189", "ghij"))[:32]


@dataclass
class People:
    """The port behind which residents are known: two of them; a third is a stand-in until enrolled."""

    known: dict[str, ResidentRef] = field(default_factory=lambda: {"999993653": ANNA, "999990019": BERT})

    async def identify(self, caller: Caller, bsn: Hidden) -> ResidentRef:
        nobody = ResidentRef(id="9" * 32, subject="niemand", fence="8" * 32, stand_in=True)
        return self.known.get(bsn.reveal(), nobody)

    async def identify_all(self, caller: Caller, bsns: Sequence[Hidden]) -> list[ResidentRef]:
        return [await self.identify(caller, bsn) for bsn in bsns]

    def is_number(self, bsn: Hidden) -> bool:
        return fits(bsn.reveal())

    async def enrol(self, caller: Caller, bsn: Hidden) -> ResidentRef:
        number = f"{len(self.known):032x}"
        return self.known.setdefault(bsn.reveal(), ResidentRef(id=number, subject=number, fence=number))

    async def enrol_all(self, caller: Caller, bsns: Sequence[Hidden]) -> list[ResidentRef]:
        return [await self.enrol(caller, bsn) for bsn in bsns]

    async def recognise(self, caller: Caller, name: str) -> ResidentRef:
        found = (one for one in self.known.values() if name_of(caller, one) == name)
        return next(found, ResidentRef(id="9" * 32, subject="niemand", fence="8" * 32, stand_in=True))

    async def recognise_all(self, caller: Caller, names: Sequence[str]) -> list[ResidentRef]:
        return [await self.recognise(caller, name) for name in names]

    async def name(self, caller: Caller, resident: ResidentRef) -> str:
        return name_of(caller, resident)


@dataclass
class House:
    """What a test needs of both rooms."""

    audit: AuditService
    consent: ConsentService
    component: Component
    clock: Hand
    people: People
    settings: ConsentSettings
    provider: FileKeyProvider
    opened: list[Database] = field(default_factory=list)

    @property
    def log(self) -> Audit:
        return self.audit.door("consent")

    def database(self) -> Database:
        """A way in beside the register's own, as an attacker would have."""
        if len(self.opened) == 0:
            self.opened.append(Database(self.settings.database, "consent"))
        return self.opened[0]

    async def second(self, audit: Audit | None = None) -> ConsentService:
        """Another instance on the same tables; `audit` may be something that interrupts."""
        neighbours = Neighbours(audit or self.log, self.people, CATALOGUE)
        consent, _ = await build_consent(self.settings, TENANTS, neighbours, self.provider, self.clock)
        self.database()
        self.opened.append(consent.database)
        return consent

    async def ready(self, *versions: ActivityVersion) -> None:
        await self.consent.admit(STAFF, PARTY)
        for version in versions or (activity(),):
            await self.consent.publish(STAFF, version)

    async def request(self, *elements: str, of: ResidentRef = ANNA, **more: Any) -> ConsentView:
        wanted = ConsentRequest(resident=of, activity="regeling", elements=elements or (PLAN,), **more)
        return await self.consent.request(LOKET, wanted)

    async def given(self, *elements: str) -> str:
        asked = await self.request(*elements)
        await self.consent.choose(ANNA_HERSELF, asked.id, yes())
        return asked.id

    async def decided(self, *elements: str, of: ResidentRef = ANNA, **more: object) -> tuple[Sealed, Decision]:
        said = {"resident": of, "activity": "regeling", "elements": elements, **more}
        (sealed,) = await self.consent.decide(LOKET, [Question.model_validate(said)])
        return sealed, Decision.model_validate(read_canonical(sealed.decision))

    async def released(self, sealed: Sealed) -> Receipt:
        """The line of a release, as the desk writes it."""
        decision = Decision.model_validate(read_canonical(sealed.decision))
        counted = " ".join(fence for fence, _, _ in decision.geteld)
        event = Event(id=random_id(), kind="verstrekking", subject=decision.betrokkene, activity=decision.activiteit,
                      decision=sha256(sealed.decision.encode()).hex(), decided_at=decision.beslist,
                      valid_until=decision.geldigTot, recipient=decision.ontvanger, case=decision.zaak,
                      details={"geteld": counted} if counted else {})  # fmt: skip
        requires = tuple(FenceAt(fence=fence, epoch=epoch) for fence, epoch, _ in decision.hekken)
        return await record_one(self.audit.door("connectors"), LOKET, Entry(event=event, requires=requires))

    async def kinds(self, subject: str = ANNA.subject) -> list[str]:
        """The kinds of the lines about somebody, oldest first."""
        found = await self.log.lines(room_of(TENANT, "consent"), subject, None, 200)
        return [line.event.kind for line in reversed(found.lines)]


def yes(**more: object) -> Choice:
    return Choice.model_validate({"answer": "ja", "text_hash": HASH, "language": "nl", **more})


def no() -> Choice:
    return Choice(answer="nee", text_hash=HASH, language="nl")


def stop(text_hash: str = HASH) -> Choice:
    return Choice(answer="stop", text_hash=text_hash, language="nl")


@asynccontextmanager
async def opened_house(folder: Path, urls: tuple[str, str], **more: Any) -> AsyncIterator[House]:
    """Founded, migrated, running; urls: of the log's and the register's database. more: settings of the register."""
    clock, provider = Hand(), FileKeyProvider(folder / "keys")
    for room in ("audit", "consent"):
        with suppress(KeyExists):  # a folder may be opened again
            await provider.found(f"regie/{TENANT}/{room}")
    await tables("audit", urls[0])
    await tables("consent", urls[1])
    ticking: Clock = clock
    log_settings = AuditSettings(database=urls[0], signer=folder / "signer", keep_years=20, mode="test")
    audit, log_room = await build_audit(log_settings, TENANTS, provider, ticking)
    trusted = {"web": RoomKey("web", WEB_SEED).public.hex()}
    settings = ConsentSettings(database=urls[1], mode="test", finish_seconds=60, trusted=trusted, **more)
    people = People()

    async def caller(request: Request) -> Caller:
        return CALLERS[request.headers["x-who"]]

    neighbours = Neighbours(audit.door("consent"), people, CATALOGUE, caller)
    async with log_room.run():
        consent, component = await build_consent(settings, TENANTS, neighbours, provider, ticking)
        async with component.run():
            house = House(audit, consent, component, clock, people, settings, provider)
            try:
                yield house
            finally:
                for database in house.opened:
                    await database.close()
