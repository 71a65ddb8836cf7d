"""Story 1 from start to end, through the real interfaces: a line per step, and a failure stops it.

One question, two rules: name, address and 18+ come by law, the income answer is R1's own choice.
"""

import asyncio
import base64
import json
import re
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from assembly.demo import crowd
from assembly.demo.recipient import Application
from assembly.demo.register import BY_LAW, INCOME, INCOME_ANSWER, LOAN_DESK, STORY
from assembly.demo.visitor import Page, Visitor
from regie_client import Case, Problem, Question, Regie, RegieError, Release, TableQuestion

T = TypeVar("T")

CLERK = "mw-4821"  # the desk worker, in the words of the Inkomensloket
PATIENCE = 60.0  # seconds until the resident's page must be there; how long it took is told, a slow machine is no fault
COUNTED = re.compile(r"Dit weten wij van (\d+) van onze \d+ systemen")
COUNTING_KEY = "0197d2f0-0000-7000-8000-00000000c047"
ASKED = (*BY_LAW, INCOME_ANSWER)


class StoryFailed(Exception):
    """A step did not go as told; the text says which, what came instead (never a BSN), and what to do."""

    def __init__(self, told: str) -> None:
        super().__init__(f"{told} Veranderde u iets in deze demo? Begin dan opnieuw, met --reset.")


@dataclass
class Cast:
    """Who plays. desk: the application of the Inkomensloket, with the client that municipalities install. resident,
    officer: login choices; bsn: of the resident. reporter: a system of the Inkomensloket that tells what it does by
    itself. vkey: the log's public key file. fled: None where the persons of the demo have nobody for it. research: asks
    for a table; None where there is no town to count."""

    desk: Regie
    resident: Visitor
    resident_choice: str
    bsn: str
    officer: Visitor
    officer_choice: str
    reporter: Application
    vkey: Path
    say: Callable[[str], None]
    fled: "Fled | None" = None
    research: Regie | None = None


@dataclass(frozen=True)
class Fled:
    """Who must not be found, and who sees to that."""

    bsn: str
    registrar: Visitor
    choice: str


async def tell(cast: Cast) -> None:
    """All steps in order. Raises StoryFailed."""
    case = f"Z-{secrets.token_hex(4)}"
    await _open_case(cast, case)
    await cast.resident.log_in(cast.resident_choice)
    first, answered_at = await _asks_before_consent(cast, case), time.monotonic()
    page = await _resident_sees(cast, first, answered_at)
    consent = await _resident_says_yes(cast, case)
    await _asks_under_consent(cast, case)
    await _resident_stops(cast, consent)
    await _asks_after_stop(cast, case)
    await _system_reports(cast)
    await _officer_searches(cast, case)
    await _proof_is_checked(cast, page)
    await _somebody_hides(cast, case)
    await _town_is_counted(cast)


def _demand(holds: bool, told: str, instead: object = "") -> None:
    if not holds:
        raise StoryFailed(f"{told} Maar wij kregen: {str(instead)[:600]}")


async def _answered(told: str, asked: Awaitable[T]) -> T:
    try:
        return await asked
    except RegieError as trouble:
        raise StoryFailed(f"{told} Maar wij kregen: {trouble}") from None


async def _ask(cast: Cast, case: str) -> Release:
    """Without a receipt that holds this raises."""
    question = Question(cast.bsn, STORY, ASKED, case, CLERK)
    release = await _answered("Het Inkomensloket krijgt gegevens.", cast.desk.release(question))
    _demand(set(BY_LAW) <= set(release.values), "Naam, adres en 18+ komen altijd, van de wet.", release)
    return release


def _refused(release: Release) -> dict[str, str]:
    return {one.element: one.code for one in release.refused}


async def _open_case(cast: Cast, case: str) -> None:
    await _answered("De zaak wordt geopend.", cast.desk.open_case(Case(cast.bsn, STORY, case, CLERK)))
    cast.say(f"R1 vraagt geld voor een wasmachine aan. Het Inkomensloket opent zaak {case}.")


async def _asks_before_consent(cast: Cast, case: str) -> Release:
    release = await _ask(cast, case)
    _demand(_refused(release) == {INCOME_ANSWER: "geen-toestemming"}, "Het inkomen wordt geweigerd.", release)
    cast.say(
        "Een vraag, twee regels: naam, adres en 18+ komen van de wet; het antwoord over inkomen is geweigerd "
        f"(geen-toestemming). Regel {release.receipt.line.index}."
    )
    return release


