"""Values inside of records, as ``json`` gives them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ABSENT = object()
"""No value, which is not the same as null."""


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
