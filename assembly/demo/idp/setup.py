"""What the provider is made from: leave to exist, its people, and the one portal that may ask."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from kernel.settings import SettingsWrong

MODES = ("demo", "test")


@dataclass(frozen=True)
class DemoOnly:
    """Leave for a provider that believes everybody. mode: of the settings; flag: whether REGIE_DEMO is set.

    Raises SettingsWrong in any other case, so no program in production mode ever holds one.
    """

    mode: str
    flag: bool

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise SettingsWrong([f"De proef-inlog kan niet in de modus {self.mode}: daar zou iedereen iedereen zijn."])
        if not self.flag:
            raise SettingsWrong(["De proef-inlog start alleen als REGIE_DEMO is gezet."])


@dataclass(frozen=True)
class Persona:
    """An invented person. key: what the form posts, never a number. about: what to try with this one.

    roles: of staff; staff have no bsn here and are known by a pseudonym.
    """

    key: str
    name: str
    about: str
    bsn: str = field(default="", repr=False)
    roles: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if bool(self.bsn) == bool(self.roles):
            raise ValueError(f"{self.key} is either a resident with a number or staff with roles")


@dataclass(frozen=True)
class Portal:
    """Who may ask for a login. Addresses are compared as text. jwks: a JWK set as text, then it must prove itself with
    private_key_jwt; without one it is a public client and PKCE alone binds the code to it."""

    client_id: str
    redirect_uris: tuple[str, ...]
    after_logout: tuple[str, ...] = ()
    jwks: str = ""


@dataclass(frozen=True)
class Setup:
    """All of it. issuer: public address without a slash at the end, a path is allowed."""

    allowed: DemoOnly
    issuer: str
    portal: Portal
    personas: Sequence[Persona]
