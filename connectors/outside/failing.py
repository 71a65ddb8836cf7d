"""Why a source gave nothing that can be used, for our own people; the caller reads only that it did not."""

from typing import Literal

from connectors.contract import SourceDown

Why = Literal["niet-bereikbaar", "adres", "status", "soort", "te-groot", "onleesbaar", "afgebroken", "vraag", "toegang"]


class SourceFailed(SourceDown):
    """A SourceDown that says for our own people what was wrong. answered: status of HTTP, 0 for
    none. told: what the register said of our question, in its own codes. after: seconds it asked us to wait."""

    code = "bron-mislukt"

    def __init__(self, why: Why, answered: int = 0, told: tuple[str, ...] = (), after: float | None = None) -> None:
        super().__init__("De bron geeft nu geen antwoord dat wij kunnen gebruiken.")
        self.why, self.answered, self.told, self.after = why, answered, told, after

    @property
    def blames_us(self) -> bool:
        """The register works: our question is wrong, or our credential."""
        return self.why in ("vraag", "toegang")
