"""The component's side: from the generated bindings to this package and back.

Only this module knows the bindings that componentize-py makes from ``wit/``; it is imported where they are there, in a component
and in tests that make them. :mod:`~appflow_connector._edge` has seen to it that everything fits, so the conversions here cannot
fail.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
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

from . import _edge, _host, _shapes, _wasi, filters, schema
from . import description as described
from .connector import exported
from .credentials import Secret
from .description import AuthenticationType, Scope
from .errors import CLASSES, ConnectorError, ErrorCode, HttpError, UnknownError, Unsupported
from .http import Auth, BasicAuth, Bearer, SecretHeader, SecretQuery, Signature
from .requests import Operation, Pick, QueryRequest, RetrieveRequest, WriteRequest
from .schema import ListRequest
from .settings import Context, Settings


def case(value: enum.Enum, kind: Any) -> Any:
    """The generated case of the same name."""
    return kind[value.name]


def back(value: Any, kind: Any) -> Any:
    """This package's case of the same name."""
    return kind[value.name]


def flags(value: enum.Flag, kind: Any) -> Any:
    """The generated flags of the same names."""
    result = kind(0)
    for flag in type(value):
        if flag in value:
            result |= kind[flag.name]
    return result


def flags_back(value: Any, kind: Any) -> Any:
    """This package's flags of the same names."""
    result = kind(0)
    for flag in type(value):
        if flag in value:
            result |= kind[flag.name]
    return result


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


def entity_out(entity: Any) -> Any:
    """An entity as the contract's."""
    return wit_common.Entity(
        id=entity.id,
        label=entity.label,
        description=entity.description,
        has_nested=entity.has_nested,
        writable=entity.writable,
        properties=entity.properties,
    )


def _bounds(bounds: Any) -> Any:
    return None if bounds is None else wit_common.Bounds(bounds.min, bounds.max)


def _chosen(kind: Any, chosen: Mapping[str, bool | None]) -> Any:
    result = kind(0)
    for name, is_set in chosen.items():
        if is_set:
            result |= kind[name]
    return result


def field_out(field: schema.Field) -> Any:
    """A field as the contract's."""
    limits = field.constraints
    constraints = limits and wit_common.Constraints(
        _bounds(limits.length), _bounds(limits.value), list(limits.allowed_values), limits.pattern, limits.date_format
    )
    read = {
        "RETRIEVABLE": field.retrievable,
        "NULLABLE": field.nullable,
        "QUERYABLE": field.queryable,
        "INCREMENTAL": field.incremental,
    }
    write = {
        "CREATABLE": field.writable or field.creatable,
        "UPDATABLE": field.writable or field.updatable,
        "NULLABLE": field.null_writable,
        "UPSERTABLE": field.writable or field.upsertable,
        "DEFAULTED_ON_CREATE": field.defaulted_on_create,
    }
    operators = field.filter_operators
    return wit_common.Field(
        name=field.name,
        data_type=case(field.data_type, wit_common.DataType),
        type_label=field.type_label,
        label=field.label,
        description=field.description,
        primary_key=field.primary_key,
        deprecated=field.deprecated,
        default_value=field.default_value,
        constraints=constraints,
        read=_chosen(wit_common.ReadProperties, read),
        write=_chosen(wit_common.WriteProperties, write),
        id_for=flags(field.id_for, wit_common.WriteOperations),
        filter_operators=None if operators is None else [case(one, wit_common.Operator) for one in operators],
        properties=field.properties,
    )


def definition_out(definition: Any) -> Any:
    """A definition as the contract's."""
    fields = [field_out(field) for field in definition.fields]
    return wit_common.EntityDefinition(entity_out(definition.entity), fields, definition.properties)


def _bounds_back(bounds: Any) -> schema.Bounds | None:
    return None if bounds is None else schema.Bounds(bounds.min, bounds.max)


def field_back(field: Any) -> schema.Field:
    """A field of a definition that AppFlow handed back."""
    limits = field.constraints
    constraints = limits and schema.Constraints(
        _bounds_back(limits.length), _bounds_back(limits.value), limits.allowed_values, limits.pattern, limits.date_format
    )
    read, write, operators = field.read, field.write, field.filter_operators
    return schema.Field(
        name=field.name,
        data_type=back(field.data_type, schema.DataType),
        label=field.label,
        description=field.description,
        type_label=field.type_label,
        primary_key=field.primary_key,
        deprecated=field.deprecated,
        default_value=field.default_value,
        retrievable=wit_common.ReadProperties.RETRIEVABLE in read,
        nullable=wit_common.ReadProperties.NULLABLE in read,
        queryable=wit_common.ReadProperties.QUERYABLE in read,
        incremental=wit_common.ReadProperties.INCREMENTAL in read,
        creatable=wit_common.WriteProperties.CREATABLE in write,
        updatable=wit_common.WriteProperties.UPDATABLE in write,
        upsertable=wit_common.WriteProperties.UPSERTABLE in write,
        null_writable=wit_common.WriteProperties.NULLABLE in write,
        defaulted_on_create=wit_common.WriteProperties.DEFAULTED_ON_CREATE in write,
        id_for=flags_back(field.id_for, schema.WriteOperations),
        filter_operators=None if operators is None else [back(one, schema.Operator) for one in operators],
        constraints=constraints,
        properties=field.properties,
    )


