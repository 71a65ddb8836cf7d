"""A town of invented people who are only ever counted (story 4), and the promise that everybody reads the table.

Without noise (`requirements/statistiek.txt`) nobody is counted: then the page says that the table was not made, which
is what it is for.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from importlib.resources import files
from pathlib import Path

from assembly.demo.versions import activity, element
from consent.contract import ActivityVersion, Recipient, Words
from kernel.numbers import fits

COUNTED, TABLE, RESEARCH = "armoede-statistiek", "per-wijk", "onderzoek"
PUBLIC = "2026-01-05"  # in the past, so that whoever looks around finds it
WARDS = {"Centrum": 12, "Noord": 60, "Oost": 55, "Zuid": 45, "West": 70}  # people who use the scheme
FIRST = 999900100  # of the range of published test numbers


def researchers() -> Recipient:
    """Who asks for tables, and for nothing else."""
    name = Words(nl="Onderzoek en Statistiek", en="Research and Statistics")
    return Recipient(slug=RESEARCH, oin="00000001099010000004", name=name, by_bsn=True)


def counting() -> ActivityVersion:
    """Story 4, with one table."""
    law, giver = "Wmo 2015 2.1.1, AVG 89", "AVG 5(1)(b) en 89"
    group = ("Kenmerk van een groep.", "What makes a group.")
    return activity(
        (COUNTED, "PublicBenefit"),
        (RESEARCH,),
        (element("bevolking.wijk", "B", group, "6(1)(e)", law, giver),),
        titel={"nl": "Hoeveel mensen een regeling gebruiken", "en": "How many people use a scheme"},
        doel={
            "nl": "Wij tellen hoeveel mensen een regeling gebruiken. Wij kijken niet naar u persoonlijk.",
            "en": "To count how many people use a scheme. We do not look at you as a person.",
        },
        maximalePeriode=365,
        bewaartermijn={"nl": "Alleen tabellen, geen rijen.", "en": "Tables only, no rows."},
        gevolgVanWeigeren={
            "nl": "U kunt bezwaar maken. U telt dan niet mee.",
            "en": "You can object. You are not counted then.",
        },
        statistiek={
            "bevolking": "bevolking",
            "gebied": "wijk",
            "drempel": 15,
            "budget": 3_000,
            "publicatiedag": PUBLIC,
            "tabellen": [
                {
                    "naam": TABLE,
                    "rijen": "wijk",
                    "maat": "mensen die de regeling gebruiken",
                    "kosten": 3_000,
                    "rij": {"gegevenselement": "bevolking.wijk", "groepen": list(WARDS)},
                }
            ],
        },
    )


def settle(folder: Path, tenant: str) -> Path:
    """The town in a table of its own, and the folder in which its source is declared. What is there stays."""
    town, address, place = folder / "town.db", folder / "town-address", folder / "sources" / tenant
    place.mkdir(parents=True, exist_ok=True)
    if not town.exists():
        _filled(town)
    address.touch(mode=0o600)
    address.write_text(f"sqlite+aiosqlite:///{town.resolve()}")
    text = (files("connectors.declared") / "examples" / "bevolking.toml").read_text()
    (place / "bevolking.toml").write_text(text.replace("/run/secrets/bevolking-address", str(address.resolve())))
    return place.parent


def _filled(town: Path) -> None:
    half = town.with_suffix(".half")
    half.unlink(missing_ok=True)
    with closing(sqlite3.connect(half)) as made:
        made.execute(
            "CREATE TABLE bevolking_nu (bsn TEXT PRIMARY KEY, geboortedatum, wijk, x, y, huishouden, gebruikt, inkomen,"
            " geheim)"
        )
        wards = [ward for ward, people in WARDS.items() for _ in range(people)]
        home = (110_000, 490_000, "alleen", 1, "1500.00", 0)
        said = [(number, "1980-01-01", ward, *home) for number, ward in zip(_numbers(), wards, strict=False)]
        made.executemany("INSERT INTO bevolking_nu VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", said)
        made.commit()
    half.rename(town)


def _numbers() -> Iterator[str]:
    return (str(one) for one in range(FIRST, FIRST + 90_000) if fits(str(one)))
