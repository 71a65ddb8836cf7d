"""The register of residents of one municipality: a file as that of any other source, under its own name and key."""

from pathlib import Path

import pytest

from assembly.demo.register import CIVIL_AFFAIRS, STORY, TENANT
from connectors.contract import AuthorityUnknown
from connectors.correcting.service import CorrectionDesk
from connectors.declared.checking import EXPLAINED, check
from connectors.declared.loading import read_file
from kernel.caller import Caller
from kernel.settings import SettingsWrong
from tests.connectors.published import Published, published
from tests.connectors.test_declared import EXAMPLES
from tests.four_rooms import R1, FourRooms

pytestmark = pytest.mark.anyio
NAME = {"voornamen": "Jan", "geslachtsnaam": "Vries", "volledigeNaam": "Jan Vries"}
MORE = f"""
[corrections]
owner = "{CIVIL_AFFAIRS}"
"""


def register() -> Published:
    return Published("brp/openapi.yaml", said, root="/haalcentraal/api/brp")


def said(body: dict[str, object]) -> dict[str, object]:
    asked = body["fields"]
    person = {"naam": NAME} if asked != ["burgerservicenummer"] else {}
    nobody = body["burgerservicenummer"] == ["999999990"]
    return {"type": body["type"], "personen": [] if nobody else [person]}


def file_of(folder: Path, url: str, more: str = MORE) -> Path:
    """The shipped file, with this address, a key that is there and no certificate."""
    secret = folder / "key"
    secret.write_text("sleutel")
    secret.chmod(0o600)
    text = (EXAMPLES / "brp.toml").read_text().replace("/run/secrets/brp-key", str(secret))
    text = text.replace("https://brp.example/haalcentraal/api/brp", url)
    text = "".join(line for line in text.splitlines(True) if not line.startswith("certificate"))
    file = folder / "sources" / TENANT / "brp.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text.replace("[credential]", 'networks = ["127.0.0.0/8"]\n\n[credential]', 1) + more)
    return file


async def test_a_municipality_asks_its_own_register_under_its_own_name(house: FourRooms, tmp_path: Path) -> None:
    theirs = register()
    async with published(theirs) as url:
        file_of(tmp_path, url)
        house.desk_settings |= {"brp_corrections": {"owner": "inkomensloket"}}
        await house.wire(sources=tmp_path / "sources")
        release = await house.release("brp.naam")
        async with house.http() as http:
            connected = (await http.get("/verstrekking/v1/bronnen")).json()["bronnen"]
        assert house.desk.authority is not None
        with pytest.raises(AuthorityUnknown):  # its activity is not registered, so nobody is asked
            await house.desk.authority.over(Caller(tenant="gm9902", kind="inwoner"), R1)
    assert release.values["brp.naam"].value == NAME and theirs.faults == []
    assert not house.brp.state.requests, "the one of the settings is for who has none"
    assert isinstance(house.desk.corrections, CorrectionDesk)
    assert house.desk.corrections.owners[TENANT]["brp"].organisation == CIVIL_AFFAIRS
    (sent,) = theirs.headers
    assert (sent["x-api-key"], sent["x-doelbinding"]) == ("sleutel", "algemeen")
    assert (sent["x-verwerking"], sent["x-gebruiker"]) == (STORY, "mw-4821")
    (brp,) = [one for one in connected if one["bron"] == "brp"]
    assert "brp.adres" in brp["gegevenselementen"]


async def test_where_its_file_names_nobody_no_report_goes_to_who_keeps_the_register_of_the_settings(
    house: FourRooms, tmp_path: Path
) -> None:
    file_of(tmp_path, "http://127.0.0.1:9", more="")
    house.desk_settings |= {"brp_corrections": {"owner": "burgerzaken", "url": "http://registry.test/corr"}}
    await house.wire(sources=tmp_path / "sources")
    assert isinstance(house.desk.corrections, CorrectionDesk)
    assert "brp" not in house.desk.corrections.owners[TENANT], "that is of another municipality"


async def test_its_file_is_tried_with_a_number_of_nobody(tmp_path: Path) -> None:
    theirs = register()
    async with published(theirs) as url:
        declared = read_file(file_of(tmp_path, url))
        assert [step async for step in check(declared)][-1] == (True, "De bron antwoordt, en wij kunnen het lezen.")
        theirs.answer = {"personen": "x"}
        told = [step async for step in check(declared)][-1]
    assert told == (False, EXPLAINED["onleesbaar"])
    assert theirs.bodies[0]["burgerservicenummer"] == ["999999990"] and theirs.headers[0]["x-api-key"] == "sleutel"


async def test_a_certificate_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    file, certificate = file_of(tmp_path, "https://127.0.0.1:9"), tmp_path / "client.pem"
    file.write_text(file.read_text().replace('kind = "header"', f'kind = "header"\ncertificate = "{certificate}"', 1))
    declared = read_file(file)
    for told in ("kan niet worden gelezen", "chmod 600", "geen leesbaar PEM-bestand"):
        with pytest.raises(SettingsWrong, match=r"client\.pem.*" + told):
            _ = [step async for step in check(declared)]
        certificate.write_text("geen certificaat")
        certificate.chmod(0o644 if told.startswith("kan") else 0o600)
