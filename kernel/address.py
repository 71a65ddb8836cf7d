"""Addresses that a setting names: where we ask, and nothing else in them. Pure."""

from urllib.parse import urlsplit


def plain_address(url: str) -> str:
    """The address without a slash at its end. Raises ValueError, without quoting it, for one that is not http(s) or
    holds a name, a password, a query or a fragment: an address is shown in logs and pages, and a secret never is."""
    parts = urlsplit(url)
    extra = "@" in parts.netloc or "?" in url or "#" in url
    if parts.scheme not in ("http", "https") or not parts.hostname or extra or url.split() != [url]:
        raise ValueError("not a plain http(s) address")
    return url.rstrip("/")
