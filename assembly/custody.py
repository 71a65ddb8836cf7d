"""`regie audit escrow`: the key of covert lines, in three shares, and lifting what was sealed to it.

Only `open` sees the private half again, and it needs neither the house nor a network: it belongs on a machine of the
custodians. What it gives back is held against the log before anything is written.
"""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from anyio import to_thread
from pydantic import ValidationError

from assembly.settings import HouseSettings
from assembly.tools import COMMAND, keeping, one_tenant
from audit.contract import Entry, Event, record_one
from audit.covert import escrow_id
from audit.escrow import OpenedFile, SealedFile, Share, founded, opened_by
from audit.service import Desk
from kernel.caller import room_of
from kernel.ids import random_id
from kernel.message import Message
from kernel.settings import SettingsWrong

Say = Callable[[str], None]
M = TypeVar("M", bound=Message)
FILE_BYTES = 64 << 20
NAME = "Sleutel voor heimelijke regels"
NO_LOG = "Dit gaat waar het logboek zelf bereikbaar is."


async def found_escrow(settings: HouseSettings, tenant: str, folder: Path, say: Say) -> None:
    """Three files for three custodians, and a line with the public half. Raises SettingsWrong, FileExistsError."""
    chosen = one_tenant(settings, tenant)
    shares = founded(chosen.id)
    public = shares[0].public
    async with keeping(settings) as house:
        await to_thread.run_sync(_hand_out, folder, shares)
        details = {"sleutel": escrow_id(bytes.fromhex(public)), "publiek": public, "aandelen": "3, samen 2 nodig"}
        event = Event(id=random_id(), kind="sleutel-gewisseld", name=NAME, details=details)
        if house.log is None:
            raise SettingsWrong([NO_LOG])
        await record_one(house.log.door("audit"), room_of(chosen.id, COMMAND), Entry(event=event))
    say(f"{chosen.id}: drie aandelen in {folder}. Geef ze aan drie bewaarders en wis deze map.")
    say(f'Zet in de instellingen: REGIE_AUDIT_ESCROW=\'{{"{chosen.id}": "{public}"}}\'')


async def gather(settings: HouseSettings, tenant: str, case: tuple[str, str], out: Path, say: Say) -> None:
    """The sealed lines of one case (recipient, reference), for the custodians."""
    chosen = one_tenant(settings, tenant)
    async with keeping(settings) as house:
        desk = house.log.desk(room_of(chosen.id, COMMAND)) if house.log else None
        lines = await _demanded(desk).lifter.sealed(*case)
    _write(out, SealedFile(tenant=chosen.id, lines=lines))
    say(f"{len(lines)} verzegelde regels in {out}")


def open_sealed(file: Path, shares: Sequence[Path], out: Path, say: Say) -> None:
    """Without the house. Raises SettingsWrong, BadInput."""
    found = opened_by([_read(one, Share) for one in shares], _read(file, SealedFile))
    _write(out, found)
    say(f"{len(found.lines)} regels geopend in {out}; wis het bestand als het is opgeheven")


async def lift(settings: HouseSettings, file: Path, reason: str, say: Say) -> None:
    """Raises SettingsWrong, BadInput, LogUnavailable, OutcomeUnknown: then do it again."""
    found = _read(file, OpenedFile)
    chosen = one_tenant(settings, found.tenant)
    async with keeping(settings) as house:
        desk = house.log.desk(room_of(chosen.id, COMMAND)) if house.log else None
        count = await _demanded(desk).lifter.lift(found.lines, reason)
    say(f"{chosen.id}: {count} regels opgeheven; de inwoner ziet ze nu")


def _hand_out(folder: Path, shares: Sequence[Share]) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for one in shares:
        _write(folder / f"aandeel-{one.tenant}-{one.number}.json", one)


def _demanded(desk: Desk | None) -> Desk:
    if desk is None:
        raise SettingsWrong([NO_LOG])
    return desk


def _read(path: Path, kind: type[M]) -> M:
    try:
        with path.open("rb") as file:
            return kind.model_validate_json(file.read(FILE_BYTES))
    except OSError as error:
        raise SettingsWrong([f"{path} kan niet worden gelezen ({error.strerror})."]) from None
    except ValidationError:
        raise SettingsWrong([f"{path} is geen bestand van deze soort, of beschadigd."]) from None


def _write(path: Path, content: Message) -> None:
    """New, for its owner alone; never over another."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except FileExistsError:
        raise SettingsWrong([f"{path} is er al."]) from None
    with os.fdopen(handle, "w") as file:
        file.write(content.model_dump_json())
        file.flush()
        os.fsync(handle)
