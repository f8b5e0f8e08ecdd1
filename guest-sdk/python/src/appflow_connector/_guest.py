"""The component's side: from the generated bindings to this package and back.

Only this module and :mod:`~appflow_connector._convert` know the bindings that componentize-py makes from ``wit/``; they are
imported where those are there, in a component and in tests that make them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

from componentize_py_types import Err
from wit_world.exports import configuration as wit_configuration
from wit_world.exports import metadata as wit_metadata
from wit_world.imports import common as wit_common
from wit_world.imports import credentials as wit_credentials
from wit_world.imports import http as wit_http
from wit_world.imports import invocation as wit_invocation
from wit_world.imports import log as wit_log
from wit_world.imports import page as wit_page

from . import _edge, _host, _shapes, _wasi, schema
from ._convert import back, case, context_back, definition_back, definition_out, description_out, entity_out, filter_back
from .connector import exported
from .credentials import Secret
from .description import AuthenticationType, Scope
from .errors import CLASSES, ConnectorError, ErrorCode, HttpError, UnknownError, Unsupported
from .http import Auth, BasicAuth, Bearer, SecretHeader, SecretQuery
from .requests import Operation, Pick, QueryRequest, RetrieveRequest, WriteRequest
from .schema import ListRequest
from .settings import Settings


def raised(error: ConnectorError) -> Err[Any]:
    """An error as the contract's."""
    if isinstance(error, Unsupported):
        return Err(wit_common.Error_Unsupported(error.message))
    if isinstance(error, HttpError):
        return Err(wit_common.Error_Http(wit_common.HttpFailure(error.status, error.retry_after, error.message)))
    code = case(error.code, wit_common.ErrorCode)
    return Err(wit_common.Error_Failed(wit_common.Failure(code, error.message, error.retry_after)))


def caught(error: Err[Any]) -> ConnectorError:
    """The contract's error as this package's."""
    value = error.value
    if isinstance(value, wit_common.Error_Unsupported):
        return Unsupported(value.value)
    if isinstance(value, wit_common.Error_Http):
        failure = value.value
        return HttpError(failure.status, failure.message, retry_after=failure.retry_after_seconds)
    if isinstance(value, wit_common.Error_Failed):
        code = back(value.value.code, ErrorCode)
        return CLASSES[code](value.value.message, retry_after=value.value.retry_after_seconds)
    return UnknownError("the host failed in a way that this SDK does not know")


def asked(call: Callable[..., Any], *arguments: Any) -> Any:
    """What an import gives, its error as one of this package's."""
    try:
        return call(*arguments)
    except Err as error:
        raise caught(error) from None


class RawResponse:
    """An answer on the host."""

    def __init__(self, resource: Any) -> None:
        self.resource = resource

    def status(self) -> int:
        return int(self.resource.status())

    def header(self, name: str) -> str | None:
        found: str | None = self.resource.header(name)
        return found

    def headers(self) -> Sequence[tuple[str, str]]:
        found: Sequence[tuple[str, str]] = self.resource.headers()
        return found

    def ensure_ok(self) -> None:
        asked(self.resource.ensure_ok)

    def text(self) -> str:
        return str(asked(self.resource.text))

    def data(self) -> bytes:
        return bytes(asked(self.resource.data))

    def json_at(self, pointer: str) -> str | None:
        found: str | None = asked(self.resource.json_at, pointer)
        return found

    def text_at(self, pointer: str) -> str | None:
        found: str | None = asked(self.resource.text_at, pointer)
        return found

    def close(self) -> None:
        self.resource.__exit__(None, None, None)


def credential(auth: Auth) -> Any:
    """How the credentials are put in."""
    if isinstance(auth, Bearer):
        return wit_http.Credential_Bearer()
    if isinstance(auth, BasicAuth):
        return wit_http.Credential_Basic()
    if isinstance(auth, SecretHeader):
        return wit_http.Credential_Header(wit_http.Placement(auth.name, auth.secret_key, auth.prefix))
    if isinstance(auth, SecretQuery):
        return wit_http.Credential_Query(wit_http.Placement(auth.name, auth.secret_key, auth.prefix))
    parameters = _shapes.pairs(auth.parameters, "auth.parameters")
    return wit_http.Credential_Signed(wit_http.Signing(_shapes.text(auth.scheme, "auth.scheme"), parameters))


def checked_placement(auth: Auth | None) -> None:
    """Refuses placements that are no texts."""
    if isinstance(auth, (SecretHeader, SecretQuery)):
        for name in ("name", "secret_key", "prefix"):
            _shapes.text(getattr(auth, name), f"auth.{name}")


