"""Receipts: what they must say, whose word they are, read by another reader and by the step that the docs describe."""

import base64
import csv
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx2
import pytest
from jwcrypto.jwk import JWK
from jwcrypto.jws import InvalidJWSSignature
from sd_jwt.verifier import SDJWTVerifier

import regie_verify
from consent.contract import ConsentReceipt, NoSuchThing
from consent.receipts.statuslist import FRESH_MS, LIFE_S
from tests.consent.house import ANNA_HERSELF, BERT, LOKET, PLAN, TENANT, House, no, stop, yes
from tests.imports import ROOT
from tests.patience import PATIENCE
from tests.serving import app_of

pytestmark = pytest.mark.anyio
DPV = ROOT.parent / "shared" / "reference" / "dpv"
TERM = re.compile(r"(dpv|eu-gdpr):([A-Za-z0-9-]+)")
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")  # random digits
# ISO/IEC TS 27560 with what the AVG adds: the record, its process, each event
RECORD = {
    "dct:identifier", "dct:conformsTo", "dpv:hasDataSubject", "dpv:hasDataController", "dpv:hasJurisdiction",
    "dpv:hasApplicableLaw", "dpv:hasLegalBasis", "dpv:hasProcess", "dpv:hasConsentControl", "dpv:hasRight",
    "dpv:hasNotice", "dpv:hasConsentStatus",
}  # fmt: skip
PROCESS = {"dpv:hasPurpose", "dpv:hasProcessing", "dpv:hasPersonalData", "dpv:hasRecipient", "dpv:hasStorageCondition"}
EVENT = {"@type", "dpv:isIndicatedBy", "dpv:isIndicatedAtTime"}


async def issuer(house: House) -> dict[str, Any]:
    app = app_of(house.component.doors())
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://localhost:8000") as http:
        found: dict[str, Any] = (await http.get("/.well-known/jwt-vc-issuer")).json()
        return found


def file_of(receipt: ConsentReceipt) -> dict[str, Any]:
    """As the portal gives it."""
    line = json.loads(receipt.bundle.text()) if receipt.bundle else {}
    return {**line, "ontvangstbewijs": json.loads(receipt.document), "sdjwt": receipt.sd_jwt}


async def test_a_receipt_says_all_that_the_standard_asks(house: House) -> None:
    await house.ready()
    consent_id = await house.given(PLAN)
    await house.consent.choose(ANNA_HERSELF, consent_id, stop())
    document = json.loads((await house.consent.receipt(ANNA_HERSELF, consent_id)).document)
    record = document["dpv:hasRecordOfActivity"]
    assert record.keys() >= RECORD and record["dpv:hasProcess"].keys() >= PROCESS
    assert all(one.keys() >= EVENT for one in record["dpv:hasConsentStatus"])
    said = [one["@type"][0] for one in record["dpv:hasConsentStatus"]]
    assert said == ["dpv:ConsentRequested", "dpv:ConsentGiven", "dpv:ConsentWithdrawn"]
    assert record["dpv:hasLegalBasis"] == ["eu-gdpr:A6-1-a"]
    text = json.dumps(document)
    assert "9999" not in UUID.sub("", text) and ANNA_HERSELF.user not in text
    if DPV.exists():
        known = _vocabulary()
        assert {f"{space}:{term}" for space, term in TERM.findall(text)} <= known
        (example,) = (DPV / "consent-27560-examples").glob("46-*.jsonld")
        theirs = json.loads(example.read_text())
        assert document.keys() >= theirs.keys() - {"@id"}
        assert record.keys() >= theirs["dpv:hasRecordOfActivity"].keys() - {"dpv:hasDataProcessor"}


def _vocabulary() -> set[str]:
    found = {"dpv:hasRecordOfActivity"}
    for prefix, path in (("dpv", DPV / "2.3/dpv/dpv.csv"), ("eu-gdpr", DPV / "2.3/legal/eu/gdpr/eu-gdpr.csv")):
        with path.open(newline="") as file:
            found |= {f"{prefix}:{row['term']}" for row in csv.DictReader(file)}
    return found | {"eu-gdpr:GDPR"}


