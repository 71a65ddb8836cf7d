"""What bulk decides without any room: turns, parts, states, orders as they come in, what a result stands on."""

import json
from collections import Counter
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, cast

import pytest
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from assembly.clients import make_client_key, make_sealing_key
from assembly.demo.register import EXERCISES
from audit.contract import LogUnavailable, Overtaken, Position
from connectors.bulk.api import _SCHEMA
from connectors.bulk.contract import MOST, Order
from connectors.bulk.handing import Handing
from connectors.bulk.keys import Box
from connectors.bulk.parts import Handed
from connectors.bulk.planning import ENDED, NEXT, WORKING, Turns, Waiting, cut, demand_step, patience, size_of
from connectors.bulk.reading import LIST, read_file, read_json
from connectors.bulk.running import Workers
from connectors.bulk.sealing import sealed_part
from connectors.bulk.stands import Stand, Stands, without_answers
from connectors.bulk.steps import Whose
from connectors.bulk.weighing import Pace, Weighing
from connectors.contract import SourceDown
from consent.jwks import fault_of, usable
from consent.tokens.assertion import proven
from kernel.caller import Caller
from kernel.clock import moment
from kernel.crypto import DataKey
from kernel.errors import BadInput
from tests.connectors.bulk_house import ALGORITHMS, Reader, numbers
from tests.consent.applications import ISSUER, NOW, signed

pytestmark = pytest.mark.anyio
NOBODY: Any = None  # a room that nobody knocks at here
ROBOT = Caller(tenant="gm9901", organisation="loket", application="robot", kind="automatisch")
ORDER = {"verwerkingsactiviteit": "regeling", "gegevenselementen": ["brp.naam"]}
ANYBODY = numbers(5)


def served(left: dict[Waiting, int]) -> list[Waiting]:
    """In which order these jobs get as many turns as they have parts."""
    turns, order = Turns(), []
    while alive := [one for one, parts in left.items() if parts]:
        chosen = turns.next(alive)
        assert chosen is not None
        order.append(chosen)
        left[chosen] -= 1
    return order


def test_a_hundred_thousand_of_one_do_not_hold_up_ten_of_another() -> None:
    large, small, late = Waiting("gm9901", "large"), Waiting("gm9902", "small"), Waiting("gm9901", "late")
    order = served({large: 500, small: 1, late: 2})
    assert small in order[:2], "a municipality waits for one turn of each other"
    assert order[:6].count(late) == 2, "and within one municipality a job for one turn of each other job"
    assert len(order) == 503


def test_turns_are_even_whoever_comes_when() -> None:
    dice = Random(7)  # noqa: S311 - a test that can be repeated
    turns, had = Turns(), Counter[str]()
    tenants = [f"gm{number}" for number in range(6)]
    for _ in range(600):
        here = dice.sample(tenants, 6)
        waiting = [Waiting(tenant, f"{tenant}-{dice.randrange(50)}") for tenant in here]
        chosen = turns.next(waiting)
        assert chosen is not None
        had[chosen.tenant] += 1
    assert set(had.values()) == {100}
    assert turns.next([]) is None


@pytest.mark.parametrize(("count", "size"), [(1, 200), (200, 200), (201, 200), (MOST, 500)])
def test_every_resident_is_in_one_part(count: int, size: int) -> None:
    parts = cut(count, size)
    assert [nr for part in parts for nr in part] == list(range(count))
    assert max(map(len, parts)) <= size


def test_parts_are_large_only_where_nobody_but_the_vault_is_asked_and_for_little() -> None:
    assert size_of(EXERCISES, 250) == 250
    assert size_of((*EXERCISES, "brp.naam"), 250) == size_of(("nergens.bekend",), 250) == 100
    assert size_of(EXERCISES * 10, 250) == 100, "of so many elements what is kept would be too large"
    assert size_of(("brp.naam",), 40) == 40


def test_as_many_are_decided_together_as_the_log_took_in_time_before() -> None:
    pace, seen = Pace(), []
    for count, late in ((30, False), (100, False), (200, False), (250, False), (250, True), (62, True), (15, True)):
        pace.took(count, late=late)
        seen.append(pace.at_once)
    assert seen == [100, 200, 250, 250, 62, 15, 10], "a few on their own say nothing of many"


