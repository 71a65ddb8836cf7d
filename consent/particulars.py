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


class EmergencyReason(Words):
    """Why somebody may look in an emergency. code: what who asks sends; a reason without one cannot be used."""

    code: Annotated[Slug | Literal[""], Field()] = ""


class BreakGlass(Message):
    """An activity of its own for emergencies: its reasons are fixed, and each use is reviewed the same day."""

    reasons: Annotated[tuple[EmergencyReason, ...], Field(min_length=1, max_length=10), wire("redenen")]

    def reason(self, code: str) -> EmergencyReason | None:
        """By its code; "" is none."""
        return next((one for one in self.reasons if code and one.code == code), None)


class Axis(Message):
    """One side of a table: what puts people in groups. by: the value itself, a class of amounts, a class of ages, a
    square of 200 by 200 m. groups: of values, all there are; another value counts as `overig`. bounds: where the next
    class begins, in the unit of the element or in years."""

    element: Annotated[Short, Field(min_length=1), wire("gegevenselement")]
    by: Annotated[Literal["waarde", "klasse", "leeftijd", "vak"], wire("indeling")] = "waarde"
    groups: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=60)], ...], Field(max_length=100), wire("groepen")
    ] = ()
    bounds: Annotated[
        tuple[Annotated[int, Field(ge=0, le=1_000_000_000)], ...], Field(max_length=50), wire("grenzen")
    ] = ()


class Amount(Message):
    """What is averaged, in the unit of its element. A value below the lowest counts as the lowest, and one above the
    highest as that: nobody weighs more."""

    element: Annotated[Short, Field(min_length=1), wire("gegevenselement")]
    lowest: Annotated[int, Field(ge=0, le=1_000_000_000), wire("laagste")] = 0
    highest: Annotated[int, Field(ge=1, le=1_000_000_000), wire("hoogste")]


class CountTable(Message):
    """What is counted: rows by columns, and the measure in the cells, each in words. row, column, mean: the same for
    the machine that counts. cost: what one answer takes of the privacy budget, in thousandths of epsilon."""

    name: Annotated[Slug, wire("naam")]
    rows: Annotated[Sentence, Field(min_length=1), wire("rijen")]
    columns: Annotated[Sentence, wire("kolommen")] = ""
    measure: Annotated[Sentence, Field(min_length=1), wire("maat")]
    row: Annotated[Axis | None, wire("rij")] = None
    column: Annotated[Axis | None, wire("kolom")] = None
    mean: Annotated[Amount | None, wire("gemiddelde")] = None
    cost: Annotated[int, Field(ge=100, le=3_000), wire("kosten")] = 1_000

    @property
    def elements(self) -> tuple[str, ...]:
        """What is read of each person to fill it, each once."""
        parts = (self.row, self.column, self.mean)
        return tuple(dict.fromkeys(part.element for part in parts if part))


class LabField(Message):
    """One field of a set: the value among those that are named, a class of amounts or of ages, the year of a date, or
    the four digits of a postal code. Nothing leaves as it is: what fits no group is `overig`, or the row stays here."""

    name: Annotated[Slug, wire("naam")]
    element: Annotated[Short, Field(min_length=1), wire("gegevenselement")]
    by: Annotated[Literal["waarde", "klasse", "leeftijd", "jaar", "postcode4"], wire("indeling")]
    groups: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=60)], ...], Field(max_length=100), wire("groepen")
    ] = ()
    bounds: Annotated[
        tuple[Annotated[int, Field(ge=0, le=1_000_000_000)], ...], Field(max_length=50), wire("grenzen")
    ] = ()


class LabSet(Message):
    """Rows for a data lab, a pseudonym each. days: after which the recipient has destroyed it, and said so. purposes:
    DPV purposes for which it may be made; incompatible: for which it never may, whoever asks (AVG 5(1)(b))."""

    name: Annotated[Slug, wire("naam")]
    fields: Annotated[tuple[LabField, ...], Field(min_length=1, max_length=12), wire("velden")]
    days: Annotated[int, Field(ge=1, le=366), wire("vernietigenNaDagen")]
    purposes: Annotated[tuple[Short, ...], Field(min_length=1, max_length=10), wire("dpvDoelen")]
    incompatible: Annotated[tuple[Short, ...], Field(max_length=20), wire("onverenigbareDoelen")] = ()

    @property
    def elements(self) -> tuple[str, ...]:
        """What is read of each person, each once."""
        return tuple(dict.fromkeys(field.element for field in self.fields))


class Statistics(Message):
    """The only tables that may be asked, and sets of rows for a data lab. smallest: a cell below it is withheld, and
    so are rows that fewer people share; never below 15. population: the declared source that says who is counted.
    budget: thousandths of epsilon, for as long as the activity exists, whatever its version; of tables alone. public:
    the day from which everybody reads the tables that were made under this version, whatever comes out; "" never."""

    tables: Annotated[tuple[CountTable, ...], Field(max_length=50), wire("tabellen")] = ()
    sets: Annotated[tuple[LabSet, ...], Field(max_length=10), wire("gegevenssets")] = ()
    smallest: Annotated[int, Field(ge=15, le=100_000), wire("drempel")] = 15
    area: Annotated[Literal["gemeente", "wijk", "buurt", "vak"], wire("gebied")] = "gemeente"
    population: Annotated[str, Field(pattern=r"^([a-z][a-z0-9_]{0,39})?$"), wire("bevolking")] = ""
    budget: Annotated[int, Field(ge=100, le=20_000), wire("budget")] = 4_000
    public: Annotated[str, Field(pattern=r"^([0-9]{4}-[0-9]{2}-[0-9]{2})?$"), wire("publicatiedag")] = ""

    def table(self, name: str) -> CountTable | None:
        """By its name."""
        return next((one for one in self.tables if one.name == name), None)

    def set_of(self, name: str) -> LabSet | None:
        """By its name, which no table has."""
        return next((one for one in self.sets if one.name == name), None)


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
