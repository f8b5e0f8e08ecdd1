"""Records as forms, the way Stripe takes nested values: ``address[city]=Ulm&items[0][price]=price_1``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from appflow_connector import InvalidArgument, times


def encode(record: Mapping[str, Any], points: Iterable[str]) -> list[tuple[str, str]]:
    """The fields of a form. A name with a dot is a value inside an object; null becomes an empty text, by which Stripe takes a
    value away.

    :raises InvalidArgument: naming a point in time that is none.
    """
    fields: list[tuple[str, str]] = []
    for name, value in record.items():
        if name in points and isinstance(value, str) and value:
            at = times.parse(value)
            if at is None:
                raise InvalidArgument(f"{name} is no point in time")
            value = at[0]
        head, *inner = name.split(".")
        _add(fields, head + "".join(f"[{part}]" for part in inner), value)
    return fields


def _add(fields: list[tuple[str, str]], name: str, value: Any) -> None:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            _add(fields, f"{name}[{key}]", inner)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            _add(fields, f"{name}[{index}]", inner)
    elif value is None:
        fields.append((name, ""))
    elif isinstance(value, bool):
        fields.append((name, "true" if value else "false"))
    else:
        fields.append((name, str(value)))


def time_text(seconds: Any) -> Any:
    """Seconds since 1970 as AppFlow's text; anything else as it is."""
    if isinstance(seconds, bool) or not isinstance(seconds, int):
        return seconds
    try:
        return times.text(seconds)
    except OverflowError:
        return None
