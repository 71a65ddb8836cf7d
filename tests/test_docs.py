"""The documents say what is so: names exist, links lead somewhere, promises are those that were made."""

import importlib
import re
from dataclasses import astuple
from pathlib import Path
from pkgutil import walk_packages
from types import ModuleType
from typing import Any, get_args

import pytest

from audit.kinds import KINDS
from consent.contract import Code
from kernel.errors import Problem
from tests.imports import ROOMS, ROOT
from web.code_words import TROUBLES
from web.language import translations
from web.pages.start import REFUSED
from web.words import REFUSALS

DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
DESIGN = ROOT.parent / "shared" / "design" / "trust.md"
CODE_SPAN = re.compile(r"`([^`\n]+)`")
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
SYMBOL = re.compile(rf"(?:{'|'.join(ROOMS)})(?:\.[A-Za-z_]\w*)+")
FILE = re.compile(rf"(?:{'|'.join(ROOMS)}|tests|docs|tools|requirements)/[\w./-]+")
PROMISE = re.compile(r"^\|\s*(P\d+)\s*\|(.*?)\|([^|\n]*)\|$", re.MULTILINE)
SECTIONS = ("Context", "Decision", "Consequences", "Alternatives", "Held by", "Back out")


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def spans(path: Path) -> list[str]:
    """What stands in backticks, outside blocks of code."""
    return CODE_SPAN.findall(FENCED.sub("", path.read_text()))


def anchor(heading: str) -> str:
    """As the usual renderers of Markdown make it."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def imported(name: str) -> tuple[ModuleType, list[str]]:
    """The deepest module of a dotted name, and the rest."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        place = ROOT.joinpath(*parts[:length])
        if place.with_suffix(".py").is_file() or (place / "__init__.py").is_file():
            return importlib.import_module(".".join(parts[:length])), parts[length:]
    raise AssertionError(f"{name}: no such room")


def exists(name: str) -> bool:
    """Whether a dotted name leads somewhere; a message's field counts as well."""
    thing: Any
    thing, rest = imported(name)
    for part in rest:
        if not hasattr(thing, part):
            return part in getattr(thing, "model_fields", {}) and part == rest[-1]
        thing = getattr(thing, part)
    return True


def block_of_first_release() -> str:
    """The README's first release, as it is typed."""
    return (ROOT / "README.md").read_text().partition("<!-- first-release -->\n```sh\n")[2].partition("\n```")[0]


def first_release() -> list[str]:
    """Its commands; a command ends where its quotes are closed."""
    commands, open_one = [], ""
    for line in block_of_first_release().splitlines():
        open_one += line.removesuffix("\\")
        if not line.endswith("\\") and open_one.count("'") % 2 == 0:
            commands.append(open_one)
            open_one = ""
    assert not open_one
    return commands


