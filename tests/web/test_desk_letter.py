"""What the letter about a request at the desk says of one that was asked before."""

import pytest

from consent.rights.contract import RightsRequest, Status
from tests.web.samples import NOON, frame
from web.claim_views import card
from web.deskrequest_views import DeskAsked
from web.language import LANGUAGES
from web.line_views import local_day
from web.register_words import RegisterWords
from web.rendering import Renderer

DUE = "op zijn laatst op"


@pytest.mark.parametrize(
    ("status", "says", "not_said"),
    [("in-behandeling", ("loopt nog", DUE, "tot wij hebben gekeken"), "al antwoord"),
     ("gegrond", ("al antwoord",), DUE)],
)  # fmt: skip
def test_no_answer_is_promised_to_what_was_answered(status: Status, says: tuple[str, ...], not_said: str) -> None:
    at = round(NOON.timestamp() * 1000)
    one = RightsRequest(id="1", kind="bezwaar", activity="x", status=status, text="", filed_at=at, due_at=at,
                        suspends=True)  # fmt: skip
    view = DeskAsked(frame=frame("/balie", "balie"), talk="1", today=local_day(at),
                     one=card(one, RegisterWords.of(LANGUAGES[0], (), ()), NOON))  # fmt: skip
    html = Renderer().render("balie_verzoek_brief.html", "nl", view)
    assert all(sentence in html for sentence in says) and not_said not in html
    assert ("tot wij hebben gekeken" in html) == (status != "gegrond")
