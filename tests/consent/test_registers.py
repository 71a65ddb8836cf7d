"""What may enter the registers: versions, recipients, keys."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey, OctKey, RSAKey
from sqlalchemy import inspect
from sqlalchemy.ext.asyncio import create_async_engine

from consent.activity import ActivityVersion, Secrecy
from consent.jwks import fault_of
from consent.particulars import VALUES
from consent.publishing import faults
from consent.tables import metadata
from kernel.clock import millis
from kernel.errors import BadInput
from kernel.sql.upgrade import upgrade
from tests.consent.house import CATALOGUE, LOKET, NAME, PARTY, PLAN, STAFF, START, TENANT, House, activity, element

pytestmark = pytest.mark.anyio
KNOWN = {one.name: one for one in CATALOGUE}


def using(name: str, klasse: str, **more: object) -> ActivityVersion:
    return activity(gegevenselementen=[element(name, klasse) | more])


def secret(klasse: Any = "vertrouwelijk", until: int = 0, law: str = "Wpg artikel 28") -> Secrecy:
    """Lines that are withheld for a month."""
    return Secrecy(class_=klasse, until=until or millis(START) + 30 * 86_400_000, law=law)


EMPTY = {"nl": " ", "en": " "}
ASSESSED = activity().assessment.model_dump(by_alias=True)
WRONG = [
    ("past-niet", using(NAME, "A", grondslag="6(1)(a)")),
    ("past-niet", using(PLAN, "C", grondslag="6(1)(e)")),
    ("past-niet", using(NAME, "B", grondslag="de wet")),
    ("past-niet", activity(frequentie={"keer": 1, "per": "zaak"})),
    ("ontbreekt", using(NAME, "A", verstrekkingsgrond="")),
    ("ontbreekt", using(NAME, "B", wet="")),
    ("ontbreekt", using(NAME, "A", reden=EMPTY)),
    ("ontbreekt", activity(bewaartermijn=EMPTY)),
    ("ontbreekt", activity(gevolgVanWeigeren=EMPTY)),
    ("ontbreekt", activity(beoordeling=ASSESSED | {"waarden": dict.fromkeys(VALUES, "ja") | {"privacy": " "}})),
    ("past-niet", activity(beoordeling=ASSESSED | {"waarden": {str(n): "ja" for n in range(7)}})),
    ("verlopen", activity(beoordeling=ASSESSED | {"totEnMet": 1})),
    ("onbekend-gegeven", using("brp.onbekend", "A")),
    ("onbekende-ontvanger", activity(ontvangers=[{"ontvanger": "vreemd"}])),
    ("past-niet", using(NAME, "A").model_copy(update={"secrecy": secret("heimelijk"), "case": "geen"})),
    (
        "past-niet",
        using(NAME, "A").model_copy(update={"secrecy": secret("heimelijk"), "case": "verplicht", "notice": 1}),
    ),
    ("past-niet", using(NAME, "B").model_copy(update={"secrecy": secret("heimelijk"), "case": "verplicht"})),
    ("past-niet", using(NAME, "A").model_copy(update={"secrecy": secret(until=1)})),
    ("past-niet", using(NAME, "A").model_copy(update={"secrecy": secret(until=millis(START) * 3)})),
    ("ontbreekt", using(NAME, "A").model_copy(update={"secrecy": secret(law=" ")})),
    ("past-niet", using(PLAN, "C").model_copy(update={"secrecy": secret()})),
    ("dubbel", activity(gegevenselementen=[element(NAME, "A"), element(NAME, "A")])),
]


@pytest.mark.parametrize(("code", "version"), WRONG)
def test_a_version_that_breaks_a_rule_is_not_published(code: str, version: ActivityVersion) -> None:
    assert [fault[1] for fault in faults(version, KNOWN, {"loket"}, millis(START))] == [code]


def test_a_number_is_found_wherever_it_stands() -> None:
    """A name of a value is free text as well, and a place that quotes it would tell it on."""
    values = {**dict.fromkeys(VALUES[1:], "ja"), "999993653": "ja"}
    found = faults(activity(beoordeling=ASSESSED | {"waarden": values}), KNOWN, {"loket"}, millis(START))
    assert ("/beoordeling/waarden", "lijkt-op-bsn") in [one[:2] for one in found]
    assert "999993653" not in str(found)


def test_a_version_that_breaks_none_is() -> None:
    hidden = using(NAME, "A").model_copy(update={"secrecy": secret("heimelijk"), "case": "verplicht"})
    assert faults(hidden, KNOWN, {"loket"}, millis(START)) == []
    assert faults(activity(), KNOWN, {"loket"}, millis(START)) == []
    withheld = using(NAME, "A").model_copy(update={"secrecy": secret()})
    assert faults(withheld, KNOWN, {"loket"}, millis(START)) == []


def listed(*keys: Mapping[str, object]) -> str:
    return json.dumps({"keys": keys})


EC = {**ECKey.generate_key("P-256").as_dict(private=False), "kid": "1"}
NOT_TAKEN = {
    "private": listed({**ECKey.generate_key("P-256").as_dict(private=True), "kid": "1"}),
    "shared secret": listed({**OctKey.generate_key(256).as_dict(), "kid": "1"}),
    "short": listed({"kty": "RSA", "kid": "1", "e": "AQAB", "n": "A" + "b" * 170}),
    "other curve": listed({**ECKey.generate_key("P-384").as_dict(private=False), "kid": "1"}),
    "no kid": listed({key: value for key, value in EC.items() if key != "kid"}),
    "kid twice": listed(EC, EC),
    "kid that no row takes": listed({**EC, "kid": "\ud800"}),
    "kid that a database ends at": listed({**EC, "kid": "een\x00twee"}),
    "off the curve": listed({**EC, "x": EC["y"]}),
    "none": listed(),
    "no json": "{",
    "no object": "[]",
    "kid like a number of somebody": listed({**EC, "kid": "sleutel-999993653"}),
    "other algorithm": listed({**EC, "alg": "HS256"}),
}


@pytest.mark.parametrize("jwks", NOT_TAKEN.values(), ids=NOT_TAKEN.keys())
def test_a_key_that_is_private_weak_or_ambiguous_is_not_taken(jwks: str) -> None:
    assert fault_of(jwks)


def test_public_keys_that_are_strong_enough_are_taken() -> None:
    rsa = {**RSAKey.generate_key(2048).as_dict(private=False), "kid": "2", "alg": "RS256"}
    assert fault_of(listed(EC, rsa)) == ""


async def test_the_same_name_with_other_content_is_refused(house: House) -> None:
    await house.ready()
    with pytest.raises(BadInput):
        await house.consent.admit(STAFF, PARTY.model_copy(update={"oin": "1" * 20}))
    other = PARTY.applications[0].model_copy(update={"name": "anders"})
    with pytest.raises(BadInput):
        await house.consent.add_client(STAFF, "loket", other)


async def test_a_client_is_known_with_its_recipient_until_the_recipient_is_suspended(house: House) -> None:
    await house.ready()
    found = await house.consent.clients.client_of(TENANT, "loket-app")
    assert found == (PARTY.applications[0], PARTY.model_copy(update={"applications": ()}))
    assert await house.consent.clients.activities_of(TENANT, "loket", PARTY.applications[0]) == {"regeling"}
    assert await house.consent.clients.client_of(TENANT, "vreemd") is None
    await house.consent.suspend(STAFF, "loket")
    assert await house.consent.clients.client_of(TENANT, "loket-app") is None
    named = {one.slug: one.name for one in await house.consent.recipients(STAFF)}
    assert named["loket"] == PARTY.name, "old lines are about it still"


async def test_a_new_version_ends_the_one_before_it_and_releases_under_it(house: House) -> None:
    await house.ready()
    _, before = await house.decided(NAME)
    made = await house.consent.publish(STAFF, activity(regelsBewaren=7))
    assert (made.number, [one.number for one in await house.consent.activities(LOKET)]) == (2, [2])
    _, after = await house.decided(NAME)
    assert (before.versie, after.versie) == ("1", "2")
    assert await house.consent.publish(STAFF, activity(regelsBewaren=7)) == made
    assert (await house.kinds("systeem"))[-3:] == [
        "activiteit-gepubliceerd", "activiteit-gepubliceerd", "activiteit-beeindigd",
    ]  # fmt: skip


async def test_the_migration_makes_the_tables_that_the_code_expects(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/consent.db"
    await upgrade("consent", url)
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        made = await connection.run_sync(lambda sync: _columns(inspect(sync)))
    await engine.dispose()
    for table in metadata.tables.values():
        assert made[table.name] == {column.name: bool(column.nullable) for column in table.columns}


def _columns(there: object) -> dict[str, dict[str, bool]]:
    names = there.get_table_names()  # type: ignore[attr-defined]  # an Inspector, which inspect() does not say
    return {name: {one["name"]: one["nullable"] for one in there.get_columns(name)} for name in names}  # type: ignore[attr-defined]  # as above
