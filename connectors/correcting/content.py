"""What a report says, sealed in its row. The number is in it for as long as the source's owner may need it."""

import json
from dataclasses import dataclass, field
from typing import Any

from connectors.correcting.contract import Assignment
from kernel.crypto import DataKey, Place, random_bytes, seal, unseal
from kernel.ids import derived_id
from vault.contract import Bsn

PURPOSE = "CK"  # of the room's key
_SALT = 32


@dataclass(frozen=True)
class Content:
    """bsn: None once the report has ended. line: of the release in which the value came; keep_until: as long as that.
    user: the reporter's own id of the employee, told to nobody here. answer: the newest words of the source's owner.
    since: the first day on which what is corrected was wrong, "" when nobody knows."""

    bsn: Bsn | None
    line: str
    keep_until: int
    reason: str = field(repr=False)
    expected: str = field(repr=False)
    reporter_name: str
    user: str
    answer: str = field(default="", repr=False)
    since: str = ""

    @property
    def words(self) -> tuple[str, str]:
        """Why, and what is thought to be right."""
        return self.reason, self.expected


@dataclass(frozen=True)
class Sealing:
    """Of one tenant. The salt lies in front of each text, and goes with it."""

    tenant: str
    key: bytes = field(repr=False)

    def sealed(self, report: str, content: Content) -> bytes:
        """For the row of this report."""
        salt = random_bytes(_SALT)
        said = {"bsn": content.bsn.reveal() if content.bsn else "", "reason": content.reason, "line": content.line,
                "expected": content.expected, "reporter_name": content.reporter_name, "user": content.user,
                "keep_until": content.keep_until, "answer": content.answer, "since": content.since}  # fmt: skip
        return salt + seal(self._of(report, salt), self._place(report), json.dumps(said).encode())

    def opened(self, report: str, sealed: bytes) -> Content:
        """Raises CannotOpen."""
        said = json.loads(unseal(self._of(report, sealed[:_SALT]), self._place(report), sealed[_SALT:]))
        number = said.pop("bsn")
        return Content(bsn=Bsn(number) if number else None, **said)

    def _of(self, report: str, salt: bytes) -> DataKey:
        return DataKey(bytes.fromhex(derived_id(report, PURPOSE)), self.key, salt)

    def _place(self, report: str) -> Place:
        return Place(self.tenant, report, "terugmelding", 1, "inhoud", "1", "")


def assignment(content: Content, **said: Any) -> Assignment:
    """What the source's owner gets: with the number, which it has already."""
    number = content.bsn.reveal() if content.bsn else ""
    return Assignment(bsn=number, reason=content.reason, expected=content.expected or None, **said)
