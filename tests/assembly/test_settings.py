"""What an operator may set is written down, all of it and nothing else."""

import re
from pathlib import Path

import pytest
from pydantic import SecretBytes, SecretStr

from assembly.settings import HouseSettings
from audit.settings import AuditSettings
from audit.signing.settings import SignerSettings
from audit.witness.settings import WitnessSettings
from connectors.settings import ConnectorsSettings
from consent.settings import ConsentSettings
from kernel.settings import RoomSettings, SettingsWrong
from vault.settings import VaultSettings
from web.settings import WebSettings

OPERATIONS = Path(__file__).parents[2] / "docs/operations.md"
ROOMS = (AuditSettings, ConsentSettings, VaultSettings, ConnectorsSettings, WebSettings)
BY_THE_HOUSE = {"mode", "database", "trusted", "cert_gateways", "signer", "adopt"}


def variables(settings: type[RoomSettings], without: set[str]) -> set[str]:
    prefix = str(settings.model_config["env_prefix"])
    found = set()
    for name, field in settings.model_fields.items():
        kinds = (field.annotation, *getattr(field.annotation, "__args__", ()))
        file = "_FILE" if any(kind in (SecretStr, SecretBytes) for kind in kinds) else ""
        if name not in without:
            found.add(f"{prefix}{name.upper()}{file}")
    return found


def test_the_tables_name_every_variable_and_no_other() -> None:
    text = OPERATIONS.read_text()
    section = text.partition("## Settings")[2].partition("\n## ")[0]
    named = set(re.findall(r"`(REGIE_[A-Z_]+)`", section))
    wanted = (
        variables(HouseSettings, set()) | variables(SignerSettings, {"mode"}) | variables(WitnessSettings, {"mode"})
    )
    for settings in ROOMS:
        wanted |= variables(settings, BY_THE_HOUSE)
    assert named == wanted


def test_what_the_house_decides_is_not_silently_ignored_in_the_environment() -> None:
    told = {"mode": "test", "database": "sqlite://", "signer": Path("x")}
    assert AuditSettings.read({"REGIE_AUDIT_KEEP_YEARS": "7"}, **told).keep_years == 7
    with pytest.raises(SettingsWrong, match="REGIE_AUDIT_DATABASE"):
        AuditSettings.read({"REGIE_AUDIT_DATABASE": "sqlite:///other"}, **told)
    with pytest.raises(SettingsWrong, match="REGIE_CONNECTORS_BRP_API_KEY_FILE"):
        ConnectorsSettings.read({"REGIE_CONNECTORS_BRP_API_KEY_FILE": "/x"}, database="sqlite://", brp_api_key=b"k")
