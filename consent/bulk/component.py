"""Questions about many, put together."""

from collections.abc import Mapping

from consent.api import ROOT, Behind
from consent.bulk.allowance import Allowance
from consent.bulk.api import PLACE, UPLOAD_BYTES, Many
from consent.bulk.turns import Turns
from consent.settings import ConsentSettings
from kernel.clock import Clock

UPLOADS: Mapping[str, int] = {ROOT + PLACE: UPLOAD_BYTES}


def open_bulk(behind: Behind, settings: ConsentSettings, clock: Clock) -> Many:
    """One of a process: its applications take turns in it."""
    return Many(behind, Allowance(behind.consent.register, clock, settings.asked_most), Turns())
