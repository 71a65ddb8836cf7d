"""Every published vector and example gets its verdict here; so do our own, also where those are not at hand.

Published: transparency-dev/merkle and the C2SP texts, beside the project in `shared/reference`. Ours: the definitions
of RFC 9162, written out naively, stored in `tests/vectors/proof/tree.json` for all who check proofs.
"""

import base64
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from nacl.exceptions import CryptoError
from nacl.signing import VerifyKey

import regie_verify
from kernel.proof.checkpoint import Checkpoint
from kernel.proof.checks import check_inclusion, check_subtree
from kernel.proof.hashes import EMPTY_ROOT, ProofError, leaf_hash
from kernel.proof.note import open_note, parse_vkey
from kernel.proof.tiles import TileRef, parse_tile_path, tile_at
from kernel.proof.tlogproof import TlogProof
from kernel.proof.tree import Edge, Growth

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT.parent / "shared" / "reference"
OURS = ROOT / "tests" / "vectors" / "proof" / "tree.json"
published = pytest.mark.skipif(not REFERENCE.exists(), reason="shared/reference is not beside the project")

COUNTS = {"inclusion": 49, "subtreeinclusion": 102, "consistency": 49, "subtreeconsistency": 59}
# Accepted there, refused here (docs/deviations.md): a root of 12 bytes, and parts of a tree that hold nothing.
STRICTER = {
    "sizes-are-equal-one-and-proof-is-empty",
    "subtree-is-empty-sizes-are-equal-zero-subtree-root-valid-proof-is-empty",
    "subtree-is-empty-sizes-are-equal-one-subtree-root-valid-proof-is-empty",
    "subtree-is-empty-subtree-root-valid-proof-is-empty",
}
FOO = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
Case = dict[str, Any]


def merkle(kind: str) -> Iterator[tuple[str, Case]]:
    for file in sorted((REFERENCE / "merkle" / "testdata" / kind).rglob("*.json")):
        yield file.stem, json.loads(file.read_text())


def raw(text: str | None) -> bytes:
    return base64.b64decode(text or "")


def holds_by_kernel(case: Case) -> bool:
    """Inclusion has an `index`; start, end and size as in a subtree; bytes as bytes."""
    start, end = case["start"], case["end"]
    try:
        if "index" not in case:
            check_subtree((start, end), case["size"], case["subtree"], case["root"], case["path"])
        elif not is_part(start, end):
            return False
        else:
            check_inclusion(case["index"] - start, end - start, case["leaf"], case["path"], case["root"])
    except ProofError:
        return False
    return True


def is_part(start: int, end: int) -> bool:
    """Whether leaves [start, end) are a subtree: then they are a tree of their own."""
    return start < end and not start % (1 << (end - start - 1).bit_length())


def holds_by_the_verifier(case: Case) -> bool:
    """`regie verify` has no check of its own for the index and the lengths apart from the one around this."""
    index, size = case["index"] - case["start"], case["end"] - case["start"]
    if not is_part(case["start"], case["end"]) or not 0 <= index < size:
        return False
    if any(len(each) != 32 for each in (*case["path"], case["leaf"], case["root"])):
        return False
    try:
        root: bytes = case["root"]
        return regie_verify.implied_root(index, size, case["leaf"], case["path"]) == root
    except regie_verify.DoesNotHold:
        return False


def as_ours(case: Case) -> Case:
    """A published case in our names."""
    named = {"start": case.get("start", 0), "path": [raw(each) for each in case["proof"] or []]}
    if "leafIdx" in case:
        inside = {"index": case["leafIdx"], "leaf": raw(case["leafHash"]), "root": raw(case["root"])}
        return named | inside | {"end": case.get("treeSize", case.get("end", 0))}
    ends = {"end": case.get("size1", case.get("end", 0)), "size": case.get("size2", case.get("size", 0))}
    return named | ends | {"subtree": raw(case["root1"]), "root": raw(case["root2"])}


@published
def test_every_published_proof_gets_the_published_verdict() -> None:
    seen, other = Counter[str](), set()
    for kind in COUNTS:
        for name, case in merkle(kind):
            seen[kind] += 1
            if holds_by_kernel(as_ours(case)) == case["wantErr"]:
                other.add(name)
    assert dict(seen) == COUNTS and seen.total() == 259
    assert other == STRICTER


@published
def test_every_published_inclusion_gets_the_published_verdict_from_the_verifier_too() -> None:
    cases = [case for kind in ("inclusion", "subtreeinclusion") for _, case in merkle(kind)]
    assert len(cases) == 151
    wrong = [case["desc"] for case in cases if holds_by_the_verifier(as_ours(case)) == case["wantErr"]]
    assert wrong == []


