"""Numbers of people that tests put in, and where one of them stands in what was written.

A database, or a cluster, that is gone before the run ends is searched by whoever removes it; what it held is told to
the end of the run through a file in the run's folder. A place is a file and an offset, never a number.

Ids and hashes are hexadecimal, and a run writes millions of their digits: once in some hundreds of runs nine of them
are by chance somebody's number. The digits of such a word are a multiple of four; with a number beside it they are one
more, and it is told.
"""

import hashlib
import json
import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
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
BEGINNING = 4  # digits that few of our numbers do not share
_NINE = re.compile(r"(?<!\d)\d{9}(?!\d)")
_DIGITS = b"0123456789abcdef"
_UUID = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
WORD = 32  # digits of the shortest id of ours
_HOLDS_NOTHING: set[bytes] = set()  # hashes of what was searched before: most of a database is what every one has


@cache
def canaries() -> frozenset[str]:
    """Our own residents, and every number with a valid check digit that stands in a test."""
    ours = {str(one["burgerservicenummer"]) for one in json.loads(RESIDENTS.read_text("utf-8"))}
    written = {number for path in (ROOT / "tests").rglob("*.py") for number in _NINE.findall(path.read_text("utf-8"))}
    return frozenset(ours | {number for number in written if masked(number) != number and len(set(number)) > 2})


def search(paths: Iterable[Path], numbers: Iterable[str], known: set[bytes] | None = None) -> Iterator[str]:
    """`file: offset` of every number in files below these paths; a file that is gone meanwhile is passed over. known:
    hashes of contents without any of these numbers, which are not searched again; grows."""
    wanted: dict[bytes, set[bytes]] = {}
    for number in numbers:
        wanted.setdefault(number[:BEGINNING].encode(), set()).add(number.encode())
    for path in paths:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file() and not file.is_symlink() and file.name not in ON_PURPOSE:
                yield from (f"{file}: byte {offset}" for offset in _offsets(file, wanted, known))


def search_before_it_goes(path: Path) -> None:
    """What stands below this path is removed next: the end of the run hears what was in it."""
    places = "".join(f"{place}\n" for place in search([path], canaries(), _HOLDS_NOTHING))
    if places:
        with (Path(os.environ[RUN]) / FOUND).open("a") as file:
            file.write(places)


def found_before() -> list[str]:
    """What stood in things that are gone."""
    file = Path(os.environ[RUN]) / FOUND
    return file.read_text().splitlines() if file.exists() else []


def _offsets(file: Path, wanted: Mapping[bytes, Collection[bytes]], known: set[bytes] | None) -> list[int]:
    """Few beginnings are looked for, not many numbers: a run searches gigabytes, and this is four times as fast."""
    try:
        content = file.read_bytes()
    except OSError:  # gone
        return []
    digest = hashlib.sha256(content).digest() if known is not None else b""
    if known is not None and digest in known:
        return []
    found = sorted(at for beginning, numbers in wanted.items() for at in _places(content, beginning, tuple(numbers)))
    if known is not None and not found:
        known.add(digest)
    return found


def _places(content: bytes, beginning: bytes, numbers: tuple[bytes, ...]) -> Iterator[int]:
    at = content.find(beginning)
    while at >= 0:
        if content.startswith(numbers, at) and not _is_of_an_id(content, at):
            yield at
        at = content.find(beginning, at + 1)


def _is_of_an_id(content: bytes, at: int) -> bool:
    """Whether the nine digits here are a part of a hexadecimal word that can be ids and nothing else."""
    start, end = at, at + 9
    while start and content[start - 1] in _DIGITS:
        start -= 1
    while end < len(content) and content[end] in _DIGITS:
        end += 1
    if content[start:end].isdigit():
        return False
    if end - start == 12 and start >= 24 and _UUID.fullmatch(content, start - 24, end):
        return True
    return end - start >= WORD and (end - start) % 4 == 0
