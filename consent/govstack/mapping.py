"""From the register's words to the standard's. Pure.

activity version with a class C element -> DataAgreement      its versions -> Revisions, each with what it changed
consent                                 -> ConsentRecord      its receipt  -> Signature
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from consent.activity import ActivityVersion
from consent.contract import ConsentReceipt, ConsentView
from consent.difference import difference
from consent.govstack.messages import Agreement, Controller, Individual, Lifecycle, Policy, Record, Revision, Signature
from consent.published import Published, open_to_all
from kernel.clock import instant
from kernel.crypto import sha256

REGISTER = "register"  # the policy that is always there: our own register, where everybody may read it
DRAFT, COMPLETE = Lifecycle(id="draft", name="Draft"), Lifecycle(id="complete", name="Complete")
UNSIGNED, SIGNED = "unsigned", "signed"
YES = frozenset({"gegeven", "vernieuwd"})
NOT_CHOSEN = frozenset({"gevraagd", "geweigerd", "vervallen"})  # a no and silence are one to a recipient


def asks_consent(version: ActivityVersion) -> bool:
    """Whether this activity is an agreement in the standard's sense."""
    return any(one.class_ == "C" for one in version.elements)


def choices_of(version: ActivityVersion) -> tuple[str, ...]:
    """What a resident is asked: all of it, for an agreement names no data."""
    return tuple(one.name for one in version.elements if one.class_ == "C")


def own_policy(house: tuple[str, str]) -> Policy:
    """house: name and public address of the municipality."""
    url = f"{house[1]}/toestemming/v1/verwerkingsactiviteiten"
    return Policy(id=REGISTER, name=f"Register van {house[0]}", version="1", url=url, jurisdiction="NL")


def agreement_of(one: Published, policy: Policy, house: tuple[str, str]) -> Agreement:
    """One version. compatibleWithVersion: the oldest one whose yes counts for it."""
    version = one.version
    said: dict[str, Any] = {
        "id": version.slug,
        "purpose": version.purpose.nl,
        "lawfulBasis": "consent",
        "dpia": version.assessment.dpia,
    }
    older = 0 < version.consents_since < version.number
    return Agreement.model_validate(
        said
        | {
            "version": str(version.number),
            "controller": Controller(id=house[1], name=version.controller, url=house[1]),
            "policy": policy,
            "dataUse": "data_using_service",
            "active": not one.ended,
            "forgettable": False,
            "compatibleWithVersion": said | {"version": str(version.consents_since)} if older else None,
            "lifecycle": COMPLETE,
        }
    )


def bare(agreement: Agreement) -> Agreement:
    """Without what only the register can say of it."""
    ours = ("active", "forgettable", "compatible_with_version", "lifecycle")
    return agreement.model_copy(update=dict.fromkeys(ours))


def draft_of(agreement: Agreement) -> Agreement:
    """An agreement that is no activity yet: nobody can be asked."""
    return agreement.model_copy(update={"active": False, "forgettable": False, "lifecycle": DRAFT})


def revision_of(history: Sequence[Published], number: int) -> Revision | None:
    """Of one version; history: all of them, the oldest first."""
    numbers = [one.version.number for one in history]
    if number not in numbers:
        return None
    place = numbers.index(number)
    before = history[place - 1] if place else None
    earlier = history[place - 2] if place > 1 else None
    return _revision(
        "DataAgreement", history[place].version.slug, number,
        snapshot=_snapshot(history[place], before), at=history[place].since,
        before=_snapshot(before, earlier) if before else "",
    )  # fmt: skip


def _snapshot(one: Published, before: Published | None) -> str:
    version = open_to_all(one.version)
    changes = difference(open_to_all(before.version), version) if before else ()
    told = [{"veld": change.field, "gevolg": change.effect} for change in changes]
    document = json.loads(version.model_dump_json(exclude_defaults=True))
    return written("DataAgreement", version.slug, document, one.since) if not told else written(
        "DataAgreement", version.slug, document | {"verschillen": told}, one.since
    )  # fmt: skip


def written(schema: str, object_id: str, document: Mapping[str, Any], at: int) -> str:
    """A snapshot as text: the members that the standard names, in one order."""
    said = {"objectData": document, "schemaName": schema, "objectId": object_id, "timestamp": instant(at)}
    return json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def kept_revision(schema: str, row: Mapping[str, Any], before: Mapping[str, Any] | None) -> Revision:
    """Of an object that is kept here. before: the same row one revision ago."""
    return _revision(
        schema, row["id"], row["revision"] + 1, snapshot=_row_snapshot(schema, row), at=row["changed_at"],
        before=_row_snapshot(schema, before) if before else "",
    ).model_copy(update={"authorized_by_other": row["author"] or None})  # fmt: skip


def _row_snapshot(schema: str, row: Mapping[str, Any]) -> str:
    document = json.loads(row["document"]) | ({"deleted": True} if row["status"] == "gewist" else {})
    return written(schema, row["id"], document, row["changed_at"])


def _revision(schema: str, object_id: str, number: int, *, snapshot: str, at: int, before: str) -> Revision:
    return Revision(
        id=f"{object_id}.{number}",
        schema_name=schema,
        object_id=object_id,
        serialized_snapshot=snapshot,
        serialized_hash=digest(snapshot),
        timestamp=instant(at),
        predecessor_hash=digest(before) if before else None,
    )


def digest(text: str) -> str:
    """SHA-256 in hex; the standard's SHA-1 is broken."""
    return sha256(text.encode()).hex()


def record_of(
    seen: ConsentView, agreement: Agreement | None, revision: Revision | None, individual: Individual | None
) -> Record:
    """As its recipient may see it."""
    return Record(
        id=seen.id,
        data_agreement=agreement,
        data_agreement_revision=revision,
        data_agreement_revision_hash=revision.serialized_hash if revision else "",
        individual=individual,
        opt_in=seen.state in YES and not seen.pending,
        state=UNSIGNED if seen.state in NOT_CHOSEN or seen.pending else SIGNED,
    )


def draft_record(agreement: Agreement, revision: Revision, individual: Individual) -> Record:
    """A question that was not asked; nothing of it is kept."""
    return Record(
        id="",
        data_agreement=agreement,
        data_agreement_revision=revision,
        data_agreement_revision_hash=revision.serialized_hash,
        individual=individual,
        opt_in=False,
        state=UNSIGNED,
    )


def draft_signature(record: Record, issuer: str, at: int) -> Signature:
    """What the receipt of a yes would be about, not signed by anybody."""
    payload = record.model_dump_json(exclude_none=True)
    return _signature("", payload, "", issuer, at)


def signature_of(receipt: ConsentReceipt, consent_id: str, issuer: str, at: int) -> Signature:
    """Our receipt. It is made anew each time it is asked for."""
    made = _signature(receipt.id, receipt.document, receipt.sd_jwt, issuer, at)
    return made.model_copy(update={"object_type": "consentRecord", "object_reference": consent_id})


def _signature(name: str, payload: str, signature: str, issuer: str, at: int) -> Signature:
    return Signature(
        id=name,
        payload=payload,
        signature=signature,
        verification_method="dc+sd-jwt",
        verification_payload=payload,
        verification_payload_hash=digest(payload),
        verification_signed_by=issuer,
        timestamp=instant(at),
    )
