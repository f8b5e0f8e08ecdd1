"""A host in memory, to test a connector under plain Python, without WebAssembly.

Say what the application answers, and call the operations as AppFlow does. The fake keeps to the limits a real host has, so that pages
are cut where they would be, and results of the wrong shape are refused as they would be in a component.

.. code-block:: python

    from appflow_connector import QueryRequest
    from appflow_connector.testing import Answer, FakeHost

    host = FakeHost(lambda request: Answer(json=[{"id": 1}, {"id": 2}, {"id": 3}]))
    pages = host.pages(Tickets(), QueryRequest("tickets", limit=2))
    assert [page.records for page in pages] == [[{"id": 1}, {"id": 2}], [{"id": 3}]]

Errors arrive as the exceptions of :mod:`appflow_connector.errors`; an unexpected one as ``UnknownError``, with what was raised as its
``__cause__``.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json as _json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlsplit

from . import _edge, _host, _json_text, token as _token
from .connector import Connector
from .credentials import Secret
from .description import AuthenticationType, Description, Scope, SettingError
from .errors import ConnectorError, HttpError, InvalidArgument, ServerError, UnknownError
from .http import Auth
from .requests import Pick, QueryRequest, RetrieveRequest, WriteRequest, WriteResult
from .schema import EntityDefinition, EntityPage, ListRequest
from .settings import Context, Settings

MOST_PAGES = 10_000
"""Pages after which :meth:`FakeHost.pages` gives up."""

_BYTES = 6_000_000
"""Bytes of an answer that Lambda allows, less what the host keeps for the frame."""

Value = TypeVar("Value")


@dataclass(frozen=True)
class Sent:
    """A request the connector sent."""

    method: str
    url: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: str
    """Body as text; empty for none."""
    auth: Auth | None
    """Credentials to put in."""

    @property
    def path(self) -> str:
        """Path of the address."""
        return urlsplit(self.url).path

    @property
    def query(self) -> dict[str, str]:
        """Parameters of the query, decoded; the last one where a name comes twice."""
        return dict(parse_qsl(urlsplit(self.url).query, keep_blank_values=True))

    @property
    def form(self) -> dict[str, str]:
        """The body as a form."""
        return dict(parse_qsl(self.body, keep_blank_values=True))

    def json(self) -> Any:
        """The body as what JSON has."""
        return _json.loads(self.body)


class Answer:
    """What the application answers: a status, headers, and a body of JSON, text or bytes. ``error`` makes sending fail."""

    def __init__(
        self,
        status: int = 200,
        *,
        json: Any = None,
        body: str | bytes | None = None,
        headers: Mapping[str, str] | Sequence[tuple[str, str]] = (),
        error: ConnectorError | None = None,
    ) -> None:
        pairs = list(headers.items()) if isinstance(headers, Mapping) else list(headers)
        self.status = status
        self.headers = [(name.lower(), value) for name, value in pairs]
        self.error = error
        if json is not None:
            body = _json.dumps(json)
            self.headers.append(("content-type", "application/json"))
        self.body = body.encode() if isinstance(body, str) else body or b""


@dataclass
class Page:
    """What one call did."""

    records: list[dict[str, Any]]
    """Records in the page."""
    texts: list[str]
    """The same as the texts AppFlow would get."""
    token: str | None
    """Token of the next page."""
    requests: list[Sent]
    logs: list[tuple[str, str, dict[str, str]]]
    """Level, message and fields of the log lines."""


@dataclass
class _Call:
    """The state of one call."""

    host: FakeHost
    limit: int
    millis_left: int
    records: list[str] = field(default_factory=list)
    bytes: int = 0

    def take(self, record: str) -> bool:
        size = len(record.encode())
        if size > self.host.bytes:
            raise InvalidArgument("a record is larger than a whole page may be")
        if self.bytes + size > self.host.bytes or len(self.records) >= self.limit or self.millis_left == 0:
            return False
        self.bytes += size
        self.records.append(record)
        return True


class _Response:
    """An answer on the fake host."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._used = False

    def status(self) -> int:
        return self._answer.status

    def header(self, name: str) -> str | None:
        values = [value for own, value in self._answer.headers if own == name.lower()]
        return ", ".join(values) if values else None

    def headers(self) -> list[tuple[str, str]]:
        return self._answer.headers

    def ensure_ok(self) -> None:
        if not 200 <= self._answer.status < 300:
            wait = self.header("retry-after") or ""
            raise HttpError(self._answer.status, retry_after=int(wait) if wait.isdigit() else None)

    def text(self) -> str:
        try:
            return self.data().decode()
        except UnicodeDecodeError:
            raise ServerError("the body is not UTF-8") from None

    def data(self) -> bytes:
        if self._used:
            raise InvalidArgument("the body was used up by emit_json")
        return self._answer.body

    def json_at(self, pointer: str) -> str | None:
        return _json_text.at(self.text(), pointer)

    def text_at(self, pointer: str) -> str | None:
        found = self.json_at(pointer)
        value = _json.loads(found) if found is not None else None
        return value if value is None or isinstance(value, str) else found

    def use_up(self) -> None:
        self._used = True

    def close(self) -> None:
        self._used = True


