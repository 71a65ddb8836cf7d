"""`regie audit escrow`: the key of covert lines, in three shares, and lifting what was sealed to it.

Only `open` sees the private half again, and it needs neither the house nor a network: it belongs on a machine of the
custodians. What it gives back is held against the log before anything is written.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import TypeVar

from anyio import to_thread
from pydantic import ValidationError

from assembly.settings import HouseSettings
from assembly.tools import COMMAND, keeping, one_tenant
from audit.contract import Entry, record_one
from audit.custodians import key_founded
from audit.escrow import FILE_BYTES, OpenedFile, SealedFile, Share, founded, in_a_file, opened_by
from audit.permit import Position
from audit.service import Desk
from kernel.caller import room_of
from kernel.message import Message
from kernel.settings import SettingsWrong

Say = Callable[[str], None]
M = TypeVar("M", bound=Message)
MORE = "Dit is niet alles: meer gaat er niet in een bestand. Hef deze regels op, en doe dan ditzelfde nog eens."
WHICH = "Noem de ontvanger en de zaak (--recipient en --case), of een regel van die zaak (--line 2026h2-123)."
NO_LOG = "Dit gaat waar het logboek zelf bereikbaar is."


@dataclass(frozen=True)
class Wanted:
    """The case to gather: its recipient and reference, or one line of it."""

    recipient: str = ""
    case: str = ""
    line: str = ""

    @property
    def place(self) -> Position | None:
        """Of the line, when that is what was said. Raises SettingsWrong."""
        if bool(self.line) == bool(self.recipient or self.case) or bool(self.recipient) != bool(self.case):
            raise SettingsWrong([WHICH])
        try:
            return Position.parse(self.line) if self.line else None
        except ValueError:
            raise SettingsWrong([WHICH]) from None


async def found_escrow(settings: HouseSettings, tenant: str, folder: Path, say: Say) -> None:
    """A line with the public half, and three files for three custodians. Raises SettingsWrong, LogUnavailable,
    OutcomeUnknown, OSError: then nobody has a part."""
    chosen = one_tenant(settings, tenant)
    shares = founded(chosen.id)
    public = shares[0].public
    files = [folder / f"aandeel-{one.tenant}-{one.number}.json" for one in shares]
    async with keeping(settings) as house:
        if house.log is None:
            raise SettingsWrong([NO_LOG])
        await to_thread.run_sync(_demand_free, folder, files)
        entry = Entry(event=key_founded(public))
        await record_one(house.log.door("audit"), room_of(chosen.id, COMMAND), entry)
        # A crash here leaves a line about a key of which nobody has a part, and which no setting names: once more.
        for file, share in zip(files, shares, strict=True):
            await to_thread.run_sync(_write, file, share)
    say(f"{chosen.id}: drie aandelen in {folder}. Geef ze aan drie bewaarders en wis deze map.")
    say(f'Zet in de instellingen: REGIE_AUDIT_ESCROW=\'{{"{chosen.id}": "{public}"}}\'')


async def gather(settings: HouseSettings, tenant: str, wanted: Wanted, out: Path, say: Say) -> None:
    """The sealed lines of one case, for the custodians. Raises SettingsWrong, BadInput, LogUnavailable."""
    chosen, place = one_tenant(settings, tenant), wanted.place
    async with keeping(settings) as house:
        desk = house.log.desk(room_of(chosen.id, COMMAND)) if house.log else None
        lifter = _demanded(desk).lifter
        lines = await (lifter.sealed_with(place) if place else lifter.sealed(wanted.recipient, wanted.case))
    file = in_a_file(chosen.id, lines)
    _write(out, file)
    say(f"{len(file.lines)} verzegelde regels in {out}")
    if len(file.lines) < len(lines):
        say(MORE)


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


def _demand_free(folder: Path, files: Sequence[Path]) -> None:
    """Before there is a line about what they will hold. Raises SettingsWrong, OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if there := [file for file in files if file.exists()]:
        raise SettingsWrong([f"{there[0]} is er al."])
    with TemporaryFile(dir=folder):
        pass


def _demanded(desk: Desk | None) -> Desk:
    if desk is None:
        raise SettingsWrong([NO_LOG])
    return desk


def _read(path: Path, kind: type[M]) -> M:
    try:
        with path.open("rb") as file:
            content = file.read(FILE_BYTES + 1)
        if len(content) > FILE_BYTES:
            raise SettingsWrong([f"{path} is groter dan {FILE_BYTES >> 20} MiB, en zo groot maakt Regie er geen."])
        return kind.model_validate_json(content)
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
