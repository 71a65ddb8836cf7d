"""What is written down: an event, the fences it requires and the ones it moves. Part of the door (audit.contract)."""

from functools import lru_cache
from typing import Annotated, Literal

from pydantic import Field

from audit.permit import Position
from kernel.message import Hex16, Hex32, Message, Millis, Sentence, Short, Text

NAMES_MAX = 500  # one act names a hundred elements at most, and what was read for them
GONE_MAX = 5_000  # stretches of numbers that one line may name: some 100 kB of its act
OwnNumber = Annotated[int, Field(ge=1, le=2**53)]  # of a line in its subject's series
SYSTEM, NOBODY = "systeem", "niemand"  # subjects of lines without a resident, and about stand-ins

Kind = Literal[
    # permits: require fences, move none
    "verstrekking",
    "noodverstrekking",
    "toestemming-gegeven",
    "toestemming-hervat",
    "toestemming-vernieuwd",
    "activiteit-gepubliceerd",
    "ontvanger-toegelaten",
    "zaak-geopend",
    "kluis-geopend",
    "kluis-bewaard",
    "kluis-ingezien",
    "kluis-vervangen",
    "kluis-verwijderen",
    "kluis-verwijderd",
    "wissing-begonnen",
    "wissing-voltooid",
    "bezwaar-ongegrond",
    "machtiging-gegeven",
    "bezwaar-ingetrokken",
    "statistiek",
    "meegeteld",
    "beperking-opgeheven",
    "vlag-beeindigd",
    # restrictions: move fences, require none
    "toestemming-geweigerd",
    "toestemming-ingetrokken",
    "toestemming-gepauzeerd",
    "toestemming-verkort",
    "vlag",
    "beperking",
    "bezwaar",
    "bezwaar-gegrond",
    "activiteit-beeindigd",
    "ontvanger-geschorst",
    "zaak-gesloten",
    "opgeschort",
    "machtiging-beeindigd",
    "sleutel-beeindigd",
    "bronbestand-verwijderd",
    # replacements: require fences, and move those of what they replace
    "toepassing-vervangen",
    "bronbestand-overgenomen",
    # facts: neither
    "weigering",
    "toetsing",
    "afloop",
    "toestemming-gevraagd",
    "zoeking",
    "vraag",
    "vraag-beantwoord",
    "verzoek",
    "verzoek-stap",
    "terugmelding",
    "terugmelding-stap",
    "bericht",
    "set-vernietigd",
    "set-niet-vernietigd",
    "machtiging-aangeboden",
    "machtiging-vastgelegd",
    "vlag-einde-gevraagd",
    "namens-gekeken",
    "balie-gesprek",
    "activiteit-concept",
    "ontvanger-concept",
    "bronbestand",
    "gegevens-verwijderd",
    "uitvoer",
    "gemeld",
    "sleutel-gewisseld",
    "termijn-begonnen",
    "vervallen",
    "regels-teruggezet",
    "zegel-verbroken",
    "vernietiging-begonnen",
    "vernietigd",
    "opheffing-gevraagd",
    "opgeheven",
    "nood-nagekeken",
    "datalek-besluit",
    # no act: what stands in place of a kind that its reader may not know yet
    "vertrouwelijk",
]
# Kinds of data as the form of the AP for a breach groups them; the special ones are those of AVG 9 and 10.
SPECIAL_DATA = frozenset(
    ("ras-of-afkomst", "politiek", "godsdienst", "vakbond", "genetisch", "biometrisch", "gezondheid", "seksueel")
) | {"strafrechtelijk"}
DATA = SPECIAL_DATA | {
    "naam-en-adres", "geboortegegevens", "nationaliteit", "financieel", "woning", "contact", "bsn", "overig"
}  # fmt: skip

Outcome = Literal["geleverd", "mislukt", "niet-geopend", "onbekend"]


class FenceAt(Message):
    """Where a fence stands. One that nobody ever moved stands at 0, so that absence can be required too."""

    fence: Hex16
    epoch: Annotated[int, Field(ge=0, le=1 << 53)]


