"""Who may use no number at all reports nobody by it."""

from typing import Any

import pytest

from audit.reported.bodies import ReportedUse
from audit.reported.intake import Intake
from kernel.errors import Problem
from tests.audit.logs import NOON
from tests.audit.reports import KNOWN, NO_NUMBER, STRANGER, SYSTEM, Books, ldv

pytestmark = pytest.mark.anyio


async def test_who_may_use_no_number_hears_the_same_whosever_it_sends() -> None:
    nobody: Any = None  # nothing is recorded, and nobody is looked up
    told = [ReportedUse.model_validate(ldv(bsn)) for bsn in (KNOWN, STRANGER, NO_NUMBER)]
    intake = Intake(nobody, nobody, (Books(by_bsn=False), nobody), lambda: NOON)
    first, *others = await intake.take(SYSTEM, "https://regie.example", told)
    assert isinstance(first, Problem) and (first.status, first.code) == (403, "geen-bsn")
    assert others == [first, first]
