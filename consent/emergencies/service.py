"""Who looks at uses in an emergency, and what they say of them. Holds nothing: the log is the list."""

from audit.contract import EMERGENCY, Audit, Entry, Event, EventIdTaken, Line, NoSuchLine, Position, record_one
from consent.contract import NoSuchThing, NotNow
from consent.emergencies.contract import EmergencyDetail, EmergencyUse, Judged
from consent.emergencies.lines import VERDICT, WHY, note_of, reason_of
from consent.lines import event
from consent.owning import is_officer, works_at
from consent.rows import Register
from consent.words import fault, no_numbers
from kernel.caller import Caller, room_of
from kernel.errors import NoAccess
from kernel.ids import derived_id, random_id

LOOKED = "Gebruik in nood nakijken"
PURPOSE = "De privacy-toezichthouder kijkt na of gegevens terecht in nood zijn gebruikt."
OWN = "Gebruik door uw eigen afdeling kijkt u niet zelf na. Dat doet een andere FG."


class Reviewing:
    """Satisfies Emergencies."""

    def __init__(self, register: Register, audit: Audit) -> None:
        self._register, self._audit = register, audit

    async def waiting(self, caller: Caller) -> list[EmergencyUse]:
        """See Emergencies.waiting."""
        _officer_only(caller)
        found = await self._audit.unreviewed(room_of(caller.tenant, "consent"))
        return [_use(caller, line) for line in found]

    async def opened(self, caller: Caller, line: Position) -> EmergencyDetail:
        """See Emergencies.opened."""
        _officer_only(caller)
        keys, found = await self._register.keys_of(caller.tenant), await self._found(caller, line)
        about = found.event
        # the line first: who reads it sees what somebody did, and of whom the log knows
        looked = event(
            "zoeking", random_id(), about.subject, activity="logboek", purpose=PURPOSE, class_="A", basis="6(1)(c)",
            law="AVG 39(1)(b)", actor=keys.actor(caller), details={"reden": LOOKED, "regel": str(line)},
        )  # fmt: skip
        await record_one(self._audit, caller, Entry(event=looked))
        return EmergencyDetail(
            use=_use(caller, found),
            elements=about.elements,
            refused=about.refused,
            case=about.case,
            note=note_of(about, keys),
        )

    async def review(self, caller: Caller, judged: Judged) -> Position:
        """See Emergencies.review. The first word about it counts."""
        _officer_only(caller)
        keys, found = await self._register.keys_of(caller.tenant), await self._found(caller, judged.line)
        if not judged.why.strip():
            raise fault("/waarom", "ontbreekt", "Schrijf op waarom.")
        no_numbers({"/waarom": judged.why})
        if _own(caller, found.event):
            raise NoAccess(OWN)
        if not found.outcome:
            raise NotNow("Dit gebruik loopt nog. Kijk over een minuut opnieuw.")
        about = found.event
        said = event(
            "nood-nagekeken", derived_id(about.id, "nagekeken"), about.subject, closes=(judged.line,),
            activity=about.activity, version=about.version, purpose=about.purpose, recipient=about.recipient,
            recipient_name=about.recipient_name, actor=keys.actor(caller), keep_until=about.keep_until,
            details={VERDICT: judged.verdict, WHY: judged.why.strip()},
        )  # fmt: skip
        try:
            return (await record_one(self._audit, caller, Entry(event=said))).position
        except EventIdTaken:
            raise NotNow("Dit gebruik is al nagekeken.") from None

    async def _found(self, caller: Caller, line: Position) -> Line:
        try:
            found = await self._audit.line(room_of(caller.tenant, "consent"), line)
        except NoSuchLine:
            raise NoSuchThing() from None
        if found.event.kind != EMERGENCY or found.gone:
            raise NoSuchThing()
        return found


def _officer_only(caller: Caller) -> None:
    if not is_officer(caller):
        raise NoAccess("Dit is voor de FG.")


def _own(caller: Caller, about: Event) -> bool:
    """Whether the use was by a department of theirs, or with a system of one."""
    return bool(works_at(caller) & {about.recipient, about.details.get("verwerker", "")})


def _use(caller: Caller, line: Line) -> EmergencyUse:
    about = line.event
    return EmergencyUse(
        line=line.position,
        at=line.at,
        activity=about.activity,
        recipient=about.recipient,
        recipient_name=about.recipient_name,
        reason=reason_of(about),
        own=_own(caller, about),
        ended=bool(line.outcome),
    )
