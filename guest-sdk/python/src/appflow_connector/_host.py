"""The host behind the imports: the real one in a component, a fake one in tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, Union

if TYPE_CHECKING:
    from .credentials import Secret
    from .http import Auth
    from .requests import Pick
    from .schema import EntityDefinition


@dataclass(frozen=True)
class Emitted:
    """What became of an array of records."""

    taken: int
    """Records of this array taken into the page now."""
    left: int
    """Records of this array that found no room."""
    total: int
    """Records in the whole array."""
    rest: str
    """The other top-level values of the answer as a JSON object."""


@dataclass(frozen=True)
class Space:
    """Room left in the page."""

    records_left: int
    bytes_left: int
    """Bytes of the answer, after escaping."""
    millis_left: int
    """Milliseconds of the time for the whole call."""


@dataclass(frozen=True)
class Details:
    """Names for logs and caches."""

    request_id: str
    flow_name: str | None = None
    execution_id: str | None = None
    profile_label: str | None = None


Body = Union[str, bytes, None]


@dataclass(frozen=True)
class Outgoing:
    """A request as the host takes it."""

    method: str
    url: str
    headers: Sequence[tuple[str, str]]
    body: Body
    auth: Auth | None


class RawResponse(Protocol):
    """An answer, held by the host."""

    def status(self) -> int: ...
    def header(self, name: str) -> str | None: ...
    def headers(self) -> Sequence[tuple[str, str]]: ...
    def ensure_ok(self) -> None: ...
    def text(self) -> str: ...
    def data(self) -> bytes: ...
    def json_at(self, pointer: str) -> str | None: ...
    def text_at(self, pointer: str) -> str | None: ...
    def close(self) -> None: ...


class Host(Protocol):
    """What the contract imports."""

    def send(self, request: Outgoing) -> RawResponse: ...
    def emit(self, record: str) -> bool: ...
    def emit_batch(self, text: str, ends: list[int]) -> int: ...
    def emit_json(self, response: RawResponse, pointer: str, picks: Sequence[Pick], skip: int) -> Emitted: ...
    def room(self) -> Space: ...
    def current(self) -> Details: ...
    def entity(self) -> EntityDefinition | None: ...
    def entity_json(self) -> str | None: ...
    def millis_left(self) -> int: ...
    def credentials(self) -> Secret: ...
    def log(self, level: str, message: str, fields: list[tuple[str, str]]) -> None: ...


_installed: Host | None = None


def install(host: Host | None) -> Host | None:
    """Puts a host in place and gives the one before."""
    global _installed
    before, _installed = _installed, host
    return before


def host() -> Host:
    """The host in place."""
    if _installed is None:
        raise RuntimeError(
            "no host here: in a component requests are made while an operation runs, not at import; in a test wrap the call in "
            "`appflow_connector.testing.FakeHost`"
        )
    return _installed
