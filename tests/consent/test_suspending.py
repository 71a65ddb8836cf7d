"""After lines of the log were lost: what permitted is suspended, what was given in the gap never comes back, and all of
it can be given anew."""

from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from assembly.demo.register import INCOME_ANSWER, LOAN_DESK, TENANT
from audit.component import signer_of
from audit.contract import LogUnavailable
from audit.heads import founding_of
from audit.keychain import Keychain
from audit.log import Log
from audit.reconciling import begin_anew, behind
from audit.settings import AuditSettings
from audit.signer import Signers
from connectors.contract import NotReleased
from consent import tables
from consent.activity import Application
from consent.contract import Change, ResidentRef
from kernel.caller import Caller
from kernel.crypto.file_keys import FileKeyProvider
from kernel.sql import Database
from tests.four_rooms import BY_LAW, DESK_WORKER, POINT, STAFF, FourRooms, migrated, sqlite_urls
from tests.set_back import copied
from vault.contract import Bsn

pytestmark = [pytest.mark.anyio, pytest.mark.slow]
__all__ = ["migrated", "sqlite_urls"]  # fixtures
R2 = Bsn("999995261")
ONE, TWO = (Caller(tenant=TENANT, kind="medewerker", user=name, roles=("proceseigenaar",)) for name in ("een", "twee"))
KEY = '{{"keys":[{{"kty":"EC","crv":"P-256","kid":"k1","x":"{}","y":"{}"}}]}}'.format(*POINT)
SPARE = Application(client_id="tweede-app", name="tweede", kind="automatisch", jwks=KEY)


async def opened(urls: dict[str, str], folder: Path, stack: AsyncExitStack) -> FourRooms:
    rooms = FourRooms(urls, folder, stack)
    await rooms.open()
    return rooms


async def gone_on(rooms_folder: Path, urls: dict[str, str]) -> None:
    """What the first half of `regie audit reconcile` does."""
    async with AsyncExitStack() as stack:
        rooms = FourRooms(urls, rooms_folder, stack)
        settings = AuditSettings(mode="test", database=urls["audit"], signer=rooms_folder / "signer")
        database = Database(urls["audit"], "audit")
        stack.push_async_callback(database.close)
        async with database.snapshot(TENANT) as reading:
            founding = await founding_of(reading, TENANT)
        assert founding
        chain = Keychain(database, FileKeyProvider(rooms_folder / "keys"), TENANT)
        log = Log(database, chain, Signers(signer_of(settings)), (TENANT, founding[0]), rooms.clock)
        found = await behind(log)
        assert found
        await begin_anew(log, found, {"persoon1": "a", "persoon2": "b"}, 20)


async def statuses(rooms: FourRooms, table: object) -> set[str]:
    async with rooms.register._register.reading(TENANT) as rows:
        return {row["status"] for row in await rows.find(table)}  # type: ignore[arg-type]  # a Table


async def all_is_given_anew(rooms: FourRooms, before: str) -> None:
    # given anew: recipients, activities, the case, the consent
    await rooms.furnish()
    await rooms.case()
    with pytest.raises(NotReleased):
        await rooms.release(INCOME_ANSWER)
    anew = await rooms.register.anew(rooms.self_of(await rooms.resident()), before)
    await rooms.choose(anew.id, "ja")
    assert (await rooms.release(INCOME_ANSWER)).values


async def the_gap_stays_a_gap(rooms: FourRooms, given: str) -> None:
    # the yes of the gap stays what it is, and the flag still counts
    choices = {one.id: one.state for one in await rooms.register.choices(rooms.self_of(await rooms.resident(R2)))}
    assert choices[given] == "ongeldig"
    async with rooms.register._register.reading(TENANT) as rows:
        state = await rows.one(tables.subject_state, resident=(await rooms.resident(R2)).id)
        assert state and "geheimhouding" in state["document"] and state["status"] == ""
        party = await rows.one(tables.recipients, slug=LOAN_DESK)
        assert party and party["status"] == "toegelaten" and party["epoch"] > 0
    await rooms.case("Z-2", R2)
    with pytest.raises(NotReleased):
        await rooms.release(INCOME_ANSWER, zaak="Z-2", inwoner={"bsn": R2})


async def a_system_that_was_stopped_in_it_can_be_admitted(rooms: FourRooms) -> None:
    """Its row knew of a line that is gone: every permit met a log that contradicts itself."""
    assert await rooms.register.clients.client_of(TENANT, SPARE.client_id) is None
    saved = await rooms.register.parties.save(ONE, Change(application=SPARE, of=LOAN_DESK))
    await rooms.register.parties.step(ONE, saved.name, "voorstellen", saved.digest)
    await rooms.register.parties.step(TWO, saved.name, "toelaten", saved.digest)
    assert await rooms.register.clients.client_of(TENANT, SPARE.client_id)


async def test_nothing_of_before_or_in_the_gap_permits_any_more(sqlite_urls: dict[str, str], tmp_path: Path) -> None:
    audit_file = Path(sqlite_urls["audit"].partition(":///")[2])
    async with AsyncExitStack() as stack:
        rooms = await opened(sqlite_urls, tmp_path, stack)
        await rooms.furnish()
        await rooms.income()
        await rooms.case()
        await rooms.register.add_client(STAFF, LOAN_DESK, SPARE)
        before = await rooms.consent()
        assert (await rooms.release(INCOME_ANSWER)).values
    copied(audit_file, tmp_path / "kept.db")
    async with AsyncExitStack() as stack:  # the gap: a stop, a yes, a flag; of all that only the register knows
        rooms = await opened(sqlite_urls, tmp_path, stack)
        await rooms.choose(before, "stop")
        await rooms.case("Z-2", R2)
        given = await rooms.consent("Z-2", R2)
        who = ResidentRef.model_validate((await rooms.resident(R2)).model_dump())
        await rooms.register.flag(DESK_WORKER, who, ("geheimhouding",))
        await rooms.register.parties.suspend(STAFF, SPARE.client_id)
    copied(tmp_path / "kept.db", audit_file)
    await gone_on(tmp_path, sqlite_urls)
    async with AsyncExitStack() as stack:
        rooms = await opened(sqlite_urls, tmp_path, stack)
        assert rooms.audit.desks[0].log.held
        with pytest.raises(LogUnavailable):
            await rooms.release(*BY_LAW)
        mark = rooms.audit.desks[0].log.origin
        assert await rooms.register.suspend_all(TENANT, mark) > 0
        assert await rooms.register.suspend_all(TENANT, mark) == 0, "nothing is left to suspend"
        await rooms.audit.desks[0].release(mark, {"persoon1": "a", "persoon2": "b"})
        for table, left in ((tables.activities, "gepubliceerd"), (tables.recipients, "toegelaten"),
                            (tables.cases, "open"), (tables.consents, "gegeven")):  # fmt: skip
            assert left not in await statuses(rooms, table)
        with pytest.raises(NotReleased):
            await rooms.release(*BY_LAW)
        await all_is_given_anew(rooms, before)
        await the_gap_stays_a_gap(rooms, given)
        await a_system_that_was_stopped_in_it_can_be_admitted(rooms)
