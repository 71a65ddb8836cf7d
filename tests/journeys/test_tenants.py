"""Two municipalities in one installation: neither reaches, sees or counts anything of the other."""

from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from assembly.demo.register import BY_LAW, EXERCISE, EXERCISES, STORY
from tests.house import ELSEWHERE, HERE, R1, ROBOT, House

pytestmark = [pytest.mark.anyio, pytest.mark.slow]
BOTH = (HERE, ELSEWHERE)


async def request_elsewhere(house: House) -> str:
    """The id of a consent request of R1 in the other municipality."""
    body = {"inwoner": {"bsn": R1}, "verwerkingsactiviteit": EXERCISE, "gegevenselementen": list(EXERCISES)}
    answer = await house.application(ROBOT, ELSEWHERE).post("toestemming", "/toestemmingsverzoeken", body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def test_a_token_of_one_is_nothing_at_the_other(house: House) -> None:
    for mine, other in (BOTH, BOTH[::-1]):
        sizes = [await house.size(tenant) for tenant in BOTH]
        for root, place in (
            ("verstrekking", "verstrekkingen"),
            ("toestemming", "zaken"),
            ("logboek", "logregels/_zoek"),
        ):
            token = await house.application(tenant=mine).token(root)
            answer = await house.http.post(
                f"{house.url(other)}/{root}/v1/{place}", json={}, headers={"authorization": f"Bearer {token}"}
            )
            assert answer.status_code == 401 and answer.json()["code"] == "niet-ingelogd", answer.text
        assert [await house.size(tenant) for tenant in BOTH] == sizes


async def test_a_key_of_one_gets_no_token_at_the_other(house: House) -> None:
    stranger = house.application()
    stranger.token_url = f"{house.url(ELSEWHERE)}/oauth/token"
    stranger.issuer = house.url(ELSEWHERE)
    stranger.entry = {**stranger.entry, "resources": {"verstrekking": f"{house.url(ELSEWHERE)}/verstrekking/v1"}}
    answer = await house.http.post(
        stranger.token_url,
        data={"grant_type": "client_credentials", "resource": stranger.entry["resources"]["verstrekking"]},
    )
    assert answer.status_code in (400, 401)
    with pytest.raises(Exception, match=r"40[01]"):
        await stranger.token("verstrekking")


async def test_what_the_other_has_is_as_unknown_as_what_is_not_there(house: House) -> None:
    theirs = await request_elsewhere(house)
    token = await house.application(ROBOT).token("toestemming")
    answers = [
        await house.http.get(
            f"{house.url()}/toestemming/v1/toestemmingsverzoeken/{one}", headers={"authorization": f"Bearer {token}"}
        )
        for one in (theirs, str(uuid4()))
    ]
    bodies = [answer.json() | {"instance": ""} for answer in answers]
    assert answers[0].status_code == answers[1].status_code == 404 and bodies[0] == bodies[1]
    visitor = await house.visitor("r1")
    assert (await visitor.get(f"/toestemmingen/{theirs}")).status == 404


async def test_each_has_its_own_log_and_its_own_key(house: House) -> None:
    keys = [(await house.http.get(f"{house.url(tenant)}/logboek/v1/sleutels")).text for tenant in BOTH]
    assert keys[0] != keys[1] and all(tenant in key for tenant, key in zip(BOTH, keys, strict=True))
    before = [await house.size(tenant) for tenant in BOTH]
    case = await house.case(tenant=ELSEWHERE)
    after = [await house.size(tenant) for tenant in BOTH]
    assert after == [before[0], before[1] + 1]
    assert case not in {line["zaak"] for line in await house.lines()}


async def test_a_case_of_one_is_no_case_at_the_other(house: House) -> None:
    case = await house.case()
    answer = await house.application(tenant=ELSEWHERE).release(R1, STORY, BY_LAW, case)
    assert answer.status_code == 403 and answer.json()["code"] == "zaak-vereist"


async def test_a_host_of_nobody_is_no_municipality(house: House) -> None:
    token = await house.application().token("verstrekking")
    headers = {"host": "elders.example", "authorization": f"Bearer {token}"}
    for place, status in (("/verstrekking/v1/verstrekkingen", 401), ("/logboek/v1/logregels/_zoek", 401)):
        assert (await house.http.post(house.url() + place, json={}, headers=headers)).status_code == status
    for place in ("/overzicht", "/logboek/v1/checkpoint"):
        assert (await house.http.get(house.url() + place, headers=headers)).status_code == 404


async def test_the_database_itself_hides_the_rows_of_the_other(house: House) -> None:
    if not house.postgres:
        pytest.skip("SQLite has no row-level security")
    await request_elsewhere(house)
    address = house.postgres.replace("+psycopg", "")
    everything = "SELECT table_schema, table_name FROM information_schema.columns WHERE column_name = 'tenant_id'"
    with (
        psycopg.connect(address) as regie,
        psycopg.connect(address.replace("regie@", "postgres@")) as ruler,
    ):
        tables = ruler.execute(everything).fetchall()
        assert {schema for schema, _ in tables} == {"audit", "consent", "vault", "connectors", "web"}
        both = 0
        for schema, table in tables:
            count = sql.SQL("SELECT tenant_id, count(*) FROM {} GROUP BY 1").format(sql.Identifier(schema, table))
            there: dict[str, int] = dict(ruler.execute(count).fetchall())
            both += set(there) == set(BOTH)
            regie.execute("SELECT set_config('regie.tenant', '', false)")
            assert regie.execute(count).fetchall() == [], table
            for tenant in BOTH:
                regie.execute("SELECT set_config('regie.tenant', %s, false)", [tenant])
                seen: dict[str, int] = dict(regie.execute(count).fetchall())
                assert seen == {name: rows for name, rows in there.items() if name == tenant}, table
        assert both >= 8  # of the tables that are filled, both fill most
