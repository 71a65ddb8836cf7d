"""The closed list of refusal codes: each has facts that lead to it, a sentence and a next step for who asks, a page in
two languages for who it is about, and a row in the documentation."""

import re
from pathlib import Path
from typing import get_args

import pytest

from connectors.refusal import code_of, refusal
from consent.contract import Code, FenceKind
from consent.words import refused
from kernel.numbers import has_number
from tests.consent.test_rules import TABLE
from web.language import translations
from web.words import REFUSALS

CODES: tuple[Code, ...] = get_args(Code)
FENCES: tuple[FenceKind, ...] = tuple(kind for kind in get_args(FenceKind) if kind != "gemeente")  # that one is 503
ROWS = Path(__file__).resolve().parents[1] / "docs" / "refusals.md"
UNTIL = 1_790_000_000_000  # ms, a day in 2026


def test_every_code_follows_from_facts_or_from_a_fence_that_moved() -> None:
    weighed = {code for code, *_ in TABLE}
    moved = {code_of("afloop", fence) for fence in FENCES}
    # of the secret only who has no ground is refused: that case stands in another table of the same test
    assert weighed | moved == set(CODES)


@pytest.mark.parametrize("code", CODES)
def test_who_asks_reads_why_and_what_to_do(code: Code) -> None:
    for until in (0, UNTIL):
        told = refused("brp.naam", code, until)
        assert told.code == code
        assert re.fullmatch(r"[A-Z].{8,118}\.", told.reason) and re.fullmatch(r"[A-Z].{5,118}\.", told.next_step)
        assert not has_number(told.next_step) and "{" not in told.next_step


@pytest.mark.parametrize("fence", FENCES)
def test_who_is_overtaken_reads_the_same_kind_of_answer(fence: FenceKind) -> None:
    told = refusal("brp.naam", code_of("afloop", fence), "A").told
    assert told.code in CODES and told.reason.endswith(".") and told.next_step.endswith(".")


@pytest.mark.parametrize("code", CODES)
def test_who_it_is_about_finds_a_page_in_dutch_and_english(code: Code) -> None:
    said = REFUSALS[code]
    english = translations("en")
    for text in (said.reader, said.solver, said.next_step):
        assert text and english.gettext(text) not in ("", text)


def test_the_documentation_has_a_row_for_each_code_and_no_other() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \| .+ \| .+ \|$", ROWS.read_text(), re.MULTILINE)
    assert sorted(rows) == sorted(CODES)
    assert set(REFUSALS) == set(CODES)
