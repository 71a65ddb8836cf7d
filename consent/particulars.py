"""What a version says beyond purpose, recipients and elements (AVG art. 30(1); architecture.md section 4).

All of it is optional in the document, so that a version from before it was asked for stays readable. Times in ms.
"""

from typing import Annotated, Final, Literal

from pydantic import Field

from kernel.message import Message, Sentence, Short, wire

Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
Https = Annotated[str, Field(pattern=r"^https://[^\s<>\"]{1,480}$")]
Steps = Literal["wet", "kwaliteit", "waarden", "ontwerp"]
# The seven public values, by the names of the form; checked when a version is published: older ones stay readable.
VALUES: Final = (
    "privacy",
    "veiligheid",
    "autonomie",
    "controle",
    "menselijke waardigheid",
    "rechtvaardigheid",
    "machtsverhoudingen",
)


class Words(Message):
    """The same in Dutch (B1, the source) and English."""

    nl: Annotated[Sentence, Field(min_length=1)]
    en: Annotated[Sentence, Field(min_length=1)]


class Transfer(Message):
    """To a country outside the EU (AVG 44-49). country: ISO 3166-1, two letters."""

    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$"), wire("land")]
    to: Annotated[Words, wire("aan")]
    safeguard: Annotated[
        Literal["adequaatheidsbesluit", "modelbepalingen", "bedrijfsvoorschriften", "afwijking-artikel-49"],
        wire("waarborg"),
    ]


class Automated(Message):
    """A decision without a person, or profiling (AVG 22). algorithm: its place in the algorithm register. law: what
    allows it under 22(2). person: how a resident gets a person to look."""

    kind: Annotated[Literal["besluit", "profilering"], wire("soort")]
    algorithm: Annotated[Https, wire("algoritmeregister")]
    law: Annotated[Sentence, Field(min_length=1), wire("wet")]
    person: Annotated[Words, wire("mens")]


class Giving(Message):
    """The ground on which one source may give to one recipient, and what lifts its duty of secrecy, if it has one."""

    source: Annotated[Short, Field(min_length=1), wire("bron")]
    ground: Annotated[Sentence, Field(min_length=1), wire("grond")]
    secrecy: Annotated[Sentence, wire("geheimhouding")] = ""


class BreakGlass(Message):
    """An activity of its own for emergencies: its reasons are fixed, and each use is reviewed the same day."""

    reasons: Annotated[tuple[Words, ...], Field(min_length=1, max_length=10), wire("redenen")]


class CountTable(Message):
    """What is counted: rows by columns, and the measure in the cells."""

    name: Annotated[Slug, wire("naam")]
    rows: Annotated[Sentence, Field(min_length=1), wire("rijen")]
    columns: Annotated[Sentence, wire("kolommen")] = ""
    measure: Annotated[Sentence, Field(min_length=1), wire("maat")]


class Statistics(Message):
    """The only tables that may be asked. smallest: a cell below it is withheld; never below 15."""

    tables: Annotated[tuple[CountTable, ...], Field(min_length=1, max_length=50), wire("tabellen")]
    smallest: Annotated[int, Field(ge=15, le=100_000), wire("drempel")] = 15
    area: Annotated[Literal["gemeente", "wijk", "buurt"], wire("gebied")] = "gemeente"


class FreeChoice(Message):
    """The three questions where a no may not be free (AVG 7(4), recital 43): is there an equal other way, is there
    pressure, can it be done without. The FG agrees beforehand, in a line of their own."""

    other_way: Annotated[Sentence, Field(min_length=1), wire("gelijkeWeg")]
    pressure: Annotated[Sentence, Field(min_length=1), wire("druk")]
    without: Annotated[Sentence, Field(min_length=1), wire("zonder")]


class Assessment(Message):
    """DPIA and the seven public values, by whom, until when (ms). Expired: classes B and C stop. steps: what was found
    in each of the four."""

    dpia: Annotated[Sentence, Field(min_length=1)]
    values: Annotated[dict[Short, Sentence], Field(min_length=7, max_length=7), wire("waarden")]
    by: Annotated[Sentence, Field(min_length=1), wire("door")]
    until: Annotated[int, wire("totEnMet")]
    steps: Annotated[dict[Steps, Sentence], wire("stappen")] = Field(default_factory=dict)
