"""The page that checks proofs from a disk: a real Chromium without a network, held against `regie verify`."""

import asyncio
import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from random import Random
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from playwright.sync_api import Browser, BrowserContext, Page, expect

import regie_policy
import regie_verify
from audit.contract import Bundle
from kernel.proof.note import ML_DSA_44, VerifierKey, cosigned_note, vkey
from kernel.proof.tlogproof import TlogProof
from tests.audit.test_ages import aged
from tests.browser.test_every_page import LOOKS, NARROW, WIDE, too_wide, violations, walk
from tests.browser.town import Town
from tests.bundles import CHANGES, ORIGIN, OTHER_KEY, VKEYS, Bundles, Log, gaps, good, lifted, mutant
from tests.house import R1
from tests.parts import AXE
from tests.test_verify import POLICY as WITNESSED
from tests.test_verify import UNCLEAR, seen_by
from web.verifier import checking_page

pytestmark = [pytest.mark.browser, pytest.mark.slow]
BUNDLES = int(os.environ.get("REGIE_BUNDLES", "120"))  # good ones that page and program are asked about
VECTORS = Path(__file__).parents[1] / "vectors" / "proof"
POLICY = f"log {VKEYS}quorum none\n"
# What the page's own function says of each text, in the page's own words.
CHECKED = """async ([texts, policy]) => {
    const all = [];
    for (const text of texts) {
        const { verdict, reason, value, lines } = await check(text, policy);
        all.push([verdict, reasonOf({ reason, value }), lines.map((line) => [line.verdict, reasonOf(line)])]);
    }
    return all;
}"""
ROOTS = """async (cases) => {
    const bytes = (hex) => Uint8Array.from(hex.match(/../g) || [], (pair) => parseInt(pair, 16)), all = [];
    for (const { index, end, leaf, path, root } of cases) {
        try {
            all.push(same(await impliedRoot(BigInt(index), BigInt(end), bytes(leaf), path.map(bytes)), bytes(root)));
        } catch { all.push(false); }
    }
    return all;
}"""
NO_CRYPTO = "Object.defineProperty(crypto, 'subtle', { value: undefined })"
NO_ED25519 = """const real = SubtleCrypto.prototype.importKey;
SubtleCrypto.prototype.importKey = function (form, key, kind, ...rest) {
    if (kind.name === 'Ed25519') return Promise.reject(new DOMException('', 'NotSupportedError'));
    return real.call(this, form, key, kind, ...rest);
}"""
Opened = Callable[..., Page]