def definition_back(definition: Any) -> schema.EntityDefinition:
    """A definition that AppFlow handed back."""
    entity = definition.entity
    known = schema.Entity(
        entity.id, entity.label, entity.description, entity.has_nested, entity.writable, entity.properties
    )
    return schema.EntityDefinition(known, [field_back(field) for field in definition.fields], definition.properties)


def setting_out(setting: described.Setting) -> Any:
    """A setting as the contract's."""
    return wit_configuration.Setting(
        key=setting.key,
        kind=case(setting.kind, wit_configuration.SettingKind),
        required=setting.required,
        label=setting.label,
        description=setting.label if setting.description is None else setting.description,
        scope=case(setting.scope, wit_configuration.Scope),
        choices=list(setting.choices),
    )


def parameter_out(parameter: described.Parameter) -> Any:
    """A parameter as the contract's."""
    description = parameter.label if parameter.description is None else parameter.description
    return wit_configuration.Parameter(
        parameter.key, parameter.label, description, parameter.required, parameter.sensitive, list(parameter.choices)
    )


def authentication_out(way: described.Authentication) -> Any:
    """A way to authenticate as the contract's."""
    if isinstance(way, described.Basic):
        return wit_configuration.Authentication_Basic()
    if isinstance(way, described.ApiKey):
        return wit_configuration.Authentication_ApiKey()
    if isinstance(way, described.Custom):
        parameters = [parameter_out(parameter) for parameter in way.parameters]
        return wit_configuration.Authentication_Custom(wit_configuration.CustomScheme(way.name, parameters))
    grants = way.grants
    if grants is None:
        by_consent = described.OAuth2Grants.AUTHORIZATION_CODE
        grants = by_consent if way.auth_urls else described.OAuth2Grants.CLIENT_CREDENTIALS
    further = [
        wit_configuration.Oauth2Parameter(parameter_out(one.parameter), case(one.target, wit_configuration.Oauth2Target))
        for one in way.parameters
    ]
    return wit_configuration.Authentication_Oauth2(
        wit_configuration.Oauth2(
            scopes=list(way.scopes),
            token_urls=list(way.token_urls),
            auth_urls=list(way.auth_urls),
            grants=flags(grants, wit_configuration.Oauth2Grants),
            content=case(way.content, wit_configuration.Oauth2Content),
            method=case(way.method, wit_configuration.Oauth2Method),
            basic_header=way.basic_header,
            parameters=further,
        )
    )


def description_out(description: described.Description) -> Any:
    """A description as the contract's."""
    operators = description.operators
    ways: Any = description.authentication
    return wit_configuration.Description(
        owner=description.owner,
        name=description.name,
        version=description.version,
        api_versions=list(description.api_versions),
        settings=[setting_out(setting) for setting in description.settings],
        authentication=[authentication_out(way) for way in ways],
        operators=None if operators is None else [case(one, wit_common.Operator) for one in operators],
        triggers=flags(description.triggers, wit_configuration.Triggers),
        frequencies=flags(description.frequencies, wit_configuration.Frequencies),
        write_operations=flags(description.write_operations, wit_common.WriteOperations),
        logo_url=description.logo_url,
    )


_LITERALS: dict[str, type] = {
    "Literal_Text": filters.Text,
    "Literal_Number": filters.Num,
    "Literal_Boolean": filters.Bool,
    "Literal_Date": filters.Date,
    "Literal_DateTime": filters.DateTime,
}


def literal_back(literal: Any) -> Any:
    """A value of a condition."""
    kind = _LITERALS.get(type(literal).__name__)
    return filters.Null() if kind is None else kind(literal.value)


def node_back(node: Any) -> filters.Node:
    """A node of the flat list."""
    name = type(node).__name__
    value: Any = getattr(node, "value", None)
    if name == "FilterNode_AllOf":
        return filters.Node("all-of", value)
    if name == "FilterNode_AnyOf":
        return filters.Node("any-of", value)
    if name == "FilterNode_Negate":
        return filters.Node("negate", [value])
    leaf: filters.Condition
    if name == "FilterNode_Compare":
        operator = back(value.operator, filters.Comparator)
        leaf = filters.Compare(value.field, operator, literal_back(value.value))
    elif name == "FilterNode_Between":
        leaf = filters.Between(value.field, literal_back(value.low), literal_back(value.high))
    elif name == "FilterNode_OneOf":
        leaf = filters.OneOf(value.field, [literal_back(one) for one in value.values])
    else:
        leaf = filters.Other(str(value))
    return filters.Node("leaf", leaf=leaf)


def filter_back(filter: Any) -> filters.Filter | None:
    """The condition as a tree."""
    if filter is None:
        return None
    return filters.Filter(filters.tree([node_back(node) for node in filter.nodes]), filter.limit, filter.text)


def context_back(context: Any) -> Context:
    """What an operation is told."""
    return Context(context.api_version, Settings(context.settings))


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
