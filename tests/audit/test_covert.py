"""Lines that a resident may not know of: in the tree from the start, nowhere else; lifted by two of three people."""

import json
from base64 import b64decode
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import regie_verify
from audit import escrow, lifting
from audit.breach import Page, Window
from audit.contract import Count, Line, Misfit, Position, Query, Reason
from audit.covert import PREFIX
from audit.destroying import Order
from audit.escrow import OpenedFile, SealedFile, founded, in_a_file, opened_by
from audit.service import AuditService
from kernel.clock import millis
from kernel.errors import BadInput
from tests.audit.fsck_ground import checked
from tests.audit.logs import DESK, FG, NOON, TENANT, Place, Ticking, act, fence, receipt, release, told_of_key

pytestmark = [pytest.mark.anyio, pytest.mark.rooms]
DAY = 86_400_000
UNTIL = millis(NOON) + 90 * DAY
WHY = Reason(code="toezicht", case="FG-1")
AUDITOR = FG.model_copy(update={"roles": ("auditor",), "user": "auditor-1"})
SHARES = founded(TENANT)
CASE: dict[str, Any] = {"case": "Z-9", "covert": "ja", "withheld_until": UNTIL, "keep_until": 2046}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    url = f"sqlite+aiosqlite:///{tmp_path}/audit.db"
    return Place(url, tmp_path, clock=Ticking(), escrow={TENANT: SHARES[0].public})


@pytest.fixture
async def service(place: Place) -> AsyncIterator[AuditService]:
    async with place.opened() as (service, _):
        yield service


async def covert_case(service: AuditService, shared: str) -> list[Position]:
    """A use, and how it ended; another that the sweeper ends; between lines that are shown."""
    door = service.door("connectors")
    await door.record(DESK, [act("weigering")])
    first = receipt((await door.record(DESK, [release({shared: 0}, **CASE)]))[0])
    ended = act("afloop", closes=(first.position,), details={"uitkomst": "geleverd"}, recipient="r1",
                activity="regeling", version="1", **CASE)  # fmt: skip
    second = receipt((await door.record(DESK, [ended]))[0])
    await door.record(DESK, [release({fence(): 0})])
    third = receipt((await door.record(DESK, [release({shared: 0}, **CASE)]))[0])
    return [first.position, second.position, third.position]


async def own(service: AuditService, subject: str = "s1") -> list[Line]:
    return list((await service.door("web").lines(DESK, subject)).lines)


def told(line: Line) -> dict[str, Any]:
    """What a resident reads of a line, but for its place in the log, which counts everybody's lines."""
    found: dict[str, Any] = json.loads(line.model_dump_json(exclude={"position"}))
    del found["event"]["id"], found["event"]["trace"]
    return found


async def test_nothing_is_there_for_its_resident(service: AuditService, tmp_path: Path) -> None:
    """All that s1 can read is what s2 reads, to whom the same happened without the covert lines."""
    places = await covert_case(service, fence())
    door = service.door("connectors")
    await door.record(DESK, [act("weigering", subject="s2")])
    await door.record(DESK, [release({fence(): 0}, subject="s2")])
    mine, theirs = [await service.door("web").lines(DESK, subject) for subject in ("s1", "s2")]
    assert mine.total == theirs.total == 2
    expected = [told(line) | {"event": told(line)["event"] | {"subject": "s1"}} for line in theirs.lines]
    assert [told(line) for line in mine.lines] == expected
    for at in places:
        hidden = await service.door("web").line(DESK, at)
        assert hidden.event.subject.startswith(PREFIX) and hidden.event.kind == "vertrouwelijk" and not hidden.outcome
        bundle = await service.door("web").bundle(DESK, at)
        assert bundle.content is None and b'"act"' not in b64decode(bundle.proof.split("\n")[1][6:])
    bundles = [json.loads((await service.door("web").bundle(DESK, line.position)).text()) for line in mine.lines]
    assert verified(service, tmp_path, bundles) == 0, "no number is missing"


def verified(service: AuditService, folder: Path, bundles: list[Any]) -> int:
    (folder / "mine.json").write_text(json.dumps(bundles))
    (folder / "log.vkey").write_text("".join(f"{one}\n" for one in service.vkeys.values()))
    return regie_verify.main([str(folder / "mine.json"), "--vkey", str(folder / "log.vkey")])


async def test_no_restriction_names_it_and_it_counts_for_how_often(service: AuditService) -> None:
    shared = fence()
    await covert_case(service, shared)
    (verdict,) = await service.door("consent").record(DESK, [act("beperking", shared)])
    assert receipt(verdict).under_way == ()
    counts = [Count(subject="s1", activity="regeling"), Count(subject="s1", activity="regeling", case="Z-9")]
    assert await service.door("consent").count(DESK, counts) == [3, 2]


