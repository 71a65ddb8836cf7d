"""The client that municipalities install, against a house that runs. Story 1 walks its good way through."""

from pathlib import Path

import pytest
from nacl.signing import SigningKey

import regie_verify
from assembly.demo.register import STORY
from kernel.proof.note import vkey
from regie_client import Case, Credentials, NoReceipt, NotReleased, Question, Receipts, Regie, TokenRefused, Webhooks
from tests.house import DESK, HERE, R1, House

pytestmark = pytest.mark.anyio
NAME = "brp.naam"


async def test_data_comes_with_a_receipt_to_keep_and_without_one_not_at_all(house: House, tmp_path: Path) -> None:
    entry, keys = house.clients[HERE][DESK], tmp_path / "log.vkey"
    keys.write_text((await house.http.get(f"{house.url()}/logboek/v1/sleutels")).text)
    credentials = Credentials(house.url(), entry["clientId"], entry["privateJwk"])

    def desk(pinned: Path) -> Regie:
        return Regie(credentials, Receipts(pinned), house.http, lambda: house.clock().timestamp())

    regie = desk(keys)
    case = f"Z-client-{house.port}"
    assert (await regie.open_case(Case(R1, STORY, case, "mw-1"))).status == "open"
    question = Question(R1, STORY, (NAME,), case, "mw-1")
    found = await regie.release(question)
    kept = tmp_path / "line.tlog-proof"
    kept.write_text(found.receipt.proof)
    assert found.values[NAME].source == "brp"
    assert regie_verify.main([str(kept), "--vkey", str(keys)]) == 0

    origin = keys.read_text().partition("+")[0]
    another = tmp_path / "another.vkey"
    another.write_text(vkey(origin, bytes(SigningKey.generate().verify_key)) + "\n")
    with pytest.raises(NoReceipt) as withheld:
        await desk(another).release(question)
    assert withheld.value.line.log == origin and withheld.value.line.index > found.receipt.line.index

    with pytest.raises(NotReleased) as refused:
        await regie.release(Question(R1, STORY, ("brp.nationaliteit",), case, "mw-1"))
    assert refused.value.code == "buiten-doel" and refused.value.next_step and refused.value.line
    with pytest.raises(TokenRefused) as unknown:
        await regie.release(Question(R1, "onbekend-doel", (NAME,), case, "mw-1"))
    assert unknown.value.code == "invalid_scope"
    Webhooks([await regie.webhook_key()])
    assert (await regie.close_case(case, STORY)).status == "gesloten"