class FakeHost:
    """A host in memory. ``application`` answers requests; without it there are none.

    Pages take ``limit`` records (1,000, or what the request says) and ``bytes`` (6 MB, counted without escapes). A call has
    ``millis`` of simulated time, of which each request takes ``millis_per_request``.
    """

    def __init__(
        self,
        application: Callable[[Sent], Answer] | None = None,
        *,
        limit: int = 1000,
        bytes: int = _BYTES,
        millis: int = 60_000,
        millis_per_request: int = 0,
        secret: Secret | None = None,
        entity: EntityDefinition | None = None,
        context: Context | None = None,
    ) -> None:
        self.application = application
        self.limit = limit
        self.bytes = bytes
        self.millis = millis
        self.millis_per_request = millis_per_request
        self.secret = secret or Secret(AuthenticationType.API_KEY, api_key="sealed")
        self.definition = entity
        self.context = context or Context()
        self.requests: list[Sent] = []
        """Requests of the last call."""
        self.logs: list[tuple[str, str, dict[str, str]]] = []
        """Log lines of the last call."""
        self._call: _Call | None = None

    @contextlib.contextmanager
    def running(self, limit: int | None = None) -> Iterator[FakeHost]:
        """Puts this host in place, to call functions of yours that use it."""
        if self._call is not None:
            raise RuntimeError("one call was made inside another")
        before = _host.install(self)
        shown, _edge.show_messages = _edge.show_messages, True
        self._call = _Call(self, min(self.limit, limit or self.limit), self.millis)
        self.requests, self.logs = [], []
        try:
            yield self
        finally:
            self._call = None
            _edge.show_messages = shown
            _host.install(before)

    def _run(self, call: Callable[[], Value]) -> Value:
        with self.running():
            return call()

    def describe(self, connector: Connector, locale: str = "en-US") -> Description:
        """What the connector says it is."""
        return self._run(lambda: _edge.Edge(connector).describe(locale))

    def validate_settings(
        self, connector: Connector, settings: Mapping[str, str], scope: Scope = Scope.PROFILE
    ) -> list[SettingError]:
        """Settings that are wrong."""
        return self._run(lambda: _edge.Edge(connector).validate_settings(scope, Settings(settings), None))

    def validate_credentials(self, connector: Connector, settings: Mapping[str, str] | None = None) -> None:
        """Whether the application accepts the credentials."""
        self._run(lambda: _edge.Edge(connector).validate_credentials(Settings(settings or self.context.settings)))

    def list_entities(self, connector: Connector, request: ListRequest | None = None) -> EntityPage:
        """Entities."""
        return self._run(lambda: _edge.Edge(connector).list_entities(self.context, request or ListRequest()))

    def describe_entity(self, connector: Connector, entity: str) -> EntityDefinition:
        """An entity with its fields."""
        return self._run(lambda: _edge.Edge(connector).describe_entity(self.context, entity))

    def _page(self, call: Callable[[], str | None], limit: int | None = None) -> Page:
        with self.running(limit):
            token = call()
            texts = self._current().records
        return Page([_json.loads(text) for text in texts], texts, token or None, self.requests, self.logs)

    def query(self, connector: Connector, request: QueryRequest) -> Page:
        """One page of a query."""
        return self._page(lambda: _edge.Edge(connector).query(self.context, request), request.limit)

    def pages(self, connector: Connector, request: QueryRequest) -> list[Page]:
        """Page after page as AppFlow asks for them, each with the token of the one before, until there is none.

        :raises UnknownError: for a token the host would refuse, one that came before, or too many pages.
        """
        pages: list[Page] = []
        tokens: set[str] = set()
        while True:
            page = self.query(connector, request)
            pages.append(page)
            if page.token is None:
                return pages
            if len(page.token.encode()) > _token.MAX_BYTES:
                raise UnknownError("the host would refuse this token")
            if page.token in tokens or len(pages) >= MOST_PAGES:
                raise UnknownError("the pages never end")
            tokens.add(page.token)
            request = dataclasses.replace(request, token=page.token)

    def retrieve(self, connector: Connector, request: RetrieveRequest) -> Page:
        """Records by identifier."""
        return self._page(lambda: _edge.Edge(connector).retrieve(self.context, request))

    def write(self, connector: Connector, request: WriteRequest) -> list[WriteResult]:
        """Writes records."""
        return self._run(lambda: _edge.Edge(connector).write(self.context, request))

    # What the contract imports.

    def _current(self) -> _Call:
        if self._call is None:
            raise RuntimeError("no call is running")
        return self._call

    def send(self, request: _host.Outgoing) -> _Response:
        """Answers a request."""
        body = request.body.decode("utf-8", "replace") if isinstance(request.body, bytes) else request.body or ""
        headers = {name.lower(): value for name, value in request.headers}
        sent = Sent(request.method, request.url, headers, body, request.auth)
        self.requests.append(sent)
        call = self._current()
        call.millis_left = max(0, call.millis_left - self.millis_per_request)
        answer = self.application(sent) if self.application else Answer(404)
        if answer.error is not None:
            raise answer.error
        return _Response(answer)

    def emit(self, record: str) -> bool:
        """Takes a record."""
        try:
            is_object = isinstance(_json.loads(record), dict)
        except ValueError:
            is_object = False
        if not is_object:
            raise InvalidArgument("a record is not one JSON object")
        return self._current().take(record)

    def emit_batch(self, text: str, ends: list[int]) -> int:
        """Takes records that lie end to end."""
        raw, start = text.encode(), 0
        for count, end in enumerate(ends):
            if not self.emit(raw[start:end].decode()):
                return count
            start = end
        return len(ends)

    def emit_json(self, response: Any, pointer: str, picks: Sequence[Pick], skip: int) -> _host.Emitted:
        """Takes records out of an answer's body."""
        response.ensure_ok()
        array = response.json_at(pointer)
        if array is None or not array.startswith("["):
            raise ServerError("there is no array of records")
        records = _json_text.items(array)
        rest = _json_text.rest(response.text(), pointer)
        response.use_up()
        taken = 0
        for record in records[skip:]:
            if not self.emit(_json_text.picked(record, picks)):
                break
            taken += 1
        return _host.Emitted(taken, max(0, len(records) - skip - taken), len(records), rest)

    def room(self) -> _host.Space:
        """Room left."""
        call = self._current()
        return _host.Space(call.limit - len(call.records), self.bytes - call.bytes, call.millis_left)

    def current(self) -> _host.Details:
        """Names."""
        return _host.Details("test-request", "test-flow")

    def entity(self) -> EntityDefinition | None:
        """The entity AppFlow sent along."""
        return self.definition

    def entity_json(self) -> str | None:
        """Nothing."""
        return None

    def millis_left(self) -> int:
        """Simulated time left."""
        return self._current().millis_left

    def credentials(self) -> Secret:
        """The credentials."""
        return self.secret

    def log(self, level: str, message: str, fields: list[tuple[str, str]]) -> None:
        """Keeps a log line."""
        self.logs.append((level, message, dict(fields)))
