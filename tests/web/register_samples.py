"""Sample views of the register's pages: public ones, and those of owners."""

from dataclasses import replace
from typing import TYPE_CHECKING

from tests.web.samples import BEGIN, DAY, LEFT, NOON, frame
from web.fg_views import OldAssessment
from web.figures_views import FigureCell, FigureList, FigurePage, FigureRow
from web.frame import FieldError
from web.keeping_views import (
    ActiveRow,
    AssessmentPage,
    Difference,
    DraftPage,
    DraftRow,
    EndPage,
    Keeping,
    StoppedPage,
    StoppedRow,
    TextField,
)
from web.party_views import ChangeRow, KeyRow, PartyList, PartyRow, SystemRow
from web.register_views import RegisterEntry, RegisterList, RegisterRow, TableLink, Told, UsedData, VersionLink
from web.removal_views import LateRow, LateSetRow

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

LONG = "Dit is een tekst van enige lengte, zoals iemand die opschrijft. " * 4
ENTRY = RegisterEntry(
    frame=frame("/register/parkeren", None),
    slug="parkeren",
    title="Vergunning om te parkeren",
    purpose="Wij kijken of u een vergunning kunt krijgen.",
    number=2,
    since=DAY,
    ended=False,
    expired=True,
    assessed_until=DAY,
    data=(
        UsedData(label="Naam", reason="Wie vraagt aan.", letter="A", rules="Gemeentewet 225"),
        UsedData(label="Inkomen", reason="Dit is de grens.", letter="C", rules=""),
    ),
    facts=(Told(term="Wie krijgt de gegevens", texts=("het loket", "parkeerbeheer werkt voor het loket")),),
    values=(Told(term="Privacy", texts=("Alleen wat nodig is.",)),),
    algorithm="https://algoritmes.example/1",
    changes=(Told(term="Er mag meer", texts=("Hoe lang dit mag",)),),
    versions=(VersionLink(number=2, current=True), VersionLink(number=1, current=False)),
    tables=(TableLink(place="/cijfers/parkeren/2/per-wijk", counted="mensen: wijk"),),
)
KEEPING = Keeping(
    frame=frame("/beheer/verwerkingsactiviteiten", "eigenaar"),
    drafts=(DraftRow(slug="parkeren", title="Parkeren", proposed=True, faults=2, changed=NOON),),
    active=(
        ActiveRow(
            slug="b", title="Bijstand", number=3, until=DAY, soon=True, expired=False, drafted=False, may_stop=False
        ),
    ),
    stopped=(StoppedRow(slug="c", title="Kluis", number=2),),
    may_write=True,
)
KEYS = (KeyRow(kid="a" * 43, ends=NOON, seen=DAY), KeyRow(kid="b", ends=None, seen=None))
SYSTEM = SystemRow(slug="loket-app", title="Het systeem", status="Toegelaten", stopped=False, address="", processor="p",
                   keys=KEYS)  # fmt: skip
