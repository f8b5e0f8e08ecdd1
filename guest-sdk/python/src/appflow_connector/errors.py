"""The errors of a connector, one class for each of AppFlow's codes.

Imports such as :mod:`appflow_connector.http` raise them, and an error nobody catches arrives at AppFlow as it is. Any other
exception becomes :class:`UnknownError`: its traceback goes to the operator's log, and neither it nor the exception's message
into the answer.

Messages are shown to AppFlow's users and kept in the history of their flows: one line, no secrets, no contents of records. The
host cuts them at 1,024 characters.
"""

from __future__ import annotations

import enum


class ErrorCode(enum.Enum):
    """AppFlow's error codes."""

    INVALID_ARGUMENT = "invalid-argument"
    """Bad input, payload or query too large."""
    INVALID_CREDENTIALS = "invalid-credentials"
    """Credentials rejected or expired. With OAuth 2, AppFlow then refreshes the token and asks again."""
    ACCESS_DENIED = "access-denied"
    """Known, but not allowed."""
    REQUEST_TIMEOUT = "request-timeout"
    """The application did not answer in time."""
    RATE_LIMIT_EXCEEDED = "rate-limit-exceeded"
    """Too many requests."""
    SERVICE_UNAVAILABLE = "service-unavailable"
    """Temporarily down."""
    CLIENT_ERROR = "client-error"
    """Any other fault of the caller."""
    SERVER_ERROR = "server-error"
    """Any other fault of the application, such as an answer that makes no sense."""
    UNKNOWN_ERROR = "unknown-error"
    """Nothing else fits."""
    PARTIAL_WRITE_FAILURE = "partial-write-failure"
    """Some records of a write failed. Rarely needed: give each record its result instead."""
    RESOURCE_NOT_FOUND_ERROR = "resource-not-found-error"
    """An AWS resource is missing, such as the secret."""


class ConnectorError(Exception):
    """An error with one of AppFlow's codes; raise one of its subclasses.

    ``message`` is one line for the user. ``retry_after`` are seconds after which a retry makes sense.
    """

    code: ErrorCode = ErrorCode.UNKNOWN_ERROR

    def __init__(self, message: str = "", *, retry_after: int | None = None, code: ErrorCode | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.retry_after = retry_after
        if code is not None:
            self.code = code

    def __str__(self) -> str:
        return str(self.message)


class InvalidArgument(ConnectorError):
    """Bad input, or a payload or query that is too large."""

    code = ErrorCode.INVALID_ARGUMENT


class InvalidCredentials(ConnectorError):
    """Credentials rejected or expired. With OAuth 2, AppFlow then refreshes the token and asks again."""

    code = ErrorCode.INVALID_CREDENTIALS


class AccessDenied(ConnectorError):
    """Known, but not allowed."""

    code = ErrorCode.ACCESS_DENIED


class RequestTimeout(ConnectorError):
    """The application did not answer in time."""

    code = ErrorCode.REQUEST_TIMEOUT


class RateLimitExceeded(ConnectorError):
    """Too many requests."""

    code = ErrorCode.RATE_LIMIT_EXCEEDED


class ServiceUnavailable(ConnectorError):
    """Temporarily down."""

    code = ErrorCode.SERVICE_UNAVAILABLE


class ClientError(ConnectorError):
    """Any other fault of the caller."""

    code = ErrorCode.CLIENT_ERROR


class ServerError(ConnectorError):
    """Any other fault of the application, such as an answer that makes no sense."""

    code = ErrorCode.SERVER_ERROR


class UnknownError(ConnectorError):
    """Nothing else fits."""

    code = ErrorCode.UNKNOWN_ERROR


class PartialWriteFailure(ConnectorError):
    """Some records of a write failed. Rarely needed: give each record its result instead."""

    code = ErrorCode.PARTIAL_WRITE_FAILURE


class ResourceNotFound(ConnectorError):
    """An AWS resource is missing, such as the secret."""

    code = ErrorCode.RESOURCE_NOT_FOUND_ERROR


class HttpError(ConnectorError):
    """An answer of the application that is no success. The host makes AppFlow's code from the status; ``code`` is the same."""

    def __init__(self, status: int, message: str = "", *, retry_after: int | None = None) -> None:
        super().__init__(message or f"the application answered with status {status}", retry_after=retry_after)
        self.status = status
        self.code = code_of_status(status)


class Unsupported(ConnectorError):
    """What the connector does not do, as in ``Unsupported("writing to views")``. AppFlow is told ``InvalidArgument``."""

    code = ErrorCode.INVALID_ARGUMENT


class ShapeError(ConnectorError):
    """A value of the wrong shape, named by its place: ``describe() returned ...settings[0].choices: ...``."""

    code = ErrorCode.UNKNOWN_ERROR


def code_of_status(status: int) -> ErrorCode:
    """The code that the host gives to a status of the application."""
    table = {
        400: ErrorCode.INVALID_ARGUMENT,
        401: ErrorCode.INVALID_CREDENTIALS,
        403: ErrorCode.ACCESS_DENIED,
        408: ErrorCode.REQUEST_TIMEOUT,
        413: ErrorCode.INVALID_ARGUMENT,
        414: ErrorCode.INVALID_ARGUMENT,
        422: ErrorCode.INVALID_ARGUMENT,
        429: ErrorCode.RATE_LIMIT_EXCEEDED,
        503: ErrorCode.SERVICE_UNAVAILABLE,
    }
    if status in table:
        return table[status]
    return ErrorCode.SERVER_ERROR if status >= 500 else ErrorCode.CLIENT_ERROR


CLASSES: dict[ErrorCode, type[ConnectorError]] = {
    kind.code: kind
    for kind in (
        InvalidArgument,
        InvalidCredentials,
        AccessDenied,
        RequestTimeout,
        RateLimitExceeded,
        ServiceUnavailable,
        ClientError,
        ServerError,
        UnknownError,
        PartialWriteFailure,
        ResourceNotFound,
    )
}
"""The class of each code."""