async def test_within_a_part_as_well_it_becomes_more_again_or_its_first_permits_end_before_its_last_line() -> None:
    sizes, limit = list[int](), 60

    class Recorded(Weighing):
        async def _written(self, _: Any, waiting: Any) -> Any:
            sizes.append(len(waiting))
            late = Overtaken("Te laat.", moved=[], position="2026h2-0")
            return [(one, None, None, late) for one in waiting] if len(waiting) > limit else []

    weighing = Recorded(NOBODY, NOBODY, NOBODY, NOBODY, NOBODY, NOBODY, NOBODY, Pace(10))
    await weighing.write(cast(Any, None), cast(Any, list(range(250))))
    assert sizes == [10, 20, 40, 80, 20, 40, 80, 20, 40, 60]


@dataclass
class Half:
    """A log that writes the first call and the last one, and not what comes between."""

    calls: list[int] = field(default_factory=list)

    async def record(self, _: Caller, entries: list[int]) -> list[int]:
        self.calls.append(len(entries))
        if entries[0] == 100:
            raise LogUnavailable("Even niet.")
        return entries


async def test_of_calls_that_share_a_commit_one_that_fails_fails_the_part_and_all_have_ended_by_then() -> None:
    log, whose = Half(), Whose("job", ROBOT, Order(activity="oefening", elements=EXERCISES))
    weighing = Weighing(NOBODY, NOBODY, cast(Any, log), NOBODY, NOBODY, NOBODY, NOBODY)
    with pytest.raises(LogUnavailable):
        await weighing._record(whose, cast(Any, list(range(250))))
    assert log.calls == [100, 100, 50]
    assert await weighing._record(whose, cast(Any, list(range(100)))) == cast(Any, list(range(100)))


def test_a_job_goes_forward_only_and_what_ended_stays_so() -> None:
    assert set(NEXT) == {*WORKING, "klaar", *ENDED}
    for now, allowed in NEXT.items():
        for wanted in NEXT:
            if wanted in allowed:
                demand_step(now, wanted)
            else:
                with pytest.raises(ValueError):
                    demand_step(now, wanted)
    assert all(not NEXT[state] for state in ENDED) and all("geannuleerd" in NEXT[state] for state in WORKING)
    assert [patience(attempt) for attempt in (0, 1, 3, 100)] == [1_000, 2_000, 8_000, 60_000]


def faults(body: object, caller: Caller = ROBOT) -> set[tuple[str, str]]:
    with pytest.raises(BadInput) as refused:
        read_json(caller, json.dumps(body).encode())
    assert not any(one in json.dumps(refused.value.members) for one in ANYBODY), "a fault never repeats a number"
    return {(fault["veld"], fault["code"]) for fault in refused.value.members["fouten"]}


def test_an_order_is_read_with_every_fault_at_its_place() -> None:
    good = [{"bsn": ANYBODY[0], "zaak": "Z-1"}, {"bsn": ANYBODY[1]}, {"bsn": ANYBODY[2], "zaak": None}]
    read = read_json(ROBOT, json.dumps({**ORDER, "inwoners": good}).encode())
    cases = list(zip(ANYBODY, ("Z-1", "", ""), strict=False))
    assert [(one.person.number.reveal(), one.case) for one in read.listed] == cases
    assert (read.order.activity, read.order.elements) == ("regeling", ("brp.naam",))
    more = [{"zaak": "z" * 65}, {"zaak": f"Z {ANYBODY[4]}"}, {"zaak": "a\nb"}, {"zaak": "Z\ud800"}]
    bad = [
        *good, {"bsn": ANYBODY[0]}, {"bsn": "123456789"}, {"bsn": int(ANYBODY[3])}, ANYBODY[3], {},
        *({"bsn": ANYBODY[3], **one} for one in [{"naam": "x"}, *more]),
    ]  # fmt: skip
    codes = ("dubbel", "bsn", "bsn", "bsn", "bsn", "onbekend-veld", "zaak", "lijkt-op-bsn", "zaak", "zaak")
    assert faults({**ORDER, "inwoners": bad}) == {(f"/inwoners/{at}", code) for at, code in enumerate(codes, 3)}
    assert faults({**ORDER, "inwoners": []}) == {("/inwoners", "te-weinig")}
    assert faults({**ORDER, "inwoners": "alle"}) == faults(ORDER) == {("/inwoners", "ontbreekt")}
    assert {("/inwoners", "ontbreekt"), ("/verwerkingsactiviteit", "ontbreekt")} <= faults({}), "all at once"
    assert faults({"inwoners": good, "zaak": "Z-1"}) == {
        ("", "onbekend-veld"), ("/verwerkingsactiviteit", "ontbreekt"), ("/gegevenselementen", "ontbreekt")
    }  # fmt: skip
    assert ("", "verkeerd-soort") in faults({**ORDER, "inwoners": good}, ROBOT.model_copy(update={"kind": "burger"}))
    assert ("/gebruiker", "ontbreekt") in faults({**ORDER, "inwoners": good}, ROBOT.model_copy(update={"kind": "mens"}))
    many = [{"bsn": one} for one in numbers(300, 100_000_000)]
    assert len(faults({**ORDER, "inwoners": [{**one, "x": 1} for one in many]})) == 100, "an answer has a limit too"
    for raw in (b"", b"[]", b'"x"', b"{", b"\xff"):
        with pytest.raises(BadInput):
            read_json(ROBOT, raw)


