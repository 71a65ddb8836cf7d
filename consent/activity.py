"""The register of processing activities as it crosses the door (AVG art. 30; architecture.md section 4)."""

from typing import Annotated, Literal

from pydantic import Field

from consent.decision import ResidentRef
from consent.particulars import Assessment, Automated, BreakGlass, FreeChoice, Giving, Statistics, Transfer
from consent.particulars import Slug as Slug  # noqa: PLC0414 - found here by whoever reads an activity
from consent.particulars import Words as Words  # noqa: PLC0414 - as above
from kernel.message import Message, Millis, Sentence, Short, wire

RIGHT_TO_OBJECT = ("6(1)(e)", "6(1)(f)")  # AVG 21(1)
Klasse = Literal["A", "B", "C"]
Role = Literal["eigen-verantwoordelijke", "gezamenlijk", "verwerker"]
Pressure = Literal["werkgever", "voordeel", "recht"]
Matter = Literal["geld", "zorg", "nalatenschap"]
# Where a page of ours may lead: https, no name in it, no question, and nothing that looks like another address.
BACK = r"^https://[a-z0-9.-]{1,200}(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]{0,200})?$"
GRANT = r"^\$[0-9]{1,2}\$[0-9]{1,2}\$[A-Za-z0-9+/_=-]{20,200}$"  # FSC Core, The grant hash
Element = Annotated[str, Field(pattern=r"^[a-z]+(\.[a-zA-Z0-9]+)+$", max_length=100)]


Way = Literal["verstrekking", "toestemming", "logboek", "melden", "beheer", "govstack", "introspectie", "bronhouder"]


class CatalogueElement(Message):
    """What an element is, whatever the purpose: its words, the source that computes it, and what is read for it.

    inputs: [(source, element)], the element itself unless it is an answer made from others. exact: where the words a
    resident reads first are shorter than the whole truth.
    """

    name: Annotated[Element, wire("gegevenselement")]
    words: Annotated[Words, wire("omschrijving")]
    exact: Annotated[Words | None, wire("precies")] = None
    source: Annotated[Short, wire("bron")]
    inputs: Annotated[tuple[tuple[Short, Short], ...], Field(min_length=1, max_length=20), wire("invoer")]


class UsedElement(Message):
    """One element of an activity: why it is necessary, on what ground, and the ground on which its source may give.

    choice: what the resident chooses where they choose, the use itself or only the way by which it comes; then
    `other_route` is the equal other way. special: the ground of AVG 9(2), for special data. code: the DPV term for
    this kind of data, where our own table has none for its name."""

    name: Annotated[Element, wire("gegevenselement")]
    reason: Annotated[Words, wire("reden")]
    class_: Annotated[Klasse, wire("klasse")]
    basis: Annotated[Short, wire("grondslag")]
    law: Annotated[Sentence, wire("wet")] = ""
    giving_ground: Annotated[Sentence, wire("verstrekkingsgrond")] = ""
    source: Annotated[Short, wire("bron")] = ""
    inputs: Annotated[tuple[tuple[Short, Short], ...], Field(max_length=20), wire("invoer")] = ()
    choice: Annotated[Literal["toestemming", "route"], wire("keuze")] = "toestemming"
    other_route: Annotated[Words | None, wire("gelijkeRoute")] = None
    special: Annotated[str, Field(pattern=r"^(9\(2\)\([a-j]\))?$"), wire("bijzondereGrondslag")] = ""
    code: Annotated[Short, wire("dpvGegeven")] = ""

    @property
    def objectable(self) -> bool:
        """Whether one may object to its use: the right follows the ground, never the class (AVG 21(1))."""
        return any(ground in self.basis for ground in RIGHT_TO_OBJECT)


class Party(Message):
    """A recipient's part in an activity. processor_of: for whom a processor works. agreement: which one, and its last
    moment (ms). giving: where a source gives to this recipient on another ground than the element says."""

    recipient: Annotated[Slug, wire("ontvanger")]
    role: Annotated[Role, wire("rol")] = "eigen-verantwoordelijke"
    processor_of: Annotated[Slug | None, wire("verwerkerVan")] = None
    agreement: Annotated[Sentence, wire("overeenkomst")] = ""
    agreement_until: Annotated[int, Field(ge=0), wire("overeenkomstTot")] = 0
    giving: Annotated[tuple[Giving, ...], Field(max_length=20), wire("verstrekkingsgronden")] = ()


