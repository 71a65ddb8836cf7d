"""Text that must not be seen by accident: it shows itself as *** wherever it is printed, formatted or dumped."""

from typing import Any, NoReturn

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

MASK = "***"


class Hidden:
    """A string whose only way out is `reveal()`. Compares by value; refuses to be pickled."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = self.checked(text)

    @classmethod
    def checked(cls, text: str) -> str:
        """Subclasses refuse what is not of their form with ValueError; the message never holds the text."""
        if len(text) > 200:
            raise ValueError("too long")
        return text

    def reveal(self) -> str:
        """The text itself. A house test lists the modules that may call this."""
        return self._text

    def __repr__(self) -> str:
        return MASK

    def __str__(self) -> str:
        return MASK

    def __format__(self, spec: str) -> str:
        return MASK

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Hidden) and type(self) is type(other) and self._text == other._text

    def __hash__(self) -> int:
        return hash((type(self), self._text))

    def __reduce__(self) -> NoReturn:
        raise TypeError("not to be pickled")

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Read from a string, written as ***."""

        def build(value: Any) -> Hidden:
            if isinstance(value, cls):
                return value
            if not isinstance(value, str):
                raise ValueError("a text is expected")
            return cls(value)

        return core_schema.no_info_plain_validator_function(
            build,
            json_schema_input_schema=core_schema.str_schema(),
            serialization=core_schema.plain_serializer_function_ser_schema(str, return_schema=core_schema.str_schema()),
        )
