"""Tables of the tests, and noise that is none: for what must hold of the numbers themselves."""

from collections.abc import Sequence
from typing import Any

from connectors.counting.tabulating import Counting, Person
from consent.contract import CountTable

WARDS = ("Noord", "Oost", "Zuid", "West")
KINDS = ("alleen", "paar", "gezin")


def table(**more: Any) -> CountTable:
    """Kinds of household by district."""
    said = {
        "naam": "huishoudens-per-wijk", "rijen": "wijk", "kolommen": "huishouden", "maat": "aantal",
        "rij": {"gegevenselement": "bevolking.wijk", "groepen": WARDS},
        "kolom": {"gegevenselement": "bevolking.huishouden", "groepen": KINDS},
    }  # fmt: skip
    return CountTable.model_validate({**said, **more})


ONE_SIDE = table(naam="per-wijk", kolom=None)
SQUARES = table(naam="per-vak", rij={"gegevenselement": "bevolking.ligging", "indeling": "vak"}, kolom=None)
INCOME = {"gegevenselement": "bevolking.inkomenPerMaand", "laagste": 0, "hoogste": 10_000}


class Silence:
    """Satisfies Noise, and adds none. asked: reach and epsilon of each call."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, float]] = []

    def added(self, values: Sequence[int], reach: int, epsilon: float) -> list[int]:
        self.asked.append((reach, epsilon))
        return list(values)


def how(of: CountTable, noise: Any, smallest: int = 15) -> Counting:
    return Counting(of, smallest, noise)


def people(**rows: int) -> list[Person]:
    """So many in each row of a table with one side."""
    return [Person((row, "")) for row, count in rows.items() for _ in range(count)]
