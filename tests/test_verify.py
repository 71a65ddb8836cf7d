"""`regie verify`: what the service hands out holds, what was changed on the way does not, and it says why."""

import base64
import hashlib
import hmac
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from nacl.signing import SigningKey

import regie_verify
from kernel.proof.checkpoint import Checkpoint
from kernel.proof.note import ML_DSA_44, VerifierKey, cosigned_note, sign_note, vkey
from kernel.proof.tlogproof import TlogProof
from kernel.proof.tree import Edge, Growth, leaf_hash

ROOT = Path(__file__).resolve().parents[1]
GOLDEN = Path(__file__).parent / "vectors" / "proof"
ORIGIN, TERM = "log.example/zaanwijk/2026h2", "2026h2"
KEY = SigningKey(bytes(range(32)))
Bundle = dict[str, Any]
Run = Callable[..., tuple[int, list[str]]]


def b64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def compact(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


class Log:
    """A log of one resident, written as trust.md 4.1 to 4.5 say."""

    def __init__(self, leaves_before: int = 5) -> None:
        self.leaves = [leaf_hash(bytes([n])) for n in range(leaves_before)]
        self.lines: list[tuple[int, bytes, bytes, bytes]] = []
        self.previous: list[str] | None = None

    def add(self, **changed: Any) -> "Log":
        n = len(self.lines) + 1
        body: dict[str, Any] = {"n": str(n), "doel": "b\u00e9\u00e9ld", "dpl.core.data_subject_id": "p"}
        body |= {"vorige": self.previous} if self.previous else {}
        act = compact({"gebeurtenis": f"e{n}", "soort": "vrijgave", "tijd": "1795312916000", "v": "1"})
        raw = compact({name: value for name, value in (body | changed).items() if value is not None})
        leaf = b"RGL\x01" + commit(b"regie/act/1", act) + commit(b"regie/body/1", raw) + bytes(32)
        index = len(self.leaves)
        self.lines.append((index, leaf, act, raw))
        self.leaves.append(leaf_hash(leaf))
        self.previous = [TERM, str(index), leaf_hash(leaf).hex()]
        return self

    def bundles(self) -> list[Bundle]:
        growth = Growth(Edge(), self.leaves)
        head = Checkpoint(ORIGIN, growth.size, growth.root())
        note = sign_note(head.encode(), ORIGIN, bytes(KEY.verify_key), lambda text: bytes(KEY.sign(text).signature))
        return [
            {
                "bewijs": TlogProof(index, growth.inclusion(index), note, extra_of(leaf, act)).encode(),
                "inhoud": {"body": b64(raw), "bodyZout": b64(SALT)},
            }
            for index, leaf, act, raw in self.lines
        ]


SALT = b"s" * 32


def commit(label: bytes, content: bytes) -> bytes:
    return hmac.new(SALT, label + b"\0" + content, hashlib.sha256).digest()


def extra_of(leaf: bytes, act: bytes) -> bytes:
    return compact({"act": b64(act), "actZout": b64(SALT), "blad": b64(leaf)})


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def verify(content: Any, keys: str = vkey(ORIGIN, bytes(KEY.verify_key)) + "\n") -> tuple[int, list[str]]:
        file, key_file = tmp_path / "bewijs", tmp_path / "log.vkey"
        file.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        key_file.write_text(keys)
        code = regie_verify.main([str(file), "--vkey", str(key_file)])
        return code, capsys.readouterr().out.splitlines()

    return verify


def test_a_series_of_a_resident_holds_and_says_where_what_and_when(run: Run) -> None:
    code, said = run(Log().add().add().add().bundles())
    assert code == 0
    assert said[0] == f"klopt (regel 5 van {ORIGIN}, soort vrijgave, tijd 2026-11-22 02:01:56 UTC)"
    assert said[-1] == "Alles klopt: 3 klopt, 0 klopt niet, 0 niet te controleren."
    assert len(said) == 4


def test_a_proof_alone_and_one_bundle_hold(run: Run) -> None:
    (bundle,) = Log().add().bundles()
    assert run(bundle["bewijs"].encode())[0] == 0
    assert run(bundle)[0] == 0
    assert run({"bewijs": bundle["bewijs"], "later": 1})[0] == 0


def test_golden_proofs_still_hold(run: Run) -> None:
    code, said = run((GOLDEN / "series.json").read_bytes(), (GOLDEN / "log.vkey").read_text())
    assert (code, len(said)) == (0, 4)
    assert json.loads((GOLDEN / "series.json").read_text()) == Log().add().add().add().bundles()


def test_every_changed_character_of_a_proof_is_noticed(run: Run) -> None:
    proof = Log().add().bundles()[0]["bewijs"]
    keys = regie_verify.read_keys(GOLDEN / "log.vkey")
    assert regie_verify.check_item(proof, keys).trouble is None
    for at, character in enumerate(proof):
        for other in (proof[:at] + ("B" if character != "B" else "C") + proof[at + 1 :], proof[:at] + proof[at + 1 :]):
            assert regie_verify.check_item(other, keys).trouble is not None, (at, character)


def with_extra(proof: str, **changed: Any) -> str:
    parsed = TlogProof.parse(proof)
    members = json.loads(parsed.extra or b"") | changed
    return TlogProof(parsed.index, parsed.hashes, parsed.checkpoint, compact(members)).encode()


@pytest.mark.parametrize(("changed", "reason"), [
    ({"act": b64(b'{"soort":"x"}')}, "de handeling hoort niet bij de regel"),
    ({"actZout": b64(b"t" * 32)}, "de handeling hoort niet bij de regel"),
    ({"actZout": b64(SALT[:31])}, "de handeling hoort niet bij de regel"),
    ({"blad": b64(b"RGL\x01" + bytes(96))}, "de handeling hoort niet bij de regel"),
    ({"blad": b64(b"RGL\x01" + bytes(97))}, "de regel heeft niet de juiste vorm"),
    ({"blad": b64(b"RGL\x02" + bytes(96))}, "de regel heeft niet de juiste vorm"),
    ({"act": 7}, "act is geen geldige base64"),
    ({"actZout": None}, "actZout is geen geldige base64"),
])  # fmt: skip
def test_a_changed_act_or_leaf_does_not_hold(run: Run, changed: dict[str, Any], reason: str) -> None:
    code, said = run(with_extra(Log().add().bundles()[0]["bewijs"], **changed).encode())
    assert code == 1
    assert said[0] == f"klopt niet: {reason} (regel 5 van {ORIGIN}, soort onbekend, tijd onbekend)"
    assert said[-1] == "Niet alles klopt: 0 klopt, 1 klopt niet, 0 niet te controleren."


def test_a_leaf_that_opens_but_is_not_in_the_tree_does_not_hold(run: Run) -> None:
    honest, other = Log().add().bundles()[0], Log().add(doel="iets anders").bundles()[0]
    foreign = json.loads(TlogProof.parse(other["bewijs"]).extra or b"")
    code, said = run(with_extra(honest["bewijs"], **foreign).encode())
    assert (code, said[0].split(" (")[0]) == (1, "klopt niet: de regel staat niet op deze plaats in het logboek")


@pytest.mark.parametrize("content", [
    {"body": b64(b"{}")}, {"bodyZout": b64(SALT)}, {"body": "***"}, None, [], {"body": b64(b" "), "bodyZout": ""},
])  # fmt: skip
def test_a_changed_body_does_not_hold(run: Run, content: Any) -> None:
    (bundle,) = Log().add().bundles()
    mixed = {"body": b64(b"{}"), "bodyZout": b64(b"t" * 32)} | content if isinstance(content, dict) else content
    code, said = run(bundle | {"inhoud": mixed})
    assert code == 1
    assert said[0].startswith("klopt niet: ")


@pytest.mark.parametrize("changed", [
    {"vorige": [TERM, "5", "00" * 32]}, {"vorige": [TERM, "6", None]}, {"vorige": ["2026h1", "5", None]},
    {"vorige": "vorige"}, {"vorige": None}, {"n": "1", "vorige": None}, {"n": 2}, {"n": "02"}, {"n": None},
])  # fmt: skip
def test_a_line_that_does_not_fit_its_series_does_not_hold(run: Run, changed: dict[str, Any]) -> None:
    log = Log().add()
    link = changed.get("vorige")
    if isinstance(link, list) and link[2] is None and log.previous:
        changed = {"vorige": [*link[:2], log.previous[2]]}
    code, said = run(log.add(**changed).bundles())
    assert code == 1
    assert [line.split(":")[0].split(" (")[0] for line in said[:2]] == ["klopt", "klopt niet"]
    assert "reeks" in said[1]


def test_lines_with_others_in_between_are_not_blamed_for_the_gap(run: Run) -> None:
    bundles = Log().add().add().add().bundles()
    assert run([bundles[2], bundles[0], bundles[0]])[0] == 0


def test_without_a_key_of_this_log_nothing_is_said(run: Run) -> None:
    content = Log().add().bundles()
    for keys in ("", "\n", vkey("other.example/1", bytes(KEY.verify_key)), f"{ORIGIN}+00000000+BAAA\n"):
        code, said = run(content, keys)
        assert code == 2
        assert said[0].startswith("niet te controleren: er is geen sleutel van dit logboek gegeven (regel 5 van ")
    code, said = run(content, vkey(ORIGIN, bytes(SigningKey(b"k" * 32).verify_key)))
    assert (code, "niet door het logboek getekend" in said[0]) == (1, True)


@pytest.mark.parametrize("content", [
    b"", b"\xff\xfe", b"{", b"[" * 100_000, b"[]", b"7", b"{}", b'{"bewijs":1}', b'{"bewijs":"a","bewijs":"b"}',
    b"c2sp.org/tlog-proof@v2\n", b'["\\ud800"]', b"c2sp.org/\xff", b"9" * 5000,
])  # fmt: skip
def test_what_is_not_a_proof_cannot_be_checked(run: Run, content: bytes) -> None:
    code, said = run(content)
    assert code == 2
    assert "niet te controleren" in said[0] or said[-1].startswith("Niet alles is te controleren")


def test_files_that_are_absent_or_too_large_cannot_be_checked(run: Run, tmp_path: Path) -> None:
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate(regie_verify.MAX_FILE + 1)
    assert regie_verify.main([str(large), "--vkey", str(GOLDEN / "log.vkey")]) == 2
    assert regie_verify.main([str(tmp_path / "absent"), "--vkey", str(GOLDEN / "log.vkey")]) == 2
    assert run([], "no key")[0] == 2


def test_one_wrong_proof_outweighs_the_others_and_text_of_others_is_tamed(run: Run) -> None:
    (good,), (wrong,) = Log().add().bundles(), Log().add().bundles()
    wrong["inhoud"]["body"] = b64(b"{}")
    hostile = good["bewijs"].replace(ORIGIN, "\x1b[2Jklopt\u202e")
    code, said = run([good, wrong, "c2sp.org/tlog-proof@v9", hostile])
    assert code == 1
    assert said[-1] == "Niet alles klopt: 1 klopt, 1 klopt niet, 2 niet te controleren."
    assert all(line.isascii() and line.isprintable() for line in said)


def test_the_verifier_runs_alone_on_the_standard_library_and_pynacl(tmp_path: Path) -> None:
    alone = tmp_path / "regie_verify.py"
    alone.write_bytes((ROOT / "regie_verify.py").read_bytes())
    arguments = [str(GOLDEN / "series.json"), "--vkey", str(GOLDEN / "log.vkey")]
    script = (
        "import sys; before = set(sys.modules); import regie_verify; code = regie_verify.main(sys.argv[1:]);"
        "print(*sorted({name.partition('.')[0] for name in set(sys.modules) - before})); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    loaded = set(done.stdout.splitlines()[-1].split())
    # _sodium is PyNaCl's own binding, cffi what it is bound with.
    assert loaded - sys.stdlib_module_names <= {"regie_verify", "nacl", "_sodium", "cffi", "_cffi_backend"}
    assert "nacl" in loaded
    plain = subprocess.run([sys.executable, str(alone), *arguments], capture_output=True, timeout=60, check=False)
    assert plain.returncode == 0


def test_a_signature_of_a_kind_that_is_not_known_here_is_passed_over(run: Run) -> None:
    """The second slot: ML-DSA-44 under the head, and its key in the file of keys."""
    second = MLDSA44PrivateKey.from_seed_bytes(b"2" * 32)
    key = VerifierKey(ORIGIN, second.public_key().public_bytes_raw(), ML_DSA_44)
    keys = f"{vkey(ORIGIN, key.public_key, ML_DSA_44)}\n{vkey(ORIGIN, bytes(KEY.verify_key))}\n"
    parsed = TlogProof.parse(Log().add().bundles()[0]["bewijs"])
    for sign in (second.sign, lambda message: bytes(2420)):
        note = cosigned_note(parsed.checkpoint, key, 1, sign)
        proof = TlogProof(parsed.index, parsed.hashes, note, parsed.extra).encode()
        assert run(proof.encode(), keys)[0] == 0
    alone = "".join(note.partition("\n\n")[:2]) + note.splitlines()[-1] + "\n"
    code, said = run(TlogProof(parsed.index, parsed.hashes, alone, parsed.extra).encode().encode(), keys)
    assert (code, "niet door het logboek getekend" in said[0]) == (1, True)


def test_a_place_beyond_the_tree_does_not_hold(run: Run) -> None:
    proof = Log().add().bundles()[0]["bewijs"]
    code, said = run(proof.replace("\nindex 5\n", "\nindex 7\n").encode())
    assert (code, "niet de juiste vorm" in said[0]) == (1, True)


def test_a_salt_a_spelling_or_a_name_with_a_twin_does_not_hold(run: Run) -> None:
    padded = b"s" * 31 + b"\0"
    act = b'{"soort":"a","soort":"b"}'
    for salt, said_by in ((padded[:31], "hoort niet bij de regel"), (padded, "geen geldige JSON")):
        leaf = b"RGL\x01" + hmac.digest(padded, b"regie/act/1\0" + act, "sha256") + bytes(64)
        proof = with_extra(Log().add().bundles()[0]["bewijs"], act=b64(act), actZout=b64(salt), blad=b64(leaf))
        code, said = run(proof.encode())
        assert (code, said_by in said[0]) == (1, True)
    spelled = b64(SALT)[:-2] + "N="  # the same 32 bytes: the last two bits are thrown away
    code, said = run(with_extra(Log().add().bundles()[0]["bewijs"], actZout=spelled).encode())
    assert (code, "actZout is geen geldige base64" in said[0]) == (1, True)
