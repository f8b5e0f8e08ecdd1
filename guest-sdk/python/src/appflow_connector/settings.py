"""Settings and the context of an operation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from .errors import InvalidArgument


class Settings(Mapping[str, str]):
    """What the user filled in: the settings of the connection, and in data operations those of this side of the flow.

    A mapping of texts. An empty text counts as absent, since AppFlow sends one for a setting left blank; where a key comes
    twice, the last one counts.
    """

    def __init__(self, values: Mapping[str, str] | Iterable[tuple[str, str]] = ()) -> None:
        self._values = {key: value for key, value in dict(values).items() if value != ""}

    def __getitem__(self, key: str) -> str:
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        # Values may be a customer's own; the keys are the connector's.
        return f"Settings({', '.join(self._values)})"

    def require(self, key: str) -> str:
        """The value of a setting that must be there.

        :raises InvalidArgument: naming the setting if it is absent or empty.
        """
        try:
            return self._values[key]
        except KeyError:
            raise InvalidArgument(f"the setting '{key}' is missing") from None

    def flag(self, key: str) -> bool:
        """A yes-or-no setting; false if it is absent.

        :raises InvalidArgument: unless the value is true or false in any letter case.
        """
        value = self._values.get(key, "false").lower()
        if value not in ("true", "false"):
            raise InvalidArgument(f"the setting '{key}' must be true or false")
        return value == "true"

    def integer(self, key: str) -> int | None:
        """A whole number, if it was given.

        :raises InvalidArgument: if the value is no whole number of 64 bits.
        """
        if key not in self._values:
            return None
        value = self._values[key].strip()
        digits = value.removeprefix("-").removeprefix("+")
        if not (digits.isascii() and digits.isdigit() and len(digits) < 20) or not -(2**63) <= int(value) < 2**63:
            raise InvalidArgument(f"the setting '{key}' must be a whole number")
        return int(value)


@dataclass
class Context:
    """What every metadata and data operation is told."""

    api_version: str = "v1.0"
    """One of the connector's declared API versions, as the user picked it."""
    settings: Settings = field(default_factory=Settings)
    """Settings of the connection and of this side of the flow."""
