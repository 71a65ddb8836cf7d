"""Numbers of people that tests put in, and where one of them stands in what was written.

A database, or a cluster, that is gone before the run ends is searched by whoever removes it; what it held is told to
the end of the run through a file in the run's folder. A place is a file and an offset, never a number.
"""

import json
import mmap
import os
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from kernel.logs import masked

RUN = "REGIE_TEST_RUN"  # the folder of this run, named by its first process
FOUND = "found"
ROOT = Path(__file__).parents[1]
RESIDENTS = ROOT / "assembly/demo/brp/residents.json"
# Files that hold numbers on purpose, each with who wants it there.
ON_PURPOSE = frozenset(
    {
        "personas.json",  # the demo tells outside programs who can log in
        "persons.json",  # what a test feeds the BRP stand-in, and who lives in a founded ground
        "govstack.json",  # a file for an import, in which a number comes in once
        "question.json",  # what the README's first release asks: the number is in the body and nowhere else
    }
)
_NINE = re.compile(r"(?<!\d)\d{9}(?!\d)")


@cache
def canaries() -> frozenset[str]:
    """Our own residents, and every number with a valid check digit that stands in a test."""
    ours = {str(one["burgerservicenummer"]) for one in json.loads(RESIDENTS.read_text("utf-8"))}
    written = {number for path in (ROOT / "tests").rglob("*.py") for number in _NINE.findall(path.read_text("utf-8"))}
    return frozenset(ours | {number for number in written if masked(number) != number and len(set(number)) > 2})


def search(paths: Iterable[Path], numbers: Iterable[str]) -> Iterator[str]:
    """`file: offset` of every number in files below these paths; a file that is gone meanwhile is passed over."""
    wanted = re.compile(b"|".join(sorted(number.encode() for number in numbers)))
    for path in paths:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file() and not file.is_symlink() and file.name not in ON_PURPOSE:
                yield from (f"{file}: byte {offset}" for offset in _offsets(file, wanted))


def search_before_it_goes(path: Path) -> None:
    """What stands below this path is removed next: the end of the run hears what was in it."""
    places = "".join(f"{place}\n" for place in search([path], canaries()))
    if places:
        with (Path(os.environ[RUN]) / FOUND).open("a") as file:
            file.write(places)


def found_before() -> list[str]:
    """What stood in things that are gone."""
    file = Path(os.environ[RUN]) / FOUND
    return file.read_text().splitlines() if file.exists() else []


def _offsets(file: Path, wanted: re.Pattern[bytes]) -> list[int]:
    try:
        with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return [found.start() for found in wanted.finditer(content)]
    except (OSError, ValueError):  # gone, or empty
        return []
