"""`regie verify`: what the service hands out holds, what was changed on the way does not, and it says why."""

import base64
import hmac
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from nacl.signing import SigningKey

import regie_verify
from kernel.proof.note import COSIGNATURE, ML_DSA_44, VerifierKey, cosigned_note, vkey
from kernel.proof.tlogproof import TlogProof
from tests.bundles import CHANGES, KEY, ORIGIN, SALT, TERM, VKEYS, Log, b64, compact, gaps, good, lifted, mutant
from tests.patience import PATIENCE

ROOT = Path(__file__).resolve().parents[1]
GOLDEN = Path(__file__).parent / "vectors" / "proof"
Run = Callable[..., tuple[int, list[str]]]


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def verify(content: Any, keys: str = VKEYS) -> tuple[int, list[str]]:
        file, key_file = tmp_path / "bewijs", tmp_path / "log.vkey"
        file.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        key_file.write_text(keys)
        code = regie_verify.main([str(file), "--vkey", str(key_file)])
        return code, capsys.readouterr().out.splitlines()

    return verify


def test_a_series_of_a_resident_holds_and_says_where_what_and_when(run: Run) -> None:
    code, said = run(Log().add().add().add().bundles())
    assert code == 0
    assert said[0] == f"klopt (regel 5 van {ORIGIN}, soort vrijgave, tijd 2026-11-22 02:01:56 UTC, nummer 1)"
    assert said[-1] == "Alles klopt: 3 klopt, 0 klopt niet, 0 niet te controleren."
    assert len(said) == 4


def test_a_proof_alone_and_one_bundle_hold(run: Run) -> None:
    (bundle,) = Log().add().bundles()
    assert run(bundle["bewijs"].encode())[0] == 0
    assert run(bundle)[0] == 0
    assert run({"bewijs": bundle["bewijs"], "later": 1})[0] == 0


@pytest.mark.parametrize("name", gaps())
def test_a_gap_is_explained_by_the_line_that_names_it_and_by_nothing_else(run: Run, name: str) -> None:
    bundles, code = gaps()[name]
    assert run(bundles)[0] == code


@pytest.mark.parametrize("name", lifted())
def test_a_line_that_was_hidden_stood_where_its_opening_says(run: Run, name: str) -> None:
    bundles, code = lifted()[name]
    found, said = run(bundles)
    assert found == code
    assert ("stond er al als regel 5, sinds 2026-11-22 02:01:56 UTC" in said[0]) == (code == 0)


def test_a_proof_without_its_act_holds_for_place_only(run: Run) -> None:
    """What a resident gets of a line that may not be shown yet."""
    bundles = Log().add().add().add().bundles()
    parsed = TlogProof.parse(bundles[1]["bewijs"])
    leaf = {"blad": json.loads(parsed.extra or b"")["blad"]}
    opaque = TlogProof(parsed.index, parsed.hashes, parsed.checkpoint, compact(leaf)).encode()
    code, said = run([{"bewijs": opaque}])
    assert code == 0 and "soort onbekend" in said[0]
    assert run([bundles[0], {"bewijs": opaque}, bundles[2]])[0] == 2, "its number is not proven"
    assert run([{"bewijs": opaque, "inhoud": bundles[0]["inhoud"]}])[0] == 1
    half = compact({"act": json.loads(parsed.extra or b"")["act"], **leaf})
    assert run(TlogProof(parsed.index, parsed.hashes, parsed.checkpoint, half).encode().encode())[0] == 1


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


def test_a_number_that_is_not_there_is_named_and_nobody_is_blamed(run: Run) -> None:
    bundles = Log().add().add().add().add().bundles()
    assert run([bundles[3], bundles[1], bundles[2], bundles[2]])[0] == 0, "a period starts where it starts"
    code, said = run([bundles[3], bundles[0], bundles[1]])
    assert code == 2
    assert said[0].startswith("niet te controleren: nummer 3 van de reeks is er niet bij, of klopt niet (regel 8 ")
    assert said[-1] == "Niet alles is te controleren: 2 klopt, 0 klopt niet, 1 niet te controleren."


