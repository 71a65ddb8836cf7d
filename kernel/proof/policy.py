"""Whose signatures make a head count: known logs, known witnesses and the quorum (C2SP tlog-policy). Pure."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

from kernel.proof.hashes import ProofError
from kernel.proof.note import COSIGNATURE, ED25519, ML_DSA_44, VerifierKey, parse_vkey

MAX_POLICY_BYTES = 256 << 10  # 32 logs, witnesses and groups must fit, also with post-quantum keys of 2 kB
NONE = "none"
_FORBIDDEN = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Known:
    """A log or witness: its key, where it is reached ("" when the file does not say), and its name in the policy, which
    a log has not."""

    key: VerifierKey
    url: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Witnesses a head when at least so many of its members did."""

    least: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """quorum: name of a witness or a group; NONE asks for no cosignature."""

    logs: tuple[Known, ...]
    witnesses: tuple[Known, ...]
    groups: Mapping[str, Group]
    quorum: str

    @classmethod
    def parse(cls, content: bytes) -> "Policy":
        """Of a policy file. Raises ProofError, with the number of the line."""
        if len(content) > MAX_POLICY_BYTES or _FORBIDDEN.search(content):
            raise ProofError("the policy is too long, or has control characters")
        draft = _Draft()
        # names may be any bytes, so they are kept as they are
        for number, line in enumerate(content.decode("utf-8", "surrogateescape").split("\n"), 1):
            words = re.findall(r"[^ \t]+", line)
            if words and not words[0].startswith("#"):
                try:
                    draft.take(*words)
                except (ProofError, TypeError) as error:  # the latter: too many words, or too few
                    raise ProofError(f"line {number} of the policy cannot be read") from error
        if not draft.quorum:
            raise ProofError("the policy has no quorum")
        return cls(tuple(draft.logs), tuple(draft.witnesses), draft.groups, draft.quorum)

    def holds(self, cosigners: Iterable[VerifierKey]) -> bool:
        """Whether these keys are a quorum."""
        given = set(cosigners)
        return self.quorum == NONE or self._stands(self.quorum, {w.name for w in self.witnesses if w.key in given})

    def quorum_at(self, cosigned: Mapping[VerifierKey, int]) -> int | None:
        """The latest moment from which on a quorum still had its word to give: nobody in it speaks of an earlier one.
        cosigned: when each key did. None: no quorum."""
        for at in sorted(set(cosigned.values()), reverse=True):
            if self.holds(key for key, when in cosigned.items() if when >= at):
                return at
        return None

    def _stands(self, name: str, cosigners: Collection[str]) -> bool:
        group = self.groups.get(name)
        if group is None:
            return name in cosigners
        return sum(self._stands(member, cosigners) for member in group.members) >= group.least


@dataclass
class _Draft:
    """A policy while its lines are read; each verb of a line is a method."""

    logs: list[Known] = field(default_factory=list)
    witnesses: list[Known] = field(default_factory=list)
    groups: dict[str, Group] = field(default_factory=dict)
    quorum: str = ""
    used: set[str] = field(default_factory=set)

    def take(self, word: str, *rest: str) -> None:
        verbs: dict[str, Callable[..., None]] = {
            "log": self._log, "witness": self._witness, "group": self._group, "quorum": self._quorum,
        }  # fmt: skip
        _demand(word in verbs)
        verbs[word](*rest)

    def _log(self, key: str, url: str = "") -> None:
        self.logs.append(_known(self.logs, Known(parse_vkey(key), url), {ED25519, ML_DSA_44}))

    def _witness(self, name: str, key: str, url: str = "") -> None:
        self._demand_new(name)
        self.witnesses.append(_known(self.witnesses, Known(parse_vkey(key), url, name), {COSIGNATURE, ML_DSA_44}))

    def _group(self, name: str, least: str, *members: str) -> None:
        self._demand_new(name)
        _demand(bool(members) and len(set(members)) == len(members) and not self.used & set(members))
        _demand(all(map(self._is_named, members)))  # on a line before this one, so no circle is possible
        count = {"any": 1, "all": len(members)}.get(least) or int(_digits(least))
        _demand(1 <= count <= len(members))
        self.groups[name] = Group(count, members)
        self.used |= set(members)

    def _quorum(self, name: str) -> None:
        _demand(not self.quorum and (name == NONE or self._is_named(name)))
        self.quorum = name

    def _demand_new(self, name: str) -> None:
        _demand(name != NONE and not self._is_named(name))

    def _is_named(self, name: str) -> bool:
        return name in self.groups or any(each.name == name for each in self.witnesses)


def _known(before: Iterable[Known], one: Known, kinds: Collection[bytes]) -> Known:
    """Raises ProofError for a key of a kind that is not for this, or one that is there already under any name."""
    _demand(one.key.kind in kinds and all(each.key.public_key != one.key.public_key for each in before))
    return one


def _digits(text: str) -> str:
    _demand(re.fullmatch("[1-9][0-9]{0,3}", text, re.ASCII) is not None)
    return text


def _demand(holds: bool) -> None:
    if not holds:
        raise ProofError("a line of the policy cannot be read")
