"""The page of records being answered, by ``query`` or ``retrieve``.

A page is full when it holds as many records as AppFlow asked for, when the answer would become larger than Lambda allows (6 MB), or
when the time is nearly over. Each function says how many records were taken, and the connector returns a token from which the next
call goes on. :class:`~appflow_connector.Paging` does all of this for applications that page by link, cursor, offset or page
number; the functions are for the others.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Union

from . import _shapes
from ._host import Emitted, Space, host
from .errors import InvalidArgument
from .http import Response
from .requests import Pick

__all__ = ["Batch", "Emitted", "Pick", "Space", "emit", "emit_all", "emit_json", "is_full", "room"]

Record = Union[str, Mapping[str, Any]]
"""A record: a dict, or the text of one JSON object."""


def to_json(record: Record) -> str:
    """The text of a record.

    :raises InvalidArgument: if it cannot be written as JSON. The message names no value.
    """
    if isinstance(record, str):
        return _shapes.text(record, "record")
    if not isinstance(record, Mapping):
        raise _shapes.refuse("record", "a dict, or the text of a JSON object", record)
    try:
        written = json.dumps(dict(record), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        written.encode()
        return written
    except (TypeError, ValueError, RecursionError):
        raise _blamed(record) from None


def _blamed(record: Mapping[str, Any]) -> InvalidArgument:
    """Which field of a record cannot be written, by its type only."""
    for name, value in record.items():
        try:
            json.dumps({name: value}, ensure_ascii=False, allow_nan=False).encode()
        except (TypeError, ValueError, RecursionError):
            shown = name if isinstance(name, str) and name.isidentifier() else "one of its fields"
            return InvalidArgument(f"record.{shown}: a value of type {type(value).__name__} cannot be written as JSON")
    return InvalidArgument("a record cannot be written as JSON")


def emit(record: Record) -> bool:
    """Adds a record; false if it found no room.

    :raises InvalidArgument: if it is not one JSON object, or is larger than a whole page may be.
    """
    return host().emit(to_json(record))


def emit_all(records: Iterable[Record]) -> int:
    """Adds records, for ``retrieve``, which has no further pages; returns how many.

    :raises InvalidArgument: if they do not all find room.
    """
    batch = Batch()
    count = 0
    for record in records:
        count += 1
        if not batch.push(record):
            break
    if batch.finish() < count:
        raise InvalidArgument("the records do not fit into one answer; ask for fewer")
    return count


def emit_json(response: Response, pointer: str = "", picks: Sequence[Pick] = (), skip: int = 0) -> Emitted:
    """Adds the records of a JSON array in an answer's body, without moving them through the connector.

    The array lies at a JSON pointer (RFC 6901), such as ``/records``, or is the whole body for an empty one. The first ``skip``
    records are passed over. Each record becomes an object of the picked fields, or stays as it is if there are none. The body
    is used up.

    :raises HttpError: unless the status is 2xx.
    :raises ServerError: if the body is not JSON or holds no array there.
    """
    if not isinstance(response, Response):
        raise _shapes.refuse("response", "an answer of appflow_connector.http", response)
    picks = [
        Pick(_shapes.text(pick.name, f"picks[{index}].name"), _shapes.text(pick.path, f"picks[{index}].path"))
        for index, pick in enumerate(picks)
    ]
    return host().emit_json(response.raw, _shapes.text(pointer, "pointer"), picks, _shapes.u32(skip, "skip"))


def room() -> Space:
    """Room left; where one value is 0, the page is full."""
    return host().room()


def is_full() -> bool:
    """Whether nothing more finds room."""
    space = room()
    return space.records_left == 0 or space.bytes_left == 0 or space.millis_left == 0


class Batch:
    """Records handed to the host many at a time, which is quicker than one by one.

    :meth:`push` says false once records found no room; :meth:`finish` says how many were taken.
    """

    _BYTES = 64 * 1024

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._ends: list[int] = []
        self._bytes = 0
        self._taken = 0
        self._full = False

    def push(self, record: Record) -> bool:
        """Adds a record, the same as :func:`emit`; false if it, or one before it, found no room."""
        if self._full:
            return False
        text = to_json(record)
        self._texts.append(text)
        self._bytes += len(text.encode())
        self._ends.append(self._bytes)
        if self._bytes >= self._BYTES:
            self._flush()
        return not self._full

    def _flush(self) -> None:
        if self._texts:
            taken = host().emit_batch("".join(self._texts), self._ends)
            self._full = taken < len(self._texts)
            self._taken += taken
            self._texts, self._ends, self._bytes = [], [], 0

    def finish(self) -> int:
        """Hands over the rest; returns how many records were taken in all."""
        if not self._full:
            self._flush()
        return self._taken
