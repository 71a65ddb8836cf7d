"""FSC, put together for the register's component."""

from collections.abc import Iterator, Mapping

from consent.clients import Fetched, RegisteredClients
from consent.fsc.rules import fault_of, names_of
from consent.fsc.service import FscTokens
from consent.fsc.settings import Group
from consent.parties.fetching import KeySets, Reading
from consent.rows import Register
from consent.settings import ConsentSettings
from kernel.clock import Clock
from kernel.component import Tenant
from kernel.fsc import Ask
from kernel.settings import SettingsWrong

MANAGERS = Reading(fault_of, names_of)


def open_fsc(settings: ConsentSettings, tenants: Mapping[str, Tenant], of: tuple[Register, RegisteredClients],
             clock: Clock) -> tuple[Ask, KeySets]:  # fmt: skip
    """Whose a token is, and the keys that Managers publish, to be closed. Raises SettingsWrong."""
    managers = KeySets(settings.key_hosts, reading=MANAGERS)
    if wrong := [*faults(settings.fsc, tenants, managers)]:
        raise SettingsWrong(wrong)
    return FscTokens(*of, settings.fsc, managers, clock).whose, managers


def faults(groups: Mapping[str, Group], tenants: Mapping[str, Tenant], managers: Fetched) -> Iterator[str]:
    """What is wrong with what we were told."""
    for name, group in groups.items():
        if name not in tenants:
            yield f"REGIE_CONSENT_FSC: een gemeente {name} is er niet."
        if group.jwks and (why := fault_of(group.jwks)):
            yield f"REGIE_CONSENT_FSC: de sleutels van {name}: {why}"
        if group.jwks_url and not managers.may_ask(group.jwks_url):
            yield f"REGIE_CONSENT_FSC: de sleutels van {name} staan bij een host die niet in KEY_HOSTS staat."
