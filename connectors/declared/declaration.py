"""What a file about a source may say. Judged when it is read; names are English, as in all settings.

Placeholders are `{bsn}`, in a body or a bound parameter only, and `{…}` of a key, anywhere.
"""

import re
from pathlib import Path as File
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, JsonValue, model_validator

from connectors.declared.paths import path
from connectors.gateway import Gateway
from connectors.outside.addresses import networks
from connectors.uploads.columns import Sheet
from kernel.address import plain_address
from kernel.message import Message

HOLE = re.compile(r"\{([a-z_]+)\}")
NUMBER = "bsn"
# What the value of a key must look like. An address that ends in a UUID gives the UUID.
FORMS = {
    "uuid": re.compile(r"(?:.*/)?([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"),
    "digits8": re.compile(r"([0-9]{8})"),  # number of a company in the Handelsregister
    "digits16": re.compile(r"([0-9]{16})"),  # identification in the BAG
    "postcode": re.compile(r"([1-9][0-9]{3}[A-Z]{2})"),
    "word": re.compile(r"([A-Za-z0-9_-]{1,64})"),  # without nine digits in a row: it may stand in an address
}
NOT_FOUND = 404
KEYS_MOST = 100  # of one key: a household's documents


def _path(text: str) -> str:
    path(text)
    return text


def _networks(listed: tuple[str, ...]) -> tuple[str, ...]:
    networks(listed)
    return listed


PathText = Annotated[str, Field(min_length=1), AfterValidator(_path)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
ElementName = Annotated[str, Field(pattern=r"^[a-z]+(\.[a-zA-Z0-9]+)+$", max_length=100)]
HeaderName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9-]{0,60}$")]
HeaderValue = Annotated[str, Field(max_length=500, pattern=r"^[\x20-\x7e]*$")]


class Credential(Message):
    """How the source knows us. file: holds the secret, nobody else can read it. header: for `header`. user: for `basic`
    and, as client_id, for `zgw` (JWT with HS256, of one question). certificate, authority: PEM, for mutual TLS."""

    kind: Literal["none", "header", "bearer", "token", "basic", "zgw"] = "none"
    header: HeaderName = "X-Api-Key"
    user: Annotated[str, Field(max_length=200, pattern=r"^[\x21-\x39\x3b-\x7e]*$")] = ""
    file: File | None = None
    certificate: File | None = None
    authority: File | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.kind != "none") != (self.file is not None):
            raise ValueError("a credential has a file, and no credential has none")
        return self


class Bounded(Message):
    """See connectors.outside.guarding.Limits. bytes: of one answer, of SQL as JSON. rows: of one SQL answer."""

    seconds: Annotated[float, Field(gt=0, le=20)] = 3.0
    at_once: Annotated[int, Field(ge=1, le=100)] = 20
    waiting: Annotated[int, Field(ge=0, le=1_000)] = 200
    failures: Annotated[int, Field(ge=1, le=100)] = 5
    rest: Annotated[float, Field(gt=0, le=600)] = 10.0
    bytes: Annotated[int, Field(ge=1_024, le=4 << 20)] = 256 << 10
    rows: Annotated[int, Field(ge=1, le=1_000)] = 100


class Key(Message):
    """A value of another source that the question needs. path: its part; a list gives several, for a list in a body."""

    element: ElementName
    path: PathText = "@"
    form: Literal["uuid", "digits8", "digits16", "postcode", "word"]


class Question(Message):
    """What is sent. one: a list in the answer that may hold one item, which then is the answer. demand: must be true of
    the answer. about: every value at it must be the resident's number; no value is an answer about nobody. repeatable:
    asking twice is asking once."""

    method: Literal["GET", "POST"] = "POST"
    path: Annotated[str, Field(pattern=r"^/[A-Za-z0-9/_.{}-]{0,200}$")]
    query: dict[Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,60}$")], HeaderValue] = Field(default_factory=dict)
    headers: dict[HeaderName, HeaderValue] = Field(default_factory=dict)
    body: JsonValue = None
    repeatable: bool = False
    one: PathText | None = None
    demand: PathText | None = None
    about: PathText | None = None

    @model_validator(mode="after")
    def _number_in_the_body(self) -> Self:
        outside = [self.path, *self.query.values(), *self.headers.values()]
        if any(NUMBER in HOLE.findall(text) for text in outside):
            raise ValueError("a number of a resident goes in a body, never in an address or a header")
        if (self.method == "GET") != (self.body is None):
            raise ValueError("GET has no body, and POST has one")
        return self


DAYS = 42  # six weeks: longer than the month in which a resident has an answer (AVG 12(3)); a source may say another


class Corrected(Message):
    """Who looks at reports that a value is wrong. owner: the recipient whose people have the list of them; url: where
    they are sent instead, with a credential and networks of its own. days: after which a report that nothing is
    said about ends, and its mark with it."""

    owner: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
    url: Annotated[str, Field(max_length=500)] = ""
    networks: Annotated[tuple[str, ...], AfterValidator(_networks)] = ()
    credential: Credential = Credential()
    seconds: Annotated[float, Field(gt=0, le=20)] = 5.0
    days: Annotated[int, Field(ge=1, le=366)] = DAYS

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.url:
            plain_address(self.url)
        elif self.networks or self.credential.kind != "none":
            raise ValueError("without an address there is nobody to be known to")
        return self


