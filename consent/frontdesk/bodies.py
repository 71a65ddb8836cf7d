"""The bodies in which these verbs cross a wire between rooms."""

from consent.contract import Choice
from consent.frontdesk.contract import DeskRequest, Meeting, Tally
from kernel.message import Message, Short


class InOne(Message):
    """Something in one conversation."""

    conversation: Short


class MetAt(Message):
    """The same, with whom it is."""

    conversation: Short
    met: Meeting


class AboutOne(Message):
    """The same, about one consent."""

    conversation: Short
    id: Short


class ChoseAt(Message):
    """The same, with what was chosen."""

    conversation: Short
    id: Short
    choice: Choice


class FiledAt(Message):
    """What was asked in one conversation."""

    conversation: Short
    asked: DeskRequest


class Tallied(Message):
    """The busiest first."""

    tallies: tuple[Tally, ...]