def test_files_are_checked_as_one_series(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bundles = Log().add().add().add().bundles()
    files = [tmp_path / f"{n}.json" for n in range(3)]
    for file, bundle in zip(files, bundles, strict=True):
        file.write_text(json.dumps([bundle]))
    keys = ["--vkey", str(GOLDEN / "log.vkey")]
    assert regie_verify.main([*map(str, files[::-1]), *keys]) == 0
    assert "Alles klopt: 3 klopt" in capsys.readouterr().out
    assert regie_verify.main([str(files[0]), str(files[2]), *keys]) == 2
    assert "nummer 2 van de reeks is er niet bij" in capsys.readouterr().out
    assert regie_verify.main([str(files[0]), str(tmp_path / "absent"), *keys]) == 2


def test_a_past_that_the_log_itself_rewrote_shows_beside_the_file_that_was_kept(run: Run) -> None:
    kept, rewritten = Log().add().add().bundles(), Log().add().add(doel="iets anders").add().bundles()
    assert run(kept)[0] == run(rewritten)[0] == 0
    code, said = run([*kept, *rewritten])
    assert code == 1
    assert "nummer 2 van de reeks komt twee keer voor" in said[3]


@pytest.mark.slow
def test_a_thousand_bundles_hold() -> None:
    rng = Random(2026)  # noqa: S311 - a test that can be repeated
    keys = regie_verify.read_keys(GOLDEN / "log.vkey")
    for turn in range(1000):
        bundles = good(rng)
        lines = checked(bundles, keys)
        assert [str(line.trouble) for line in lines if line.trouble] == [], (turn, bundles)


@pytest.mark.slow
def test_a_thousand_changed_bundles_do_not_and_it_is_said_why() -> None:
    rng = Random(2027)  # noqa: S311 - a test that can be repeated
    keys, seen = regie_verify.read_keys(GOLDEN / "log.vkey"), Counter[str]()
    for turn in range(1000):
        changed = mutant(rng, turn)
        seen[changed.name] += 1
        troubles = [line.trouble for line in checked(changed.bundles, keys) if line.trouble]
        kind = regie_verify.DoesNotHold if changed.wrong else regie_verify.CannotCheck
        assert [each for each in troubles if isinstance(each, kind) and changed.reason in str(each)], (turn, changed)
    assert len(seen) == len(CHANGES) and min(seen.values()) > 40


def checked(content: Any, keys: regie_verify.Keys) -> list[regie_verify.Line]:
    """As `main` does, without files."""
    lines = [regie_verify.check_item(item, keys) for item in (content if isinstance(content, list) else [content])]
    regie_verify.check_series(lines)
    assert lines
    return lines


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
        timeout=PATIENCE,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    loaded = set(done.stdout.splitlines()[-1].split())
    # _sodium is PyNaCl's own binding, cffi what it is bound with.
    assert loaded - sys.stdlib_module_names <= {
        "regie_policy",
        "regie_verify",
        "nacl",
        "_sodium",
        "cffi",
        "_cffi_backend",
    }
    assert "nacl" in loaded
    plain = subprocess.run([sys.executable, str(alone), *arguments], capture_output=True, timeout=PATIENCE, check=False)
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


# Witnesses.

WITNESSES = [SigningKey(bytes([number]) * 32) for number in (201, 202, 203)]
AT = 1_795_312_916
WITNESS_KEYS = [
    VerifierKey(f"witness.example/w{number}", bytes(key.verify_key), COSIGNATURE)
    for number, key in enumerate(WITNESSES, 1)
]
NAMED = "".join(f"witness w{n} {vkey(k.name, k.public_key, k.kind)}\n" for n, k in enumerate(WITNESS_KEYS, 1))
POLICY = f"# twee van drie\nlog {VKEYS}{NAMED}group drie 2 w1 w2 w3\nquorum drie\n"


def signing(key: SigningKey) -> Callable[[bytes], bytes]:
    return lambda message: bytes(key.sign(message).signature)


def seen_by(proof: str, *numbers: int, at: int = AT) -> str:
    parsed = TlogProof.parse(proof)
    note = parsed.checkpoint
    for number in numbers:
        note = cosigned_note(note, WITNESS_KEYS[number - 1], at, signing(WITNESSES[number - 1]))
    return TlogProof(parsed.index, parsed.hashes, note, parsed.extra).encode()


@pytest.fixture
def under(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Verify under a policy, and keys when they are given."""

    def verify(content: Any, policy: str = POLICY, keys: str = "") -> tuple[int, list[str]]:
        file, rules, key_file = tmp_path / "bewijs", tmp_path / "policy", tmp_path / "log.vkey"
        file.write_text(content if isinstance(content, str) else json.dumps(content))
        rules.write_bytes(policy.encode("latin-1"))
        key_file.write_text(keys)
        code = regie_verify.main([str(file), "--policy", str(rules), *(["--vkey", str(key_file)] if keys else [])])
        return code, capsys.readouterr().out.splitlines()

    return verify


@pytest.fixture
def proof() -> str:
    return str(Log().add().bundles()[0]["bewijs"])


@pytest.mark.parametrize("numbers", [(), (1,), (2,), (1, 2), (3, 1), (1, 2, 3), (1, 1)])
def test_a_head_needs_its_quorum(under: Run, run: Run, proof: str, numbers: tuple[int, ...]) -> None:
    code, said = under(seen_by(proof, *numbers))
    enough = len(set(numbers)) >= 2
    assert code == (0 if enough else 2), said
    assert enough or "nog niet door genoeg getuigen getekend" in said[0]
    assert run(seen_by(proof, *numbers).encode())[0] == 0, "who has no policy asks no witness"


def test_the_log_itself_must_have_signed_whatever_witnesses_say(under: Run, proof: str) -> None:
    seen = TlogProof.parse(seen_by(proof, 1, 2, 3))
    text, _, lines = seen.checkpoint.rpartition("\n\n")
    without = "\n\n".join([text, "".join(f"{row}\n" for row in lines.split("\n")[1:-1])])
    code, said = under(TlogProof(seen.index, seen.hashes, without, seen.extra).encode())
    assert (code, "niet door het logboek getekend" in said[0]) == (1, True)


@pytest.mark.parametrize("at", [0, 1])
def test_the_word_of_a_known_witness_that_fails_fails_the_head(under: Run, proof: str, at: int) -> None:
    seen = seen_by(proof, 1, 2, 3)
    third = seen.splitlines()[-1]
    name, encoded = third.rpartition(" ")[::2]
    raw = bytearray(base64.b64decode(encoded))
    raw[11 if at else 40] ^= 1  # its time, or its signature
    code, said = under(seen.replace(third, f"{name} {b64(bytes(raw))}"))
    assert (code, "handtekening van een getuige klopt niet" in said[0]) == (1, True), "although two others hold"


def test_an_unknown_line_is_passed_over(under: Run, proof: str) -> None:
    seen = seen_by(proof, 1, 2)
    assert under(seen + "\N{EM DASH} stranger.example " + b64(bytes(76)) + "\n")[0] == 0
    stranger = "\N{EM DASH} witness.example/w3 " + b64(bytes(76)) + "\n"
    assert under(seen_by(proof, 1) + stranger)[0] == 2, "a name is not a key"


def test_a_policy_without_logs_takes_the_keys_beside_it(under: Run, proof: str) -> None:
    alone = POLICY.replace(f"log {VKEYS}", "")
    assert under(seen_by(proof, 1, 2), alone)[0] == 2
    assert under(seen_by(proof, 1, 2), alone, VKEYS)[0] == 0
    assert under(proof, f"log {VKEYS}quorum none\n")[0] == 0


def test_what_is_wrong_weighs_more_than_what_is_missing(under: Run) -> None:
    bundle = Log().add().bundles()[0]
    bundle["inhoud"]["body"] = b64(b"{}")
    assert under(bundle)[0] == 1


UNCLEAR = [
    "", VKEYS, f"log {VKEYS}", POLICY + "quorum none\n", POLICY.replace("quorum drie", "quorum vier"),
    POLICY.replace("group drie 2", "group drie 0"), POLICY.replace("group drie 2", "group drie 4"),
    POLICY.replace("group drie 2", "group drie 02"), POLICY.replace("w1 w2 w3\n", "w1 w2 w2\n"),
    POLICY.replace("group drie 2 w1 w2 w3", "group drie 2 w1 w2 w3 none"),
    POLICY.replace("group drie", "group een any w1\ngroup drie"), POLICY.replace("witness w2", "witness w1"),
    POLICY.replace(NAMED, NAMED + NAMED.splitlines()[0].replace("witness w1 ", "witness w9 ") + "\n"),
    POLICY.replace("witness w1 ", "getuige w1 "), POLICY.replace("\n", "\r\n"), POLICY.replace(" drie", "\xa0drie"),
    POLICY.replace("+BMK", "+BMJ"), "quorum drie\n" + POLICY,
]  # fmt: skip


@pytest.mark.parametrize("policy", UNCLEAR)
def test_a_policy_that_may_mean_two_things_is_not_followed(under: Run, proof: str, policy: str) -> None:
    assert policy != POLICY
    code, said = under(seen_by(proof, 1, 2, 3), policy, VKEYS)
    assert code == 2
    assert said == ["niet te controleren: het bestand met de policy heeft niet de juiste vorm"]


def test_without_keys_and_without_a_policy_there_is_nothing_to_check_with(tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as ended:
        regie_verify.main([str(tmp_path / "bewijs")])
    assert ended.value.code == 2
