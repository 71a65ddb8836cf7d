"""Read persons in the GBA form: our own residents, or a file such as the official test persons.

Lost or unreadable: the stand-in does not start. Written by an attacker: false persons, in a demonstration only.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from assembly.demo.brp.values import GbaPerson

MOST_BYTES = 32 * 1024 * 1024  # ten times the official test file
MOST_PERSONS = 10_000
OWN = Path(__file__).with_name("residents.json")

Persons = Mapping[str, GbaPerson]


class UnreadablePersons(Exception):
    """The file is not a list of persons in the GBA form; the text names the place in the list, never a number."""


def own_residents() -> Persons:
    """The invented residents of Gemeente Spaarnewoude, by BSN."""
    return read_persons(OWN)


def read_persons(path: Path) -> Persons:
    """The persons in this file, by BSN. Raises UnreadablePersons; OSError when the file cannot be opened."""
    with path.open("rb") as file:
        written = file.read(MOST_BYTES + 1)
    if len(written) > MOST_BYTES:
        raise UnreadablePersons(f"more than {MOST_BYTES} bytes")
    try:
        listed = json.loads(written)
    except (ValueError, RecursionError):
        raise UnreadablePersons("not JSON") from None  # the cause would quote the content
    if not isinstance(listed, list) or not 1 <= len(listed) <= MOST_PERSONS:
        raise UnreadablePersons(f"not a list of 1 to {MOST_PERSONS} persons")
    persons = {_number(one, index): one for index, one in enumerate(listed)}
    if len(persons) != len(listed):
        raise UnreadablePersons("a number occurs twice")
    return persons


def _number(person: Any, index: int) -> str:
    number = person.get("burgerservicenummer") if isinstance(person, dict) else None
    if not (isinstance(number, str) and re.fullmatch("[0-9]{9}", number, re.ASCII)):
        raise UnreadablePersons(f"person {index} has no burgerservicenummer of nine digits")
    return number
