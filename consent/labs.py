"""What must be said of a set of rows for a data lab before it is published. Pure.

A row is about one person, so nothing in it may name them: each field is coarsened by a rule that is written here, and
the purpose for which data may never be used stands beside it.
"""

from collections.abc import Iterator
from itertools import pairwise

from consent.activity import ActivityVersion
from consent.article30 import Fault
from consent.dpv import PURPOSES
from consent.particulars import LabField, LabSet, Statistics

YEARS_LEAST = 5  # as in tables: a class of ages is no birthday


def lab_faults(version: ActivityVersion, statistics: Statistics) -> Iterator[Fault]:
    """What is wrong with the sets of a version."""
    if not statistics.tables and not statistics.sets:
        yield "/statistiek", "ontbreekt", "Welke tabellen of gegevenssets zijn er?"
    if statistics.sets and any(one.class_ == "A" for one in version.elements):
        yield "/gegevenselementen", "past-niet", "Geen wet verplicht tot een gegevensset: klasse B of C."
    names = [*(one.name for one in statistics.tables), *(one.name for one in statistics.sets)]
    for number, one in enumerate(statistics.sets):
        place = f"/statistiek/gegevenssets/{number}"
        if names.count(one.name) > 1:
            yield f"{place}/naam", "dubbel", "Deze naam staat er twee keer."
        yield from _set(place, one, version)


def _set(place: str, one: LabSet, version: ActivityVersion) -> Iterator[Fault]:
    if not one.incompatible:
        yield f"{place}/onverenigbareDoelen", "ontbreekt", "Waarvoor mag deze set nooit worden gebruikt?"
    if set(one.incompatible) & {*version.codes, *one.purposes}:
        yield f"{place}/onverenigbareDoelen", "past-niet", "Dit is een doel van deze verwerking zelf."
    if any(code not in PURPOSES for code in (*one.purposes, *one.incompatible)):
        yield f"{place}/dpvDoelen", "onbekend", "Dit doel staat niet in de lijst van DPV."
    titles, known = [field.name for field in one.fields], {used.name for used in version.elements}
    for at, field in enumerate(one.fields):
        if titles.count(field.name) > 1:
            yield f"{place}/velden/{at}/naam", "dubbel", "Dit veld staat er twee keer."
        yield from _field(f"{place}/velden/{at}", field, known)


def _field(place: str, field: LabField, known: set[str]) -> Iterator[Fault]:
    if field.element not in known:
        yield place, "buiten-doel", f"{field.element} is geen gegeven van dit doel."
    if bool(field.groups) != (field.by == "waarde") or len(set(field.groups)) != len(field.groups):
        yield f"{place}/groepen", "past-niet", "Noem de groepen vooraf, elk een keer; alleen bij losse waarden."
    if bool(field.bounds) != (field.by in ("klasse", "leeftijd")):
        yield f"{place}/grenzen", "past-niet", "Noem waar elke klasse begint; alleen bij klassen."
    least = YEARS_LEAST if field.by == "leeftijd" else 1
    if any(later - sooner < least for sooner, later in pairwise(field.bounds)):
        yield f"{place}/grenzen", "te-fijn", f"Een klasse is minstens {least} breed; de grenzen lopen op."
