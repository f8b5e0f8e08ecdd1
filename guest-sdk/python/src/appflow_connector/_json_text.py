"""JSON as text, for the fake host: values are cut out as they are written, so that numbers keep their digits."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from .errors import ServerError
from .requests import Pick

_SPACE = re.compile(r"[ \t\r\n]*")
_decoder = json.JSONDecoder()


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _members(text: str) -> list[tuple[str | None, str]]:
    """Members of an object, or items of an array, as texts."""
    found: list[tuple[str | None, str]] = []
    at = _skip(text, 0)
    is_object = text.startswith("{", at)
    at = _skip(text, at + 1)
    while at < len(text) and text[at] not in "]}":
        key = None
        if is_object:
            key, at = _decoder.raw_decode(text, at)
            at = _skip(text, _skip(text, at) + 1)
        end = _decoder.raw_decode(text, at)[1]
        found.append((key, text[at:end]))
        at = _skip(text, end)
        if text.startswith(",", at):
            at = _skip(text, at + 1)
    return found


def at(text: str, pointer: str) -> str | None:
    """The text of the value at a JSON pointer."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        raise ServerError("the body is not JSON") from None
    text = text.strip()
    for part in pointer.split("/")[1:]:
        part = part.replace("~1", "/").replace("~0", "~")
        if text.startswith("{"):
            fitting = [value for key, value in _members(text) if key == part]
            if not fitting:
                return None
            text = fitting[-1]
        elif text.startswith("[") and part.isdigit() and (part == "0" or not part.startswith("0")):
            every = items(text)
            if int(part) >= len(every):
                return None
            text = every[int(part)]
        else:
            return None
    return text


def items(array: str) -> list[str]:
    """The texts of an array's values."""
    return [value for _, value in _members(array)]


def _object(members: Sequence[tuple[str, str]]) -> str:
    return "{" + ",".join(f"{json.dumps(key, ensure_ascii=False)}:{value}" for key, value in members) + "}"


def rest(text: str, pointer: str) -> str:
    """The top-level values of a body without the one that holds the array."""
    if pointer == "" or not text.strip().startswith("{"):
        return "{}"
    first = pointer.split("/")[1].replace("~1", "/").replace("~0", "~")
    return _object([(key, value) for key, value in _members(text.strip()) if key is not None and key != first])


def picked(record: str, picks: Sequence[Pick]) -> str:
    """A record with the picked fields."""
    if not picks:
        return record
    found = [(pick.name, at(record, pick.pointer)) for pick in picks]
    return _object([(name, value) for name, value in found if value is not None])