@lru_cache(maxsize=8_192)
def fence_at(fence: str, epoch: int) -> FenceAt:
    """The same one for the same words: a release names its fences four times, and each was looked at each time."""
    return FenceAt(fence=fence, epoch=epoch)


class Trace(Message):
    """W3C trace context of the act: 32 and 16 hexadecimal digits. Not part of what makes two events the same."""

    trace_id: Hex16
    span_id: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
    parent_span_id: Annotated[str, Field(pattern=r"^([0-9a-f]{16})?$")] = ""
    start: Millis = 0
    end: Millis = 0


class Event(Message):
    """What is about to happen: names and reasons, never a value. All times in milliseconds; 0 or "" is absent.

    subject: the resident's audit pseudonym, or SYSTEM, or NOBODY. decision: SHA-256 of the decision it rests on.
    valid_until: earliest expiry among its facts. closes: the positions that an outcome belongs to. keep_until: the
    calendar year of destruction, from the activity's term. class_: A, B or C, the strictest; classes: [(element,
    class)], for one release may mix law and choice. actor: pseudonym of staff, never shown to residents. key: the kid
    of the application's key, no part of what makes two events the same. kept_days: how long the recipient keeps it, 0
    when no number of days was said. details: what a kind says beyond this (`uitkomst` of an afloop, consent id, text
    hash, language, channel, reason, …). destroys: the year of destruction whose key goes; gone: the numbers of the
    series that went, as [(first, last)]. withheld_until: until then its resident sees number and place only; from the
    version of the activity. sealed: the decision itself as canonical text, with its seal (hex), for who asks in a year
    whether it was right. covert: it is written in a series of its own, its body sealed to custodians. shows: of a line
    that opens an older one: that one's place, and its body and salt in base64.
    """

    id: Hex16
    kind: Kind
    subject: Short = SYSTEM
    name: Sentence = ""
    decision: Hex32 | Literal[""] = ""
    decided_at: Millis = 0
    valid_until: Millis = 0
    closes: Annotated[tuple[Position, ...], Field(max_length=NAMES_MAX)] = ()
    activity: Short = ""
    version: Short = ""
    purpose: Sentence = ""
    class_: Short = ""
    classes: Annotated[tuple[tuple[Short, Short], ...], Field(max_length=NAMES_MAX)] = ()
    basis: Sentence = ""
    law: Sentence = ""
    recipient: Short = ""
    recipient_name: Sentence = ""
    application: Short = ""
    actor: Short = ""
    key: Short = ""
    case: Short = ""
    elements: Annotated[tuple[Short, ...], Field(max_length=NAMES_MAX)] = ()
    used: Annotated[tuple[Short, ...], Field(max_length=NAMES_MAX)] = ()
    refused: Annotated[tuple[tuple[Short, Short], ...], Field(max_length=NAMES_MAX)] = ()
    on_behalf: Short = ""
    keep_until: Annotated[int, Field(ge=0, le=9999)] = 0
    kept_days: Annotated[int, Field(ge=0, le=36_600)] = 0
    details: dict[Short, Sentence] = Field(default_factory=dict, max_length=32)
    destroys: Annotated[int, Field(ge=0, le=9999)] = 0
    gone: Annotated[tuple[tuple[OwnNumber, OwnNumber], ...], Field(max_length=GONE_MAX)] = ()
    withheld_until: Millis = 0
    sealed: Text = ""
    seal: Short = ""
    covert: Literal["", "ja"] = ""
    shows: Annotated[dict[Short, Text], Field(max_length=3)] = Field(default_factory=dict)
    trace: Trace | None = None


class Entry(Message):
    """One act for the log: what, which fences must still stand where the facts left them, which ones it moves."""

    event: Event
    requires: Annotated[tuple[FenceAt, ...], Field(max_length=600)] = ()
    advances: Annotated[tuple[Hex16, ...], Field(max_length=64)] = ()


class System(Message):
    """An application that may report uses outside Regie (kind `gemeld`)."""

    recipient: Short
    application: Short


class Heard(Message):
    """When a system's first and last report were logged, ms; 0: never."""

    since: int = 0
    last: int = 0
