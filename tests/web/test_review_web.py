"""What a reviewer tried against the portal."""

from typing import cast

from starlette.requests import Request

from web.language import path_in
from web.routing import NOBODY
from web.site import Site, Visit


def test_the_link_to_the_other_language_never_leads_elsewhere() -> None:
    for path in ("/en//elders.example", "/en///elders.example", "/en/\\elders.example"):
        request = Request({"type": "http", "path": path, "raw_path": path.encode(), "headers": [], "query_string": b"",
                           "method": "GET", "server": ("regie.example", 443), "scheme": "https"})  # fmt: skip
        visit = Visit(site=cast("Site", None), request=request, tenant=NOBODY, language="en", opened=None)
        assert not path_in(visit.path, "nl").startswith(("//", "/\\"))
