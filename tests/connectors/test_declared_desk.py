"""A release over a chain of sources: the number of the address from the BRP, the home from a declared register."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from assembly.demo.register import STORY, TENANT, activities
from assembly.sourcing import source
from consent.contract import UsedElement
from kernel.settings import SettingsWrong
from tests.connectors.published import Published, published
from tests.connectors.test_declared import BAG, EXAMPLES
from tests.four_rooms import STAFF, FourRooms

pytestmark = pytest.mark.anyio
WHY = {"nl": "Past het apparaat.", "en": "Whether it fits."}


def file_of(folder: Path, url: str) -> Path:
    """The shipped file, with this address."""
    secret = folder / "key"
    secret.write_text("k")
    secret.chmod(0o600)
    text = (EXAMPLES / "bag.toml").read_text().replace("/run/secrets/bag-key", str(secret))
    text = text.replace("https://api.bag.kadaster.nl/lvbag/individuelebevragingen/v2", url)
    file = folder / "sources" / TENANT / "bag.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text.replace("[credential]", 'networks = ["127.0.0.0/8"]\n\n[credential]', 1))
    return file


async def test_what_is_looked_up_with_is_used_and_not_released(house: FourRooms, tmp_path: Path) -> None:
    (story,) = [one for one in activities() if one.slug == STORY]
    law = {"grondslag": "6(1)(c)", "wet": "Wet BRP 1.7", "verstrekkingsgrond": "Wet BAG 32"}
    home = UsedElement.model_validate({"gegevenselement": "bag.woning", "reden": WHY, "klasse": "A", **law})
    await house.register.publish(STAFF, story.model_copy(update={"elements": (*story.elements, home)}))
    register = Published("", BAG)
    async with published(register) as url:
        file_of(tmp_path, url)
        await house.wire(sources=tmp_path / "sources")
        release = await house.release("bag.woning", "brp.naam")
        async with house.http() as http:
            connected = (await http.get("/verstrekking/v1/bronnen")).json()["bronnen"]
    assert release.values["bag.woning"].value == {
        "oppervlakte": 83,
        "gebruiksdoelen": ["woonfunctie"],
        "bouwjaar": ["1991"],
    }
    assert release.values["bag.woning"].source == "bag" and set(release.values) == {"bag.woning", "brp.naam"}
    assert register.seen[0].endswith("/adressenuitgebreid/9901200000000001")
    (line,) = [one for one in await house.lines() if one.event.kind == "verstrekking"]
    assert (line.event.elements, line.event.used) == (("bag.woning", "brp.naam"), ("brp.nummeraanduiding",))
    offered = {one["bron"]: one["gegevenselementen"] for one in connected}
    assert offered["bag"] == ["bag.woning"] and "brp.nummeraanduiding" in offered["brp"]
    assert "woz.waarde" not in str(offered) and "kvk.bedrijf" not in str(offered), "what it is asked of is not here"
    # the register is gone: its element is not there, and the others are
    release = await house.release("bag.woning", "brp.naam")
    assert [(one.element, one.code) for one in release.not_delivered] == [("bag.woning", "bron-niet-bereikbaar")]
    assert set(release.values) == {"brp.naam"}


def test_a_source_that_does_not_answer_is_told_on_the_command_line(tmp_path: Path) -> None:
    file = file_of(tmp_path, "http://127.0.0.1:1")
    told = CliRunner().invoke(source, ["check", "bag", "--folder", str(file.parent)])
    assert (
        told.exit_code == 1
        and "goed  Het bestand klopt" in told.output
        and "fout  Er is geen verbinding" in told.output
    )
    told = CliRunner().invoke(source, ["check", "other", "--folder", str(file.parent)])
    assert isinstance(told.exception, SettingsWrong) and "other.toml. Wel: bag." in str(told.exception)
