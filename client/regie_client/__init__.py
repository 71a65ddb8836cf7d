"""Ask Regie for data of a resident, from a municipal application.

The promise: no value reaches your program unless the log of the municipality proves, offline and under keys that you
pinned, that this very release stands in it. Nothing is kept here but tokens, in memory. Surprises: what cannot be
proven is withheld although it came; nothing is repeated by itself, for each question is a line that the resident reads.
"""

from regie_client.bulk import Answered, Bulk, BulkOrder, Job, JobState
from regie_client.checking import Checked, CheckedOne, WhyNot
from regie_client.client import Regie
from regie_client.consents import ConsentReceipts, ShownConsent
from regie_client.corrections import Correction, Had
from regie_client.errors import (
    CannotReach,
    NoReceipt,
    NotConfigured,
    NotGenuine,
    NotReleased,
    Problem,
    RegieError,
    Repeated,
    TokenRefused,
    Unusable,
)
from regie_client.messages import Case, CaseState, ConsentState, Emergency, Event, Question, Receipt, Release, Value
from regie_client.receipts import Receipts
from regie_client.removals import Dues, Keeps, Removal, Removed, RemovedOne, ToRemove
from regie_client.tables import Cell, Spent, Table, TableQuestion
from regie_client.tokens import Credentials
from regie_client.webhooks import Seen, SeenHere, Webhooks

__all__ = [
    "Answered",
    "Bulk",
    "BulkOrder",
    "CannotReach",
    "Case",
    "CaseState",
    "Cell",
    "Checked",
    "CheckedOne",
    "ConsentReceipts",
    "ConsentState",
    "Correction",
    "Credentials",
    "Dues",
    "Emergency",
    "Event",
    "Had",
    "Job",
    "JobState",
    "Keeps",
    "NoReceipt",
    "NotConfigured",
    "NotGenuine",
    "NotReleased",
    "Problem",
    "Question",
    "Receipt",
    "Receipts",
    "Regie",
    "RegieError",
    "Release",
    "Removal",
    "Removed",
    "RemovedOne",
    "Repeated",
    "Seen",
    "SeenHere",
    "ShownConsent",
    "Spent",
    "Table",
    "TableQuestion",
    "ToRemove",
    "TokenRefused",
    "Unusable",
    "Value",
    "Webhooks",
    "WhyNot",
]