@published
def test_the_eight_leaf_tree_has_its_root_at_every_size() -> None:
    tree = json.loads((REFERENCE / "merkle" / "eight-leaf-tree.json").read_text())
    leaves = [leaf_hash(bytes.fromhex(leaf)) for leaf in tree["leaves_hex"]]
    assert [leaf.hex() for leaf in leaves] == tree["leaf_hashes_hex"]
    assert [Growth(Edge(), leaves[:n]).root().hex() for n in range(9)] == tree["root_hex_by_tree_size"]


def c2sp(name: str) -> str:
    return (REFERENCE / "c2sp" / f"{name}.md").read_text()


def fenced(name: str, which: int = 1) -> str:
    return c2sp(name).split("```")[which].lstrip("\n")


def verify(public_key: bytes, message: bytes, signature: bytes) -> bool:
    try:
        VerifyKey(public_key).verify(message, signature)
    except CryptoError:
        return False
    return True


def require_sound(note: str) -> None:
    """The texts print these notes without their keys: all that can be checked is that they are notes."""
    with pytest.raises(ProofError, match="no known key signed this note"):
        open_note(note, [parse_vkey(FOO)], verify)


@published
def test_the_example_note_opens_and_a_changed_one_does_not() -> None:
    example = c2sp("signed-note").split("### Example", 1)[1]
    key, note = example.split("```")[0].split()[4], example.split("```")[1].lstrip("\n")
    assert key == FOO
    text, signers = open_note(note, [parse_vkey(key)], verify)
    assert text == "This is an example message.\n"
    assert {signer.name for signer in signers} == {"example.com/foo"}
    with pytest.raises(ProofError, match="does not hold"):
        open_note(note.replace("an example", "no example"), [parse_vkey(key)], verify)


@published
@pytest.mark.parametrize("name", ["signed-note", "tlog-checkpoint", "tlog-cosignature"])
def test_the_notes_in_the_texts_are_notes(name: str) -> None:
    require_sound(fenced(name))
    if name != "signed-note":
        text = fenced(name).split("\n\n")[0] + "\n"
        head = Checkpoint.parse(text)
        assert (head.origin, head.size, head.encode()) == ("example.com/behind-the-sofa", 20852163, text)


@published
def test_the_signature_lines_that_a_witness_answers_are_read_below_the_head_it_was_asked_for() -> None:
    indented = [line[4:] for line in c2sp("tlog-witness").splitlines() if line.startswith("    ")]
    first = indented.index("example.com/behind-the-sofa")
    asked, answered = indented[first : first + 6], [line for line in indented if "witness.example/w" in line][:3]
    assert len(answered) == 3
    require_sound("\n".join([*asked[:3], "", *asked[4:6], *answered, ""]))


@published
def test_the_example_proof_is_read_and_its_drawn_path_does_not_hold() -> None:
    proof = TlogProof.parse(fenced("tlog-proof"))
    head = Checkpoint.parse(proof.checkpoint.split("\n\n")[0] + "\n")
    assert (proof.index, len(proof.hashes), head.origin, head.size) == (73894, 5, "example.com/fancylog", 109482)
    assert proof.encode() == fenced("tlog-proof")
    with pytest.raises(ProofError, match="too short"):
        check_inclusion(proof.index, head.size, bytes(32), proof.hashes, head.root)


@published
def test_the_trees_and_paths_of_the_text_on_tiles_are_ours() -> None:
    text = re.sub(r"\s+", " ", c2sp("tlog-tiles"))
    paths = re.findall(r"index (\d+) will be encoded as `([x\d/]+)`", text)
    assert [parse_tile_path(f"tile/0/{path}") for _, path in paths] == [TileRef(0, int(n), 256) for n, _ in paths]
    widths = re.findall(r"partial level (\d) tile of width (\d+)", text)
    assert [(int(level), int(width)) for level, width in widths] == [(0, 112), (1, 17), (2, 1), (1, 1)]
    assert "a tree of size 70,000 will be represented by 273 full level 0 tiles" in text
    for (level, width), (n, size) in zip(widths, ((273, 70_000), (1, 70_000), (0, 70_000), (0, 256)), strict=True):
        assert tile_at(int(level), n, size) == TileRef(int(level), n, int(width))


# -- our own -------------------------------------------------------------------------------------------------------

LEAVES = [hashlib.sha256(b"\x00blad %d" % n).digest() for n in range(14)]


def mth(leaves: list[bytes]) -> bytes:
    """RFC 9162 section 2.1.1."""
    if len(leaves) <= 1:
        return leaves[0] if leaves else hashlib.sha256().digest()
    k = split(len(leaves))
    return hashlib.sha256(b"\x01" + mth(leaves[:k]) + mth(leaves[k:])).digest()