class Frequency(Message):
    """At most `times` releases per case, day, month or year; refusals do not count."""

    times: Annotated[Annotated[int, Field(ge=1, le=100_000)], wire("keer")]
    per: Literal["zaak", "dag", "maand", "jaar"]


class Secrecy(Message):
    """Lines of this activity are withheld from their resident up to a day (ms), under a law. `heimelijk`: not even
    their number is told, until people lift it; the day is that of the next review."""

    class_: Annotated[Literal["vertrouwelijk", "heimelijk"], wire("klasse")]
    until: Annotated[int, wire("totEnMet")]
    law: Annotated[Sentence, wire("wet")]


class ActivityVersion(Message):
    """One immutable version. `number` is given at publication. Times in ms, periods in days; 0 is none.

    case: whether a case is needed; stated_case: whether the recipient's own word for it is enough. notice: days between
    telling the resident and the first use. bar: days that a no bars a new request. keep_lines: years lines stay.
    kept_days: retention in days, for counting what a recipient still holds; 0 where `retention` cannot be said so.
    after_withdrawal: what the recipient does with what it already has. secrecy: none for lines that are shown at once.
    history: how many days back a recipient may look, 0 is the present only. pressure: why a no may not be free.
    despite_objection: the weighty ground on which the use goes on (AVG 21(1)). only_wording: two persons say that the
    texts mean what they meant. consents_since: the oldest version whose yes counts for this one; given at publication.
    matters: what it is about for whom a court or a will appointed; none: nobody so appointed sees it.
    """

    slug: Slug
    number: Annotated[int, wire("versie")] = 0
    title: Annotated[Words, wire("titel")]
    purpose: Annotated[Words, wire("doel")]
    controller: Annotated[Sentence, Field(min_length=1), wire("verwerkingsverantwoordelijke")]
    contact: Annotated[Sentence, Field(min_length=1)]
    parties: Annotated[tuple[Party, ...], Field(min_length=1, max_length=50), wire("ontvangers")]
    elements: Annotated[tuple[UsedElement, ...], Field(min_length=1, max_length=100), wire("gegevenselementen")]
    case: Annotated[Literal["verplicht", "geen"], wire("zaak")] = "geen"
    stated_case: Annotated[bool, wire("opgaveGenoeg")] = True
    notice: Annotated[Annotated[int, Field(ge=0, le=365)], wire("vooraf")] = 0
    period: Annotated[Annotated[int, Field(ge=0, le=3660)], wire("maximalePeriode")]
    frequency: Annotated[Frequency | None, wire("frequentie")] = None
    retention: Annotated[Words, wire("bewaartermijn")]
    consequence: Annotated[Words, wire("gevolgVanWeigeren")]
    after_withdrawal: Annotated[Words, wire("naIntrekking")]
    bar: Annotated[Annotated[int, Field(ge=0, le=3660)], wire("nietOpnieuwVragen")] = 183
    keep_lines: Annotated[Annotated[int, Field(ge=1, le=100)], wire("regelsBewaren")]
    secrecy: Annotated[Secrecy | None, wire("openbaarheid")] = None
    kept_days: Annotated[Annotated[int, Field(ge=0, le=36_600)], wire("bewaarDagen")] = 0
    assessment: Annotated[Assessment, wire("beoordeling")]
    officer: Annotated[Sentence, wire("functionarisGegevensbescherming")] = ""
    residents: Annotated[tuple[Words, ...], Field(max_length=20), wire("categorieenBetrokkenen")] = ()
    codes: Annotated[tuple[Short, ...], Field(max_length=10), wire("dpvDoelen")] = ()
    measures: Annotated[tuple[Words, ...], Field(max_length=20), wire("maatregelen")] = ()
    transfers: Annotated[tuple[Transfer, ...], Field(max_length=20), wire("doorgiften")] = ()
    automated: Annotated[Automated | None, wire("geautomatiseerd")] = None
    published: Annotated[Words | None, wire("publicatie")] = None
    history: Annotated[Annotated[int, Field(ge=0, le=36_600)], wire("geschiedenis")] = 0
    statistics: Annotated[Statistics | None, wire("statistiek")] = None
    child_help: Annotated[bool, wire("hulpAanKind")] = False
    matters: Annotated[tuple[Matter, ...], Field(max_length=3), wire("terreinen")] = ()
    break_glass: Annotated[BreakGlass | None, wire("noodtoegang")] = None
    despite_objection: Annotated[Words | None, wire("doorBijBezwaar")] = None
    erase_days: Annotated[Annotated[int, Field(ge=0, le=3660)], wire("wissenBinnen")] = 0
    keep_law: Annotated[Sentence, wire("bewarenVolgens")] = ""
    pressure: Annotated[tuple[Pressure, ...], Field(max_length=3), wire("machtsverschil")] = ()
    free_choice: Annotated[FreeChoice | None, wire("vrijeKeuze")] = None
    template: Annotated[Slug | None, wire("sjabloon")] = None
    only_wording: Annotated[bool, wire("alleenBewoording")] = False
    consents_since: Annotated[Annotated[int, Field(ge=0)], wire("toestemmingenVanaf")] = 0

    @property
    def objectable(self) -> bool:
        """Whether one may object to part of it."""
        return any(one.objectable for one in self.elements)

    def element(self, name: str) -> UsedElement | None:
        """The element as this activity uses it."""
        return next((one for one in self.elements if one.name == name), None)