def promises(text: str) -> dict[str, str]:
    return {number: promise.strip() for number, promise, _ in PROMISE.findall(text)}


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_every_name_in_a_document_exists(path: Path) -> None:
    wanted = [span for span in spans(path) if SYMBOL.fullmatch(span)]
    assert [name for name in wanted if not exists(name)] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_every_file_in_a_document_is_there(path: Path) -> None:
    wanted = [span for span in spans(path) if FILE.fullmatch(span)]
    assert [name for name in wanted if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_every_link_leads_somewhere(path: Path) -> None:
    assert [target for target in LINK.findall(path.read_text()) if not _leads(path, target)] == []


def _leads(path: Path, target: str) -> bool:
    if target.startswith("https://"):
        return True
    file, _, heading = target.partition("#")
    aim = (path.parent / file).resolve() if file else path
    if not aim.is_relative_to(ROOT) or not aim.exists():
        return False
    headings = re.findall(r"^#+ (.+)$", aim.read_text(), re.MULTILINE)
    return not heading or heading in {anchor(one) for one in headings}


def test_names_that_are_gone_would_be_missed() -> None:
    """The three tests above must be able to fail."""
    assert exists("audit.contract.Audit.record")
    assert exists("audit.contract.Permit.seal")
    assert not exists("audit.contract.Audit.rewrite")
    assert not _leads(ROOT / "README.md", "docs/nowhere.md")
    assert not _leads(ROOT / "README.md", "docs/operations.md#nowhere")
    with pytest.raises(AssertionError):
        imported("nowhere.contract")


def test_every_refusal_code_has_its_words_and_every_word_its_code() -> None:
    codes = set(get_args(Code))
    assert codes == set(REFUSALS)
    assert all(words.reader and words.solver and words.next_step for words in REFUSALS.values())


def test_every_code_that_a_problem_can_carry_has_a_page_in_two_languages() -> None:
    """Whatever an answer carries leads to `/fouten/{code}`: for years these were empty but for refusals."""
    for room in ROOMS:
        for module in walk_packages([str(ROOT / room)], f"{room}."):
            if "migrations" not in module.name and not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    found, left = set[str](), [Problem]
    while left:
        one = left.pop()
        left += one.__subclasses__()
        found |= {one.code} if one.__module__.partition(".")[0] in ROOMS else set()
    assert found - set(REFUSED) == set(TROUBLES), "each code has its words, and no words are left over"
    told, english = [one for page in TROUBLES.values() for one in astuple(page)], translations("en")
    assert all(told) and all(english.gettext(one) not in ("", one) for one in told)


def test_documents_name_no_refusal_that_does_not_exist() -> None:
    listed = (ROOT / "docs" / "refusals.md").read_text()
    assert set(re.findall(r"^\| `([a-z-]+)` \|", listed, re.MULTILINE)) == set(get_args(Code))


def test_a_promise_has_no_other_words_than_were_given() -> None:
    ours = promises((ROOT / "docs" / "promises.md").read_text())
    assert list(ours) == [f"P{number}" for number in range(1, 11)]
    assert all(promise.startswith("**") and promise.rstrip("*").endswith(".") for promise in ours.values())
    if DESIGN.exists():
        theirs = DESIGN.read_text()
        assert ours == promises(theirs)
        limits = re.search(r"^Limits, printed beside them\. (.*)$", theirs, re.MULTILINE)
        assert limits and limits[1] in (ROOT / "docs" / "promises.md").read_text()


def test_every_promise_says_since_when() -> None:
    since = {number: held.strip() for number, _, held in PROMISE.findall((ROOT / "docs" / "promises.md").read_text())}
    assert all(held == "not yet" or re.match(r"\d+\.\d+\.\d+", held) for held in since.values())
    limits = (ROOT / "docs" / "promises.md").read_text().partition("## Limits of release")[2]
    pointed = [number for number, held in since.items() if "see below" in held]
    assert [number for number in pointed if f"**{number}**" not in limits] == []


def test_a_first_release_takes_six_commands() -> None:
    commands = first_release()
    assert 1 < len(commands) + 1 <= 6, "with `make demo` itself"
    assert commands[0].startswith("TOKEN=")
    assert ".venv/bin/regie verify" in commands[-1]


def test_a_first_release_shows_no_number_of_anybody() -> None:
    for path in DOCUMENTS:
        assert re.findall(r"(?<!\d)\d{9}(?!\d)", path.read_text()) == [], named(path)


@pytest.mark.parametrize("path", sorted((ROOT / "docs" / "decisions").glob("*.md")), ids=named)
def test_a_decision_fills_one_page_in_one_order(path: Path) -> None:
    text = path.read_text()
    assert text.startswith(f"# {path.stem[:4]} ")
    assert re.search(r"^Status: (accepted \d{4}-\d\d-\d\d|superseded by \d{4})", text, re.MULTILINE)
    assert tuple(re.findall(r"^## (.+)$", text, re.MULTILINE)) == SECTIONS
    assert len(text.splitlines()) <= 60
    assert re.search(r"^\*\*[^*]+\*\*$", text, re.MULTILINE), "a line that people will quote"


def test_decisions_are_numbered_without_gap() -> None:
    numbers = [int(path.name[:4]) for path in sorted((ROOT / "docs" / "decisions").glob("*.md"))]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) >= 8


def test_every_kind_in_a_document_is_in_the_table() -> None:
    """Docs that speak of a line of kind `x` mean one that can be written."""
    kinds = re.compile(r"(?:line|lines|kind) `([a-z-]+)`")
    told = {kind for path in DOCUMENTS for kind in kinds.findall(path.read_text())}
    assert told
    assert told <= set(KINDS)