async def test_the_fg_alone_finds_it_without_its_content_and_the_search_is_as_covert(service: AuditService) -> None:
    places = await covert_case(service, fence())
    before = len(await own(service))
    for caller, found in ((FG, 3), (AUDITOR, 0), (DESK.model_copy(update={"kind": "automatisch",
                                                                          "scope": ("logboek",)}), 0)):  # fmt: skip
        answer = await service.door("web").search(caller, Query(case="Z-9"), WHY)
        assert (answer.totals.lines, len(answer.found.lines), answer.totals.residents) == (found, found, 0)
    assert len(await own(service)) == before, "nobody was shown, as far as s1 may know"
    answer = await service.door("web").search(FG, Query(subject="s1"), WHY)
    covert = [line for line in answer.found.lines if line.event.covert]
    assert {line.position for line in covert} >= set(places)
    assert {(line.event.kind, line.event.activity, line.event.case, line.event.recipient) for line in covert} == {
        ("verstrekking", "regeling", "", ""), ("afloop", "regeling", "", "")
    }  # fmt: skip
    assert (await own(service))[0].event.kind == "zoeking", "they were shown by other lines too"
    sealed = [line for line in (await service.desk(FG).reader.lines(covert[0].event.subject, None, 50)).lines]
    assert [line.event.kind for line in sealed][:2] == ["zoeking", "zoeking"]


async def test_a_file_on_a_breach_counts_without_it_and_the_fg_sees_whom_it_may_be(service: AuditService) -> None:
    await covert_case(service, fence())
    breaches = service.desk(FG).breaches
    file = await breaches.report(AUDITOR, Window(recipient="r1", since=0, until=UNTIL), WHY)
    assert (file.tally.residents, file.tally.lines) == (1, 1)
    assert [one.subject for one in (await breaches.people(AUDITOR, file.id, WHY, Page()))[1]] == ["s1"]
    people = (await breaches.people(FG, file.id, WHY, Page()))[1]
    assert [one.subject.startswith(PREFIX) for one in people] == [True, False]


async def lifted(service: AuditService, shares: tuple[int, int] = (0, 2)) -> int:
    lifter = service.desk(FG).lifter
    file = SealedFile(tenant=TENANT, lines=await lifter.sealed("r1", "Z-9"))
    found = opened_by([SHARES[at] for at in shares], file)
    return await lifter.lift(found.lines, "Het onderzoek is klaar.")


