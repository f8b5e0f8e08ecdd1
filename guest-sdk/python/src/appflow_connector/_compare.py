"""Comparing values of records with literals of a filter."""

from __future__ import annotations

import datetime
import decimal
import re
from collections.abc import Mapping
from typing import Any

ABSENT = object()
"""No value, which is not the same as null."""

_DECIMAL = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]{1,8})?")
_INSTANT = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(Z|z|[+-]\d{2}:?\d{2})?)?", re.ASCII
)
_EPOCH = datetime.date(1970, 1, 1).toordinal()


def value_of(record: Any, name: str) -> Any:
    """The value of a field; a dotted name is a key itself, or a path."""
    if isinstance(record, Mapping):
        if name in record:
            return record[name]
        head, dot, rest = name.partition(".")
        if dot and head in record:
            return value_of(record[head], rest)
    return None


def value_at(record: Any, pointer: str) -> Any:
    """The value at a JSON pointer, or :data:`ABSENT`."""
    for part in pointer.split("/")[1:]:
        part = part.replace("~1", "/").replace("~0", "~")
        if isinstance(record, Mapping) and part in record:
            record = record[part]
        elif isinstance(record, list) and part.isascii() and part.isdigit() and int(part) < len(record):
            record = record[int(part)]
        else:
            return ABSENT
    return record


def holds(value: Any, operator: str, wanted: Any) -> bool:
    """Whether a value of a record stands so to a literal."""
    if operator == "contains":
        return isinstance(value, str) and isinstance(wanted.value, str) and wanted.value in value
    order = _order(value, wanted)
    if operator == "=":
        return order == 0
    if operator == "!=":
        return order != 0
    if order is None or value is None:
        return False
    return {"<": order < 0, "<=": order <= 0, ">": order > 0, ">=": order >= 0}[operator]


def _order(value: Any, wanted: Any) -> int | None:
    """Order of a value and a literal; none where they have none."""
    kind = type(wanted).__name__
    if value is None or kind == "Null":
        return 0 if value is None and kind == "Null" else None
    left: Any = None
    right: Any = None
    if kind == "Bool":
        left, right = (value if isinstance(value, bool) else None), wanted.value
    elif kind == "Num" or kind == "Text" and isinstance(value, (int, float, decimal.Decimal)):
        left, right = _decimal(value), _decimal(wanted.value)
    elif kind == "Text":
        left, right = (value if isinstance(value, str) else None), wanted.value
    elif isinstance(value, str):
        left, right = instant(value), instant(wanted.value)
    if left is None or right is None:
        return None
    return int(left > right) - int(left < right)


def _decimal(value: Any) -> decimal.Decimal | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str, decimal.Decimal)):
        return None
    text = str(value).strip()
    return decimal.Decimal(text) if _DECIMAL.fullmatch(text) else None


def instant(text: str) -> tuple[int, int] | None:
    """Seconds since 1970 and nanoseconds of a date (its first moment, UTC) or a point in time with ``Z`` or an offset."""
    match = _INSTANT.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    try:
        days = datetime.date(int(year), int(month), int(day)).toordinal() - _EPOCH
    except ValueError:
        return None
    if int(hour or 0) > 23 or int(minute or 0) > 59 or int(second or 0) > 60:
        return None
    seconds = days * 86_400 + int(hour or 0) * 3600 + int(minute or 0) * 60 + int(second or 0)
    if zone and zone not in "Zz":
        offset = int(zone[1:3]) * 3600 + int(zone[-2:]) * 60
        seconds -= offset if zone[0] == "+" else -offset
    return seconds, int((fraction or "0").ljust(9, "0"))
