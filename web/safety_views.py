"""What the pages need on which Burgerzaken says whose address nobody may learn. Frozen values; no number of anybody."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from connectors.contract import Child
from consent.safety.contract import Reason
from kernel.message import Message
from web.frame import FieldError, Frame, Option
from web.language import N_

Done = Literal["", "veilig", "kinderen", "wacht", "beeindigd"]
# Who asked for it, and why it ends: none of them says where somebody is, or from whom they hide.
REASONS: Final[Mapping[str, str]] = {
    "verzoek": N_("De inwoner vroeg erom"),
    "hulpverlening": N_("Een hulpverlener of de politie vroeg erom"),
    "ambtshalve": N_("De gemeente besloot het zelf"),
}
ENDS: Final[Mapping[str, str]] = {
    "verzoek": N_("De inwoner vraagt erom"),
    "voorbij": N_("Het gevaar is voorbij"),
    "fout": N_("Het was de verkeerde inwoner"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SafeForm:
    """`/beheer/veilig-adres`, and with `ends` the page that stops one. done: what was just carried out."""

    frame: Frame
    reasons: tuple[Option, ...]
    ends: bool = False
    done: Done = ""
    errors: tuple[FieldError, ...] = ()


class Offered(Message):
    """Kept for who set a safe address, for minutes: over whom that resident has authority, and why it was set."""

    reason: Reason
    children: tuple[Child, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheltered:
    """`/beheer/veilig-adres/kinderen`. token: where the offer is kept. children: name and birth, in its order."""

    frame: Frame
    token: str
    children: tuple[Option, ...]
    errors: tuple[FieldError, ...] = ()