def test_a_resident_is_named_by_number_or_by_the_recipients_own_name() -> None:
    own = "a2" * 16
    listed: list[dict[str, Any]] = [
        {"pseudoniem": own, "zaak": "Z-1"},
        {"bsn": ANYBODY[0], "pseudoniem": None, "zaak": None},
    ]
    read = read_json(ROBOT, json.dumps({**ORDER, "inwoners": listed}).encode())
    assert [(one.person.pseudonym, one.case) for one in read.listed] == [(own, "Z-1"), (None, "")]
    bad = [listed[0], listed[0], {"pseudoniem": own, "bsn": ANYBODY[1]}, {"pseudoniem": ANYBODY[1]}, {"pseudoniem": 7}]
    codes = ("dubbel", "een-van-beide", "pseudoniem", "pseudoniem")
    assert faults({**ORDER, "inwoners": bad}) == {(f"/inwoners/{at}", code) for at, code in enumerate(codes, 1)}
    said: Any = _SCHEMA["properties"][LIST]["items"]
    assert all(set(one) <= set(said["properties"]) for one in listed), "and the description says so"
    assert said["oneOf"] == [{"required": ["bsn"]}, {"required": ["pseudoniem"]}] and "required" not in said
    kept = read_file(ROBOT, f"pseudoniem;zaak\n{own};Z-1\n".encode(), ASKED).listed
    assert kept == read.listed[:1]
    box = Box("gm9901", "j", DataKey(bytes(16), bytes(32), bytes(32)))
    assert box.read_listed(1, box.listed(1, read.listed)) == read.listed


def test_a_list_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    assert MOST == 100_000
    monkeypatch.setattr("connectors.bulk.reading.MOST", 20)
    listed = "".join(f"{one}\n" for one in numbers(21))
    with pytest.raises(BadInput) as refused:
        read_file(ROBOT, b"bsn\n" + listed.encode(), ASKED)
    assert [fault["code"] for fault in refused.value.members["fouten"]] == ["te-veel"]


ASKED = {"verwerkingsactiviteit": "regeling", "gegevenselementen": "brp.naam,brp.adres"}


@pytest.mark.parametrize("divider", [";", ","])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_file_says_the_same(divider: str, end: str) -> None:
    raw = end.join(["BSN" + divider + "zaak", ANYBODY[0] + divider + "Z-1", "", ANYBODY[1], ""]).encode("utf-8-sig")
    read = read_file(ROBOT, raw, ASKED)
    assert [(one.person.number.reveal(), one.case) for one in read.listed] == [(ANYBODY[0], "Z-1"), (ANYBODY[1], "")]
    assert read.order.elements == ("brp.naam", "brp.adres")


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "kop"), (b"nummer\n1", "kop"), (b"bsn\n", "te-weinig"), (b"bsn\nabc", "bsn"),
        (b"bsn\n\xff", "geen-tekst"),
        (b'bsn\n"12', "geen-csv"), (b"bsn;zaak\n" + ANYBODY[0].encode() + b";a;b", "onbekend-veld"),
    ],
)  # fmt: skip
def test_a_file_that_is_none(raw: bytes, code: str) -> None:
    with pytest.raises(BadInput) as refused:
        read_file(ROBOT, raw, ASKED)
    assert code in [fault["code"] for fault in refused.value.members["fouten"]]
    with pytest.raises(BadInput) as refused:
        read_file(ROBOT, b"bsn\n" + ANYBODY[0].encode(), {"gegevenselementen": "brp.naam", "bsn": "x"})
    told = {(fault["veld"], fault["code"]) for fault in refused.value.members["fouten"]}
    assert told == {("", "onbekend-veld"), ("/verwerkingsactiviteit", "ontbreekt")}


