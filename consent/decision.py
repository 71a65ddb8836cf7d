"""A question and the decision it gets. Part of the door (consent.contract)."""

from collections.abc import Sequence
from typing import Annotated, Literal, Protocol

from pydantic import Field

from audit.contract import Position
from consent.particulars import Statistics
from kernel.caller import Caller
from kernel.hidden import Hidden
from kernel.message import Hex16, Message, Sentence, Short, Text, wire

Code = Literal[
    "geen-toestemming", "toestemming-ingetrokken", "toestemming-verlopen", "gepauzeerd", "zaak-vereist",
    "vooraf-informeren", "buiten-doel", "onbekende-activiteit", "activiteit-niet-actief", "beoordeling-verlopen",
    "ontvanger-niet-bevoegd", "bezwaar", "beperking", "geheimhouding", "te-vaak", "buiten-periode",
    "vertegenwoordiging-ongeldig",
]  # fmt: skip
Flag = Literal["geheimhouding", "veilig-adres", "overleden"]
Misfit = Literal["", "ontbreekt", "past-niet", "onbekende-reden", "geen-medewerker"]
REASON_CODE = r"^[a-z0-9]+(-[a-z0-9]+)*$"
NOTE_MAX = 300  # characters; sealed and in base64 it still fits where a line says one thing
FenceKind = Literal[
    "toestemming", "bezwaar", "beperking", "inwoner", "machtiging", "zaak", "ontvanger", "activiteit", "gemeente"
]  # fmt: skip


class ResidentRef(Message):
    """Same members as the vault's; bytes are shared, not a type."""

    id: Short
    subject: Short
    fence: Hex16
    stand_in: bool = False


class Residents(Protocol):
    """Port: who is this number? `assembly` hands in the vault or its client."""

    async def identify(self, caller: Caller, bsn: Hidden) -> ResidentRef:
        """Never writes. Raises BadInput."""
        ...

    async def identify_all(self, caller: Caller, bsns: Sequence[Hidden]) -> list[ResidentRef]:
        """The same of some hundreds, in order."""
        ...

    def is_number(self, bsn: Hidden) -> bool:
        """Whether it can be anybody's; the others raise BadInput for what cannot. Looks nobody up."""
        ...

    async def enrol(self, caller: Caller, bsn: Hidden) -> ResidentRef:
        """An index row if there is none: a consent request must reach the resident when they log in."""
        ...

    async def enrol_all(self, caller: Caller, bsns: Sequence[Hidden]) -> list[ResidentRef]:
        """The same of some hundreds, in order."""
        ...

    async def recognise(self, caller: Caller, name: str) -> ResidentRef:
        """Whom the caller's organisation calls so; a stand-in for whatever else it is. Never writes, and costs the
        same."""
        ...

    async def recognise_all(self, caller: Caller, names: Sequence[str]) -> list[ResidentRef]:
        """The same of some hundreds, in order."""
        ...

    async def name(self, caller: Caller, resident: ResidentRef) -> str:
        """How the caller's organisation may call them, without their number."""
        ...


class Emergency(Message):
    """That this is asked in an emergency (`noodtoegang`). reason: a code of the activity. note: in words, for who
    reviews it; "" where nothing is released."""

    reason: Annotated[Annotated[str, Field(pattern=REASON_CODE, max_length=60)], wire("reden")]
    note: Annotated[Annotated[str, Field(max_length=NOTE_MAX)], wire("toelichting")] = ""


class Question(Message):
    """What a recipient asks. The caller says who asks. not_before: the register must know every move up to there.
    flags: what the source just told (they become restrictions through `flag`). table: for statistics; the elements are
    then those of that table, whatever is said here. emergency: None where none is claimed. by_number: whoever asks
    named the resident by BSN, and is no source or register of ours."""

    resident: ResidentRef
    activity: Short
    elements: Annotated[tuple[Short, ...], Field(min_length=1, max_length=100)]
    case: Annotated[str, Field(max_length=64)] = ""
    not_before: Position | None = None
    table: Annotated[str, Field(max_length=60)] = ""
    emergency: Emergency | None = None
    by_number: bool = False

    @property
    def nobody(self) -> bool:
        """Whether the resident was named otherwise than by number, and nobody is called so. A number that is new here
        may still be somebody's, and who is counted was named by a source."""
        return self.resident.stand_in and not self.by_number and not self.table