async def _resident_sees(cast: Cast, first: Release, answered_at: float) -> Page:
    place = f"/gebruik/{first.receipt.line.place}"
    page = await cast.resident.get(place)
    while page.status != 200 and time.monotonic() - answered_at < PATIENCE:
        await asyncio.sleep(0.05)
        page = await cast.resident.get(place)
    took = time.monotonic() - answered_at
    _demand(page.status == 200, "R1 ziet dit.", f"{page.status}, {took:.2f} s")
    for words in ("Inkomensloket", "Of u 18 jaar of ouder bent", "Moet van de wet", "U gaf hiervoor geen toestemming"):
        _demand(words in page.text, f"R1 leest: {words}.", page.text)
    cast.say(f"R1 was ingelogd en leest beide uitkomsten in gewone taal, {took:.2f} seconde na het antwoord.")
    return page


async def _resident_says_yes(cast: Cast, case: str) -> str:
    question = Question(cast.bsn, STORY, (INCOME_ANSWER,), case, CLERK)
    wanted = await _answered("Het Inkomensloket vraagt toestemming.", cast.desk.request_consent(question))
    place = f"/toestemmingen/{wanted.id}"
    page = await _choose(cast, place, "kiezen", keuze="ja")
    _demand("Gelukt. U zei ja." in page.text, "R1 leest: Gelukt. U zei ja.", page.text)
    cast.say("Het Inkomensloket vraagt toestemming. R1 zegt ja, op een pagina met een formulier.")
    return place


async def _choose(cast: Cast, place: str, act: str, **choice: str) -> Page:
    page = await cast.resident.get(place)
    _demand(page.status == 200, "R1 opent de vraag.", page.status)
    return await cast.resident.send(page, page.form("actie", act), actie=act, **choice)


async def _asks_under_consent(cast: Cast, case: str) -> None:
    release = await _ask(cast, case)
    income = release.values.get(INCOME_ANSWER)
    answer = income.value if income else None
    _demand(answer in (True, False) and not release.refused, "Nu komt er ja of nee.", release)
    _demand(INCOME not in release.values, "Er komt nooit een bedrag.", release)
    cast.say(f"Dezelfde vraag: nu komt het antwoord over inkomen: {'ja' if answer else 'nee'}. Nooit een bedrag.")


async def _resident_stops(cast: Cast, place: str) -> None:
    page = await _choose(cast, place, "stoppen")
    _demand("Uw toestemming is gestopt" in page.text, "R1 leest: Uw toestemming is gestopt.", page.text)
    cast.say("R1 stopt met delen, op dezelfde pagina.")


async def _asks_after_stop(cast: Cast, case: str) -> None:
    release = await _ask(cast, case)
    _demand(_refused(release) == {INCOME_ANSWER: "toestemming-ingetrokken"}, "Nu geldt: ingetrokken.", release)
    cast.say("Dezelfde vraag: wat van de wet moet komt nog steeds; het inkomen is geweigerd (toestemming-ingetrokken).")


async def _system_reports(cast: Cast) -> None:
    answer = await cast.reporter.report(cast.bsn, STORY, BY_LAW[:1], LOAN_DESK)
    _demand(answer.status_code == 200, "Een systeem meldt wat het zelf deed.", f"{answer.status_code} {answer.text}")
    name, page = cast.reporter.entry["naam"], await cast.resident.get("/gebruik")
    _demand(f"Niet door ons vrijgegeven. Gemeld door {name}." in page.text, "R1 leest wie het zelf meldde.", page.text)
    counted = COUNTED.search(page.text)
    _demand(
        counted is not None and int(counted[1]) > 1 and f"{name} van" in page.text,
        "R1 leest dat dit systeem meetelt.", page.text,
    )  # fmt: skip
    cast.say(f"Het systeem {name} meldt een gebruik buiten Regie om. R1 leest dat ook, met wie het meldde, en ziet dat "
             f"wij dit weten van {counted[1] if counted else 0} systemen.")  # fmt: skip