async def test_another_reader_reads_it_and_finds_every_change(house: House) -> None:
    await house.ready()
    consent_id = await house.given(PLAN)
    receipt = await house.consent.receipt(ANNA_HERSELF, consent_id)
    keys = (await issuer(house))["jwks"]["keys"]

    def key(_: str, header: dict[str, Any]) -> JWK:
        return next(JWK(**one) for one in keys if one["kid"] == header["kid"])

    def read(text: str) -> dict[str, Any]:
        found: dict[str, Any] = SDJWTVerifier(text, key).get_verified_payload()
        return found

    said = read(receipt.sd_jwt)
    assert (said["toestemming"], said["toestand"], said["iss"]) == (consent_id, "gegeven", "http://localhost:8000")
    signed, *parts, _ = receipt.sd_jwt.split("~")
    alone = read("~".join([signed, parts[1], ""]))
    assert alone["toestand"] == "gegeven" and "toestemming" not in alone
    assert "doel" not in json.dumps(SDJWTVerifier(f"{signed}~", key).get_verified_payload())
    head, payload, signature = signed.split(".")
    for wrong in (f"{head}.{payload}.{'A' * len(signature)}~", f"{head}.{payload[:-2]}AA.{signature}~"):
        with pytest.raises((InvalidJWSSignature, ValueError)):
            read(wrong)


async def test_the_step_of_the_docs_and_regie_verify_check_the_file(house: House, tmp_path: Path) -> None:
    await house.ready()
    consent_id = await house.given(PLAN)
    told = file_of(await house.consent.receipt(ANNA_HERSELF, consent_id))
    (snippet,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "consents.md").read_text(), re.DOTALL)
    (tmp_path / "check.py").write_text(snippet)
    (tmp_path / "issuer.json").write_text(json.dumps(await issuer(house)))

    def checked(document: dict[str, Any], *more: str) -> subprocess.CompletedProcess[str]:
        (tmp_path / "receipt.json").write_text(json.dumps(document))
        # at the time of the house
        begin = f"import time; time.time = lambda: {house.clock().timestamp()}; exec(open('check.py').read())"
        call = [sys.executable, "-c", begin, "receipt.json", "issuer.json", *more]
        return subprocess.run(call, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=PATIENCE)

    good = checked(told)
    assert good.stdout.strip() == "klopt http://localhost:8000 gegeven", good.stderr
    assert house.consent.receipts is not None
    listed = told["sdjwt"].split("~")[0].split(".")[1]
    address = json.loads(base64.urlsafe_b64decode(listed + "=" * (-len(listed) % 4)))["status"]["status_list"]["uri"]
    for choice, word in ((None, "geldig"), (stop(), "ongeldig")):
        if choice is not None:
            await house.consent.choose(ANNA_HERSELF, consent_id, choice)
            house.clock.forward(milliseconds=FRESH_MS)
        (tmp_path / "list.jwt").write_text(await house.consent.receipts.status_list(TENANT, address[-32:]))
        assert checked(told, "list.jwt").stdout.splitlines()[1:] == [f"nu {word}"]
    house.clock.forward(seconds=LIFE_S)
    assert "one that is over" in checked(told, "list.jwt").stderr
    other = json.loads(json.dumps(told).replace('"dct:publisher"', '"dct:creator"'))
    assert "another document" in checked(other).stderr
    (tmp_path / "log.vkey").write_text(await house.log.vkeys(LOKET))
    (tmp_path / "receipt.json").write_text(json.dumps(told))
    assert regie_verify.main([str(tmp_path / "receipt.json"), "--vkey", str(tmp_path / "log.vkey")]) == 0


async def test_a_receipt_is_for_who_it_concerns(house: House) -> None:
    await house.ready()
    asked = await house.request()
    with pytest.raises(NoSuchThing):
        await house.consent.receipt(LOKET, asked.id)
    await house.consent.choose(ANNA_HERSELF, asked.id, yes())
    theirs = await house.consent.receipt(LOKET, asked.id)
    assert theirs.bundle is None and asked.id in theirs.document
    stranger = LOKET.model_copy(update={"organisation": "ander"})
    for who in (stranger, ANNA_HERSELF.model_copy(update={"user": BERT.id})):
        with pytest.raises(NoSuchThing):
            await house.consent.receipt(who, asked.id)
    other = await house.request(of=BERT)
    await house.consent.choose(ANNA_HERSELF.model_copy(update={"user": BERT.id}), other.id, no())
    with pytest.raises(NoSuchThing):
        await house.consent.receipt(LOKET, other.id)
    assert TENANT not in theirs.document
