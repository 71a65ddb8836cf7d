"""The provider's pages: plain Dutch, plain buttons, no script, nothing from elsewhere."""

from collections.abc import Mapping, Sequence
from html import escape
from urllib.parse import urlsplit

from fastapi.responses import HTMLResponse

from assembly.demo.idp.setup import Persona

NOTICE = "Dit is een proef-inlog. Alle mensen hier zijn verzonnen. Gebruik nooit echte gegevens."
STYLE = """body { font: 1.125rem/1.5 sans-serif; max-width: 40rem; margin: 0 auto; padding: 1rem; color: #1a1a1a; }
.proef { border: .25rem solid #b35c00; padding: .75rem; font-weight: bold; }
ul { list-style: none; padding: 0; } li { margin: 0 0 1.25rem; }
button { font: inherit; min-height: 3rem; padding: .5rem 1rem; width: 100%; text-align: left; background: #fff;
  color: #154273; border: .125rem solid #154273; cursor: pointer; }
button:focus { outline: .25rem solid #b35c00; }
"""
_PAGE = """<!doctype html>
<html lang="nl">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} (proef-inlog)</title>
<link rel="stylesheet" href="{base}/stijl.css">
</head>
<body>
<main>
<p class="proef">{notice}</p>
<h1>{title}</h1>
{body}
</main>
</body>
</html>
"""


def headers(redirect_uri: str = "") -> Mapping[str, str]:
    """Strict. A form may lead back to the portal: browsers judge the redirect after it by `form-action` too."""
    parts = urlsplit(redirect_uri)
    portal = f" {parts.scheme}://{parts.netloc}" if redirect_uri else ""
    return {
        "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
        f"form-action 'self'{portal}",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Cache-Control": "no-store",
    }


def choosing(base: str, personas: Sequence[Persona], pending: str, redirect_uri: str) -> HTMLResponse:
    """A button per persona. base: path of the provider. pending: name of the question that waits."""
    buttons = "".join(
        f'<li><button name="keuze" value="{escape(one.key)}">{escape(one.name)}</button><br>{escape(one.about)}</li>\n'
        for one in personas
    )
    body = f"""<p>Kies als wie u wilt inloggen. Er is geen wachtwoord.</p>
<form method="post" action="{escape(base)}/authorize">
<input type="hidden" name="verzoek" value="{escape(pending)}">
<ul>
{buttons}</ul>
</form>"""
    return _page("Als wie wilt u inloggen?", body, base, redirect_uri)


def telling(base: str, title: str, sentence: str, status: int = 200) -> HTMLResponse:
    """One sentence."""
    return _page(title, f"<p>{escape(sentence)}</p>", base, status=status)


def _page(title: str, body: str, base: str, redirect_uri: str = "", status: int = 200) -> HTMLResponse:
    text = _PAGE.format(title=escape(title), notice=NOTICE, body=body, base=escape(base))
    return HTMLResponse(text, status, headers=dict(headers(redirect_uri)))
