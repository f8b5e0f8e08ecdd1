"""Comparing values of records with literals of a filter."""

from __future__ import annotations

import decimal
import re
from typing import Any

from .times import parse as instant

_DECIMAL = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]{1,8})?")


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
