"""Invented views for every page and state, so that each is drawn at least once in both languages."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from web import words
from web.claim_views import ClaimCard, Claims, FgClaims
from web.code_words import TROUBLES
from web.consent_views import Consents, Tab
from web.emergency_views import EmergencyCard, FgEmergency
from web.fg_views import FgLift, FgSearch, FgStart, Found, LogState, OpenQuestion, Search
from web.frame import CodePage, Coverage, Failure, FieldError, Frame, Option, Pager, ReportingSystem, Start
from web.pages import start
from web.urgent import Reviewed, Urgent
from web.views import (
    Asked,
    Choice,
    Consent,
    ConsentRow,
    Day,
    Destroyed,
    Earlier,
    Facts,
    Group,
    Lifted,
    Overview,
    RefusedData,
    Reported,
    Use,
    UseRow,
    Uses,
    Waiting,
    Withheld,
)

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

NOON = datetime(2026, 11, 14, 13, 5, tzinfo=UTC)
DAY = date(2026, 11, 21)
ID = "018f0000-0000-7000-8000-000000000001"
SYSTEM = ReportingSystem(name="Bomenbeheer", department="Groen", since=date(2026, 1, 5), last=date(2026, 11, 14))
KNOWN = Coverage(reporting=9, total=12, systems=(SYSTEM,))


def frame(path: str, role: Any = "inwoner") -> Frame:
    """The frame of a page in the demo."""
    return Frame(
        path=path,
        municipality="Gemeente Spaarnewoude",
        phone="14 099",
        version="0.1",
        csrf="c" * 43,
        demo=True,
        role=role,
        person=None if role is None else "J. de Vries",
    )


FACTS = Facts(
    organisation="Gemeente Spaarnewoude",
    department="het Inkomensloket",
    groups=(
        Group(letter="A", labels=("Uw naam", "Uw adres", "Of u 18 jaar of ouder bent"), article="Wet BRP artikel 1.7"),
        Group(
            letter="C",
            labels=("Of uw inkomen onder de grens ligt",),
            article="AVG artikel 6 lid 1 onder a",
            exact=("Hoogstens 110 procent.",),
        ),
    ),
    purpose="Wij kijken of u geld kunt krijgen voor een wasmachine of koelkast.",
    moment=NOON,
    retention="5 jaar na het besluit",
)
REFUSED = words.reason_for("geen-toestemming", "nl")
REPORTED = Reported(system="Bomenbeheer", used=NOON - timedelta(days=3), told=NOON, kinds=("boomsoort",))
ROW = UseRow(
    id=ID,
    moment=NOON,
    department="Inkomensloket",
    purpose=FACTS.purpose or "",
    labels=("Uw naam", "Uw adres"),
    letters=("A", "C"),
    results=("deels",),
)
ROWS = (
    ROW,
    replace(ROW, department="Parkeren", letters=("B",), results=("gelukt", "misschien"), times=12),
    replace(ROW, results=("niets",), letters=("C",), reason=REFUSED),
    replace(ROW, results=("misschien",), purpose=""),
    replace(ROW, results=("mislukt",), reported=REPORTED),
)
USE = Use(
    frame=frame(f"/gebruik/{ID}"),
    id=ID,
    facts=FACTS,
    result="deels",
    source="Basisregistratie Personen",
    refused=(RefusedData(label="Of uw inkomen onder de grens ligt", reason=REFUSED),),
    consent=ID,
    number=4711,
    proof=f"/gebruik/{ID}/bewijs",
)
DESTROYED = "Vernietigd op 3 januari 2047, volgens termijn"
LEFT = replace(USE, act=DESTROYED, facts=replace(FACTS, groups=()), refused=(), consent=None, source="")
GONE = Destroyed(n=12, declared=ID, number=4719)
ASKED = Asked(text="Waarom zag u mijn adres?\n<b>Dank</b>", asked=date(2026, 11, 16), due=date(2026, 11, 23))
CONSENT = Consent(
    frame=frame(f"/toestemmingen/{ID}"),
    id=ID,
    state="gevraagd",
    recipient="het Inkomensloket",
    may="uw inkomen bekijken",
    may_not="uw inkomen niet bekijken",
    facts=replace(FACTS, groups=FACTS.groups[1:], moment=None, until=date(2027, 5, 1)),
    frequency="hoogstens 4 keer per aanvraag",
    source="Uw eigen kluis",
    if_yes="U hoeft geen papieren te sturen.",
    if_no="U stuurt zelf een bewijs. Uw recht blijft gelijk.",
    after_stop="Wat zij al kregen, wissen zij binnen 7 dagen.",
    consequence="U stuurt zelf een bewijs.",
    text_version="versie 1, Nederlands",
)
LINE = ConsentRow(
    id=ID,
    recipient="het Inkomensloket",
    may="uw inkomen bekijken",
    state="gegeven",
    until=date(2027, 5, 1),
    changed=DAY,
)
CHOICES = {"gegeven": "ja", "vernieuwd": "ja", "geweigerd": "nee", "ingetrokken": "stop", "gepauzeerd": "pauze"}
ENDS = (Option(value="2026-11-28", text="Tot en met 28 november 2026"),)
LONGEST = Option(value="", text="Zo lang als het mag: tot en met 1 mei 2027")


def consents() -> dict[str, "Consent"]:
    """The page of one permission in every state, with and without an error and a kept choice."""
    views = {
        state: replace(
            CONSENT,
            state=state,
            changed=None if state == "gevraagd" else DAY,
            choice=Choice(kind=CHOICES[state], moment=NOON, number=4711) if state in CHOICES else None,  # type: ignore[arg-type]  # Literal
            ends=(LONGEST, *ENDS) if state == "gevraagd" else ENDS,
            longer=date(2027, 6, 1) if state in words.ACTIVE else None,
            limits=("Hoogstens 1 keer", "Bewaren: hoogstens 30 dagen"),
            shown=() if state == "gevraagd" else ("Mag het Inkomensloket uw inkomen bekijken?",),
            following="" if state == "gevraagd" else ID,
            back="https://inkomensloket.example/terug" if state in ("gegeven", "geweigerd") else "",
            site="inkomensloket.example" if state in ("gegeven", "geweigerd") else "",
        )
        for state in words.STATES
    }
    wrong = replace(CONSENT, errors=(FieldError(id="keuze", text="Kies ja of nee."),), kept="ja")
    no_day = replace(views["gegeven"], errors=(FieldError(id="tot", text="Kies een laatste dag."),))
    wrongs = {"toestemming-fout": wrong, "toestemming-fout-dag": no_day}
    return {f"toestemming-{name}": view for name, view in views.items()} | wrongs


OVERVIEW = Overview(
    frame=frame("/overzicht"),
    waiting=(Waiting(id=ID, recipient="het Inkomensloket", may="uw inkomen bekijken"),),
    month=DAY,
    departments=3,
    by_class={"A": 2, "B": 12, "C": 1},
    last_uses=ROWS,
    active=(LINE,),
    coverage=KNOWN,
)
EMPTY = replace(OVERVIEW, waiting=(), departments=0, last_uses=(), active=())
USES = Uses(
    frame=frame("/gebruik"),
    periods=(Option(value="maand", text="30 dagen", chosen=True), Option(value="jaar", text="1 jaar")),
    with_refused=True,
    filtered=True,
    found=60,
    days=tuple(Day(day=date(2026, 11, n), uses=ROWS) for n in (14, 13, 12, 11, 10)),
    pager=Pager(page=2, pages=3, previous="/gebruik?bladzijde=1", next="/gebruik?bladzijde=3"),
    coverage=KNOWN,
    period="jaar",
    parts=(Option(value="2026h2-400", text="1 tot en met 14 november 2026"), Option(value="2026h2-9", text="oktober")),
)
NO_USES = replace(
    USES, parts=(), found=0, days=(), pager=Pager(page=1, pages=1), coverage=replace(KNOWN, down=("Belastingen",))
)
TABS = (
    Tab(place="/toestemmingen", text="Nu actief", count=1, current=True),
    Tab(place="/toestemmingen?lijst=wacht", text="Wacht op u", count=0),
)
LINES = (LINE, replace(LINE, state="geweigerd", until=None))


def details() -> dict[str, tuple[str, "DataclassInstance"]]:
    """One use, in every state."""
    return {
        "detail": ("gebruik_detail.html", replace(USE, kept_until=2046)),
        "detail-meer": (
            "gebruik_detail.html",
            replace(
                USE, earlier=(Earlier(id=ID, number=4710, moment=NOON, result="niets"),), act="Een zaak van u is klaar"
            ),
        ),
        "detail-gemeld": (
            "gebruik_detail.html",
            replace(USE, result="gelukt", refused=(), consent=None, reported=REPORTED, source=""),
        ),
        "detail-niets": (
            "gebruik_detail.html",
            replace(USE, result="niets", reason=REFUSED, facts=replace(FACTS, purpose=None)),
        ),
        "detail-fout": (
            "gebruik_detail.html",
            replace(USE, errors=(FieldError(id="vraag", text="Schrijf uw vraag op."),)),
        ),
        "detail-nood": ("gebruik_detail.html", replace(USE, urgent=Urgent(reason="Er was brand.", waits=True))),
        "detail-nood-nagekeken": (
            "gebruik_detail.html",
            replace(
                USE, urgent=Urgent(reason="Er was brand.", reviewed=Reviewed(day=DAY, good=False, why="Er was niets."))
            ),
        ),
        "detail-gevraagd": ("gebruik_detail.html", replace(USE, result="misschien", asked=ASKED)),
        "detail-antwoord": (
            "gebruik_detail.html",
            replace(USE, asked=replace(ASKED, answer="Omdat u iets vroeg.", answered=DAY)),
        ),
    }


def residents() -> dict[str, tuple[str, "DataclassInstance"]]:
    """Pages of a resident."""
    views: dict[str, tuple[str, DataclassInstance]] = {
        "start": ("start.html", Start(frame=frame("/", None), login="/inloggen")),
        "overzicht": ("overzicht.html", OVERVIEW),
        "overzicht-leeg": ("overzicht.html", EMPTY),
        "overzicht-te-veel": ("overzicht.html", replace(OVERVIEW, too_many=True)),
        "gebruik": ("gebruik.html", USES),
        "gebruik-leeg": ("gebruik.html", NO_USES),
        "gebruik-meer": ("gebruik.html", replace(USES, found=2000, further="/gebruik?periode=alles&voor=2026h2-12")),
        **details(),
        "toestemmingen": (
            "toestemmingen.html",
            Consents(frame=frame("/toestemmingen"), tabs=TABS, rows=LINES, coverage=KNOWN),
        ),
        "toestemmingen-leeg": (
            "toestemmingen.html",
            Consents(frame=frame("/toestemmingen"), tabs=(), rows=(), coverage=KNOWN),
        ),
    }
    return {**views, **{name: ("toestemming.html", view) for name, view in consents().items()}}


QUESTION = OpenQuestion(
    id=ID,
    text="Waarom zag u mijn adres?",
    department="Inkomensloket",
    purpose="Minimaregeling",
    asked=date(2026, 11, 16),
    due=date(2026, 11, 23),
)
LATE = replace(QUESTION, id=ID[:-1] + "2", late=True)
CARD = EmergencyCard(id="2026h2-17", department="burgerzaken", purpose="Wij zoeken uw adres.", reason="Er was brand.",
                     moment=NOON, due=DAY, late=True, own=False, ended=True)  # fmt: skip
URGENT = FgEmergency(
    frame=frame("/fg/noodtoegang", "fg"),
    token="t",
    card=CARD,
    labels=("naam", "adres"),
    case="Z-1",
    refused=(("inkomen", "toestemming-ingetrokken"),),
    note="De <b>buren</b> belden.",
)
BEGIN = FgStart(
    frame=frame("/fg", "fg"),
    questions=(QUESTION, LATE),
    log=LogState(size=18233, read=NOON, silent_systems=2),
    emergencies=(CARD, replace(CARD, late=False, own=True), replace(CARD, ended=False)),
    reviewed=True,
    saved=True,
)
FOUND = Found(
    moment=NOON,
    client="Inkomensloket, zaaksysteem",
    activity="Minimaregeling",
    version="minimaregeling-witgoed 1",
    basis="AVG 6(1)(c)",
    labels=("naam", "adres"),
    decision="Deels doorgegeven",
    codes=("geen-toestemming",),
    correlation=ID,
    index=4711,
)
LIFT = FgLift(frame=frame("/fg/opheffen", "fg"), reasons=(Option(value="klaar", text="Het onderzoek is klaar"),))
FORM = FgSearch(
    frame=frame("/fg/zoek", "fg"),
    reasons=(Option(value="klacht", text="Klacht"),),
    recipients=(Option(value="r", text="Inkomensloket"),),
    activities=(Option(value="witgoed", text="Minimaregeling witgoed"),),
    elements=(Option(value="brp.naam", text="Naam"),),
)
SEARCH = Search(
    who="J. de V. *** 123",
    since=DAY,
    until=DAY,
    lines=4,
    read=3,
    residents=1,
    rows=(FOUND, FOUND),
    coverage=replace(KNOWN, down=("Belastingen",)),
    receipt=4712,
)
WRONG = (FieldError(id="reden", text="Kies een reden."), FieldError(id="soort", text="Kies waarop u zoekt."))


def staff() -> dict[str, tuple[str, "DataclassInstance"]]:
    """Pages of the FG."""
    return {
        "fg": ("fg_start.html", BEGIN),
        "fg-leeg": (
            "fg_start.html",
            replace(BEGIN, questions=(), emergencies=(), reviewed=False, log=LogState(size=9, read=NOON), saved=False),
        ),
        "nood": ("fg_nood.html", URGENT),
        "nood-eigen": ("fg_nood.html", replace(URGENT, card=replace(CARD, own=True, late=False), note=None)),
        "nood-fout": (
            "fg_nood.html",
            replace(URGENT, chosen="in-orde", errors=(FieldError(id="waarom", text="Schrijf op waarom u dat vindt."),)),
        ),
        "zoek": ("fg_zoek.html", FORM),
        "opheffen": ("fg_opheffen.html", LIFT),
        "opheffen-eerste": ("fg_opheffen.html", replace(LIFT, done="eerste")),
        "opheffen-fout": (
            "fg_opheffen.html",
            replace(
                LIFT,
                done="klaar",
                errors=(FieldError(id="regel", text="Deze regel is er niet, of is al te zien voor de inwoner."),),
            ),
        ),
        "zoek-fout": ("fg_zoek.html", replace(FORM, errors=WRONG)),
        "zoek-uitkomst": ("fg_zoek.html", replace(FORM, search=SEARCH)),
        "zoek-vernietigd": ("fg_zoek.html", replace(FORM, search=replace(SEARCH, destroyed=2))),
        "zoek-niets": ("fg_zoek.html", replace(FORM, search=replace(SEARCH, rows=(), lines=0, read=0))),
    }


CLAIM = ClaimCard(
    id=ID,
    kind="Ik ben het niet eens met een gebruik",
    purpose="Parkeren",
    status="Ontvangen",
    open=True,
    taken=False,
    text="Ik wil dit <b>niet</b>.",
    filed=DAY,
    due=DAY,
    late=False,
    longer=True,
    extended="",
    decided=None,
    answer="",
    suspends=True,
    pending=False,
)
TAKEN = replace(CLAIM, id=ID[:-1] + "2", taken=True, late=True, extended="Het is druk.", longer=False)
DECIDED = replace(CLAIM, open=False, status="Gelijk gekregen", decided=DAY, answer="U heeft gelijk.", suspends=False)
WAITS = replace(CLAIM, id=ID[:-1] + "3", pending=True)
LOCK = replace(
    CLAIM, id=ID[:-1] + "4", kind="Zet mijn gegevens op slot", purpose="Alles wat ik niet zelf koos", locks=True,
    ground="De gegevens kloppen niet", taken=True, longer=False,
)  # fmt: skip
UNLOCKING = replace(
    LOCK, id=ID[:-1] + "5", open=False, taken=False, answer="U heeft gelijk.", decided=DAY, notice="Het klopt nu.",
    lifts=DAY, may_lift=True,
)  # fmt: skip
PURPOSES = (Option(value="parkeren", text="Parkeren"),)
CLAIMS = Claims(frame=frame("/verzoeken"), cards=(), purposes=(), kinds=(Option(value="inzage", text="Inzage"),))


def claims() -> dict[str, tuple[str, "DataclassInstance"]]:
    """What residents ask, and who decides."""
    cards = (replace(CLAIM, suspends=False, despite="Iemand kan gevaar lopen."), TAKEN, DECIDED, WAITS, LOCK, UNLOCKING)
    wrong = (FieldError(id="doel", text="Kies een gebruik."), FieldError(id="grond", text="Vertel ons waarom."))
    desk = FgClaims(frame=frame("/fg/verzoeken", "fg"), cards=cards, saved=True)
    return {
        "verzoeken": (
            "verzoeken.html",
            replace(CLAIMS, cards=cards, purposes=PURPOSES, scopes=PURPOSES, grounds=PURPOSES, saved=True),
        ),
        "verzoeken-leeg": ("verzoeken.html", CLAIMS),
        "verzoeken-fout": ("verzoeken.html", replace(CLAIMS, purposes=PURPOSES, errors=wrong)),
        "fg-verzoeken": ("fg_verzoeken.html", desk),
        "fg-verzoeken-leeg": ("fg_verzoeken.html", replace(desk, cards=())),
        "fg-verzoeken-fout": (
            "fg_verzoeken.html",
            replace(desk, errors=(FieldError(id=f"brief-{TAKEN.id}", text="Schrijf een antwoord op."),)),
        ),
    }


def unseen() -> dict[str, tuple[str, "DataclassInstance"]]:
    """Lines that are gone, and lines that may not be shown yet."""
    return {
        "gebruik-opgeheven": (
            "gebruik_detail.html",
            replace(
                USE,
                act="Wij laten nu iets zien dat eerder niet mocht",
                lifted=Lifted(numbers=(4711,), since=NOON, reason="Het onderzoek is klaar."),
            ),
        ),
        "gebruik-opgeheven-reeks": ("gebruik_detail.html", replace(USE, lifted=Lifted(numbers=(4711, 4712)))),
        "gebruik-nog-niet": ("gebruik.html", replace(USES, withheld=(Withheld(number=4712, n=12, until=DAY),))),
        "detail-vernietigd": ("gebruik_detail.html", replace(LEFT, gone=GONE)),
        "detail-wordt-vernietigd": ("gebruik_detail.html", replace(LEFT, gone=Destroyed(n=12))),
        "detail-verklaring": (
            "gebruik_detail.html",
            replace(LEFT, act="Wij vernietigden oude regels over u", gone_numbers=("1-4", "9"), kept_until=2066),
        ),
    }


def pages() -> dict[str, tuple[str, "DataclassInstance"]]:
    """Every page by name: its template and its view."""
    failures = {
        f"fout-{each}": ("fout.html", Failure(frame=frame("/x", None), id=each, number=ID, done="nee"))
        for each in words.ERRORS
    } | {
        f"fout-onbekend-{choice}": ("fout.html", Failure(frame=frame("/x"), id="E3", done="onbekend", choice=choice))
        for choice in (True, False)
    }
    told = CodePage(frame=frame("/fouten", None), code="", refused=start.REFUSED, troubles=TROUBLES)
    codes = ("geen-toestemming", "niet-bekend", "doel-blijft", "verzonnen", "")
    reasons = {f"code-{code}": ("fouten_code.html", replace(told, code=code)) for code in codes}
    return {**residents(), **claims(), **unseen(), **staff(), **failures, **reasons}
