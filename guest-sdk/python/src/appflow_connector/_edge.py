"""The edge of a connector: nothing passes it but what the contract knows.

Each operation is called with values of this package, and gives values all of whose fields fit. Whatever is raised becomes one of
:mod:`~appflow_connector.errors`; what was raised otherwise is written to the log with its traceback, and never into an answer.

The traceback has places and the types of exceptions. Their messages stay out unless the component was built with ``--debug``: those
of the standard library quote what they could not read, which would put records into logs.
"""

from __future__ import annotations

import functools
import random
from collections.abc import Callable
from types import CodeType, TracebackType
from typing import Any, TypeVar

from . import _host, _shapes, log
from .connector import Connector, Destination, Source
from .description import AuthenticationType, Description, Scope, SettingError, setting_errors
from .errors import CLASSES, ConnectorError, ErrorCode, HttpError, ServerError, ShapeError, UnknownError, Unsupported
from .requests import QueryRequest, RetrieveRequest, WriteRequest, WriteResult, WriteResults
from .schema import EntityDefinition, EntityPage, ListRequest, entity_page
from .settings import Context, Settings

Result = TypeVar("Result")

MOST_FRAMES = 30
MOST_CHARACTERS = 1900
"""Of a log line's 2,048."""

show_messages = False
"""Whether messages of unexpected exceptions go to the log: components built with ``--debug``, and tests."""


class Edge:
    """A connector behind its edge."""

    def __init__(self, connector: Connector) -> None:
        self.connector = connector

    def describe(self, locale: str) -> Description:
        """What the connector says it is."""
        return self._guard("describe", lambda: self.connector.describe(locale), _fit(Description))

    def validate_settings(
        self, scope: Scope, settings: Settings, authentication: AuthenticationType | None
    ) -> list[SettingError]:
        """Settings that are wrong."""
        call = functools.partial(self.connector.validate_settings, scope, settings, authentication)
        return self._guard("validate_settings", call, setting_errors)

    def validate_credentials(self, settings: Settings) -> None:
        """Whether the application accepts the credentials."""
        return self._guard("validate_credentials", lambda: self.connector.validate_credentials(settings), _nothing)

    def list_entities(self, context: Context, request: ListRequest) -> EntityPage:
        """Entities."""
        return self._guard("list_entities", lambda: self.connector.list_entities(context, request), entity_page)

    def describe_entity(self, context: Context, entity: str) -> EntityDefinition:
        """An entity with its fields."""
        call = functools.partial(self.connector.describe_entity, context, entity)
        return self._guard("describe_entity", call, _fit(EntityDefinition))

    def query(self, context: Context, request: QueryRequest) -> str | None:
        """Records of a page; gives the token of the next one."""
        if not isinstance(self.connector, Source):
            raise Unsupported("reading")
        source = self.connector
        return self._guard("query", lambda: source.query(context, request), _token)

    def retrieve(self, context: Context, request: RetrieveRequest) -> None:
        """Records by identifier."""
        if not isinstance(self.connector, Source):
            raise Unsupported("reading")
        source = self.connector
        return self._guard("retrieve", lambda: source.retrieve(context, request), _nothing)

    def write(self, context: Context, request: WriteRequest) -> list[WriteResult]:
        """Writes records."""
        if not isinstance(self.connector, Destination):
            raise Unsupported("writing")
        destination = self.connector
        fit = functools.partial(_results, len(request.records))
        return self._guard("write", lambda: destination.write(context, request), fit)

    def _guard(self, operation: str, call: Callable[[], Any], fit: Callable[[Any, str], Result]) -> Result:
        try:
            # A component's random numbers begin at the same place in every call, so they are given another one.
            random.seed(_host.host().current().request_id)
            return fit(call(), f"{operation}() returned")
        # Also SystemExit and KeyboardInterrupt: anything that gets out traps the guest.
        except BaseException as error:
            known = typed(error, operation)
            if known is error:
                raise
            raise known from error


