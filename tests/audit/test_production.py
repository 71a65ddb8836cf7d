"""What production refuses: a signer in the process of the log (trust.md 2.4). With it outside: test_signing."""

from pathlib import Path

import pytest

from audit.component import build_audit
from audit.settings import AuditSettings
from kernel.component import Tenant
from kernel.crypto.file_keys import FileKeyProvider
from kernel.settings import SettingsWrong

pytestmark = pytest.mark.anyio


async def test_production_does_not_start_with_the_signer_inside(tmp_path: Path) -> None:
    database = f"sqlite+aiosqlite:///{tmp_path}/audit.db"
    settings = AuditSettings(mode="productie", database=database, signer=tmp_path / "log", keep_years=20)
    tenants = {"gm1": Tenant("gm1", "Gemeente", "https://regie.example")}
    with pytest.raises(SettingsWrong, match="hetzelfde proces"):
        await build_audit(settings, tenants, FileKeyProvider(tmp_path / "keys"))
    assert not made_in(tmp_path)


def made_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())
