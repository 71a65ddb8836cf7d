"""Sample views of the pages about a breach."""

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from tests.web.samples import BEGIN, DAY, ID, NOON, OVERVIEW, USE, frame
from tests.web.samples import ROW as USED
from web.breach_form import PeopleTyped, Typed
from web.breach_views import (
    BreachClock,
    BreachRow,
    Counted,
    FgBreach,
    FgBreachForm,
    Fields,
    Ready,
    VersionRow,
    Went,
)
from web.frame import FieldError, Option
from web.leak_views import FgLeak, LeakNotice, LeakTold, LeakTyped

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

RUNS = BreachClock(due=NOON, hours=51)
UNKNOWN, LATE = BreachClock(due=None), BreachClock(due=NOON, late=True)
REASONS = (Option(value="datalek", text="Mogelijk datalek", chosen=True),)
NAME = Went(label="naam", kind="Naam en adres", special=False, residents=3, lines=5, first=NOON, last=NOON)
HELP = replace(NAME, label="hulp thuis", kind="Gezondheid", special=True)
COUNTED = Counted(residents=3, certain=2, lines=5, possible=1, endless=1, first=NOON, last=NOON, rows=(HELP, NAME))
NONE = Counted(residents=0, certain=0, lines=0, possible=0, endless=0, first=None, last=None, rows=())
FIELDS = Fields(follow_up=True, summary="Laptop weg.", discovered=NOON, since=NOON, until=NOON, at_least=2, at_most=4,
                kinds=("Naam en adres",), special=("Gezondheid",), estimate=True)  # fmt: skip
ROW = BreachRow(id=ID, who="het Inkomensloket", since=NOON, until=NOON, made=NOON, at_least=2, at_most=4, clock=RUNS)
FILE = FgBreach(
    frame=frame(f"/fg/datalek/{ID}", "fg"),
    id=ID,
    number=2,
    newest=True,
    made=NOON,
    receipt=4711,
    keep_until=2046,
    whose=("het Inkomensloket", "Een medewerker: 2f"),
    clock=RUNS,
    fields=FIELDS,
    window=COUNTED,
    held=COUNTED,
    destroyed=2,
    versions=(
        VersionRow(number=2, made=NOON, at_least=2, at_most=4, lines=5, here=True),
        VersionRow(number=1, made=NOON - timedelta(days=1), at_least=1, at_most=1, lines=1, here=False),
    ),
    told=None,
    letter="Beste inwoner,\n\n[Vul in: wat er gebeurde]",
    reasons=REASONS,
    people=PeopleTyped(),
)
TOLD = LeakTold(shown=True, at=NOON, number=4713, version=1, newer=True, ap_on=DAY, ap_number="AP-1")
LEAK = FgLeak(frame=frame(f"/fg/datalek/{ID}/besluit", "fg"), id=ID, number=2, at_most=4, told=None, typed=LeakTyped())
NOTICE = LeakNotice(since=DAY, until=DAY, told=DAY, times=2, newest=ID)
READY = Ready(token="t", count=5000, line=4712, more=True)
FORM = FgBreachForm(
    frame=frame("/fg/datalek/nieuw", "fg"),
    reasons=REASONS,
    recipients=(Option(value="r", text="het Inkomensloket"),),
    applications=(Option(value="a", text="Zaaksysteem (het Inkomensloket)"),),
    typed=Typed(),
)
WRONG = (
    FieldError(id="zaak", text="Vul het nummer van de zaak in."),
    FieldError(id="van", text="Vul een goede dag in."),
)


def breaches() -> dict[str, tuple[str, "DataclassInstance"]]:
    """Each page in each state."""
    bare = replace(FIELDS, follow_up=False, summary="", discovered=None, at_least=0, at_most=0, kinds=(), special=(),
                   estimate=False)  # fmt: skip
    rows = (ROW, replace(ROW, clock=UNKNOWN), replace(ROW, clock=LATE, at_least=1, at_most=1)) * 3
    return {
        "fg-datalekken": ("fg_start.html", replace(BEGIN, breaches=rows)),
        "fg-datalekken-weg": ("fg_start.html", replace(BEGIN, breaches=None)),
        "datalek": ("fg_datalek.html", FILE),
        "datalek-besloten": ("fg_datalek.html", replace(FILE, told=TOLD)),
        "datalek-besluit": ("fg_datalek_besluit.html", LEAK),
        "datalek-besluit-fout": (
            "fg_datalek_besluit.html",
            replace(
                LEAK,
                told=replace(TOLD, shown=False, newer=False),
                typed=LeakTyped(shown="ja", ap_number="AP-1"),
                errors=(FieldError(id="ap-dag", text="Vul ook in op welke dag u meldde."),),
            ),
        ),
        "gebruik-lek-onbekend": ("gebruik_detail.html", replace(USE, leaks=None)),
        "gebruik-lek": ("gebruik_detail.html", replace(USE, leaks=(NOTICE,))),
        "gebruik-lekken": (
            "overzicht.html",
            replace(OVERVIEW, leaks=(NOTICE,), waiting=(), last_uses=(replace(USED, leaked=True),)),
        ),
        "datalek-leeg": (
            "fg_datalek.html",
            replace(FILE, clock=UNKNOWN, fields=bare, window=NONE, held=None, destroyed=0, number=1),
        ),
        "datalek-oud": ("fg_datalek.html", replace(FILE, newest=False, clock=LATE)),
        "datalek-bestand": ("fg_datalek.html", replace(FILE, ready=READY)),
        "datalek-fout": (
            "fg_datalek.html",
            replace(FILE, errors=(FieldError(id="sleutel", text="Plak hier een goede publieke sleutel."),)),
        ),
        "datalek-nieuw": ("fg_datalek_nieuw.html", FORM),
        "datalek-opnieuw": ("fg_datalek_nieuw.html", replace(FORM, file_id=ID, errors=WRONG)),
    }
