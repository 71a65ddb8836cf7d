"""`regie audit turn`: a new term at once. The process that serves may go on meanwhile: it follows."""

from collections.abc import Callable

from assembly.anchoring import without_stolen, write_anchors
from assembly.settings import HouseSettings
from assembly.tools import keeping, one_tenant
from audit.contract import LogUnavailable
from kernel.caller import room_of
from kernel.settings import SettingsWrong

REASON_MAX = 500


async def turn_at_once(
    settings: HouseSettings, tenant: str, reason: str, stolen: bool, say: Callable[[str], None]
) -> None:
    """stolen: no permit under the old keys counts any more. Raises SettingsWrong, LogUnavailable."""
    chosen, told = one_tenant(settings, tenant), reason.strip()[:REASON_MAX]
    if not told:
        raise SettingsWrong(["Zeg met --reason waarom het logboek nu van termijn wisselt."])
    async with keeping(settings) as house:
        if house.log is None:
            raise SettingsWrong(["Het logboek is hier niet."])
        desk = house.log.desk(room_of(chosen.id, "audit"))
        old, before = desk.log.origin, desk.log.term
        await desk.turn({"reden": told, **({"sleutel": "gestolen"} if stolen else {})})
        if desk.log.term == before:
            raise LogUnavailable("Het logboek is niet van termijn gewisseld.")
        anchors = house.builder.anchors
        anchors.follow()
        if stolen:
            gone = [one for one in house.log.public_keys if one.split("/")[-2] == chosen.id and one != desk.log.origin]
            write_anchors(settings.folder, without_stolen(anchors.now, gone))
    say(f"{chosen.id}: {old} is afgesloten, {desk.log.origin} is begonnen")