PARTIES = PartyList(
    frame=frame("/beheer/ontvangers", "eigenaar"),
    changes=(
        ChangeRow(id="wijziging-1", title="Het loket", name="ontvanger/loket", digest="0" * 64, proposed=True, own=True,
                  replaces=True, changed=NOON, document='{"ontvanger": {}}', steps=(("toelaten", "Laat dit toe"),)),
    ),
    parties=(
        PartyRow(slug="loket", title="Het loket", oin="0" * 20, status="Toegelaten", stopped=False, may_stop=True,
                 owners=("het loket",), systems=(
            SYSTEM, replace(SYSTEM, slug="b", stopped=True, keys=(), address="https://keys.example/jwks"))),
        PartyRow(slug="stad", title="De stad", oin="0" * 20, status="Toegelaten", stopped=False, may_stop=False,
                 owners=("de stad", "het loket"), systems=(replace(SYSTEM, slug="c", title="Een ander systeem"),)),
    ),
)  # fmt: skip
DRAFT = DraftPage(
    frame=frame("/beheer/verwerkingsactiviteiten/parkeren", "eigenaar"),
    slug="parkeren",
    title="Parkeren",
    digest="0" * 64,
    proposed=True,
    own=False,
    against=1,
    asks_anew=True,
    again=True,
    for_officer=("/machtsverschil: iemand kan zich onder druk voelen om ja te zeggen",),
    agreed=False,
    faults=(("/doel", "Dit moet in het Nederlands en het Engels worden verteld."),),
    differences=(Difference(field="/maximalePeriode", effect="Er mag meer", old="28", new="56"),),
    texts=(TextField(id="title-nl", label="Naam (Nederlands)", value=LONG),),
    may_write=True,
    steps=(("publiceren", "Publiceer deze versie"), ("weggooien", "Gooi dit concept weg")),
    purpose=ENTRY.purpose,
    data=ENTRY.data,
    facts=ENTRY.facts,
    values=ENTRY.values,
    document='{\n  "slug": "' + "x" * 200 + '"\n}',
)
ASSESSMENT = AssessmentPage(
    frame=frame("/beheer/verwerkingsactiviteiten/parkeren/beoordeling", "eigenaar"),
    slug="parkeren",
    title="Parkeren",
    digest="0" * 64,
    dpia="",
    by="Team Privacy",
    until="2027-01-01",
    steps=(TextField(id="stap-wet", label="Mag het van de wet?", value=""),),
    values=(TextField(id="waarde-0", label="Privacy", value=LONG),),
)
END = EndPage(
    frame=frame("/beheer/verwerkingsactiviteiten/parkeren/stoppen", "eigenaar"),
    slug="parkeren",
    title="Parkeren",
    who="zelf",
    owners=("het loket", "de balie"),
    chosen=True,
    parents=True,
    errors=(FieldError(id="waarom", text="Schrijf op waarom het stopt."),),
)
OVER = StoppedPage(
    frame=frame("/beheer/verwerkingsactiviteiten/parkeren/stoppen", "eigenaar"),
    slug="parkeren",
    title="Parkeren",
    ended=NOON,
    why="De rechter vond dit niet goed.",
    drafted=False,
    may_write=True,
)
OLD = (
    OldAssessment(slug="b", title="Bijstand", until=DAY, expired=True, by_law=True),
    OldAssessment(slug="c", title="Kluis", until=DAY, expired=True, by_law=False),
    OldAssessment(slug="d", title="Wmo", until=DAY, expired=False, by_law=True),
)


def ending() -> dict[str, tuple[str, "DataclassInstance"]]:
    """A purpose that is stopped, in each state."""
    return {
        "doel-stoppen": ("beheer_doel_stoppen.html", END),
        "doel-van-een-ander": ("beheer_doel_stoppen.html", replace(END, who="ander", errors=())),
        "doel-blijft": ("beheer_doel_stoppen.html", replace(END, who="nooit", errors=())),
        "doel-gestopt": ("beheer_doel_gestopt.html", OVER),
        "doel-gestopt-fg": ("beheer_doel_gestopt.html", replace(OVER, ended=None, why="", may_write=False)),
        "doel-weer-begonnen": ("beheer_doel_gestopt.html", replace(OVER, why="", drafted=True)),
    }


ROW = FigureRow(
    place="/cijfers/armoede/1/per-wijk", title="Armoede", number=1, counted="mensen: wijk", day=DAY, state="gemaakt"
)
FIGURE = FigurePage(
    frame=frame("/cijfers/armoede/1/per-wijk", None),
    row=ROW,
    slug="armoede",
    version=1,
    purpose="Wij tellen hoeveel mensen een regeling gebruiken.",
    facts=(("Hoe precies", LONG), ("Over wie gaat het", "")),
    rows="wijk",
    columns="leeftijd",
    means=True,
    cells=(
        FigureCell(row="Noord", column="65+", count="1.201", mean="1500,25"),
        FigureCell(row="Een wijk met een lange naam", column="0-17", count="", mean=""),
    ),
    many=900,
    file="/verstrekking/v1/statistieken/openbaar/armoede/1/per-wijk",
    digest="ab" * 32,
    log="regie.example/gm9901/2026h2",
    index=4711,
)


