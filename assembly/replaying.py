"""`regie consent replay`: what was decided, and whether it would be decided so again with that day's facts."""

import re
from collections.abc import Callable, Iterator

from assembly.settings import HouseSettings
from assembly.tools import COMMAND, keeping, one_tenant
from audit.contract import Line, Position
from audit.reading import Reader
from consent.replaying import NotReplayable, Replayed
from kernel.caller import room_of
from kernel.clock import moment
from kernel.ids import derived_id, ordered_id
from kernel.settings import SettingsWrong

ATTEMPTS = 20  # of one release: a caller who repeats more often is named by position
WORDS = ("", "/1", "weigering", "/1weigering")  # how the desk names its lines: rounds, and refusals
_ID = re.compile(r"[0-9a-f]{32}")


async def replay(settings: HouseSettings, wanted: str, tenant: str, say: Callable[[str], None]) -> bool:
    """wanted: a position, or the id of a release or a toetsing. Whether everything is the same. Raises SettingsWrong,
    and what the rooms raise."""
    chosen = one_tenant(settings, tenant)
    async with keeping(settings) as house:
        if house.log is None or house.register is None:
            raise SettingsWrong(["Een toetsing overdoen gaat waar audit en consent samen bereikbaar zijn."])
        reader = house.log.desk(room_of(chosen.id, COMMAND)).reader
        same = True
        for line in [await reader.line(place) for place in await _places(reader, wanted)]:
            try:
                done = await house.register.replay(chosen.id, line.event)
            except NotReplayable as why:
                raise SettingsWrong([f"{line.position}: {why}"]) from None
            same = same and done.same
            for sentence in told(line, done):
                say(sentence)
    return same


async def _places(reader: Reader, wanted: str) -> list[Position]:
    try:
        return [Position.parse(wanted)]
    except ValueError:
        plain = wanted.replace("-", "").lower()
    if not _ID.fullmatch(plain):
        raise SettingsWrong(
            ["Noem een plaats in het logboek (2026h2-4711), of een id van een verstrekking of toetsing."]
        )
    words = [f"{attempt}{word}" for attempt in range(ATTEMPTS) for word in WORDS]
    # lines of before they lay in the order of time keep their ids
    attempts = [name(wanted, word) for name in (ordered_id, derived_id) for word in words]
    places = await reader.placed([plain, *attempts])
    if not places:
        raise SettingsWrong(["Van deze verstrekking of toetsing is hier geen regel."])
    return places


def told(line: Line, done: Replayed) -> Iterator[str]:
    """For an auditor. Names no resident."""
    decision = done.decision
    when = moment(decision.beslist).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    purpose = f"{decision.activiteit} versie {decision.versie or '-'}"
    yield f"{line.position}: {purpose} voor {decision.ontvanger}, getoetst op {when}"
    yield f"  toegestaan: {', '.join(one.element for one in decision.toegestaan) or '-'}"
    yield f"  geweigerd:  {', '.join(f'{name} ({code})' for name, code in decision.geweigerd) or '-'}"
    yield f"  feiten:     {', '.join(f'{table} {version}' for table, _, version in decision.feiten) or '-'}"
    for fact in done.missing:
        yield f"  niet meer bewaard: {fact}"
    for what, then, now in done.differences:
        yield f"  anders: {what}: toen {then}; nu {now}"
    yield "  dezelfde uitkomst met de feiten van toen" if done.same else "  NIET dezelfde uitkomst"
