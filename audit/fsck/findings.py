"""What a check found: the first wrong line, how often each sort of fault occurs, and a list that stays short. Pure."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

from audit.permit import Position

OF_A_LINE = ("lines", "moves", "tags", "tiles")
SHOWN = 20  # faults told one by one; the rest is counted

What = Literal[
    "ontbreekt", "te-veel", "bladhash", "blad", "handeling", "inhoud", "kenmerk", "tijd", "sleutelplaats", "reeks",
    "vereist", "verzet", "boom", "tegel", "kop", "teruggezet", "ondertekenaar", "rij", "zegel", "zoekmerk", "sleutel",
    "vreemd", "etiket", "sleutel-weg", "sleutel-terug", "leeg", "verklaring",
    "soort",
]  # fmt: skip
SENTENCES: dict[What, str] = {
    "ontbreekt": "deze rij is er niet",
    "te-veel": "deze rij hoort er niet te zijn",
    "bladhash": "leaf_hash is niet de hash van leaf",
    "blad": "leaf past niet bij act en body",
    "handeling": "act past niet bij event_id, leaf of logged_at",
    "inhoud": "body past niet bij subject, n, year, leaf of act",
    "kenmerk": "content past niet bij wat act en body zeggen",
    "tijd": "logged_at is eerder dan de regel ervoor",
    "sleutelplaats": "act of body is niet verzegeld voor deze term, subject en year",
    "reeks": "n of vorige sluit niet aan op de regel ervoor van dezelfde subject",
    "vereist": "een vereist hek stond toen ergens anders",
    "verzet": "een hek gaat niet precies een stap verder",
    "boom": "de regels in dit stuk geven een andere boom",
    "tegel": "hash is niet die van de boom",
    "kop": "de kop past niet bij de regels",
    "teruggezet": "de database is korter dan wat er is ondertekend",
    "ondertekenaar": "wat er is ondertekend past niet bij de regels",
    "rij": "de rij zegt iets anders dan de regels",
    "zegel": "het zegel (mac) van de rij klopt niet",
    "zoekmerk": "de zoekmerken van deze regel zijn andere",
    "sleutel": "de verpakte sleutel opent niet op deze plaats",
    "etiket": "label is niet dat van wat act en body zeggen",
    "sleutel-weg": "de sleutel is weg, en geen regel zegt dat hij is vernietigd",
    "sleutel-terug": "een regel zegt dat de sleutel is vernietigd, en hij is er",
    "leeg": "content en label van een regel zijn leeg, en geen regel zegt dat haar sleutel is vernietigd",
    "verklaring": "de verklaring van vernietiging noemt andere nummers dan er weg zijn",
    "soort": "een kolom houdt een ander soort waarde dan daar hoort, en is niet te lezen",
    "vreemd": "rijen van een gemeente die hier geen logboek heeft",
}


@dataclass(frozen=True)
class Wrong:
    """One fault. table: where it was seen; key: which row, when it is not a line; upto: the last line of a stretch."""

    what: What
    table: str
    position: Position | None = None
    key: str = ""
    upto: Position | None = None

    def __str__(self) -> str:
        place = [f"{self.position or ''}{f' t/m {self.upto}' if self.upto else ''}", self.key]
        return f"{' '.join(['audit.' + self.table, *filter(None, place)])}: {SENTENCES[self.what]}"


@dataclass
class Findings:
    """Grows during one check; holds no more than SHOWN faults."""

    first: Wrong | None = None
    shown: list[Wrong] = field(default_factory=list)
    counts: Counter[tuple[str, What]] = field(default_factory=Counter)

    def add(self, wrong: Wrong) -> None:
        """`first` is the lowest line that is wrong; rows that follow from lines come after, what has no line last."""
        self.counts[wrong.table, wrong.what] += 1
        if len(self.shown) < SHOWN:
            self.shown.append(wrong)
        if self.first is None or _order(wrong) < _order(self.first):
            self.first = wrong

    @property
    def total(self) -> int:
        """All faults, also those not shown."""
        return self.counts.total()


def _order(wrong: Wrong) -> tuple[int, str, int]:
    place = wrong.position
    if place is None:
        return 2, "", 0
    return int(wrong.table not in OF_A_LINE), place.term, place.index


@dataclass(frozen=True)
class Report:
    """Of one municipality. unreadable: bodies whose key does not open. destroyed: bodies of which a line says that they
    were. unfinished: destructions that were begun and not ended. unjudged: what could not be checked, and why."""

    tenant: str
    origin: str
    size: int
    root: bytes
    unreadable: int
    findings: Findings
    unjudged: tuple[str, ...] = ()
    destroyed: int = 0
    unfinished: int = 0

    @property
    def status(self) -> int:
        """0 it fits, 1 it does not, 2 not everything could be checked."""
        if self.findings.total:
            return 1
        return 2 if self.unjudged else 0