async def _officer_searches(cast: Cast, case: str) -> None:
    await cast.officer.log_in(cast.officer_choice)
    page = await cast.officer.get("/fg/zoek")
    found = await cast.officer.send(
        page, page.form("bsn"), soort="inwoner", bsn=cast.bsn, reden="inzage", zaak=f"FG-{case}"
    )
    _demand(found.status == 200 and "Inkomensloket" in found.text, "De FG ziet wie R1 zag, en waarom.", found.text)
    cast.say("De FG vraagt met een reden: wie zag R1, en waarom? Het zoeken zelf staat er ook.")
    uses = await cast.resident.get("/gebruik")
    _demand("privacy-toezichthouder" in uses.text.lower(), "R1 ziet dat de FG zocht.", uses.text)
    cast.say("R1 ziet dat de FG zocht.")


async def _proof_is_checked(cast: Cast, page: Page) -> None:
    proof = await cast.resident.get(page.url.rstrip("/") + "/bewijs")
    _demand(proof.status == 200, "R1 haalt het bewijs op.", proof.status)
    good, word = await asyncio.to_thread(_verify, proof.content, cast.vkey)
    _demand(good == 0, "Het bewijs klopt.", word)
    cast.say("R1 controleert het bewijs zonder ons (regie verify): klopt.")
    bad, word = await asyncio.to_thread(_verify, _tampered(proof.content), cast.vkey)
    _demand(bad == 1, "Een veranderd bewijs wordt afgewezen.", word)
    cast.say(f"Een veranderd bewijs wordt afgewezen: {word}.")


async def _somebody_hides(cast: Cast, case: str) -> None:
    """Story 9, of R12."""
    if (fled := cast.fled) is None:
        return
    await fled.registrar.log_in(fled.choice)
    page = await fled.registrar.get("/beheer/veilig-adres")
    done = await fled.registrar.send(page, page.form("bsn"), bsn=fled.bsn, reden="hulpverlening")
    _demand("Gelukt. Dit is vanaf nu een veilig adres." in done.text, "Burgerzaken zet een veilig adres.", done.text)
    cast.say("R12 is gevlucht. Burgerzaken zet een veilig adres, en dat geldt meteen.")
    hidden = replace(cast, bsn=fled.bsn)
    await _answered("De zaak wordt geopend.", cast.desk.open_case(Case(hidden.bsn, STORY, f"{case}-9", CLERK)))
    release = await _ask(hidden, f"{case}-9")
    _demand(release.safe_address, "Wat van de wet komt, komt met een waarschuwing.", release)
    _demand(_refused(release) == {INCOME_ANSWER: "geheimhouding"}, "Wat op een keuze rust, krijgt niemand.", release)
    cast.say("Dezelfde vraag over R12: wat van de wet moet komt, met de waarschuwing veilig adres; wat op een keuze "
             "rust krijgt niemand (geheimhouding).")  # fmt: skip


async def _town_is_counted(cast: Cast) -> None:
    """Story 4. Under the same key it is the same table, so that the demo may be played again."""
    if cast.research is None:
        return
    try:
        table = await cast.research.table(TableQuestion(crowd.COUNTED, crowd.TABLE), COUNTING_KEY)
    except Problem as refused:
        cast.say(f"Onderzoek vraagt een tabel. Die komt er niet: {refused.code}. Op /cijfers staat dat hij ontbreekt.")
        return
    page = await cast.resident.get(f"/cijfers/{crowd.COUNTED}/1/{crowd.TABLE}")
    shown = [str(cell.count) for cell in table.cells if cell.count is not None]
    _demand(page.status == 200 and all(one in page.text for one in shown), "Iedereen leest dezelfde tabel.", page.text)
    cast.say(f"Onderzoek krijgt een tabel met {len(shown)} aantallen, en niemands gegevens. Op /cijfers leest iedereen "
             "dezelfde tabel.")  # fmt: skip


def _tampered(bundle: bytes) -> bytes:
    """The same line, with another recipient in it."""

    document = json.loads(bundle)
    body = base64.b64decode(document["inhoud"]["body"]).replace(b"inkomensloket", b"onbekende-part")
    document["inhoud"]["body"] = base64.b64encode(body).decode()
    return json.dumps(document).encode()


def _verify(bundle: bytes, vkey: Path) -> tuple[int, str]:
    """`regie verify` in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "bewijs.json")
        path.write_bytes(bundle)
        command = [sys.executable, "-m", "regie_main", "verify", str(path), "--vkey", str(vkey)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)  # noqa: S603 - our own
    return done.returncode, (done.stdout or done.stderr).strip().splitlines()[0]