@pytest.fixture
def alone(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(offline=True, locale="nl-NL", accept_downloads=True)
    yield context
    context.close()


@pytest.fixture(scope="module")
def disk(chromium: Browser) -> Iterator[Page]:
    """One browser without a network for all who change nothing of it: a new one takes most of what a test takes."""
    context = chromium.new_context(offline=True, locale="nl-NL", accept_downloads=True)
    yield context.new_page()
    context.close()


@pytest.fixture
def opened(disk: Page, tmp_path: Path) -> Iterator[Opened]:
    disk.set_viewport_size(WIDE)  # type: ignore[arg-type]  # a TypedDict
    disk.emulate_media(color_scheme="light")
    with read_from(tmp_path, disk) as open_page:
        yield open_page
    kept = disk.evaluate("async () => [localStorage.length, sessionStorage.length, document.cookie]")
    assert kept == [0, 0, ""], "whoever comes next finds nothing"


@contextmanager
def read_from(folder: Path, page: Page) -> Iterator[Opened]:
    """Writes pages to a disk and opens them there; at the end: they asked for nothing and complained of nothing."""
    asked, said, places = list[str](), list[str](), list[Path]()
    events: Any = page  # its types know each name of an event, and none that is looked up
    heard: dict[Any, Callable[[Any], None]] = {
        "request": lambda request: asked.append(request.url),
        "console": lambda message: said.append(message.text),
        "pageerror": lambda error: said.append(str(error)),
    }

    def open_page(bundles: Bundles, language: Any = "nl", keys: str = VKEYS) -> Page:
        given = [Bundle.model_validate(bundle) for bundle in bundles]
        places.append(folder / f"bewijs-{len(places)}.html")
        places[-1].write_text(checking_page(language, keys, given), encoding="utf-8")
        page.goto(places[-1].as_uri())
        return done(page)

    for what, hear in heard.items():
        events.on(what, hear)
    yield open_page
    for what, hear in heard.items():
        events.remove_listener(what, hear)
    assert (asked, said) == ([place.as_uri() for place in places], [])


def done(page: Page) -> Page:
    page.wait_for_selector('#uitkomst[aria-busy="false"]', state="attached")
    return page


def verdict(page: Page) -> str:
    return page.locator("#oordeel").inner_text()


def test_good_proofs_hold_in_both_languages_without_a_network(opened: Opened) -> None:
    page = opened(Log().add().add().add().bundles())
    assert verdict(page) == "Alles klopt"
    assert "De regels hebben nummer 1 tot en met 3. Er ontbreekt geen nummer." in page.locator("#uitkomst").inner_text()
    first = page.locator("#regels li").first.inner_text()
    assert "klopt" in first and "Nummer 1. Vrijgave. B\u00e9\u00e9ld. 22 november 2026 om 03:01" in first
    assert f"Regel 5 van {ORIGIN}" in first
    page.get_by_role("button", name="English").click()
    assert verdict(page) == "Everything is correct" and page.title() == "Check for yourself that it is correct"
    assert page.locator("html").get_attribute("lang") == "en"
    assert verdict(opened(Log().add().bundles(), "en")) == "Everything is correct"


@pytest.mark.parametrize("name", gaps())
def test_a_gap_is_explained_as_the_verifier_does(opened: Opened, name: str) -> None:
    bundles, code = gaps()[name]
    page = opened(bundles)
    assert verdict(page) == ("Alles klopt" if code == 0 else "Niet alles is te controleren")
    numbers = page.locator("#nummers").inner_text()
    assert ("Deze nummers zijn vernietigd: 1-" in numbers) == (code == 0)


def test_lines_of_four_terms_of_which_a_year_was_destroyed_hold(opened: Opened, tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as elsewhere:  # the browser has a loop in this thread
        found, keys = elsewhere.submit(lambda: asyncio.run(aged(tmp_path))).result()
    page = opened([found[n] for n in (7, 6, 5, 4, 3, 2, 1)], keys=keys)
    assert verdict(page) == "Alles klopt"
    assert "Deze nummers zijn vernietigd: 1, 3" in page.locator("#nummers").inner_text()
    assert verdict(opened([found[n] for n in (7, 5, 4, 2)], keys=keys)) == "Niet alles is te controleren"
    assert verdict(opened([found[n] for n in (6, 5, 4, 2)], keys=keys.splitlines()[0] + "\n")) != "Alles klopt"


SHOWN = ("another_body", "another_act", "another_signature", "signed_by_another_key", "line_left_out", "past_rewritten")


def test_a_line_that_was_hidden_says_since_when_it_stood_there(opened: Opened) -> None:
    found = lifted()
    page = opened(found["whole"][0])
    assert verdict(page) == "Alles klopt"
    told = page.locator("#regels li").first.inner_text()
    assert "Wij laten iets zien dat eerder niet mocht" in told
    assert "sinds 22 november 2026 om 03:01 in het logboek als regel 5" in told
    texts = [json.dumps(bundles) for bundles, _ in found.values()]
    words = {0: "klopt", 1: "klopt-niet", 2: "niet-te-controleren"}
    assert [one[0] for one in page.evaluate(CHECKED, [texts, POLICY])] == [words[code] for _, code in found.values()]


@pytest.mark.parametrize("which", SHOWN)
def test_a_changed_proof_is_rejected_and_it_is_said_why(opened: Opened, which: str) -> None:
    turn = [change.__name__ for change in CHANGES].index(which)
    changed = mutant(Random(turn), turn)  # noqa: S311 - a test that can be repeated
    page = opened(changed.bundles)
    assert verdict(page) == ("Niet alles klopt" if changed.wrong else "Niet alles is te controleren")
    mark = "klopt niet" if changed.wrong else "niet te controleren"
    told = [one for one in page.locator("#regels li").all_inner_texts() if one.startswith(f"{mark}: ")]
    assert any(changed.reason in one for one in told), told


def said_by_the_verifier(text: str, keys: regie_verify.Keys) -> list[list[str]]:
    lines = [regie_verify.check_item(item, keys) for item in regie_verify.items(text.encode())]
    regie_verify.check_series(lines)
    return [[word_for(line.trouble), str(line.trouble or "")] for line in lines]


def word_for(trouble: Exception | None) -> str:
    if trouble is None:
        return "klopt"
    return "klopt-niet" if isinstance(trouble, regie_verify.DoesNotHold) else "niet-te-controleren"


def test_page_and_program_say_the_same_of_good_and_changed_proofs(opened: Opened) -> None:
    """Two programs that share no line: good ones, twice as many changed with meaning, and with a character changed."""
    rng = Random(2028)  # noqa: S311 - a test that can be repeated
    texts = [json.dumps(good(rng)) for _ in range(BUNDLES)]
    texts += [json.dumps(mutant(rng, turn).bundles) for turn in range(2 * BUNDLES)]
    texts += [scratched(rng, json.dumps(Log().add().add().bundles())) for _ in range(2 * BUNDLES)]
    keys = regie_verify.read_keys(VECTORS / "log.vkey")
    found = opened(Log().add().bundles()).evaluate(CHECKED, [texts, POLICY])
    assert [one[0] for one in found[:BUNDLES]] == ["klopt"] * BUNDLES
    assert "klopt" not in {one[0] for one in found[BUNDLES : 3 * BUNDLES]}
    for text, (whole, reason, lines) in zip(texts, found, strict=True):
        try:
            assert lines == said_by_the_verifier(text, keys), text
        except regie_verify.CannotCheck as trouble:
            assert (whole, reason, lines) == ("niet-te-controleren", str(trouble), [])


def test_page_and_program_count_the_same_witnesses(opened: Opened, tmp_path: Path) -> None:
    proof = str(Log().add().bundles()[0]["bewijs"])
    chosen = [some for count in range(4) for some in combinations((1, 2, 3), count)]
    texts = [seen_by(proof, *some) for some in chosen]
    texts += [seen_by(proof, 1, 2, at=1), seen_by(proof, 1, 1), seen_by(proof, 1, 2).replace(" AAAA", " BBBB")]
    texts += [scratched(Random(at), texts[7]) for at in range(120)]  # noqa: S311 - a test that can be repeated
    (tmp_path / "policy").write_text(WITNESSED)
    policy, page = regie_policy.read_policy(tmp_path / "policy"), opened(Log().add().bundles())
    found = page.evaluate(CHECKED, [texts, WITNESSED])
    assert [one[0] for one in found[:8]] == ["niet-te-controleren"] * 4 + ["klopt"] * 4
    for text, (whole, reason, lines) in zip(texts, found, strict=True):
        try:
            told = [regie_verify.check_item(item, policy.logs, policy) for item in regie_verify.items(text.encode())]
            assert lines == [[word_for(line.trouble), str(line.trouble or "")] for line in told], text
        except regie_verify.CannotCheck as trouble:
            assert (whole, reason, lines) == ("niet-te-controleren", str(trouble), [])
    for unclear in UNCLEAR:
        if unclear.startswith("log") or "log " in unclear:
            (verdict_of,) = page.evaluate(CHECKED, [texts[7:8], unclear])
            assert verdict_of[:2] == ["niet-te-controleren", "de sleutel heeft niet de juiste vorm"], unclear


def scratched(rng: Random, text: str) -> str:
    """One character of the file is another one."""
    at = rng.randrange(len(text))
    return text[:at] + rng.choice('Aa0/+=. "\\{') + text[at + 1 :]


def test_the_tree_of_the_page_gives_our_vectors_their_verdict(opened: Opened) -> None:
    cases = {name: one for name, one in json.loads((VECTORS / "tree.json").read_text()).items() if "index" in one}
    inside = {name: one for name, one in cases.items() if 0 <= one["index"] < one["end"]}
    found = opened(Log().add().bundles()).evaluate(ROOTS, list(inside.values()))
    assert len(found) > 40
    assert dict(zip(inside, found, strict=True)) == {name: one["holds"] for name, one in inside.items()}


@pytest.mark.parametrize("broken", [NO_CRYPTO, NO_ED25519], ids=["no-crypto", "no-ed25519"])
def test_a_browser_that_cannot_check_says_so_and_names_the_program(
    alone: BrowserContext, tmp_path: Path, broken: str
) -> None:
    alone.add_init_script(broken)
    with read_from(tmp_path, alone.new_page()) as opened:
        page = opened(Log().add().bundles())
        assert verdict(page).startswith("Niet alles is te controleren")
        told = "deze browser kan de handtekening niet controleren; gebruik regie verify"
        assert told in page.locator("main").inner_text()


def test_without_javascript_the_program_is_named(chromium: Browser, tmp_path: Path) -> None:
    place = tmp_path / "bewijs.html"
    place.write_text(checking_page("nl", VKEYS, [Bundle.model_validate(one) for one in Log().add().bundles()]))
    context = chromium.new_context(java_script_enabled=False, offline=True)
    page = context.new_page()
    page.goto(place.as_uri())
    assert "Niet te controleren: JavaScript staat uit. Gebruik regie verify." in page.locator("main").inner_text()
    context.close()


def test_what_the_page_saves_is_what_the_program_checks(opened: Opened, tmp_path: Path) -> None:
    page, files = opened(Log().add().add().bundles()), list[str]()
    for name in ("Bewaar het bewijs", "Bewaar de sleutel"):
        with page.expect_download() as download:
            page.get_by_role("link", name=name).click()
        files.append(str(tmp_path / download.value.suggested_filename))
        download.value.save_as(files[-1])
    assert [Path(file).name for file in files] == ["bewijs.json", "log.vkey"]
    assert regie_verify.main([files[0], "--vkey", files[1]]) == 0


def test_another_key_is_checked_at_once(opened: Opened) -> None:
    page = opened(Log().add().bundles())
    other = f"log {vkey(ORIGIN, bytes(OTHER_KEY.verify_key))}\nquorum none\n"
    for policy, expected in (
        (other, "Niet alles klopt"),
        (f"# alone\n\n{POLICY}", "Alles klopt"),
        ("quorum none\n", "Niet alles is te controleren"),
        (f"log {VKEYS}", "Niet alles is te controleren: de sleutel heeft niet de juiste vorm"),
        (f"{POLICY}quorum none\n", "Niet alles is te controleren: de sleutel heeft niet de juiste vorm"),
        (POLICY.replace("none", "w1"), "Niet alles is te controleren: de sleutel heeft niet de juiste vorm"),
        (POLICY.replace("+AQO", "+BQO"), "Niet alles is te controleren"),
        (POLICY.replace("+AQO", "+AQP"), "Niet alles is te controleren: de sleutel heeft niet de juiste vorm"),
        (POLICY, "Alles klopt"),
    ):
        page.locator("#beleid").fill(policy)
        page.get_by_role("button", name="Kijk opnieuw na").click()
        assert verdict(done(page)) == expected, policy
    page.locator("#beleid").fill(other)
    expect(page.locator("#oordeel")).to_have_text("Nog niet nagekeken met deze sleutel")
    assert page.locator("#regels li").count() == 0, "what was said of one key is not said of another"


def test_proofs_that_were_kept_are_checked_with_the_new_ones(opened: Opened, tmp_path: Path) -> None:
    """Then a past that the log itself rewrote shows, and a number in between too."""
    log = Log().add().add()
    kept, whole = tmp_path / "kept.html", log.bundles()
    kept.write_text(checking_page("nl", VKEYS, [Bundle.model_validate(one) for one in whole]))
    rewritten = Log().add().add(doel="iets anders").add().bundles()
    later = log.add().add().bundles()
    files = {
        "list.json": json.dumps(later[2:3]),
        "one.json": json.dumps(later[2]),
        "c2sp.tlog-proof": later[2]["bewijs"],
        "letter.txt": "Beste inwoner",
        "letter.html": "<p>Beste inwoner",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    for given, added, expected in (
        (later[2:], ["kept.html"], "Alles klopt"),
        (later[3:], ["kept.html", "list.json"], "Alles klopt"),
        (later[3:], ["one.json", "kept.html"], "Alles klopt"),
        (later[3:], ["c2sp.tlog-proof"], "Alles klopt"),
        (later[3:], ["kept.html"], "Niet alles is te controleren"),
        (rewritten[2:], ["kept.html"], "Niet alles klopt"),
        (rewritten, ["kept.html"], "Niet alles klopt"),
        (later, ["letter.txt"], "Niet alles is te controleren: dit bestand is geen bewijs en geen JSON"),
        (later, ["letter.html"], "Niet alles is te controleren: dit bestand is geen bewijs en geen JSON"),
    ):
        page = opened(given)
        assert verdict(page) == "Alles klopt"
        page.evaluate("element('uitkomst').setAttribute('aria-busy', 'true')")
        page.locator("#bestand").set_input_files([tmp_path / name for name in added])
        assert verdict(done(page)) == expected, added


def test_a_key_and_a_signature_of_another_kind_are_passed_over(opened: Opened) -> None:
    second = MLDSA44PrivateKey.from_seed_bytes(b"2" * 32)
    key = VerifierKey(ORIGIN, second.public_key().public_bytes_raw(), ML_DSA_44)
    (bundle,) = Log().add().bundles()
    parsed = TlogProof.parse(bundle["bewijs"])
    both = replace(parsed, checkpoint=cosigned_note(parsed.checkpoint, key, 1, second.sign)).encode()
    keys = vkey(ORIGIN, key.public_key, ML_DSA_44) + "\n"
    assert verdict(opened([bundle | {"bewijs": both}], "nl", keys + VKEYS)) == "Alles klopt"
    assert verdict(opened([bundle | {"bewijs": both}], "nl", keys)) == "Niet alles is te controleren"


def test_text_in_the_data_is_shown_and_never_run(opened: Opened) -> None:
    hostile = "</script><script>document.title='run'</script><img src=x onerror=alert(1)>{script}"
    page = opened(Log().add(doel=hostile, ontvangerNaam="<b>x</b>").bundles())
    assert verdict(page) == "Alles klopt"
    assert hostile in page.locator("#regels").inner_text() and page.title() == "Kijk zelf na of het klopt"
    assert page.locator("#regels b, #regels img").count() == 0


@pytest.mark.parametrize("where", ["period", "line"])
def test_what_the_portal_hands_over_holds_after_the_network_is_gone(
    town: Town, alone: BrowserContext, tmp_path: Path, where: str
) -> None:
    with town.person("r1") as person:
        person.open("/gebruik" if where == "period" else town.places.use)
        summary = "Haal het bewijs op van alles in deze tijd" if where == "period" else "Bewijs"
        person.page.locator("summary", has_text=summary).click()
        with person.page.expect_download() as download:
            person.page.get_by_text("Haal een pagina op die zelf nakijkt").click()
        file = tmp_path / download.value.suggested_filename
        download.value.save_as(file)
    assert file.suffix == ".html" and R1 not in file.name
    page = alone.new_page()
    page.goto(file.as_uri())
    assert verdict(done(page)) == "Alles klopt"
    shown = page.locator("#regels").inner_text()
    assert "Er zijn gegevens doorgegeven. Het Inkomensloket. " in shown and ".." not in shown
    assert "Gegevens: brp.naam" in shown, "what was passed on"
    assert ("Er ontbreekt geen nummer." in page.locator("#uitkomst").inner_text()) == (where == "period")


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_page_is_for_everybody(opened: Opened, language: str) -> None:
    changed = mutant(Random(4), 0)  # noqa: S311 - a test that can be repeated
    page = opened([*Log().add().bundles(), *changed.bundles], language)
    page.evaluate(AXE.or_skip().read_text())
    for size, scheme in ((WIDE, "light"), (WIDE, "dark"), (NARROW, "dark"), (NARROW, "light")):
        page.set_viewport_size(size)  # type: ignore[arg-type]  # a TypedDict
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # a Literal
        assert violations(page, {} if (size, scheme) == (WIDE, "light") else {"runOnly": LOOKS}) == []
    assert too_wide(page) == []
    assert page.locator("h1").count() == 1
    assert walk(page, lambda: page.evaluate("document.activeElement.id") == "vkey")
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert too_wide(page) == [], "at 200 % text"
