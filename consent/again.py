"""Whether a resident is asked something again, that was asked before. Pure.

A question that waits is not asked twice; what was said yes to is not asked while that yes stands long enough; after a
no the bar of the activity runs. What the resident asks for by their own wish is bound by none of this.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from consent.activity import ActivityVersion
from consent.contract import ConsentRequest, NotAgain
from consent.difference import consents_since
from consent.limits import Limits, terms_of
from consent.lines import names
from consent.standing import PERMITS
from consent.terms import ANSWER_DAYS, DAY
from consent.views import as_counted, ended_at, grown, state_of_row

Row = Mapping[str, Any]
BARRED = frozenset({"geweigerd", "ingetrokken", "vervallen"})


def open_equal(earlier: Sequence[Row], wanted: ConsentRequest, number: int, at: int) -> Row | None:
    """The same question about the version in force: one about an older version can only be answered with no."""
    for row in earlier:
        same = set(names(row["elements"])) == set(wanted.elements) and row["reference"] == wanted.case
        if (
            same
            and row["version"] == number
            and terms_of(row).limits == wanted.limits
            and state_of_row(row, at) == "gevraagd"
        ):
            return row
    return None


def standing(earlier: Sequence[Row], wanted: ConsentRequest, version: ActivityVersion, at: int) -> Row | None:
    """A yes that gives all of this already, also one that stands still at the resident's wish. Not one for so many
    releases, nor one that may be over before a new question would be answered."""
    soon = wanted.valid_until or at + ANSWER_DAYS * DAY
    for row in earlier:
        counted, limits = as_counted(row, version), terms_of(row).limits
        counts = row["version"] >= consents_since(version) and not limits.times and limits in (Limits(), wanted.limits)
        covers = set(wanted.elements) <= set(names(row["elements"])) and row["reference"] in ("", wanted.case)
        lasts = not counted["valid_until"] or counted["valid_until"] >= soon
        stands = state_of_row(counted, at) in {*PERMITS, "gepauzeerd"} and not grown(row, at)
        if counts and covers and lasts and stands:
            return row
    return None


def demand_no_bar(earlier: Sequence[Row], elements: Iterable[str], days: int, at: int) -> None:
    """Raises NotAgain."""
    about = [row for row in earlier if set(names(row["elements"])) & set(elements)]
    last = _last_no(about, at)
    if any(row["status"] in PERMITS and row["requested_at"] > last for row in about):
        return  # the resident has come back from that no by their own wish
    # to the end of that day, for vanaf and the bar alike: neither tells at which moment a resident answered
    until = -(-(last + days * DAY) // DAY) * DAY
    if days and last and at < until:  # no days: no bar, not one until midnight
        raise NotAgain("De inwoner levert dit nu zelf aan.", vanaf=until)


def _last_no(about: Sequence[Row], at: int) -> int:
    return max((ended_at(row, at) for row in about if state_of_row(row, at) in BARRED), default=0)