def test_who_lost_the_ground_falls_out_and_nobody_else() -> None:
    ours = Stands(
        (
            Stand(0, Position(term="2026h2", index=9), 0, (("0" * 32, 0, "gemeente"), ("a" * 32, 2, "toestemming"))),
            Stand(1, Position(term="2026h2", index=8), 500, (("0" * 32, 0, "gemeente"),)),
        )
    )
    assert Stands.from_bytes(ours.to_bytes()) == ours and Stands.from_bytes(b"") == Stands(())
    assert ours.fallen((), 500) == set() and ours.fallen((), 501) == {1} and ours.fallen(("a" * 32,), 0) == {0}
    assert ours.halted(("0" * 32,)) and not ours.halted(("a" * 32,))
    assert [fence.fence for fence in ours.fences()] == ["0" * 32, "a" * 32]
    assert ours.places({1}) == ours.without({0}).places() == (Position(term="2026h2", index=8),)


async def test_what_ended_by_the_clock_does_not_leave_in_the_midst_of_a_part() -> None:
    """No fence moves then, so the log says nothing."""
    soon = Stands(
        (Stand(0, Position(term="2026h2", index=9), 500, ()), Stand(1, Position(term="2026h2", index=8), 0, ()))
    )
    handing = Handing(NOBODY, NOBODY, NOBODY, NOBODY, NOBODY, lambda: 7.0, lambda: moment(500))
    assert await handing._checked(ROBOT, Handed(b"", soon, ())) == 7.0
    with pytest.raises(Overtaken):
        await replace(handing, clock=lambda: moment(501))._checked(ROBOT, Handed(b"", soon, ()))


class Parts:
    """Of two municipalities; the first one's cannot be read."""

    async def waiting(self, tenant: str) -> list[Waiting]:
        if tenant == "gm9901":
            raise SourceDown("Even niet.")
        return [Waiting(tenant, "job")]

    async def take(self, chosen: Waiting) -> Waiting:
        return chosen


async def test_the_fault_of_one_municipality_stops_no_other() -> None:
    workers = Workers(("gm9901", "gm9902"), cast(Any, Parts()), NOBODY, NOBODY)
    assert await workers._next() == cast(Any, Waiting("gm9902", "job"))


def test_a_part_is_read_by_its_recipient_and_by_nobody_else() -> None:
    private, public = make_sealing_key()
    said = [(nr, json.dumps({"nr": nr, "x": "ë"}).encode()) for nr in range(3)]
    result = sealed_part(json.dumps(public), "job/0", said)
    reader = Reader(ECKey.import_key(private))
    assert reader.read(result.decode()) == {nr: {"nr": nr, "x": "ë"} for nr in range(3)}
    left = without_answers(result, {1})
    assert set(reader.read(left.decode())) == {0, 2} and reader.fallen == {1}
    assert without_answers(result, ()) == result
    with pytest.raises(JoseError):
        Reader(ECKey.import_key(make_sealing_key()[0])).read(result.decode())
    first = json.loads(result.splitlines()[1])["antwoord"]
    head, rest = first.rsplit(".", 1)
    with pytest.raises(JoseError):
        jwe.decrypt_compact(f"{head}.{'A' * len(rest)}", ECKey.import_key(private), algorithms=ALGORITHMS)


def test_a_key_to_encrypt_to_is_for_nothing_else() -> None:
    private, sealing = make_sealing_key()
    signing = {**sealing, "use": "sig", "alg": "ES256", "kid": "s"}
    assert fault_of(json.dumps({"keys": [signing, sealing]})) == ""
    assert fault_of(json.dumps({"keys": [sealing]})), "a client that cannot sign"
    assert fault_of(json.dumps({"keys": [signing, sealing, {**sealing, "kid": "x"}]})), "which of the two?"
    for wrong in ({"alg": "dir"}, {"alg": "ECDH-ES"}, {"crv": "P-384"}, {"d": "AA"}, {"use": "sig"}):
        assert fault_of(json.dumps({"keys": [signing, {**sealing, **wrong}]})), wrong
    with pytest.raises(ValueError):
        usable(sealing)
    own, both = make_client_key()
    both["keys"].append(sealing)
    assert proven(signed(key=ECKey.import_key(own)), json.dumps(both), ISSUER, NOW).client_id == "loket"
    bare = {name: private[name] for name in ("kty", "crv", "x", "y", "d")}  # whoever has it may forget what it is for
    with pytest.raises(ValueError):
        proven(signed(key=ECKey.import_key(bare)), json.dumps(both), ISSUER, NOW)
