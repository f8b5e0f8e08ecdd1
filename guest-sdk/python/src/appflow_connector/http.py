"""Requests to the application, much as with ``requests``.

The host lets them out to the hosts of the connector's manifest only, puts the credentials in, keeps connections open, tries again
what failed for a moment, and holds the answer's body until it is asked for. Give a body to the page and it never passes through
the connector.

.. code-block:: python

    from appflow_connector import http

    answer = http.get("https://api.example.com/v1/users/me", params={"fields": "id,name"}, auth="bearer")
    answer.raise_for_status()
    name = answer.json()["name"]
"""

from __future__ import annotations

import json as _json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Union
from urllib.parse import quote

from . import _host, _links, _shapes
from ._links import join, resolve
from .errors import InvalidArgument, ServerError

__all__ = [
    "Auth",
    "BasicAuth",
    "Bearer",
    "Response",
    "SecretHeader",
    "SecretQuery",
    "Session",
    "Signature",
    "delete",
    "get",
    "join",
    "patch",
    "post",
    "put",
    "request",
    "resolve",
]


@dataclass(frozen=True)
class Bearer:
    """``Authorization: Bearer`` with the OAuth 2 access token, or with the API key."""


@dataclass(frozen=True)
class BasicAuth:
    """``Authorization: Basic`` with the user name and the password."""


@dataclass(frozen=True)
class SecretHeader:
    """One value of the secret in a header."""

    name: str
    """Name of the header."""
    secret_key: str = "apiKey"
    """``apiKey``, ``apiSecretKey``, ``accessToken``, ``username``, ``password``, or a key of the connector's own scheme."""
    prefix: str = ""
    """Text before the value, such as ``Token ``."""


@dataclass(frozen=True)
class SecretQuery:
    """One value of the secret in a query parameter, see :class:`SecretHeader`."""

    name: str
    secret_key: str = "apiKey"
    prefix: str = ""


@dataclass(frozen=True)
class Signature:
    """A signature that the host makes with the secret. ``wit/http.wit`` lists the schemes and their parameters.

    >>> Signature("hmac-sha256", {"secret-key": "apiSecretKey", "header": "x-signature"}).scheme
    'hmac-sha256'
    """

    scheme: str
    parameters: Mapping[str, str] | Iterable[tuple[str, str]] = field(default=())


Auth = Union[Bearer, BasicAuth, SecretHeader, SecretQuery, Signature]
"""How the host puts the credentials in. The connector never sees their values."""

_NAMED: dict[str, Auth] = {"bearer": Bearer(), "basic": BasicAuth()}

Params = Union[Mapping[str, Any], Iterable[tuple[str, Any]], None]
Headers = Union[Mapping[str, str], Iterable[tuple[str, str]], None]


