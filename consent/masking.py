"""Which code is told: a caller without a ground learns nothing about a resident from a refusal (trust.md 6, "existence
oracle"). Pure."""

from consent.decision import Code

PUBLIC: frozenset[Code] = frozenset(
    {"onbekende-activiteit", "activiteit-niet-actief", "ontvanger-niet-bevoegd", "buiten-doel", "beoordeling-verlopen"}
)
OWN: frozenset[Code] = frozenset({"toestemming-ingetrokken", "toestemming-verlopen", "gepauzeerd", "te-vaak"})


def told(code: Code, state: Code | None, ground: bool) -> Code:
    """state: what the consent alone would say. ground: whether the law gives this caller one."""
    if ground or code in PUBLIC:
        return code
    # what this recipient once had it may know, whatever else there is; anything more would tell who lives where
    known = code if state is None else state
    return known if known in OWN else "geen-toestemming"