class Application(Message):
    """A recipient's system and its public keys (a JWK set as text). The token endpoint knows it by `client_id`.

    roles: the roots it may have tokens for; "melden" is a narrower way into the log: to report its own uses; "beheer"
    one into the register: to write drafts; "govstack" the way in of that standard; "introspectie" is for resource
    servers, that look at tokens of others; "bronhouder" one into the desk: to send the files of a source. bound: no
    token but one that is bound to a key, of which it shows each time that it has it (RFC 9449). jwks_url: where its
    keys are, in place of `jwks`. key_ends: [(kid, ms)], when a key ends. activities: what it may ask for, all of its
    recipient's when none. processor: the recipient whose system this is, where that works for somebody else. grants: of
    FSC, by their hash: then it may come through an Inway too, and needs no keys. returns: where the page of a consent
    that it asked for may lead back to."""

    client_id: Annotated[Slug, wire("clientId")]
    name: Annotated[Sentence, wire("naam")]
    kind: Annotated[Literal["mens", "burger", "automatisch"], wire("soort")]
    jwks: Annotated[str, Field(max_length=20_000)] = ""
    roles: Annotated[
        tuple[Way, ...],
        Field(max_length=8),
        wire("ingangen"),
    ] = (
        "verstrekking",
        "toestemming",
    )
    bound: Annotated[bool, wire("gebonden")] = False
    jwks_url: Annotated[str, Field(max_length=500), wire("jwksUri")] = ""
    key_ends: Annotated[tuple[tuple[Short, Millis], ...], Field(max_length=10), wire("sleutelEinden")] = ()
    activities: Annotated[tuple[Slug, ...], Field(max_length=100), wire("verwerkingsactiviteiten")] = ()
    processor: Annotated[Slug | None, wire("verwerker")] = None
    grants: Annotated[tuple[Annotated[str, Field(pattern=GRANT)], ...], Field(max_length=10), wire("fscToegangen")] = ()
    returns: Annotated[
        tuple[Annotated[str, Field(pattern=BACK)], ...], Field(max_length=10), wire("terugkeerUrls")
    ] = ()


class Recipient(Message):
    """Who may receive. name: as in the middle of a sentence ("het loket"). oin: 20 digits. by_bsn: entitled by a law
    article to the BSN; without it no class A or B. public: a public authority, for whom AVG 6(1)(f) is no ground."""

    slug: Slug
    oin: Annotated[str, Field(pattern=r"^[0-9]{20}$")]
    name: Annotated[Words, wire("naam")]
    by_bsn: Annotated[bool, wire("magBsn")] = True
    public: Annotated[bool, wire("overheid")] = True
    applications: Annotated[tuple[Application, ...], Field(max_length=50), wire("toepassingen")] = ()


class Reporter(Message):
    """An application that reports uses outside Regie. recipient: with this application alone. actors: pseudonyms of the
    employees asked for, in order; "" for nobody."""

    recipient: Recipient
    actors: Annotated[tuple[Short, ...], Field(max_length=500)] = ()


class Case(Message):
    """A case is a fact of the register, never looked up during a release. Times in ms; until 0 is open.

    resident: whose case, with the pseudonym under which they see its line. Unique per recipient and reference.
    origin: the source or the recipient.
    """

    reference: Annotated[Annotated[str, Field(min_length=1, max_length=64)], wire("zaak")]
    recipient: Annotated[Slug, wire("ontvanger")]
    resident: Annotated[ResidentRef, wire("inwoner")]
    activity: Annotated[Slug, wire("verwerkingsactiviteit")]
    since: Annotated[int, wire("van")] = 0
    until: Annotated[int, wire("tot")] = 0
    origin: Annotated[Literal["bron", "opgave"], wire("herkomst")] = "opgave"
