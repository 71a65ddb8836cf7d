"""Bulk and tables in the client: whole or not at all, and of nobody anything without a receipt of their own."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest

from assembly.clients import make_client_key, make_sealing_key
from connectors.bulk.sealing import sealed_part
from connectors.bulk.stands import without_answers
from connectors.bulk.steps import release_of
from connectors.claim import Claim
from kernel.ids import derived_id, uuid7
from regie_client import Answered, BulkOrder, Job, NoReceipt, NotConfigured, NotReleased, TableQuestion, Unusable
from regie_client.unsealing import Opener
from tests.bundles import ORIGIN, TERM
from tests.client.counterpart import BEFORE, CREDENTIALS, KEY_1, NOW, PLACE, Counterpart, problem, proof, release, text
from tests.connectors.bulk_house import numbers

pytestmark = pytest.mark.anyio
JOB = "01a05cd7-2a00-7f08-9228-f0017d9b9828"
BULK, PROOF = "/verstrekking/v1/bulkverstrekkingen", f"/logboek/v1/logregels/{PLACE}/bewijs"
PRIVATE, PUBLIC = make_sealing_key()
PEOPLE = tuple((one, "") for one in numbers(4))
ORDER = BulkOrder("witgoed", ("brp.naam", "brp.adres"), PEOPLE, "mw-1")
STATE = {"id": JOB, "status": "klaar", "aantal": 4, "behandeld": 4, "verstrekt": 2, "geweigerd": 1, "nietGeleverd": 0}
REFUSED = {"code": "buiten-doel", "status": 403, "detail": "Nee.", "geweigerd": release()["geweigerd"]}


def answered(nr: int, status: str = "verstrekt", whose: int | None = None, **more: Any) -> tuple[int, bytes]:
    """As the house seals it about one resident. Of each the line is the one there is."""
    body = release(id=release_of(JOB, nr)) if status == "verstrekt" else REFUSED
    bsn = PEOPLE[nr if whose is None else whose][0]
    return nr, json.dumps({"nr": nr, "inwoner": {"bsn": bsn}, "status": status, "antwoord": body | more}).encode()


def result(*answers: tuple[int, bytes], gone: frozenset[int] = frozenset()) -> bytes:
    return without_answers(sealed_part(json.dumps(PUBLIC), f"{JOB}/0", answers), gone)


GOOD = (answered(0), answered(1, "geweigerd"), answered(2), answered(3))


def house(
    folder: Path, content: bytes, proven: Callable[[httpx2.Request], httpx2.Response] | None = None
) -> Counterpart:
    lines = {"content-type": "application/x-ndjson"}
    place = f"{BULK}/{JOB}"
    return Counterpart(folder, {
        BULK: lambda _: httpx2.Response(202, json=STATE | {"status": "wacht"}),
        place: lambda request: httpx2.Response(204) if request.method == "DELETE" else httpx2.Response(200, json=STATE),
        f"{place}/resultaat": lambda _: httpx2.Response(200, content=content, headers=lines),
        PROOF: proven or (lambda _: text(proof(gebeurtenis=Claim(release_of(JOB, 0), 3).event_id("/1")))),
    })  # fmt: skip


async def fetched(made: Counterpart) -> list[Answered]:
    bulk = made.regie().bulk(PRIVATE)
    job = await bulk.order(ORDER)
    assert (await bulk.follow(job, 0)).released == 2
    found = [one async for one in bulk.answers(job)]
    await bulk.end(job)
    assert made.asked[-1][0] == "DELETE"
    return found


async def test_each_resident_is_given_with_a_receipt_of_their_own_and_no_other(tmp_path: Path) -> None:
    made = house(tmp_path, result(*GOOD, gone=frozenset({3})))
    found = await fetched(made)
    assert (
        made.asked[0][3]["inwoners"] == [{"bsn": bsn} for bsn, _ in PEOPLE] and made.asked[0][3]["gebruiker"] == "mw-1"
    )
    # there is one line, that of the first: whoever shows it for another gets nothing across
    assert [one.status for one in found] == ["verstrekt", "geweigerd", "achtergehouden", "vervallen"]
    assert found[0].release and found[0].release.values["brp.naam"].value == {"voornamen": "Jan"}
    assert found[0].release.receipt.line.place == PLACE == f"{TERM}-{BEFORE}"
    assert isinstance(found[1].why, NotReleased) and found[1].why.code == "buiten-doel"
    assert isinstance(found[2].why, NoReceipt) and found[2].release is None
    assert [one.bsn for one in found] == [bsn for bsn, _ in PEOPLE] and PEOPLE[0][0] not in repr(found)


@pytest.mark.parametrize("spoilt", [
    {"gebeurtenis": Claim(release_of(derived_id("x", "y"), 0), 1).event_id()},  # of another job
    {"soort": "weigering"},
    {"tijd": str(int((NOW - 3_600) * 1_000))},  # of before the order
])  # fmt: skip
async def test_a_line_that_is_not_of_this_job_proves_nothing(tmp_path: Path, spoilt: dict[str, Any]) -> None:
    says: dict[str, Any] = {"gebeurtenis": Claim(release_of(JOB, 0), 1).event_id(), **spoilt}
    found = await fetched(house(tmp_path, result(*GOOD), lambda _: text(proof(**says))))
    assert [one.release for one in found] == [None] * 4 and found[0].status == "achtergehouden"
    away = await fetched(house(tmp_path, result(*GOOD), lambda _: problem(503, "logboek-weg")))
    assert [one.release for one in away] == [None] * 4


OTHER = sealed_part(json.dumps(make_sealing_key()[1]), "x", GOOD)
WRONG: dict[str, bytes] = {
    "cut off": result(*GOOD[:3]),
    "somebody twice": result(*GOOD, GOOD[0]),
    "somebody more": result(*GOOD) + b'{"nr": 4, "vervallen": true}\n',
    "half a line": result(*GOOD)[:-9],
    "a line without an end": b'{"sleutel": "' + b"x" * (300 << 10),
    "to somebody else": OTHER,
    "no key": b"".join(result(*GOOD).splitlines(keepends=True)[1:]),
    "about somebody else": result(answered(0, whose=1), *GOOD[1:]),
    "in another place": result(*GOOD).replace(b'"nr": 0', b'"nr": 9').replace(b'"nr": 2', b'"nr": 0').replace(
        b'"nr": 9', b'"nr": 2'),
    "what was not asked": result(answered(0, gegevens={"brp.gezag": release()["gegevens"]["brp.naam"]}), *GOOD[1:]),
    "another form": result((0, b'{"nr": "nul"}'), *GOOD[1:]),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
async def test_a_result_that_is_not_whole_or_not_ours_gives_nothing_of_it(tmp_path: Path, what: str) -> None:
    made = house(tmp_path, WRONG[what])
    job, given = Job(ORDER, JOB, NOW), []
    with pytest.raises(Unusable) as wrong:
        async for one in made.regie().bulk(PRIVATE).answers(job):
            given.append(one)
    assert not given and PEOPLE[0][0] not in str(wrong.value)


def test_a_key_that_opens_nothing_is_found_at_the_start() -> None:
    for key in ({}, PUBLIC, make_client_key()[0] | {"kty": "oct"}, {"kty": "oct", "k": "AAAA"}):
        with pytest.raises(NotConfigured):
            Opener(key)


RUN = uuid7(int(NOW * 1_000), derived_id(KEY_1, CREDENTIALS.client_id))
TABLE = {
    "id": RUN, "verwerkingsactiviteit": "armoede", "versie": "1", "tabel": "per-wijk", "drempel": 15, "afwijking": 4,
    "cellen": [{"rij": "Noord", "aantal": 60}, {"rij": "Oost", "aantal": None}],
    "privacybudget": {"kosten": "3.000", "besteed": "3.000", "budget": "12.000"},
    "logregel": {"logboek": ORIGIN, "index": BEFORE},
}  # fmt: skip


async def test_a_table_comes_with_the_line_of_its_own_run(tmp_path: Path) -> None:
    line: dict[str, Any] = {
        "soort": "statistiek",
        "gebeurtenis": derived_id(RUN, "statistiek"),
        "tijd": str(int((NOW - 999) * 1_000)),
    }

    def counting(said: dict[str, Any], line: dict[str, Any]) -> Any:
        answers = {"/verstrekking/v1/statistieken": lambda _: httpx2.Response(200, json=said),
                   PROOF: lambda _: text(proof(**line))}  # fmt: skip
        return Counterpart(tmp_path, answers).regie().table(TableQuestion("armoede", "per-wijk", "mw-1"), KEY_1)

    table = await counting(TABLE, line)
    assert [(cell.row, cell.count) for cell in table.cells] == [("Noord", 60), ("Oost", None)]
    for spoilt in ({"soort": "verstrekking"}, {"gebeurtenis": derived_id(ORIGIN, "statistiek")}):
        with pytest.raises(NoReceipt):
            await counting(TABLE, line | spoilt)
    other = uuid7(
        int(NOW * 1_000), derived_id(JOB, CREDENTIALS.client_id)
    )  # the run of another question, with its line
    with pytest.raises(NoReceipt):
        await counting(TABLE | {"id": other}, line | {"gebeurtenis": derived_id(other, "statistiek")})
    with pytest.raises(Unusable):
        await counting(TABLE | {"tabel": "per-vak"}, line)


async def test_an_order_that_is_said_again_is_the_job_of_the_first_time(tmp_path: Path) -> None:
    first = NOW - 7_200
    ours = uuid7(int(first * 1_000), derived_id(KEY_1, CREDENTIALS.client_id))
    for job, since in ((ours, first), (JOB, NOW)):  # of another key it may be older, and proves nothing then
        said = httpx2.Response(202, json=STATE | {"id": job})
        again = await Counterpart(tmp_path, {BULK: said_by(said)}).regie().bulk(PRIVATE).order(ORDER, KEY_1)
        assert again.id == job and abs(again.since - since) < 0.001


def said_by(answer: httpx2.Response) -> Callable[[httpx2.Request], httpx2.Response]:
    return lambda _: answer


async def test_by_your_own_names_it_is_about_who_was_named_so(tmp_path: Path) -> None:
    own = "a2" * 16

    def about(whose: dict[str, str]) -> tuple[int, bytes]:
        said = {"nr": 0, "inwoner": whose, "status": "verstrekt", "antwoord": release(id=release_of(JOB, 0))}
        return 0, json.dumps(said).encode()

    order = BulkOrder("witgoed", ("brp.naam", "brp.adres"), ((own, ""),), "mw-1", by_pseudonym=True)
    assert order.body()["inwoners"] == [{"pseudoniem": own}]
    made = house(tmp_path, result(about({"pseudoniem": own})))
    job = Job(order, JOB, BEFORE)
    (one,) = [one async for one in made.regie().bulk(PRIVATE).answers(job)]
    assert (one.status, one.bsn, one.pseudonym) == ("verstrekt", "", own)
    for other in ({"pseudoniem": "b" * 32}, {"bsn": PEOPLE[0][0]}):
        with pytest.raises(Unusable):
            [_ async for _ in house(tmp_path, result(about(other))).regie().bulk(PRIVATE).answers(job)]
