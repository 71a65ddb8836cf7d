"""Messages to residents, put together for the register's component."""

from collections.abc import Mapping

from consent.delivery.sending import Post
from consent.delivery.service import Around, Delivering
from consent.delivery.settings import Service
from kernel.settings import SettingsWrong


def build_delivery(around: Around, services: Mapping[str, Service]) -> Delivering:
    """The key must be there. Raises SettingsWrong."""
    if strangers := set(services) - set(around.addresses):
        raise SettingsWrong([f"REGIE_CONSENT_MESSAGES: een gemeente {name} is er niet." for name in sorted(strangers)])
    return Delivering(around, {tenant: Post(service) for tenant, service in services.items()})
