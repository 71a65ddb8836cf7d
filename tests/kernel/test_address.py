"""An address holds no secret, and cannot lead elsewhere than it seems to."""

import pytest

from kernel.address import plain_address

SECRET = "geheim-7"
WRONG = [
    "ftp://x",
    "https://",
    "brp.example",
    f"https://u:{SECRET}@brp.example",
    f"https://:{SECRET}@brp.example",
    "https://@brp.example",
    f"https://brp.example/?{SECRET}",
    "https://brp.example/?",
    f"https://brp.example/#{SECRET}",
    " https://brp.example",
    "https://brp.example/a b",
    "https://brp.example\n.elders.example",
    "https://[brp.example",
]


@pytest.mark.parametrize("url", WRONG)
def test_only_a_plain_address_is_one(url: str) -> None:
    with pytest.raises(ValueError) as wrong:
        plain_address(url)
    assert SECRET not in str(wrong.value)


def test_a_slash_at_the_end_makes_no_other_address() -> None:
    assert plain_address("https://brp.example/haalcentraal/api/") == "https://brp.example/haalcentraal/api"