def typed(error: BaseException, operation: str) -> ConnectorError:
    """An exception as one of this package's, in which each field fits; unexpected ones are written to the log."""
    if isinstance(error, ShapeError):
        log.error("a value of the wrong shape", operation=operation, what=str(error))
        return UnknownError(f"the connector made a mistake: {error}")
    if isinstance(error, ConnectorError):
        return _fitted(error)
    try:
        shown = _traceback(error)
    except Exception as second:
        shown = f"no traceback: {type(second).__name__}"
    log.error(f"{operation} raised {_name(error)}", operation=operation, traceback=shown)
    return UnknownError(f"the connector failed unexpectedly ({_name(error)}); its log says where")


def _name(error: BaseException) -> str:
    return type(error).__name__


def _fitted(error: ConnectorError) -> ConnectorError:
    """The same error with a message and a wait that the contract can carry, whatever its author put there."""
    # A subclass may never have called __init__.
    message = getattr(error, "message", None)
    message = (message if isinstance(message, str) else "").encode("utf-8", "replace").decode()
    wait = getattr(error, "retry_after", None)
    seconds = None
    if isinstance(wait, (int, float)) and not isinstance(wait, bool) and 0 <= wait < 2**31:
        seconds = -int(-wait // 1)
    if isinstance(error, Unsupported):
        return Unsupported(message)
    if isinstance(error, HttpError):
        status = getattr(error, "status", None)
        if isinstance(status, int) and 100 <= status <= 599:
            return HttpError(status, message, retry_after=seconds)
        return ServerError(message, retry_after=seconds)
    code = getattr(error, "code", None)
    known = code if isinstance(code, ErrorCode) else type(error).code
    if not isinstance(known, ErrorCode):
        known = ErrorCode.UNKNOWN_ERROR
    if (message, seconds, known) == (error.__dict__.get("message"), wait, code):
        return error
    return CLASSES[known](message, retry_after=seconds)


def _traceback(error: BaseException) -> str:
    """Places, innermost last, and the exceptions that led to this one. Files are not opened: a component has none."""
    parts: list[str] = []
    seen: set[int] = set()
    at: BaseException | None = error
    while at is not None and id(at) not in seen and len(parts) < 8:
        seen.add(id(at))
        message = f" ({at})" if show_messages else ""
        parts.append(f"{_name(at)}{message} at {_frames(at.__traceback__)}")
        at = at.__cause__ or (None if at.__suppress_context__ else at.__context__)
    return "; caused by ".join(parts)[:MOST_CHARACTERS].encode("utf-8", "replace").decode()


def _frames(traceback: TracebackType | None) -> str:
    places = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        if code.co_filename != _guarded.co_filename:
            places.append(f"{_short(code.co_filename)}:{traceback.tb_lineno} in {code.co_qualname}")
        traceback = traceback.tb_next
    if len(places) > MOST_FRAMES:
        places = [*places[: MOST_FRAMES // 2], "...", *places[-MOST_FRAMES // 2 :]]
    return " > ".join(places) or "no place"


def _short(path: str) -> str:
    """Without the folders of the machine it was built on."""
    for mark in ("site-packages/", "lib/python"):
        if mark in path:
            return path.rsplit(mark, 1)[1]
    return "/".join(path.rsplit("/", 2)[-2:]).lstrip("/")


def _fit(kind: type[Result]) -> Callable[[Any, str], Result]:
    def fit(value: Any, path: str) -> Result:
        fitted: Result = _shapes.fit(kind, value, path)
        return fitted

    return fit


def _nothing(value: Any, path: str) -> None:
    if value is not None:
        raise _shapes.refuse(path, "nothing: failures are raised", value)


def _token(value: Any, path: str) -> str | None:
    return None if value is None else _shapes.text(value, path)


def _results(count: int, value: Any, path: str) -> list[WriteResult]:
    if isinstance(value, WriteResults):
        value = value.into_list()
    results: list[WriteResult] = _shapes.listed(_shapes.record_of(WriteResult))(value, path)
    if len(results) != count:
        raise ShapeError(f"{path}: {count} records need as many results, got {len(results)}")
    return results


_guarded: CodeType = Edge._guard.__code__
