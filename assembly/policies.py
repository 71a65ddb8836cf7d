"""`regie authzen load`: a plain table of policies, in the tenant that the register's settings name."""

import os
from pathlib import Path

from assembly.settings import HouseSettings
from assembly.tools import keeping
from consent.authzen.policies import FILE_BYTES, NoPolicies
from consent.authzen.stored import NotHere
from kernel.settings import SettingsWrong

NAMED = "REGIE_CONSENT_AUTHZEN_TENANT"


async def load_policies(settings: HouseSettings, file: Path) -> str:
    """What was done, as a sentence. Raises SettingsWrong."""
    with file.open("rb") as opened:
        text = opened.read(FILE_BYTES + 1).decode("utf-8", "replace")
    async with keeping(settings) as house:
        if house.register is None:
            raise SettingsWrong(["Het register is hier niet."])
        try:
            rows = await house.register.load_policies(os.environ.get(NAMED, ""), text)
        except (NoPolicies, NotHere) as wrong:
            raise SettingsWrong([f"Niet geladen: {str(wrong).removesuffix('.')}."]) from None
    return f"{rows} regels beleid geladen"
