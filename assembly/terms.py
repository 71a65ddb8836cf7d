"""`regie audit turn`: a new term at once. The process that serves may go on meanwhile: it follows.
`regie audit next-key`: the key of the next term before it begins, so that witnesses know it in time."""

from collections.abc import Callable

from anyio import to_thread

from assembly.anchoring import without_stolen, write_anchors
from assembly.founding import demand_newest
from assembly.reconciling import opened
from assembly.settings import HouseSettings
from assembly.tools import keeping, one_tenant
from audit.contract import LogUnavailable
from audit.cosigning import knowing
from audit.foreseeing import empty_head, is_made
from audit.terms import origin_in, term_after
from audit.witnesses import witnesses_of
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
        await desk.turn({"reden": told, **({"sleutel": "gestolen"} if stolen else {})}, stolen=stolen)
        if desk.log.term == before:
            raise LogUnavailable("Het logboek is niet van termijn gewisseld.")
        anchors = house.builder.anchors
        anchors.follow()
        if stolen:
            gone = [one for one in house.log.public_keys if one.split("/")[-2] == chosen.id and one != desk.log.origin]
            write_anchors(settings.folder, without_stolen(anchors.now, gone))
    say(f"{chosen.id}: {old} is afgesloten, {desk.log.origin} is begonnen")


async def next_key(settings: HouseSettings, tenant: str, say: Callable[[str], None]) -> None:
    """Made where there is none, and told; which witnesses know it already. Changes nothing else. Raises SettingsWrong,
    KeyUnavailable, OSError."""
    chosen = one_tenant(settings, tenant)
    await demand_newest(settings, ("audit",))
    async with opened(settings, chosen) as (log, own):
        signer = log.signers.of(origin_in(log.origin, term_after(log.term)))
        if not await to_thread.run_sync(is_made, signer):
            await to_thread.run_sync(signer.found)
        await to_thread.run_sync(signer.open)
        head = await to_thread.run_sync(empty_head, signer)
        say(signer.vkey)
        witnesses = witnesses_of(own)
        try:
            if head is None or witnesses.policy is None:
                return
            known = await knowing(witnesses.clients, head)
        finally:
            await witnesses.close()
        for one in witnesses.policy.witnesses:
            say(f"  {one.name}: {'kent deze sleutel' if one.key in known else 'kent deze sleutel nog NIET'}")
        if not witnesses.policy.holds(known):
            say("  Zo wisselt het logboek niet vanzelf van termijn: geef de getuigen de regel hierboven.")
