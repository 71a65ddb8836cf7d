"""What a reviewer tried against the portal."""

from typing import cast

from starlette.requests import Request

from web.language import path_in
from web.prose import prose, text_fault
from web.routing import NOBODY
from web.site import Site, Visit


def test_the_link_to_the_other_language_never_leads_elsewhere() -> None:
    for path in ("/en//elders.example", "/en///elders.example", "/en/\\elders.example"):
        request = Request({"type": "http", "path": path, "raw_path": path.encode(), "headers": [], "query_string": b"",
                           "method": "GET", "server": ("regie.example", 443), "scheme": "https"})  # fmt: skip
        visit = Visit(site=cast("Site", None), request=request, tenant=NOBODY, language="en", opened=None)
        assert not path_in(visit.path, "nl").startswith(("//", "/\\"))


def test_what_somebody_wrote_holds_no_signs_that_nobody_sees() -> None:
    assert prose("Dit klopt\x00 niet.\r\nDe\tstraat\x0b is oud.\r\n") == "Dit klopt niet.\nDe\tstraat is oud."
    assert prose("\x07 \x7f") == ""
    assert text_fault(prose("bel 99999\x013653"), "grond", 100) == "bsn-in-tekst"
