"""Tokens that say where to go on.

The host seals a connector's token before AppFlow gets it, and opens it again: nobody reads or changes it on the way, and one of
another entity, filter or connection never arrives. It may be any text of up to 1,475 bytes of UTF-8, and must hold no secret and no
value of a record. :class:`~appflow_connector.Paging` makes its own; these functions are for connectors that page otherwise.

The form is that of the SDK for Rust, so that a connector can be written anew in another language while flows are running.

>>> text = encode("query-locator/01g", "400")
>>> decode(text)
['query-locator/01g', '400']
"""

from __future__ import annotations

from .errors import InvalidArgument, ServerError

MAX_BYTES = 1475
"""Most bytes of a token: what fits, sealed by the host, into the 2,048 characters that AppFlow takes."""

_CHECK = 8


def encode(*parts: str) -> str:
    """Packs texts into a token.

    :raises ServerError: if the token would be longer than :data:`MAX_BYTES`: the parts come from the application.
    """
    body = b"".join(b"%d:%s" % (len(part), part) for part in (part.encode("utf-8", "replace") for part in parts))
    if _CHECK + len(body) > MAX_BYTES:
        raise ServerError(
            f"the application's place in the data needs a token of {_CHECK + len(body)} bytes, and it may have {MAX_BYTES}"
        )
    return _checksum(body) + body.decode()


def decode(token: str) -> list[str]:
    """Unpacks the texts of a token.

    :raises InvalidArgument: if :func:`encode` did not make it: another format, cut, or changed.
    """
    raw = token.encode("utf-8", "replace")
    check, rest = raw[:_CHECK], raw[_CHECK:]
    if len(raw) > MAX_BYTES or check != _checksum(rest).encode():
        raise invalid()
    parts = []
    try:
        while rest:
            length, colon, rest = rest.partition(b":")
            if not colon or not length.isdigit() or int(length) > len(rest):
                raise invalid()
            parts.append(rest[: int(length)].decode())
            rest = rest[int(length) :]
    except UnicodeDecodeError:
        raise invalid() from None
    return parts


def invalid() -> InvalidArgument:
    """The error for a token that is not this connector's."""
    return InvalidArgument("the next token is not one that this connector made")


def _checksum(body: bytes) -> str:
    """FNV-1a. The host's seal guards against forgery; this tells a token of another way of making them from one's own."""
    value = 0x811C9DC5
    for byte in body:
        value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
    return f"{value:08x}"