class GuestHost:
    """The imports of the contract."""

    def send(self, request: _host.Outgoing) -> RawResponse:
        checked_placement(request.auth)
        body = None
        if isinstance(request.body, str):
            body = wit_http.Body_Text(request.body)
        elif request.body is not None:
            body = wit_http.Body_Bytes(request.body)
        auth = None if request.auth is None else credential(request.auth)
        outgoing = wit_http.Request(request.method, request.url, list(request.headers), body, auth)
        return RawResponse(asked(wit_http.send, outgoing))

    def emit(self, record: str) -> bool:
        return bool(asked(wit_page.emit, record))

    def emit_batch(self, text: str, ends: list[int]) -> int:
        return int(asked(wit_page.emit_batch, text, ends))

    def emit_json(self, response: Any, pointer: str, picks: Sequence[Pick], skip: int) -> _host.Emitted:
        generated = [wit_page.FieldPick(pick.name, pick.path) for pick in picks]
        done = asked(wit_page.emit_json, response.resource, pointer, generated, skip)
        return _host.Emitted(done.taken, done.left, done.total, done.rest)

    def room(self) -> _host.Space:
        space = wit_page.room()
        return _host.Space(space.records_left, space.bytes_left, space.millis_left)

    def current(self) -> _host.Details:
        details = wit_invocation.current()
        return _host.Details(details.request_id, details.flow_name, details.execution_id, details.profile_label)

    def entity(self) -> schema.EntityDefinition | None:
        found = wit_invocation.entity()
        return None if found is None else definition_back(found)

    def entity_json(self) -> str | None:
        found: str | None = wit_invocation.entity_json()
        return found

    def millis_left(self) -> int:
        return int(wit_invocation.millis_left())

    def credentials(self) -> Secret:
        secret = asked(wit_credentials.get)
        if isinstance(secret, wit_credentials.Secret_Basic):
            value = secret.value
            return Secret(AuthenticationType.BASIC, username=value.username, password=value.password)
        if isinstance(secret, wit_credentials.Secret_ApiKey):
            key = secret.value
            return Secret(AuthenticationType.API_KEY, api_key=key.key, api_secret=key.secret)
        if isinstance(secret, wit_credentials.Secret_Oauth2):
            return Secret(AuthenticationType.OAUTH2, access_token=secret.value)
        if isinstance(secret, wit_credentials.Secret_Custom):
            own = secret.value
            return Secret(AuthenticationType.CUSTOM, scheme=own.scheme, values=dict(own.values))
        return Secret()

    def log(self, level: str, message: str, fields: list[tuple[str, str]]) -> None:
        wit_log.write(wit_log.Level[level.upper()], message, fields)


_edges: list[_edge.Edge] = []


def bind(module: ModuleType, *, debug: bool = False) -> None:
    """Makes the connector of a module that of this component. Called once, while the component is built."""
    _edge.show_messages = debug
    _edges[:] = [_edge.Edge(exported(module)())]
    _host.install(GuestHost())
    _wasi.prepare()


def guarded(call: Callable[[_edge.Edge], Any]) -> Any:
    """Calls the connector; the one place where errors become the contract's. What fails here is no connector's fault but this
    module's own, and must not trap either."""
    try:
        return call(_edges[0])
    except ConnectorError as error:
        raise raised(error) from None
    except Exception as error:
        raise raised(_edge.typed(error, "the SDK")) from None


class Configuration:
    """Export ``configuration``."""

    def describe(self, locale: str) -> Any:
        return guarded(lambda edge: description_out(edge.describe(locale)))

    def validate_settings(self, scope: Any, settings: Any, authentication: Any) -> Any:
        def call(edge: _edge.Edge) -> Any:
            way = None if authentication is None else back(authentication, AuthenticationType)
            wrong = edge.validate_settings(back(scope, Scope), Settings(settings), way)
            return [wit_configuration.SettingError(error.key, error.message) for error in wrong]

        return guarded(call)

    def validate_credentials(self, settings: Any) -> None:
        guarded(lambda edge: edge.validate_credentials(Settings(settings)))


class Metadata:
    """Export ``metadata``."""

    def list_entities(self, context: Any, request: Any) -> Any:
        def call(edge: _edge.Edge) -> Any:
            asked_for = ListRequest(request.path, request.limit, request.token or None)
            found = edge.list_entities(context_back(context), asked_for)
            entities = [entity_out(entity) for entity in found.entities]
            return wit_metadata.EntityPage(entities, found.next_token, found.cache_seconds)

        return guarded(call)

    def describe_entity(self, context: Any, entity: str) -> Any:
        def call(edge: _edge.Edge) -> Any:
            found = edge.describe_entity(context_back(context), entity)
            return wit_metadata.EntityDescription(definition_out(found), found.cache_seconds)

        return guarded(call)


class Source:
    """Export ``source``."""

    def query(self, context: Any, request: Any) -> str | None:
        def call(edge: _edge.Edge) -> Any:
            condition = filter_back(request.filter)
            # An empty token counts as none.
            asked_for = QueryRequest(request.entity, request.fields, condition, request.limit, request.token or None)
            return edge.query(context_back(context), asked_for)

        token: str | None = guarded(call)
        return token

    def retrieve(self, context: Any, request: Any) -> None:
        asked_for = RetrieveRequest(request.entity, request.ids, request.fields, request.id_field)
        guarded(lambda edge: edge.retrieve(context_back(context), asked_for))


class Destination:
    """Export ``destination``."""

    def write(self, context: Any, request: Any) -> Any:
        # The bindings are there in worlds that write only.
        from wit_world.exports import destination as wit_destination

        def call(edge: _edge.Edge) -> Any:
            operation = back(request.operation, Operation)
            asked_for = WriteRequest(
                request.entity, operation, request.records, request.id_fields, request.all_or_none
            )
            results = edge.write(context_back(context), asked_for)
            return [wit_destination.WriteResult(result.record_id, result.error) for result in results]

        return guarded(call)
