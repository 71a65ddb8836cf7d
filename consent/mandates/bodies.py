"""The bodies in which these verbs cross a wire between rooms."""

from consent.contract import Choice
from consent.mandates.contract import Code, Ground, Mandate
from consent.rights.contract import Claim
from kernel.message import Message, Millis, Short


class Coded(Message):
    """By what was handed over."""

    code: Code


class Listed(Message):
    """Newest first."""

    mandates: tuple[Mandate, ...]


class Grounded(Message):
    """On what the caller acts."""

    ground: Ground


class One(Message):
    """The same, about one consent."""

    ground: Ground
    id: Short


class Chose(Message):
    """The same, with what was chosen."""

    ground: Ground
    id: Short
    choice: Choice


class Since(Message):
    """The same, from a moment on."""

    ground: Ground
    since: Millis


class Claimed(Message):
    """The same, with what is asked for them."""

    ground: Ground
    claim: Claim
