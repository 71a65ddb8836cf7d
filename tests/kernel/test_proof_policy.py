"""A policy file means one thing or is refused; a quorum is counted as it is written."""

import itertools

import pytest
from nacl.signing import SigningKey

from kernel.proof.hashes import ProofError
from kernel.proof.note import COSIGNATURE, ED25519, ML_DSA_44, VerifierKey, vkey
from kernel.proof.policy import MAX_POLICY_BYTES, Policy


def public(number: int) -> bytes:
    return bytes(SigningKey(bytes([number]) * 32).verify_key)


def key_of(number: int) -> VerifierKey:
    return VerifierKey(f"w.example/{number}", public(number), COSIGNATURE)


def told(number: int, kind: bytes = COSIGNATURE) -> str:
    return vkey(f"w.example/{number}", public(number), kind)


LOG = f"log {told(0, ED25519)}\n"
THREE = "".join(f"witness w{number} {told(number)} https://w{number}.example/\n" for number in (1, 2, 3))
TWO_OF_THREE = f"{LOG}{THREE}group three 2 w1 w2 w3\nquorum three\n"
# the example of the specification
NESTED = (
    "".join(f"witness X{n} {told(n)}\nwitness Y{n} {told(n + 3)}\n" for n in (1, 2, 3))
    + "group X-witnesses 2 X1 X2 X3\ngroup Y-witnesses any Y1 Y2 Y3\ngroup X-and-Y all X-witnesses Y-witnesses\n"
    + "quorum X-and-Y\n"
)


def parsed(text: str) -> Policy:
    return Policy.parse(text.encode())


def test_it_is_read_as_it_is_written() -> None:
    policy = parsed(f"# who\n\n \t{TWO_OF_THREE}\t# more is no comment line of its own: it starts with one\n")
    assert [each.key for each in policy.logs] == [VerifierKey("w.example/0", public(0))]
    assert [(each.name, each.key, each.url) for each in policy.witnesses] == [
        (f"w{number}", key_of(number), f"https://w{number}.example/") for number in (1, 2, 3)
    ]


@pytest.mark.parametrize("count", range(4))
def test_two_of_three_are_a_quorum(count: int) -> None:
    policy = parsed(TWO_OF_THREE)
    for some in itertools.combinations([key_of(number) for number in (1, 2, 3)], count):
        assert policy.holds(some) == (count >= 2)
        assert policy.holds([*some, key_of(9)]) == (count >= 2), "a stranger counts for nothing"


def test_groups_of_groups_are_counted() -> None:
    policy, keys = parsed(NESTED), [key_of(number) for number in range(1, 7)]
    for chosen in itertools.product((False, True), repeat=6):
        some = [key for key, taken in zip(keys, chosen, strict=True) if taken]
        assert policy.holds(some) == (sum(chosen[:3]) >= 2 and any(chosen[3:]))


def test_a_quorum_speaks_of_the_moment_of_its_slowest_member() -> None:
    policy, (one, two, three) = parsed(TWO_OF_THREE), map(key_of, (1, 2, 3))
    assert policy.quorum_at({one: 100, two: 300, three: 200}) == 200
    assert policy.quorum_at({one: 100, two: 300}) == 100
    assert policy.quorum_at({one: 100}) is None
    assert policy.quorum_at({}) is None
    assert parsed("quorum none\n").holds([])


def test_one_witness_may_be_the_quorum() -> None:
    assert parsed(f"{THREE}quorum w2\n").holds([key_of(2)])
    assert not parsed(f"{THREE}quorum w2\n").holds([key_of(1), key_of(3)])


@pytest.mark.parametrize("text", [
    "",
    LOG,  # no quorum
    f"{TWO_OF_THREE}quorum none\n",  # two
    f"{THREE}quorum w4\n",
    f"quorum w1\n{THREE}",  # named before it is there
    f"group g 1 w1\n{THREE}quorum none\n",
    f"{THREE}group g 1 g\nquorum g\n",
    f"{THREE}group g 0 w1\nquorum g\n",
    f"{THREE}group g 2 w1\nquorum g\n",
    f"{THREE}group g 01 w1\nquorum g\n",
    f"{THREE}group g +1 w1\nquorum g\n",
    f"{THREE}group g all\nquorum none\n",
    f"{THREE}group g 2 w1 w1\nquorum g\n",
    f"{THREE}group g 1 none\nquorum g\n",
    f"{THREE}group g 1 w1 w2\ngroup h 1 w2 w3\nquorum g\n",  # one voice in two groups
    f"{THREE}group w1 1 w2\nquorum w1\n",  # one name for two
    f"{THREE}witness none {told(4)}\nquorum none\n",
    f"{THREE}witness w4 {told(1)}\nquorum none\n",  # one key under two names
    f"{LOG}{LOG}quorum none\n",
    f"log {told(1)}\nquorum none\n",  # a witness is no log
    f"witness w1 {told(1, ED25519)}\nquorum w1\n",  # and a log no witness
    f"{THREE}quorum\n",
    f"{THREE}quorum w1 w2\n",
    f"witness w1\n{THREE}quorum none\n",
    f"log {told(0, ED25519)} https://a https://b\nquorum none\n",
    f"logs {told(0, ED25519)}\nquorum none\n",
    f"{LOG}quorum none\r\n",
    f"{LOG}quorum\vnone\n",
    f"{LOG}quorum\u00a0none\n",
    f"{LOG}quorum none\n" + "#" * MAX_POLICY_BYTES,
])  # fmt: skip
def test_what_may_mean_two_things_is_refused(text: str) -> None:
    with pytest.raises(ProofError):
        parsed(text)


def test_names_may_be_any_bytes() -> None:
    kelvin = b"\xe2\x84\xaa"
    content = b"".join(
        b"witness %s %s\n" % (name, told(number).encode()) for number, name in ((1, b"K"), (2, kelvin), (3, b"\xff"))
    )
    policy = Policy.parse(content + b"quorum %s\n" % kelvin)
    assert [policy.holds([key_of(number)]) for number in (1, 2, 3)] == [False, True, False]


def test_thirty_two_of_each_fit_also_with_long_keys() -> None:
    logs = "".join(f"log {told(number, ED25519)}\n" for number in range(32))
    keys = [vkey(f"w.example/{number}", bytes([number]) * 1312, ML_DSA_44) for number in range(32)]
    witnesses = "".join(f"witness w{number} {key}\n" for number, key in enumerate(keys))
    groups = "".join(f"group g{number} 1 w{number}\n" for number in range(32))
    assert len(parsed(f"{logs}{witnesses}{groups}quorum g0\n").witnesses) == 32