def figures() -> dict[str, tuple[str, "DataclassInstance"]]:
    """Published tables, in each state."""
    bare = replace(FIGURE, columns="", means=False, cells=(), many=0)
    missing = replace(bare, file="", digest="", row=replace(ROW, state="nog-niet-gemaakt"))
    rows = (ROW, replace(ROW, state="nog-niet-gemaakt"), replace(ROW, state="niet-gemaakt"))
    whole = FigureList(frame=frame("/cijfers", None), rows=rows, catalogue="/verstrekking/v1/statistieken/openbaar")
    return {
        "cijfers": ("cijfers.html", whole),
        "cijfers-leeg": ("cijfers.html", replace(whole, rows=())),
        "cijfers-tabel": ("cijfers_tabel.html", FIGURE),
        "cijfers-alles-te-klein": ("cijfers_tabel.html", bare),
        "cijfers-nog-niet": ("cijfers_tabel.html", missing),
        "cijfers-niet": ("cijfers_tabel.html", replace(missing, row=replace(ROW, state="niet-gemaakt"))),
    }


def too_late() -> dict[str, tuple[str, "DataclassInstance"]]:
    """What an owner's own department should have removed, in each state."""
    late = LateRow(department="het loket", purpose="Parkeren", count=2, oldest=DAY)
    rows_late = LateSetRow(id="s-1", name="wijken", department="het loket", purpose="Onderzoek", day=DAY)
    return {
        "doelen-te-laat": ("beheer_doelen.html", replace(KEEPING, late=(late,), late_sets=(rows_late,))),
        "doelen-op-tijd": ("beheer_doelen.html", replace(KEEPING, late=())),
        "doelen-onbekend": ("beheer_doelen.html", replace(KEEPING, known=False)),
    }


def register() -> dict[str, tuple[str, "DataclassInstance"]]:
    """By name."""
    rows = (RegisterRow(slug="parkeren", title="Parkeren", purpose="Een tekst.", letters=("A", "C"), expired=True),)
    whole = RegisterList(frame=frame("/register", None), rows=rows)
    return ending() | figures() | too_late() | {
        "register": ("register.html", whole),
        "register-leeg": ("register.html", replace(whole, rows=(), stopped=())),
        "register-ook-gestopt": ("register.html", replace(whole, stopped=rows)),
        "register-gestopt": ("register_doel.html", replace(ENTRY, ended=True, stopped=DAY)),
        "register-doel": ("register_doel.html", ENTRY),
        "register-oud": ("register_doel.html", replace(ENTRY, ended=True, expired=False, algorithm="", changes=())),
        "fg-beoordelingen": ("fg_start.html", replace(BEGIN, assessments=OLD)),
        "gebruik-oude-controle": ("gebruik_detail.html", replace(LEFT, overdue=True)),
        "doelen": ("beheer_doelen.html", KEEPING),
        "doelen-leeg": (
            "beheer_doelen.html",
            replace(KEEPING, drafts=(), active=(), pasted="{", errors=(FieldError(id="beschrijving", text="Fout."),)),
        ),
        "doelen-fg": ("beheer_doelen.html", replace(KEEPING, frame=frame("/beheer", "fg"), may_write=False)),
        "ontvangers": ("beheer_ontvangers.html", PARTIES),
        "ontvangers-fg": ("beheer_ontvangers.html", replace(PARTIES, changes=(), may_write=False)),
        "ontvangers-leeg": (
            "beheer_ontvangers.html",
            replace(PARTIES, changes=(), parties=(), pasted="{", errors=(FieldError(id="beschrijving", text="Fout."),)),
        ),
        "concept": ("beheer_concept.html", DRAFT),
        "concept-fout": (
            "beheer_concept.html",
            replace(DRAFT, own=True, agreed=True, differences=(), steps=(), asks_anew=False,
                    errors=(FieldError(id="stappen", text="Lees het opnieuw."),)),
        ),
        "beoordeling": ("beheer_beoordeling.html", ASSESSMENT),
        "beoordeling-fout": (
            "beheer_beoordeling.html",
            replace(ASSESSMENT, errors=(FieldError(id="stap-wet", text="Vul dit in."),)),
        ),
    }  # fmt: skip
