"""Fills the demo's rooms through their own doors, and tells outside programs who is who.

Everything may run again on the same folder: what is there stays, and each run opens fresh cases.
"""

import asyncio
import json
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Any

from pydantic import JsonValue

from assembly.clients import NewClient, Role, add_client, resources_of
from assembly.demo import crowd, register
from assembly.demo.people import OFFICER, Cast
from assembly.house import House
from consent.contract import Case, NoSuchThing, NotNow, ResidentRef
from kernel.caller import Caller, room_of
from vault.contract import Bsn, Deposit

AT_ONCE = 250  # cases of one call
CASES = 24  # fresh ones for each persona, at every start
LOW_INCOME: JsonValue = {"bedrag": "1450.00", "munt": "EUR"}  # a month: under the limit of the scheme in the story
CLIENTS = (
    (register.LOAN_DESK, NewClient("inkomensloket-medewerker", "Inkomensloket, medewerker", "mens")),
    (register.LOAN_DESK, NewClient("inkomensloket-automatisch", "Inkomensloket, automatisch", "automatisch")),
    (register.LOAN_DESK, NewClient("inkomensloket-inwoner", "Mijn Inkomensloket", "burger")),
    (register.CIVIL_AFFAIRS, NewClient("burgerzaken-medewerker", "Burgerzaken, medewerker", "mens")),
    (register.TRAINERS, NewClient("oefenpartij", "Oefenpartij", "automatisch")),
    (register.SELF, NewClient("fg-onderzoek", "Onderzoek van de FG", "automatisch")),
)
REPORTER = NewClient("uitkeringen", "Uitkeringen", "automatisch", ("melden",))  # of the loan desk; asks Regie nothing
RESEARCHER = NewClient("onderzoek-automatisch", "Onderzoek, automatisch", "automatisch", ("verstrekking", "logboek"))
COUNTING = "counting.json"  # its entry: it asks for a table, and for nobody's data
REPORTING = "reporting.json"  # its entry: beside clients.json, for who reads that wants to ask
ALL_ROOTS: tuple[Role, ...] = ("verstrekking", "toestemming", "logboek")


class Stage:
    """One house, its cast, and the folder in which outside programs look."""

    def __init__(self, house: House, cast: Cast, folder: Path, url: str) -> None:
        self._house, self._cast, self._folder, self._url = house, cast, folder, url
        self._staff = room_of(register.TENANT, "assembly")
        self._register = house.consent("assembly")
        self._vault = house.vault("assembly")

    async def set_up(self) -> None:
        """Register, clients, residents with their vaults, cases; then the files."""
        for recipient in (*register.recipients(), crowd.researchers()):
            await self._register.admit(self._staff, recipient)
        for version in (*register.activities(), crowd.counting()):
            with suppress(NotNow):  # somebody stopped it while they looked around: it stays so
                await self._register.publish(self._staff, version)
        clients, reporting = await self._clients(), await self._one(REPORTING, register.LOAN_DESK, REPORTER)
        counting = await self._one(COUNTING, crowd.RESEARCH, RESEARCHER)
        residents = await self._residents()
        cases = await self._cases(residents)
        self._write("clients.json", clients)
        self._write(REPORTING, reporting)
        self._write(COUNTING, counting)
        self._write("personas.json", {"personas": [self._persona(key, cases) for key in (*residents, OFFICER.key)]})
        if self._house.log:
            (self._folder / "log.vkey").write_text("".join(key + "\n" for key in self._house.log.vkeys.values()))

    async def _clients(self) -> dict[str, Any]:
        known = self._known("clients.json")
        for recipient, new in CLIENTS:
            if new.client_id not in known:
                client = NewClient(new.client_id, new.name, new.kind, ALL_ROOTS)
                entry = await add_client(self._register, self._staff, recipient, client, self._url)
                known[new.client_id] = entry | {"activities": _activities_of(recipient)}
        return self._told(known)

    async def _one(self, name: str, recipient: str, client: NewClient) -> dict[str, Any]:
        known = self._known(name)
        if client.client_id not in known:
            known[client.client_id] = await add_client(self._register, self._staff, recipient, client, self._url)
        return self._told(known)

    def _known(self, name: str) -> dict[str, Any]:
        path = self._folder / name
        there: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {"clients": []}
        return {entry["clientId"]: entry for entry in there["clients"]}

    def _told(self, known: dict[str, Any]) -> dict[str, Any]:
        """Where it runs now: an entry of before may be of another port."""
        for entry in known.values():
            entry["resources"] = resources_of(self._url, entry["resources"])
        return {"issuer": self._url, "tokenUrl": f"{self._url}/oauth/token", "clients": list(known.values())}

    async def _residents(self) -> dict[str, ResidentRef]:
        keys = list(self._cast.bsn_of)
        numbers = [Bsn(self._cast.bsn_of[key]) for key in keys]
        found = await self._vault.enrol(self._staff, numbers)
        refs = [ResidentRef(**one.model_dump()) for one in found]
        await asyncio.gather(*(self._fill(ref) for ref in found))
        return dict(zip(keys, refs, strict=True))

    async def _fill(self, ref: Any) -> None:
        """What the story needs, also where somebody removed it while they looked around."""
        caller = Caller(tenant=register.TENANT, kind="inwoner", user=ref.id)
        if not await self._vault.opened(caller, ref):
            await self._vault.open_vault(caller, ref)
        there = {one.element for one in await self._vault.kept(caller, ref)}
        deposits = [
            Deposit(element=register.INCOME, value=LOW_INCOME, source="Loonstrook"),
            Deposit(element=register.EXERCISES[0], value="een verzonnen waarde", source="Oefening"),
            Deposit(element=register.EXERCISES[1], value="nog een verzonnen waarde", source="Oefening"),
        ]
        if gone := [one for one in deposits if one.element not in there]:
            await self._vault.keep(caller, ref, gone)

    async def _cases(self, residents: dict[str, ResidentRef]) -> dict[str, list[str]]:
        opened: dict[str, list[str]] = {key: [f"Z-{secrets.token_hex(4)}" for _ in range(CASES)] for key in residents}
        cases = [
            Case(reference=reference, recipient=register.LOAN_DESK, resident=residents[key], activity=register.STORY)
            for key, references in opened.items()
            for reference in references
        ]
        for start in range(0, len(cases), AT_ONCE):
            with suppress(NoSuchThing):  # the same: none can be opened for what was stopped
                await self._register.open_cases(self._staff, cases[start : start + AT_ONCE])
        return opened

    def _persona(self, key: str, cases: dict[str, list[str]]) -> dict[str, Any]:
        persona = next(one for one in self._cast.personas if one.key == key)
        return {
            "naam": persona.name,
            "bsn": self._cast.bsn_of.get(key, ""),
            "rol": "inwoner" if key in self._cast.bsn_of else "fg",
            "zaken": cases.get(key, []),
            "inloggen": {"url": f"{self._url}/inloggen", "keuze": key},
        }

    def _write(self, name: str, content: Any) -> None:
        """Private keys and invented numbers: for the owner of the folder only."""
        path = self._folder / name
        path.touch(mode=0o600)
        path.write_text(json.dumps(content, ensure_ascii=False, indent=1))


def _activities_of(recipient: str) -> list[dict[str, Any]]:
    return [
        {
            "slug": version.slug,
            "gegevenselementen": [element.name for element in version.elements],
            "zaak": version.case == "verplicht",
        }
        for version in register.activities()
        if recipient in {party.recipient for party in version.parties}
    ]
