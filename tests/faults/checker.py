"""Judges a house from outside: what clients heard, the rows as they lie there, and proofs checked by `regie_verify`.

Shares no code with the log: the tree is hashed here once more, acts are read from proofs and nowhere else. Every rule
gives sentences; none is no complaint. `RULES` names them, so that a test can show that each is able to say something.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import regie_verify

ENDED = {"geleverd", "onbekend"}  # how the line of an answer that arrived may have ended
SLACK = 1.0  # seconds between what was sent and when a busy client has read it


@dataclass
class Said:
    """One act of a client and what it heard. status 0: no answer came. consent: the one it runs under, "" for none."""

    what: str  # release | ja | stop | kluis
    consent: str = ""
    asked: float = 0.0
    answered: float = 0.0
    status: int = 0
    body: dict[str, Any] = field(default_factory=dict)

    @property
    def data(self) -> bool:
        """Whether anything of a resident came along."""
        return self.what == "release" and self.status == 200 and bool(self.body.get("gegevens"))

    @property
    def index(self) -> int | None:
        """Where its line stands, if it was told."""
        return self.body["logregel"]["index"] if self.status and "logregel" in self.body else None


@dataclass
class Evidence:
    """All there is to judge. leaves and outcomes: rows. acts: by index, opened by a proof that holds."""

    keys: regie_verify.Keys
    said: list[Said] = field(default_factory=list)
    leaves: list[bytes] = field(default_factory=list)
    acts: dict[int, dict[str, Any]] = field(default_factory=dict)
    outcomes: dict[int, str] = field(default_factory=dict)
    heads: dict[int, set[bytes]] = field(default_factory=dict)
    witnessed: list[str] = field(default_factory=list)  # complaints of whoever was asked for data
    wrong: list[str] = field(default_factory=list)  # proofs that do not hold
    _told: set[int] = field(default_factory=set)  # places in `said` whose own head was looked at

    def prove(self, index: int, proof: str) -> None:
        """Check a proof offline, and remember its act and its head."""
        line = regie_verify.check_item(proof, self.keys)
        if line.trouble or line.index != index:
            self.wrong.append(f"proof of {index}: {line.trouble or line.index}")
            return
        self.acts[index] = line.act
        self.head(proof.partition("\n\n")[2])
        if index < len(self.leaves) and line.leaf_hash != _leaf(self.leaves[index]).hex():
            self.wrong.append(f"row {index} is not the line that was proven")

    def told(self) -> None:
        """The heads that came along with answers, each once."""
        for place, one in enumerate(self.said):
            if place not in self._told and "bewijs" in one.body:
                self._told.add(place)
                self.head(one.body["bewijs"].partition("\n\n")[2])

    def head(self, note: str) -> None:
        """A signed head that somebody was shown."""
        size, root = regie_verify.signed_head(regie_verify.Line(), note, self.keys)
        self.heads.setdefault(size, set()).add(root)

    def releases(self) -> dict[int, dict[str, Any]]:
        """Acts of releases by index."""
        return {index: act for index, act in self.acts.items() if act["soort"] == "verstrekking"}

    def stops(self) -> Iterable[tuple[Said, int]]:
        """Withdrawals that were answered."""
        return ((one, one.index) for one in self.said if one.what == "stop" and one.index is not None)


def data_without_line(evidence: Evidence) -> list[str]:
    """P1."""
    releases = evidence.releases()
    return [f"data at {one.index}, which is no release" for one in evidence.said
            if one.data and one.index not in releases]  # fmt: skip


def asked_without_line(evidence: Evidence) -> list[str]:
    """P1, from the other side: the register, and the key of the vault."""
    return evidence.witnessed


def acknowledged_lost(evidence: Evidence) -> list[str]:
    """P2: every line that somebody was told of is there, and is of that kind."""
    kinds = {"ja": {"toestemming-gegeven"}, "stop": {"toestemming-ingetrokken"},
             "kluis": {"kluis-geopend", "kluis-bewaard"}}  # fmt: skip
    lost = []
    for one in evidence.said:
        fits = kinds.get(one.what, {"weigering"} if one.status == 403 else {"verstrekking"})
        if one.index is not None and evidence.acts.get(one.index, {}).get("soort") not in fits:
            lost.append(f"{one.what} {one.status} told of line {one.index}: {evidence.acts.get(one.index)}")
    return lost + evidence.wrong


def forked(evidence: Evidence) -> list[str]:
    """Every head that anybody was shown is a head of the tree as it lies there now."""
    roots = dict(_roots(evidence.leaves, set(evidence.heads)))
    return [f"another head of size {size}" for size, seen in evidence.heads.items() if seen != {roots.get(size)}]


def released_after_stop(evidence: Evidence) -> list[str]:
    """P3, in the order of the log: by fence for every line, by consent for every answer."""
    late, place = [], {one.consent: index for one, index in evidence.stops()}
    moved = {fence: index for index, act in evidence.acts.items() if act["soort"] == "toestemming-ingetrokken"
             for fence, _ in act["verzet"]}  # fmt: skip
    for index, act in evidence.releases().items():
        late += [f"release {index} after stop {moved[fence]}" for fence, _ in act.get("vereist", ())
                 if index > moved.get(fence, index)]  # fmt: skip
    for one in evidence.said:
        if one.data and one.consent in place and (one.index or 0) > place[one.consent]:
            late.append(f"data at {one.index} after stop {place[one.consent]}")
    return late


def sent_after_stop(evidence: Evidence) -> list[str]:
    """P3, in time: asked later is refused; sent before is named, unless it had ended; ended is ended."""
    late = []
    for stop, place in evidence.stops():
        closed = {int(of.rpartition("-")[2]) for index, act in evidence.acts.items()
                  if act["soort"] == "afloop" and index < place for of in act["bij"]}  # fmt: skip
        named = {int(at.rpartition("-")[2]): how for at, how in stop.body.get("onderweg", {}).items()}
        for one in evidence.said:
            if not one.data or one.consent != stop.consent or one.index is None:
                continue
            if one.asked > stop.answered:
                late.append(f"data at {one.index}, asked after the answer to stop {place}")
            elif one.index < place and one.index not in closed | set(named):
                late.append(f"release {one.index} is not named by stop {place}")
            elif one.answered > stop.answered + SLACK or named.get(one.index) in {"mislukt", "niet-geopend"}:
                late.append(f"data at {one.index} came after stop {place} said that it had ended")
    return late


def open_or_untrue(evidence: Evidence) -> list[str]:
    """Every release has ended, and what arrived is not said to have failed."""
    wrong = [f"release {index} has no outcome" for index in evidence.releases() if index not in evidence.outcomes]
    arrived = [one.index for one in evidence.said if one.data]
    return wrong + [f"{index} arrived, and is {evidence.outcomes[index]}" for index in arrived
                    if index in evidence.outcomes and evidence.outcomes[index] not in ENDED]  # fmt: skip


def stopped_twice(evidence: Evidence) -> list[str]:
    """One act, one line: whatever was repeated, by whom and after which crash."""
    fences = [fence for act in evidence.acts.values() if act["soort"] == "toestemming-ingetrokken"
              for fence, _ in act["verzet"]]  # fmt: skip
    ids = [act["gebeurtenis"] for act in evidence.acts.values()]
    return [f"{len(given) - len(set(given))} lines too many" for given in (fences, ids) if len(given) > len(set(given))]


RULES: dict[str, Callable[[Evidence], list[str]]] = {
    rule.__name__: rule
    for rule in (data_without_line, asked_without_line, acknowledged_lost, forked, released_after_stop,
                 sent_after_stop, open_or_untrue, stopped_twice)
}  # fmt: skip


def judge(evidence: Evidence) -> dict[str, list[str]]:
    """Complaints by rule; empty is well."""
    evidence.told()
    found = {name: rule(evidence) for name, rule in RULES.items()}
    return {name: complaints for name, complaints in found.items() if complaints}


def _leaf(leaf: bytes) -> bytes:
    return sha256(b"\x00" + leaf).digest()


def _roots(leaves: list[bytes], sizes: set[int]) -> Iterable[tuple[int, bytes]]:
    """RFC 9162: the roots of the first n leaves, for the sizes asked."""
    peaks: list[tuple[int, bytes]] = []
    for size, leaf in enumerate(leaves, start=1):
        height, node = 0, _leaf(leaf)
        while peaks and peaks[-1][0] == height:
            node, height = sha256(b"\x01" + peaks.pop()[1] + node).digest(), height + 1
        peaks.append((height, node))
        if size in sizes:
            root = peaks[-1][1]
            for _, peak in reversed(peaks[:-1]):
                root = sha256(b"\x01" + peak + root).digest()
            yield size, root
