"""What a connector says about itself."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Union

from . import _shapes
from .errors import ShapeError
from .schema import Operator, WriteOperations

Pairs = Union[Mapping[str, str], Iterable[tuple[str, str]]]
"""Named texts: a dict, or a list of pairs."""


class AuthenticationType(enum.Enum):
    """How a user authenticates."""

    BASIC = "basic"
    """User name and password."""
    API_KEY = "api-key"
    """API key, perhaps with a secret key."""
    OAUTH2 = "oauth2"
    """OAuth 2 access token, refreshed by AppFlow."""
    CUSTOM = "custom"
    """The connector's own scheme."""


class Triggers(enum.Flag):
    """Ways to start a flow."""

    SCHEDULED = enum.auto()
    """On a schedule."""
    ON_DEMAND = enum.auto()
    """By hand."""


class Frequencies(enum.Flag):
    """Intervals of scheduled flows."""

    BY_MINUTE = enum.auto()
    HOURLY = enum.auto()
    DAILY = enum.auto()
    WEEKLY = enum.auto()
    MONTHLY = enum.auto()
    ONCE = enum.auto()


class SettingKind(enum.Enum):
    """Type of a setting's value."""

    TEXT = "text"
    DATE = "date"
    DATE_TIME = "date-time"
    LONG = "long"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    URL = "url"


class Scope(enum.Enum):
    """Where a setting is asked."""

    PROFILE = "profile"
    """With the connection."""
    SOURCE = "source"
    """In flows that read."""
    DESTINATION = "destination"
    """In flows that write."""
    SOURCE_AND_DESTINATION = "source-and-destination"
    """In both."""


class OAuth2Grants(enum.Flag):
    """OAuth 2 grants."""

    CLIENT_CREDENTIALS = enum.auto()
    """By client id and secret alone."""
    AUTHORIZATION_CODE = enum.auto()
    """By the user's consent."""


class OAuth2Content(enum.Enum):
    """Encoding of the token request."""

    URL_ENCODED = "url-encoded"
    JSON = "json"


class OAuth2Method(enum.Enum):
    """Method of the token request."""

    POST = "post"
    GET = "get"


class OAuth2Target(enum.Enum):
    """Where an OAuth 2 parameter goes."""

    TOKEN_URL = "token-url"
    """Token request."""
    AUTH_URL = "auth-url"
    """Authorization request."""


@dataclass
class Setting:
    """A setting a user fills in: optional, asked with the connection, free text unless said otherwise."""

    key: str
    """Letters, digits and underscores."""
    label: str
    """Name for the user."""
    kind: SettingKind = SettingKind.TEXT
    """Type of the value."""
    required: bool = False
    """True if it must be given."""
    description: str | None = None
    """Sentence for the user; the label unless given."""
    scope: Scope = Scope.PROFILE
    """Where it is asked."""
    choices: Sequence[str] = ()
    """Values to choose from."""


@dataclass
class Parameter:
    """A value a user fills in to authenticate: required and hidden unless said otherwise."""

    key: str
    label: str
    """Name for the user."""
    description: str | None = None
    """Sentence for the user; the label unless given."""
    required: bool = True
    sensitive: bool = True
    """True if it must be hidden."""
    choices: Sequence[str] = ()
    """Values to choose from."""


@dataclass
class OAuth2Parameter:
    """A further value of an OAuth 2 request."""

    parameter: Parameter
    target: OAuth2Target = OAuth2Target.TOKEN_URL


@dataclass
class Basic:
    """Authentication by user name and password."""


@dataclass
class ApiKey:
    """Authentication by API key, perhaps with a secret key."""


@dataclass
class OAuth2:
    """Authentication by OAuth 2, done by AppFlow.

    The grant follows from the addresses unless it is given: authorization code with ``auth_urls``, client credentials without.
    """

    token_urls: Sequence[str] = field(metadata={"fit": lambda value, path: _one_or_more(value, path)})
    """Token addresses, https."""
    auth_urls: Sequence[str] = field(default=(), metadata={"fit": lambda value, path: _one_or_more(value, path)})
    """Authorization addresses, https."""
    scopes: Sequence[str] = ()
    """Scopes to ask for."""
    grants: OAuth2Grants | None = None
    content: OAuth2Content = OAuth2Content.URL_ENCODED
    method: OAuth2Method = OAuth2Method.POST
    basic_header: bool = False
    """Client id and secret as Basic header of the token request."""
    parameters: Sequence[OAuth2Parameter] = ()


@dataclass
class Custom:
    """Authentication by the connector's own scheme."""

    name: str
    parameters: Sequence[Parameter] = ()


Authentication = Union[Basic, ApiKey, OAuth2, Custom]
"""One way to authenticate."""


def _one_or_more(value: Any, path: str) -> list[str]:
    """One text, or several."""
    if isinstance(value, str):
        return [_shapes.text(value, path)]
    fitted: list[str] = _shapes.listed(_shapes.text)(value, path)
    return fitted


def _authentication(value: Any, path: str) -> Authentication:
    if value in (Basic, ApiKey):
        value = value()
    for kind in (Basic, ApiKey, OAuth2, Custom):
        if isinstance(value, kind):
            fitted: Authentication = _shapes.fit(kind, value, path)
            return fitted
    raise _shapes.refuse(path, "Basic(), ApiKey(), OAuth2(...) or Custom(...)", value)


def _authentications(value: Any, path: str) -> list[Authentication]:
    if isinstance(value, (Basic, ApiKey, OAuth2, Custom)) or value in (Basic, ApiKey):
        return [_authentication(value, path)]
    fitted: list[Authentication] = _shapes.listed(_authentication)(value, path)
    return fitted


@dataclass
class Description:
    """The connector's self-description: without settings, authentication or restrictions unless said otherwise."""

    owner: str
    """Who publishes it; must not start with aws, amazon or appflow."""
    name: str
    """Its name; must not start with aws, amazon or appflow."""
    version: str
    """Its version, without spaces."""
    api_versions: Sequence[str] = field(default=("v1.0",), metadata={"fit": _one_or_more})
    """API versions a user may pick; at least one."""
    settings: Sequence[Setting] = ()
    """Settings a user fills in."""
    authentication: Sequence[Authentication] | Authentication = field(default=(), metadata={"fit": _authentications})
    """Ways to authenticate; empty for none."""
    operators: Sequence[Operator] | None = None
    """Operators supported; all unless given."""
    triggers: Triggers = Triggers(0)
    """Ways to start a flow; all unless given."""
    frequencies: Frequencies = Frequencies(0)
    """Intervals of scheduled flows; all unless given."""
    write_operations: WriteOperations = WriteOperations(0)
    """Ways to write. A destination names at least one."""
    logo_url: str | None = None
    """Address of a logo, https."""


@dataclass
class SettingError:
    """A setting that is wrong, and the text shown next to it."""

    key: str
    message: str


def setting_errors(value: Any, path: str) -> list[SettingError]:
    """What ``validate_settings`` may return: nothing, errors, or a dict of messages by key."""
    if value is None:
        return []
    if isinstance(value, Mapping):
        value = [SettingError(key, message) for key, message in _shapes.pairs(value, path)]
    if isinstance(value, bool):
        raise ShapeError(f"{path}: expected a list of SettingError, empty if all settings are good, got bool")
    fitted: list[SettingError] = _shapes.listed(_shapes.record_of(SettingError))(value, path)
    return fitted
