"""Credentials of the connection.

They are sealed: a connector says by ``auth`` which go into a request, and the host puts the values in. What is read here are
placeholders, of use only to see which kind of credentials there is, or for libraries that want a text, unless the connector's
manifest asks for ``readable`` ones. Values never show in ``repr``, so that a careless log line does not give them away.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ._host import host
from .description import AuthenticationType


@dataclass(frozen=True)
class Secret:
    """Credentials of one kind."""

    kind: AuthenticationType | None = None
    """None if the connection has none."""
    username: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    api_key: str = field(default="", repr=False)
    api_secret: str | None = field(default=None, repr=False)
    access_token: str = field(default="", repr=False)
    scheme: str = ""
    """Name of the connector's own scheme."""
    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Values of the connector's own scheme by key."""


def get() -> Secret:
    """Credentials of this request.

    :raises ResourceNotFound: or :class:`~appflow_connector.AccessDenied`, if the secret cannot be had.
    """
    return host().credentials()