async def test_after_lifting_each_old_line_is_opened_by_a_new_one_and_proves_since_when(
    service: AuditService, place: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    places = await covert_case(service, fence())
    place.clock.pass_by(90)  # type: ignore[attr-defined]  # a Ticking
    assert await service.desk(DESK).sweeper.sweep() == 2
    await service.door("web").search(FG, Query(case="Z-9"), WHY)
    place.clock.pass_by(86_400)  # type: ignore[attr-defined]  # a Ticking
    assert await lifted(service) == 5, "two uses, two ends, a search"
    assert await lifted(service, (1, 2)) == 0
    lines = await own(service)
    assert [line.n for line in lines] == list(range(len(lines), 0, -1))
    shown = {line.event.closes[0]: line.event for line in lines if line.event.kind == "opgeheven"}
    assert set(places) < set(shown) and len(shown) == 5
    first = shown[places[0]]
    assert (first.details["soort"], first.details["sinds"], first.case) == ("verstrekking", str(millis(NOON)), "Z-9")
    assert (first.elements, first.recipient, first.actor) == (("brp.naam",), "r1", "")
    assert {event.keep_until for event in shown.values()} == {2046}
    door = service.door("web")
    bundles = [json.loads((await door.bundle(DESK, line.position)).text()) for line in lines[::-1]]
    assert verified(service, tmp_path, bundles) == 0
    assert f"stond er al als regel {places[0].index}, sinds 2026-11-22 12:00:00 UTC" in capsys.readouterr().out
    (spoilt,) = [one for one in bundles if one.get("eerder") and "regeling" in one["eerder"]["inhoud"]["body"]] or [
        next(one for one in bundles if one.get("eerder"))
    ]
    other = next(one for one in bundles if one.get("eerder") and one is not spoilt)
    spoilt["eerder"] = other["eerder"]
    assert verified(service, tmp_path, bundles) == 1, "it opens another line than it says"
    key = service.desk(FG).log.signer.public_key.hex()
    assert (await checked(place.url, place.folder, key)).status == 0
    assert (await checked(place.url, place.folder, key, keys=False)).status == 0


async def test_what_was_not_written_is_not_lifted(service: AuditService) -> None:
    await covert_case(service, fence())
    lifter = service.desk(FG).lifter
    file = SealedFile(tenant=TENANT, lines=await lifter.sealed("r1", "Z-9"))
    for shares in ([SHARES[0]], [SHARES[0], SHARES[0]], [SHARES[0], founded(TENANT)[1]],
                   [SHARES[0], SHARES[1].model_copy(update={"share": SHARES[2].share})]):  # fmt: skip
        with pytest.raises(BadInput):
            opened_by(shares, file)
    found = opened_by(SHARES[:2], file)
    (one, two, *_), normal = found.lines, (await own(service))[0].position
    for wrong in (one.model_copy(update={"body": two.body}), one.model_copy(update={"place": normal}),
                  one.model_copy(update={"salt": ""})):  # fmt: skip
        with pytest.raises(BadInput):
            await lifter.lift([wrong], "reden")
    for spoilt in ("", " ", "x" * 501, "Over 999993653.", "Over 9999.93.653.", "half \udcff"):
        with pytest.raises(BadInput, match="waarom"):  # the resident could never read the line, or somebody's number
            await lifter.lift(found.lines, spoilt)
    assert OpenedFile.model_validate_json(found.model_dump_json()) == found
    moved = file.lines[0].model_copy(update={"event_id": file.lines[1].event_id})
    with pytest.raises(BadInput):
        opened_by(SHARES[:2], SealedFile(tenant=TENANT, lines=(moved,)))
    assert len(await own(service)) == 2


async def test_what_was_lifted_takes_no_room_and_what_comes_after_it_is_lifted_too(
    service: AuditService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(escrow, "LINES_MAX", 3)
    monkeypatch.setattr(lifting, "PAGE", 1)
    await covert_case(service, fence())
    await service.door("web").search(FG, Query(case="Z-9"), WHY)
    lifter, counts = service.desk(FG).lifter, []
    while left := await lifter.sealed("r1", "Z-9"):
        file = in_a_file(TENANT, left)
        assert len(file.lines) <= 3
        counts.append((len(left), await lifter.lift(opened_by(SHARES[:2], file).lines, "Het onderzoek is klaar.")))
    assert counts == [(4, 3), (1, 1)], "the last of them, a search, does not say whose it is"


async def test_without_a_key_of_custodians_nothing_covert_is_written(tmp_path: Path) -> None:
    other = Place(f"sqlite+aiosqlite:///{tmp_path}/audit.db", tmp_path)
    async with other.opened() as (service, _):
        (verdict,) = await service.door("connectors").record(DESK, [release({fence(): 0}, **CASE)])
        assert isinstance(verdict, Misfit) and "heimelijk" in verdict.detail


async def test_a_key_that_no_line_names_seals_nothing_and_stops_nobody_else(place: Place) -> None:
    """Whoever changes the setting would have what they cannot read sealed to themselves."""
    mine = founded(TENANT)[0].public
    service, component = await replace(place, escrow={TENANT: mine}).built()
    async with component.run():
        normal, covert = act("weigering"), release({fence(): 0}, **CASE)
        done, refused = await service.door("connectors").record(DESK, [normal, covert])
        receipt(done)
        assert isinstance(refused, Misfit) and "heimelijk" in refused.detail
        await told_of_key(service, SHARES[1].public)
        assert isinstance((await service.door("connectors").record(DESK, [covert]))[0], Misfit), "of another key"
        await told_of_key(service, mine)
        receipt((await service.door("connectors").record(DESK, [covert]))[0])


def test_a_key_to_which_nothing_can_be_sealed_starts_nothing(place: Place) -> None:
    """It stopped every line that was written together with a covert one."""
    for low in (bytes(32), b"\1" + bytes(31)):
        with pytest.raises(ValueError, match="sealed"):
            replace(place, escrow={TENANT: low.hex()}).settings()


async def test_a_year_goes_with_its_covert_lines_and_turns_run_on(service: AuditService, place: Place) -> None:
    places = await covert_case(service, fence())
    desk = service.desk(DESK)
    await desk.turn({"reden": "halfjaar"})
    third = release({fence(): 0}, place.clock(), **CASE)
    await service.door("connectors").record(DESK, [third])
    series = (await desk.reader.line(places[0])).event.subject
    assert [line.n for line in (await desk.reader.lines(series, None, 9)).lines] == [4, 3, 2, 1]
    key = {origin: public.hex() for origin, public in service.public_keys.items()}
    assert (await checked(place.url, place.folder, key)).status == 0
    place.clock.now = NOON.replace(year=2047)  # type: ignore[attr-defined]  # a Ticking
    tally = await desk.destroyer.run(Order(year=2046), lambda done, of: None)
    assert tally.lines >= 4
    assert all(line.gone for line in (await desk.reader.lines(series, None, 9)).lines if line.position in places)
    assert await desk.lifter.sealed("r1", "Z-9") == ()
    found = await service.door("web").search(AUDITOR, Query(activity="regeling", until=UNTIL), WHY)
    assert found.totals.destroyed == 4, "two of s1, of the key, and the first line of a term"
    key = {origin: public.hex() for origin, public in service.public_keys.items()}
    assert (await checked(place.url, place.folder, key)).status == 0