class Response:
    """An answer. Its body stays on the host until it is asked for or the answer is closed."""

    def __init__(self, raw: _host.RawResponse, url: str) -> None:
        self._raw: _host.RawResponse | None = raw
        self._status = raw.status()
        self._url = url

    @property
    def raw(self) -> _host.RawResponse:
        """The host's handle.

        :raises InvalidArgument: if the answer was closed.
        """
        if self._raw is None:
            raise InvalidArgument("the answer was closed before it was read")
        return self._raw

    @property
    def url(self) -> str:
        """Address of the request."""
        return self._url

    @property
    def status_code(self) -> int:
        """Status, 200 to 599."""
        return self._status

    @property
    def ok(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self._status < 300

    @property
    def headers(self) -> CaseInsensitive:
        """Headers, by name in any letter case; values of one that came more than once are joined by ``, ``."""
        return CaseInsensitive(self.raw.headers())

    @property
    def links(self) -> dict[str, str]:
        """Targets of the ``Link`` header by relation, such as ``links.get("next")``."""
        return _links.links(self.raw.header("link") or "")

    @property
    def content(self) -> bytes:
        """The body as bytes."""
        return self.raw.data()

    @property
    def text(self) -> str:
        """The body as text.

        :raises ServerError: if it is not UTF-8.
        """
        return self.raw.text()

    def json(self) -> Any:
        """The body as what JSON has.

        :raises ServerError: if it is not JSON. The message does not quote the body.
        """
        try:
            return _json.loads(self.raw.text())
        except (ValueError, RecursionError):
            raise ServerError("the application's answer is not JSON") from None

    def json_at(self, pointer: str) -> str | None:
        """JSON text of the value at a JSON pointer (RFC 6901), such as ``/meta/next``; the whole body for an empty one; none
        if there is no such value."""
        return self.raw.json_at(_shapes.text(pointer, "pointer"))

    def text_at(self, pointer: str) -> str | None:
        """Text at a JSON pointer: a string without its quotes, anything else as written; none if absent or null."""
        return self.raw.text_at(_shapes.text(pointer, "pointer"))

    def raise_for_status(self) -> Response:
        """The answer itself if its status is 2xx.

        :raises HttpError: with the status and the wait the application asks for otherwise.
        """
        self.raw.ensure_ok()
        return self

    def close(self) -> None:
        """Lets go of the body. It may be called again."""
        raw, self._raw = self._raw, None
        if raw is not None:
            raw.close()

    def __enter__(self) -> Response:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __bool__(self) -> bool:
        return self.ok

    def __repr__(self) -> str:
        return f"<Response [{self._status}]>"


class CaseInsensitive(Mapping[str, str]):
    """Headers."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._values: dict[str, str] = {}
        for name, value in pairs:
            name = name.lower()
            self._values[name] = f"{self._values[name]}, {value}" if name in self._values else value

    def __getitem__(self, name: str) -> str:
        return self._values[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def _parameter(value: Any, path: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    return _shapes.text(value, path)


def _parameters(params: Params, path: str) -> list[tuple[str, str]]:
    if params is None:
        return []
    items = params.items() if isinstance(params, Mapping) else params
    found = []
    for item in items:
        if not isinstance(item, (tuple, list)) or len(item) != 2:
            raise _shapes.refuse(path, "a dict or a list of pairs", item)
        name, value = _shapes.text(item[0], path), item[1]
        values = value if isinstance(value, (list, tuple)) else [value]
        found += [(name, _parameter(one, f"{path}['{name}']")) for one in values if one is not None]
    return found


def _encoded(pairs: Iterable[tuple[str, str]]) -> str:
    return "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs)


def request(
    method: str,
    url: str,
    *,
    params: Params = None,
    headers: Headers = None,
    auth: Auth | str | None = None,
    json: Any = None,
    data: Mapping[str, Any] | Iterable[tuple[str, Any]] | str | bytes | None = None,
) -> Response:
    """Sends a request and returns when the whole answer is there. Any status is an answer, not an error: see
    :meth:`Response.raise_for_status`.

    ``url`` is absolute and percent-encoded, see :func:`join`. ``params`` are encoded here; those that are ``None`` are left out,
    lists repeat the name. ``auth`` is ``"bearer"``, ``"basic"`` or one of the classes beside. ``json`` becomes a body of JSON;
    ``data`` a form if it is a dict or pairs, else the body itself.

    :raises AccessDenied: for a host the manifest does not grant.
    :raises RequestTimeout: when the time runs out.
    :raises ServiceUnavailable: when no connection can be made.
    :raises InvalidArgument: for a malformed request.
    """
    url = _shapes.text(url, "url")
    pairs = _parameters(params, "params")
    if pairs:
        url = _links.with_query(url, _encoded(pairs))
    sent = _shapes.pairs(headers or (), "headers")
    body: str | bytes | None = None
    kind = None
    if json is not None:
        try:
            body = _shapes.text(_json.dumps(json, allow_nan=False, ensure_ascii=False, separators=(",", ":")), "json")
        except (TypeError, ValueError, RecursionError) as error:
            raise InvalidArgument(f"the body cannot be written as JSON ({type(error).__name__})") from None
        kind = "application/json"
    elif isinstance(data, str):
        body, kind = _shapes.text(data, "data"), "text/plain; charset=utf-8"
    elif isinstance(data, (bytes, bytearray)):
        body, kind = bytes(data), "application/octet-stream"
    elif data is not None:
        body, kind = _encoded(_parameters(data, "data")), "application/x-www-form-urlencoded"
    if kind and not any(name.lower() == "content-type" for name, _ in sent):
        sent.append(("content-type", kind))
    if isinstance(auth, str):
        if auth not in _NAMED:
            raise InvalidArgument("auth: 'bearer', 'basic' or one of the classes of appflow_connector.http is expected")
        auth = _NAMED[auth]
    if auth is not None and not isinstance(auth, (Bearer, BasicAuth, SecretHeader, SecretQuery, Signature)):
        raise _shapes.refuse("auth", "'bearer', 'basic' or one of the classes of appflow_connector.http", auth)
    outgoing = _host.Outgoing(_shapes.text(method, "method").upper(), url, sent, body, auth)
    return Response(_host.host().send(outgoing), url)


def get(url: str, **options: Any) -> Response:
    """A GET request, see :func:`request`."""
    return request("GET", url, **options)


def post(url: str, **options: Any) -> Response:
    """A POST request, see :func:`request`."""
    return request("POST", url, **options)


def put(url: str, **options: Any) -> Response:
    """A PUT request, see :func:`request`."""
    return request("PUT", url, **options)


def patch(url: str, **options: Any) -> Response:
    """A PATCH request, see :func:`request`."""
    return request("PATCH", url, **options)


def delete(url: str, **options: Any) -> Response:
    """A DELETE request, see :func:`request`."""
    return request("DELETE", url, **options)


class Session:
    """What is the same for all requests to an application: its address, credentials and headers.

    >>> api = Session("https://api.example.com/v1", auth="bearer")
    >>> api.url("users", "a/b")
    'https://api.example.com/v1/users/a%2Fb'
    """

    def __init__(self, base: str, *, auth: Auth | str | None = None, headers: Headers = None) -> None:
        self.base = base
        self.auth = auth
        self.headers = _shapes.pairs(headers or (), "headers")

    def url(self, *segments: str) -> str:
        """The address with path segments behind it, each encoded, so that no value can change the path."""
        return join(self.base, *segments)

    def request(self, method: str, *segments: str, url: str | None = None, **options: Any) -> Response:
        """Sends a request for path segments, or for a ``url`` such as a link to the next page; see :func:`request`."""
        options.setdefault("auth", self.auth)
        options["headers"] = self.headers + _shapes.pairs(options.get("headers") or (), "headers")
        return request(method, url or self.url(*segments), **options)

    def get(self, *segments: str, **options: Any) -> Response:
        """A GET request."""
        return self.request("GET", *segments, **options)

    def post(self, *segments: str, **options: Any) -> Response:
        """A POST request."""
        return self.request("POST", *segments, **options)

    def put(self, *segments: str, **options: Any) -> Response:
        """A PUT request."""
        return self.request("PUT", *segments, **options)

    def patch(self, *segments: str, **options: Any) -> Response:
        """A PATCH request."""
        return self.request("PATCH", *segments, **options)

    def delete(self, *segments: str, **options: Any) -> Response:
        """A DELETE request."""
        return self.request("DELETE", *segments, **options)
