"""The request being served: what few connectors need, on demand."""

from __future__ import annotations

from ._host import Details, host
from .schema import EntityDefinition

__all__ = ["Details", "current", "entity", "entity_json", "millis_left"]


def current() -> Details:
    """Names for logs and caches."""
    return host().current()


def entity() -> EntityDefinition | None:
    """The entity as the connector last described it, if AppFlow sent it along."""
    return host().entity()


def entity_json() -> str | None:
    """The same as the JSON text AppFlow sent, with whatever the contract has no place for."""
    return host().entity_json()


def millis_left() -> int:
    """Milliseconds left to answer, 0 if none."""
    return host().millis_left()