class Refused(Message):
    """One element that will not be released. code: what this caller may know; the line and the decision hold the true
    one. next_step: for the case worker."""

    element: Annotated[Short, wire("gegevenselement")]
    code: Code
    reason: Annotated[Sentence, wire("reden")]
    next_step: Annotated[Sentence, wire("volgendeStap")] = ""


class About(Message):
    """What the log line says of the activity: words of the version that was used. class_: of the allowed elements, the
    strictest (A before B before C); classes: per asked element. keep_until: calendar year. kept_days: by the recipient.
    withheld_until: ms. covert: see audit.Event. despite: why this goes on while its resident's objection is weighed.
    statistics: of a question for a table that is about nobody. processor: whose system it is, where that works for the
    recipient. misfit: why the emergency that was claimed, or was not, does not go with this activity; it follows from
    the register alone, so whoever asks may know it, and nothing is answered about anybody. emergency: what the line
    says of one that does; note: sealed, what was written beside it. secret, safe: the flags of whom it is about, where
    whoever asks has a ground. Words are Dutch."""

    @property
    def in_emergency(self) -> dict[str, str]:
        """Details of the line of a release in an emergency; none of another."""
        return dict(self.emergency) | ({"noodToelichting": self.note} if self.note else {})

    @property
    def hiding(self) -> frozenset[Flag]:
        """Why nobody else may learn where this resident is; none where that is no matter."""
        flags: tuple[tuple[Flag, bool], ...] = (("geheimhouding", self.secret), ("veilig-adres", self.safe))
        return frozenset(flag for flag, so in flags if so)

    @property
    def works_for(self) -> dict[str, str]:
        """Details of a line that name the processor; none where there is none."""
        return {"verwerker": self.processor, "verwerkerNaam": self.processor_name} if self.processor else {}

    activity: Short
    version: Short = ""
    title: Sentence = ""
    purpose: Sentence = ""
    class_: Short = ""
    classes: tuple[tuple[Short, Short], ...] = ()
    basis: Sentence = ""
    law: Sentence = ""
    recipient: Short = ""
    recipient_name: Sentence = ""
    processor: Short = ""
    processor_name: Sentence = ""
    keep_until: int = 0
    withheld_until: int = 0
    covert: Literal["", "ja"] = ""
    kept_days: int = 0
    actor: Short = ""
    secret: bool = False
    safe: bool = False
    statistics: Statistics | None = None
    despite: Sentence = ""
    misfit: Misfit = ""
    emergency: tuple[tuple[Short, Sentence], ...] = ()
    note: Sentence = ""


class Sealed(Message):
    """A decision: canonical text (trust.md 2.3), its Ed25519 seal, what to tell the caller, what the line says."""

    decision: Text
    seal: Annotated[str, Field(pattern=r"^[0-9a-f]{128}$")]
    told: tuple[Refused, ...]
    about: About


class Allowed(Message):
    """One allowed element: the source that computes it, what is read for it, the indices of the fences it stands on
    alone (a consent's); fences that all stand on are in no list. terug: how many days back at most, 0 is no bound;
    eerder: also values of before the one in force."""

    element: Short
    bron: Short
    invoer: tuple[tuple[Short, Short], ...]
    hekken: tuple[int, ...] = ()
    terug: int = 0
    eerder: Literal["", "ja"] = ""


class Decision(Message):
    """The sealed document. Member names are those of trust.md 2.3; absent members are left out of the bytes.
    hekken: (fence, epoch, FenceKind). feiten: (table, id, row version). beslist, geldigTot: ms; 0 is no end. geteld: of
    consents for so many releases, what this takes one of: (fence, how many, since when in ms)."""

    v: Short = "1"
    nonce: Hex16
    gemeente: Short
    inwoner: Short
    betrokkene: Short
    ontvanger: Short
    toepassing: Short
    activiteit: Short
    versie: Short
    zaak: Short = ""
    namens: Short = ""
    tabel: Short = ""
    verzameling: Short = ""
    noodtoegang: Short = ""
    toegestaan: tuple[Allowed, ...]
    geweigerd: tuple[tuple[Short, Code], ...]
    hekken: tuple[tuple[Hex16, int, FenceKind], ...]
    feiten: tuple[tuple[Short, Short, Short], ...]
    beslist: int
    geldigTot: int = 0
    geteld: tuple[tuple[Hex16, int, int], ...] = ()
