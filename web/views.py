"""What each page of a resident needs to be drawn: frozen values, filled by `web.pages`, read by the templates.

Texts come in the language of the page; templates translate codes. Moments carry a zone. No BSN, OIN or staff name.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from web.frame import Coverage, FieldError, Frame, Option, Pager
from web.leak_views import LeakNotice
from web.removal_views import Removed, StillThere
from web.session import Answer
from web.urgent import Urgent
from web.words import ClassLetter, Result, State


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Labels of the data of one class; under "lees meer" the article, and what the labels leave out."""

    letter: ClassLetter
    labels: tuple[str, ...]
    article: str = ""
    exact: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The six facts. `moment` for a use, `until` for a permission. `purpose` None: "Wij zoeken dit uit."."""

    organisation: str
    department: str
    groups: tuple[Group, ...]
    purpose: str | None
    moment: datetime | None = None
    until: date | None = None
    retention: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """A use outside Regie, as another system told it. used: when it was; told: when we heard of it. kinds: data that
    the activity does not name, in its words; nothing says that it was allowed."""

    system: str
    used: datetime
    told: datetime
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UseRow:
    """One handling in a list: one line or more, `id` and `moment` of the newest; `results`: each once.
    `reason` is the sentence for a refusal (`words.reason_for`), else empty. `act` says what happened when it is no use
    of data: a choice, a search, a question. `reported`: of the newest line, when Regie released nothing."""

    id: str
    moment: datetime
    department: str
    purpose: str
    labels: tuple[str, ...]
    letters: tuple[ClassLetter, ...]
    results: tuple[Result, ...]
    times: int = 1
    reason: str = ""
    act: str = ""
    reported: Reported | None = None
    leaked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """Another line of the same handling, as a link; `number` is its log index."""

    id: str
    number: int
    moment: datetime
    result: Result
    leaked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A request that waits for the resident; `may` is a phrase such as "uw inkomen bekijken"."""

    id: str
    recipient: str
    may: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentRow:
    """A permission in a list."""

    id: str
    recipient: str
    may: str
    state: State
    until: date | None = None
    changed: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Vault:
    """The resident's own vault, as the register describes it (activity regie-kluis)."""

    purpose: str
    retention: str
    consequence: str
    open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """`/overzicht`: what waits, this month in numbers per class, the last five uses, what runs, the own vault.
    too_many: this month has more lines than were counted, so the numbers are not shown."""

    frame: Frame
    waiting: tuple[Waiting, ...]
    month: date
    departments: int
    by_class: dict[ClassLetter, int]
    too_many: bool = False
    last_uses: tuple[UseRow, ...]
    active: tuple[ConsentRow, ...]
    coverage: Coverage
    vault: Vault | None = None
    leaks: tuple[LeakNotice, ...] | None = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """The uses of one day, newest first."""

    day: date
    uses: tuple[UseRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Withheld:
    """A line that may not be shown yet: its number in the log, in the resident's own series, and the last day."""

    number: int
    n: int
    until: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Uses:
    """`/gebruik`. `found` counts over all pages; `filtered` whether a filter differs from the start; `further` the
    place of what is older than this list and of its period; `older` that it is no list of the newest; `parts` the
    files with all proofs of `period`;
    `withheld` what may not be shown yet; `late` what its recipients should have removed by now."""

    frame: Frame
    periods: tuple[Option, ...]
    with_refused: bool
    filtered: bool
    found: int
    days: tuple[Day, ...]
    pager: Pager
    coverage: Coverage
    further: str = ""
    older: bool = False
    period: str = ""
    parts: tuple[Option, ...] = ()
    withheld: tuple[Withheld, ...] = ()
    late: tuple[StillThere, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedData:
    """A piece of data that was not passed on, and the sentence why."""

    label: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The resident's question on a use. `due` is the last day for the answer."""

    text: str
    asked: date
    due: date
    answer: str = ""
    answered: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Destroyed:
    """A line whose content is gone. `n`: in the own series; `declared` and `number`: the line that says so, if any."""

    n: int
    declared: str = ""
    number: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifted:
    """Lines that may be read from now on. `since`: when the one that was covert was written. `reason`: why it was."""

    numbers: tuple[int, ...]
    since: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """`/gebruik/{id}`. `number` is the log index; `proof` the download; `draft` a question posted with an error;
    `earlier` the older lines of the same handling. `gone`: nothing is left but this; `gone_numbers`: what it says was
    destroyed of the own series. `kept_until`: the year in which it goes. `overdue`: the assessment was over; class A
    goes on, marked. `despite`: why, while an objection was weighed. `lab`: only classes, under a pseudonym. `urgent`:
    it was an emergency. `removed`: what its recipient said of that; `late`: what should be gone by now.
    `used`: what was read to answer, and was not passed on. `leaks`: breaches that it may be in."""

    frame: Frame
    id: str
    facts: Facts
    result: Result
    used: tuple[str, ...] = ()
    reason: str = ""
    refused: tuple[RefusedData, ...] = ()
    source: str = ""
    consent: str | None = None
    number: int
    proof: str
    asked: Asked | None = None
    draft: str = ""
    act: str = ""
    reported: Reported | None = None
    earlier: tuple[Earlier, ...] = ()
    gone: Destroyed | None = None
    gone_numbers: tuple[str, ...] = ()
    lifted: Lifted | None = None
    kept_until: int = 0
    overdue: bool = False
    despite: str = ""
    doubtable: bool = False
    lab: bool = False
    urgent: Urgent | None = None
    removed: tuple[Removed, ...] = ()
    leaks: tuple[LeakNotice, ...] | None = ()
    late: tuple[StillThere, ...] = ()
    errors: tuple[FieldError, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The last choice with its receipt: without a number there is no "Gelukt"."""

    kind: Literal["ja", "nee", "stop", "pauze"]
    moment: datetime
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """`/toestemmingen/{id}`, every state. `may` is a phrase ("uw inkomen bekijken"), `may_not` denies it.

    `after_stop` is the activity's naIntrekking with its date, `consequence` its gevolg; `kept` a choice that was
    posted too late (F4): it is told, never preset. `limits`: of this yes, beyond its end; `ends`: last days to choose
    from, `longer` the last one of a yes that is said again; `shown`: what was read at the last choice; `following`:
    another question; `by`: who said yes, `grown` that they choose alone now; `loose`: it is for whoever answers it;
    `back`: the website that asked, just after an answer, and `site` its name; `safe`: no yes gives anything now;
    `also`: other yeses that give some of the same, whatever is chosen here."""

    frame: Frame
    id: str
    state: State
    recipient: str
    may: str
    may_not: str
    facts: Facts
    frequency: str
    source: str
    if_yes: str
    if_no: str
    after_stop: str
    consequence: str
    text_version: str
    changed: date | None = None
    choice: Choice | None = None
    kept: Answer | None = None
    limits: tuple[str, ...] = ()
    ends: tuple[Option, ...] = ()
    longer: date | None = None
    shown: tuple[str, ...] = ()
    following: str = ""
    by: str = ""
    grown: bool = False
    late: tuple[StillThere, ...] = ()
    loose: bool = False
    instead: str = ""
    safe: bool = False
    back: str = ""
    site: str = ""
    also: tuple[ConsentRow, ...] = ()
    errors: tuple[FieldError, ...] = ()
