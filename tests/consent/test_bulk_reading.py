"""What is sent as a list of residents costs no more to refuse than one that is right costs to read."""

import json
import tracemalloc

import pytest

from consent.bulk.api import UPLOAD_BYTES
from consent.bulk.reading import read_many
from kernel.caller import Caller
from kernel.errors import BadInput
from kernel.faults import FAULTS_MAX
from kernel.numbers import fits

WHO = Caller(tenant="gm9901", kind="automatisch", organisation="loket", application="loket-app")
ROOM = 120 << 20  # bytes; every fault kept apart took more than a thousand MiB
HEAD = '{"verwerkingsactiviteit": "regeling", "gegevenselementen": ["brp.naam"], "inwoners": ['


def told(raw: str) -> list[tuple[str, str]]:
    with pytest.raises(BadInput) as wrong:
        read_many(WHO, raw.encode(), lambda number: fits(number.reveal()))
    return [(one["veld"], one["code"]) for one in wrong.value.members["fouten"]]


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        (HEAD + ",".join(["{}"] * 600_000) + "]}", ("/inwoners/0", "ongeldige-waarde")),
        (HEAD + ",".join(f'{{"{at}": 1}}' for at in range(100_000)) + "]}", ("/inwoners/0", "onbekend-veld")),
        (HEAD + "{" + ",".join(f'"{at}": 1' for at in range(100_000)) + "}]}", ("/inwoners/0", "onbekend-veld")),
        ("{" + ",".join(f'"{at}": 1' for at in range(100_000)) + "}", ("", "onbekend-veld")),
        ('{"gegevenselementen": [' + ",".join(['""'] * 500_000) + "]}", ("/gegevenselementen/0", "ongeldige-waarde")),
    ],
    ids=["empty", "unknown", "unknown-in-one", "unknown-above", "elements"],
)  # fmt: skip
def test_a_body_full_of_faults_is_refused_without_keeping_them_all(raw: str, fault: tuple[str, str]) -> None:
    assert len(raw) <= UPLOAD_BYTES
    tracemalloc.start()
    try:
        faults = told(raw)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert fault in faults and len(faults) <= FAULTS_MAX
    assert most < ROOM


def test_what_is_no_question_at_all_is_told_so() -> None:
    assert told("[" * 1_000) == told("nee") == told(HEAD + "NaN]}") == told("\ud7ff\x00") == [("", "geen-json")]
    for raw in ("[]", "null", "1", '"tekst"', "[{}]"):
        assert told(raw) == [("", "verkeerd-soort")], raw
    asked = {"verwerkingsactiviteit": "regeling", "gegevenselementen": ["brp.naam"], "inwoners": {"bsn": "999993653"}}
    assert told(json.dumps(asked)) == [("/inwoners", "verkeerd-soort")]
    assert ("/inwoners/0", "verkeerd-soort") in told(json.dumps(asked | {"inwoners": ["999993653"]}))