def split(n: int) -> int:
    return next(1 << power for power in range(64) if 1 << power < n <= 2 << power)


def path(m: int, leaves: list[bytes]) -> list[bytes]:
    """Section 2.1.3.1."""
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    return [*path(m, leaves[:k]), mth(leaves[k:])] if m < k else [*path(m - k, leaves[k:]), mth(leaves[:k])]


def subproof(m: int, leaves: list[bytes], whole: bool = True) -> list[bytes]:
    """Section 2.1.4.1."""
    if m == len(leaves):
        return [] if whole else [mth(leaves)]
    k = split(len(leaves))
    if m <= k:
        return [*subproof(m, leaves[:k], whole), mth(leaves[k:])]
    return [*subproof(m - k, leaves[k:], False), mth(leaves[:k])]


def flipped(content: bytes) -> bytes:
    return bytes([content[0] ^ 1]) + content[1:]


def mutants(case: Case, fields: tuple[str, ...]) -> Iterator[tuple[str, Case]]:
    way = case["path"]
    yield "path-one-longer", case | {"path": [*way, LEAVES[0]]}
    yield "path-starts-with-root", case | {"path": [case["root"], *way]}
    yield "root-empty", case | {"root": EMPTY_ROOT}
    yield "root-31-bytes", case | {"root": case["root"][:31]}
    for field in fields:
        yield f"{field}-flipped", case | {field: flipped(case[field])}
    for at in range(len(way)):
        yield f"path-{at}-flipped", case | {"path": [*way[:at], flipped(way[at]), *way[at + 1 :]]}
        yield f"path-{at}-left-out", case | {"path": way[:at] + way[at + 1 :]}
    if len(way) > 1:
        yield "path-reversed", case | {"path": way[::-1]}


def naive() -> Iterator[tuple[str, Case, bool]]:
    """Name, case, and whether it holds."""
    for size in (1, 2, 3, 5, 8, 13):
        for index in sorted({0, size // 2, size - 1}):
            way = {"path": path(index, LEAVES[:size]), "leaf": LEAVES[index], "root": mth(LEAVES[:size])}
            case = {"kind": "inclusion", "index": index, "start": 0, "end": size, **way}
            yield f"inclusion-{index}-{size}", case, True
            if (index, size) in ((0, 1), (6, 13), (4, 5)):
                others = [("index-negative", case | {"index": -1}), ("index-beyond", case | {"index": size})]
                for name, mutant in (*mutants(case, ("leaf", "root")), *others):
                    yield f"inclusion-{index}-{size}-{name}", mutant, False
    for old, new in ((1, 1), (1, 2), (2, 3), (3, 5), (4, 8), (6, 8), (7, 13), (13, 13)):
        way = {"path": subproof(old, LEAVES[:new]), "subtree": mth(LEAVES[:old]), "root": mth(LEAVES[:new])}
        case = {"kind": "consistency", "start": 0, "end": old, "size": new, **way}
        yield f"consistency-{old}-{new}", case, True
        if (old, new) in ((4, 8), (7, 13), (13, 13)):
            others = [("from-nothing", case | {"end": 0, "path": []}), ("shrunk", case | {"end": new, "size": old})]
            for name, mutant in (*mutants(case, ("subtree", "root")), *(others if old < new else others[:1])):
                yield f"consistency-{old}-{new}-{name}", mutant, False


def stored(case: Case) -> Case:
    told: Case = {name: value.hex() if isinstance(value, bytes) else value for name, value in case.items()}
    return told | {"path": [each.hex() for each in case["path"]]}


def read(told: Case) -> Case:
    hashes = {name: bytes.fromhex(told[name]) for name in ("leaf", "root", "subtree") if name in told}
    return told | hashes | {"path": [bytes.fromhex(each) for each in told["path"]]}


def test_our_vectors_are_those_of_the_definition() -> None:
    expected = {name: stored(case) | {"holds": holds} for name, case, holds in naive()}
    assert json.loads(OURS.read_text()) == expected


def test_our_vectors_get_their_verdict_from_both_who_check() -> None:
    cases = {name: read(case) for name, case in json.loads(OURS.read_text()).items()}
    counted = Counter((case["kind"], case["holds"]) for case in cases.values())
    assert counted == {
        ("inclusion", True): 15,
        ("inclusion", False): 35,
        ("consistency", True): 8,
        ("consistency", False): 36,
    }
    assert [name for name, case in cases.items() if holds_by_kernel(case) != case["holds"]] == []
    inside = {name: case for name, case in cases.items() if case["kind"] == "inclusion"}
    assert [name for name, case in inside.items() if holds_by_the_verifier(case) != case["holds"]] == []
