"""How a log stands, in one look: for whoever operates it. Reads; founds, signs and writes nothing.

It says what a start would find now. Whether a process that runs has sealed itself, that process says at `/readyz`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import func, select

from audit.cosigned import Keeping
from audit.doubts import Unsound
from audit.founding import CHANGED, EMPTIED, STATE_GONE, examined
from audit.heads import founding_of, read_head
from audit.keychain import Keychain
from audit.signer import HeadSigner
from audit.slots import Remembered, StateLost
from audit.tables import destroyed, keys, under_way
from audit.witnessed import WARN
from kernel.clock import moment
from kernel.crypto import CannotOpen, KeyProvider, KeyUnavailable
from kernel.proof.hashes import ProofError
from kernel.sql import Database, RowForged

LEFT_MS = 180_000  # the sweeper closes a release after one minute; three say that it does not run
AHEAD_MS = 1_000
NOT_SWEPT = "Een verstrekking is al lang open: loopt het logboek wel?"
FUTURE = "De laatste regel ligt in de toekomst: de klok of de database klopt niet."
SIGNER_AWAY = "De ondertekenaar antwoordt niet: er komt geen regel bij."
UNFINISHED = "Een vernietiging is begonnen en niet afgemaakt: geef de opdracht nog eens."
NO_LOG = "Er is nog geen logboek."
UNSEEN = "De getuigen hebben het logboek te lang niet gezien: zie of zij antwoorden."


@dataclass
class Status:
    """sealed: the sentence with which it would not open; complaint: what is not well though it opens. Times in ms.
    signed: size of the newest signed head; None when nobody knows. keys: of subjects, by year of destruction. due:
    those of them whose year is over. unfinished: destructions that were begun and not ended. cosigned: size of the
    newest head that a quorum saw, and how long ago; None: never, or no witness is asked."""

    tenant: str
    origin: str = ""
    term: str = ""
    size: int = 0
    root: str = ""
    age: int | None = None
    sealed: str = ""
    complaint: str = ""
    signed: int | None = None
    keys: dict[int, int] = field(default_factory=dict)
    cosigned: int | None = None
    unseen: int | None = None
    due: dict[int, int] = field(default_factory=dict)
    unfinished: int = 0
    under_way: int = 0
    oldest: int | None = None

    @property
    def healthy(self) -> bool:
        """Opens, and nothing is left lying."""
        return not (self.sealed or self.complaint)


@dataclass(frozen=True)
class Around:
    """What stands beside the database. signer: of an origin. witnesses: None when nobody is asked. now: ms."""

    provider: KeyProvider
    signer: Callable[[str], HeadSigner]
    witnesses: Keeping | None
    now: int


async def status_of(database: Database, around: Around, tenant: str) -> Status:
    """Raises KeyUnavailable, CannotOpen, SQLAlchemyError, OSError."""
    found, signer = Status(tenant), around.signer
    async with database.snapshot(tenant) as reading:
        founding = await founding_of(reading, tenant)
    if founding is None:
        before = signer(f"nergens/{tenant}/2000h1").signed_before()  # of whatever origin
        found.sealed, found.complaint = (EMPTIED, "") if before else ("", NO_LOG)
        return found
    found.origin, found.term = founding
    await _read(database, around.provider, found, _known(signer(found.origin), found), around.now)
    if around.witnesses is not None:
        _seen(around.witnesses, found, around.now)
    return found


def _seen(witnesses: Keeping, found: Status, now: int) -> None:
    cosigned = witnesses.kept(found.origin)
    if cosigned is not None:
        found.cosigned, found.unseen = cosigned.head.size, now - cosigned.at * 1000
    if found.unseen is None or found.unseen > WARN.total_seconds() * 1000:
        found.complaint = found.complaint or UNSEEN


def _known(signer: HeadSigner, found: Status) -> Remembered | None:
    """The signer first: what it knows was committed before."""
    try:
        known = signer.remembered()
    except (FileNotFoundError, StateLost):
        found.sealed = STATE_GONE
    except KeyUnavailable:
        found.complaint = SIGNER_AWAY
    else:
        found.signed = known.size
        return known
    return None


async def _read(database: Database, provider: KeyProvider, found: Status, known: Remembered | None, now: int) -> None:
    own = await Keychain(database, provider, found.tenant).tenant_keys(found.term)
    years = select(keys.c.version, func.count()).where(keys.c.tenant_id == found.tenant, keys.c.purpose == "A")
    left = select(func.count(), func.min(under_way.c.logged_at)).where(under_way.c.tenant_id == found.tenant)
    async with database.snapshot(found.tenant) as reading:
        rows = await reading.execute(years.group_by(keys.c.version).order_by(keys.c.version))
        found.keys = {year: count for year, count in rows}
        found.due = {year: count for year, count in found.keys.items() if year < moment(now).year}
        begun = (destroyed.c.tenant_id == found.tenant, destroyed.c.done_term == "")
        found.unfinished = await reading.scalar(select(func.count()).select_from(destroyed).where(*begun)) or 0
        found.under_way, oldest = (await reading.execute(left)).one()
        found.oldest = None if oldest is None else now - oldest
        try:
            head = await read_head(reading, found.tenant, own.rows)
            found.size, found.root = head.size, head.root.hex()
            found.age = now - head.last_logged_at if head.size else None
            await examined(reading, head, known, own)
        except Unsound as error:
            found.sealed = found.sealed or str(error)
        except (ProofError, RowForged, CannotOpen, ValueError, OverflowError):
            found.sealed = found.sealed or CHANGED
    if found.age is not None and found.age < -AHEAD_MS:
        found.complaint = found.complaint or FUTURE
    elif found.oldest is not None and found.oldest > LEFT_MS:
        found.complaint = found.complaint or NOT_SWEPT
    elif found.unfinished:
        found.complaint = found.complaint or UNFINISHED