class Declaration(Message):
    """One file. kind: brp is BRP Personen, whose elements are those of the catalogue. elements: path in the answer, or
    column, by element. secrecy: a path that is true for secret data, and
    what it does not find counts as true; safe_address: the same for who may not be found. dated: a path to the day of
    the data; fresh_days: older gives nothing (0: any age). many: several rows make a list. population: a
    second statement, that lists the numbers of everybody who is counted in statistics. csv: a file that an owner sends
    here (`connectors.uploads`); its columns are what paths begin at. corrections: who looks at reports about its
    values; without it nobody takes them.
    """

    name: Name
    kind: Literal["rest", "sql", "csv", "brp"]
    url: Annotated[str, Field(max_length=500)] = ""
    networks: Annotated[tuple[str, ...], AfterValidator(_networks)] = ()
    credential: Credential = Credential()
    gateway: Gateway = Gateway.off()
    limits: Bounded = Bounded()
    keys: dict[Name, Key] = Field(default_factory=dict)
    question: Question | None = None
    sql: Annotated[str, Field(max_length=4_000)] = ""
    population: Annotated[str, Field(max_length=4_000)] = ""
    many: bool = False
    csv: Sheet | None = None
    elements: Annotated[dict[ElementName, PathText], Field(max_length=100)] = Field(default_factory=dict)
    secrecy: PathText | None = None
    safe_address: PathText | None = None
    dated: PathText | None = None
    fresh_days: Annotated[int, Field(ge=0, le=3_660)] = 0
    corrections: Corrected | None = None

    @property
    def asks_for_one(self) -> bool:
        """Its address is that of one thing, by a key. There "not found" is an answer; of a list that is searched, or of
        what has one address for all, it says that the address is wrong."""
        return self.question is not None and HOLE.search(self.question.path) is not None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.kind == "csv") != (self.csv is not None):
            raise ValueError("a source of kind csv has csv, and no other has")
        if (self.kind == "brp") != (not self.elements):
            raise ValueError("a source says its elements, but for kind brp, which has those of the catalogue")
        {"rest": self._as_rest, "sql": self._as_sql, "csv": self._as_csv, "brp": self._as_brp}[self.kind]()
        unknown = set(HOLE.findall(str(self.question and self.question.model_dump()))) - {NUMBER, *self.keys}
        if unknown or NUMBER in self.keys:
            raise ValueError(f"no key is called {', '.join(sorted(unknown)) or NUMBER}")
        if self.fresh_days and self.dated is None:
            raise ValueError("fresh_days needs dated: how old is it?")
        return self

    def _as_rest(self) -> None:
        if self.question is None or self.sql or self.population:
            raise ValueError("a source of kind rest has a question and no sql")
        plain_address(self.url)

    def _as_sql(self) -> None:
        one_select(self.sql)
        if self.population:
            reads_only(self.population)
        if self.question is not None or self.url or self.credential.file is None:
            raise ValueError("a source of kind sql has sql, and its address in the file of its credential")
        if self.networks:
            raise ValueError("networks are of kind rest: which database is called stands in the credential's file")

    def _as_brp(self) -> None:
        asked = (self.question, self.sql, self.population, self.keys, self.many)
        if any((*asked, self.secrecy, self.safe_address, self.dated)):
            raise ValueError("what is asked of a source of kind brp, and how its answer is read, is known already")
        plain_address(self.url)

    def _as_csv(self) -> None:
        if any((self.question, self.url, self.sql, self.population, self.keys, self.many, self.networks)):
            raise ValueError("a file that is sent here is not asked for")


def reads_only(text: str) -> str:
    """One statement that reads, without what it quotes. The database's own rights are the control; this finds mistakes.
    Raises ValueError."""
    if any(sign in text for sign in ("--", "/*", "\\", "$", "`")):
        raise ValueError("sql has no comments, and no other quotes than ' and \"")
    plain = re.sub(r"'[^']*'|\"[^\"]*\"", "", text.lower())
    words = re.findall(r"[a-z_]+", plain)
    writes = {"insert", "update", "delete", "merge", "drop", "alter", "create", "grant", "truncate", "copy", "call",
              "do", "attach", "pragma", "into", "set", "lock", "vacuum"}  # fmt: skip
    if not words or words[0] not in ("select", "with") or ";" in text or writes & set(words):
        raise ValueError("sql is one SELECT, without a semicolon")
    return plain


def one_select(text: str) -> None:
    """The same, about one resident. Raises ValueError."""
    if re.search(r"(?<!:):bsn\b", reads_only(text)) is None:
        raise ValueError("sql asks about one resident: it names :bsn")


def read(said: dict[str, Any]) -> Declaration:
    """Raises pydantic.ValidationError."""
    return Declaration.model_validate(said)
