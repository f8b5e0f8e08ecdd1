"""Fitting what an author wrote to what the contract has room for.

A value that means one thing only is taken: a tuple for a list, a dict for pairs, the name of an enumeration's case for the
case. Anything else is refused with the place of the value, ``fields[2].label: expected a text, got int``, before it reaches
generated code, where it would trap the guest or be lost.

What is expected is read from the annotations of the dataclasses in :mod:`~appflow_connector.description` and
:mod:`~appflow_connector.schema`; a field whose annotation says too little names a function in its metadata under ``fit``.
"""

from __future__ import annotations

import dataclasses
import decimal
import enum
import functools
import math
import re
import types
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from .errors import ShapeError

Fit = Callable[[Any, str], Any]

_U32 = 2**32
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")


def refuse(path: str, expected: str, value: object) -> ShapeError:
    """The error for a value of another shape. It names the type that came, never the value."""
    got = "nothing" if value is None else type(value).__name__
    return ShapeError(f"{path}: expected {expected}, got {got}")


def named(kind: type) -> str:
    """A class for a message."""
    article = "an" if kind.__name__[0] in "AEIO" else "a"
    return f"{article} {kind.__name__}"


def text(value: Any, path: str) -> str:
    """A text that can be written as UTF-8."""
    if not isinstance(value, str) or isinstance(value, enum.Enum):
        raise refuse(path, "a text", value)
    if any("\ud800" <= c <= "\udfff" for c in value):
        raise ShapeError(f"{path}: a text with half of a surrogate pair cannot be written as UTF-8")
    # A subclass of str may do anything; the plain text is what counts.
    return str.__str__(value)


def boolean(value: Any, path: str) -> bool:
    """True or false; not 0, 1 or a text."""
    if not isinstance(value, bool):
        raise refuse(path, "True or False", value)
    return value


def u32(value: Any, path: str) -> int:
    """A whole number that fits 32 bits."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise refuse(path, "a whole number", value)
    if not 0 <= value < _U32:
        raise ShapeError(f"{path}: a number from 0 to {_U32 - 1} is expected")
    return int(value)


def number_text(value: Any, path: str) -> str:
    """A number, or the text of a JSON number, as text."""
    if isinstance(value, bool):
        raise refuse(path, "a number", value)
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ShapeError(f"{path}: a number is expected, and this one is not finite")
        return repr(float(value))
    if isinstance(value, decimal.Decimal):
        value = str(value)
    if not isinstance(value, str):
        raise refuse(path, "a number", value)
    if not _NUMBER.fullmatch(value):
        raise ShapeError(f"{path}: a number as in JSON is expected, such as 12 or -0.5e3")
    return value


def optional(fit: Fit) -> Fit:
    """Nothing, or what the function takes."""
    return lambda value, path: None if value is None else fit(value, path)


def listed(fit: Fit) -> Fit:
    """A list of what the function takes, from any ordered iterable."""

    def fit_list(value: Any, path: str) -> list[Any]:
        if isinstance(value, (str, bytes, bytearray, Mapping, set, frozenset)) or not isinstance(value, Iterable):
            raise refuse(path, "a list", value)
        return [fit(item, f"{path}[{index}]") for index, item in enumerate(value)]

    return fit_list


def pairs(value: Any, path: str) -> list[tuple[str, str]]:
    """Named texts, from a mapping or from pairs."""
    if isinstance(value, Mapping):
        items: Iterable[Any] = value.items()
    elif isinstance(value, (str, bytes, set, frozenset)) or not isinstance(value, Iterable):
        raise refuse(path, "a dict of texts or a list of pairs", value)
    else:
        items = value
    fitted = []
    for index, item in enumerate(items):
        if isinstance(item, (str, bytes)) or not isinstance(item, Sequence) or len(item) != 2:
            raise refuse(f"{path}[{index}]", "a pair of texts", item)
        name = text(item[0], f"{path}[{index}], its name")
        fitted.append((name, text(item[1], f"{path}['{name}']")))
    return fitted


def _plain(name: str) -> str:
    return name.strip().lower().replace("_", "-")


def case_of(kind: type[enum.Enum]) -> Fit:
    """A case of an enumeration, or its name in any spelling of ``DATE_TIME``."""

    def fit_case(value: Any, path: str) -> enum.Enum:
        if isinstance(value, kind):
            return value
        if isinstance(value, str) and not isinstance(value, enum.Enum):
            for case in kind:
                if _plain(value) == _plain(case.name):
                    return case
            known = ", ".join(case.name for case in kind)
            raise ShapeError(f"{path}: no {kind.__name__} is called so; there are {known}")
        raise refuse(path, named(kind), value)

    return fit_case


def flags_of(kind: type[enum.Flag]) -> Fit:
    """Flags, or names of some, one or several."""
    one = case_of(kind)
    known = functools.reduce(lambda all_of, flag: all_of | flag, kind, kind(0))

    def fit_flags(value: Any, path: str) -> enum.Flag:
        if isinstance(value, kind):
            if value & ~known or int(value.value) & ~int(known.value):
                raise ShapeError(f"{path}: it has bits that no {kind.__name__} has")
            return value
        if value is None:
            return kind(0)
        if isinstance(value, str):
            return typing.cast(enum.Flag, one(value, path))
        if isinstance(value, (bytes, Mapping)) or not isinstance(value, Iterable):
            raise refuse(path, f"{kind.__name__} or a list of its names", value)
        flags = kind(0)
        for index, item in enumerate(value):
            flags |= typing.cast(Any, one(item, f"{path}[{index}]"))
        return flags

    return fit_flags


def record_of(kind: type) -> Fit:
    """A dataclass, or a mapping with the names of its fields; a new object, in which each field fits."""

    def fit_record(value: Any, path: str) -> Any:
        if isinstance(value, Mapping):
            names = {field.name for field in dataclasses.fields(kind) if field.init}
            for name in value:
                if name not in names:
                    shown = name if isinstance(name, str) and name.isidentifier() else "one of its keys"
                    raise ShapeError(f"{path}: {kind.__name__} has no field '{shown}'")
            try:
                value = kind(**value)
            except TypeError as error:
                missing = re.search(r"missing .*", str(error))
                raise ShapeError(f"{path}: {kind.__name__} is {missing.group() if missing else 'not made so'}") from error
        if not isinstance(value, kind):
            raise refuse(path, named(kind), value)
        fitted: Any = object.__new__(kind)
        for name, fit in fields_of(kind).items():
            # An attribute deleted or never set by a subclass counts as nothing.
            object.__setattr__(fitted, name, fit(getattr(value, name, None), f"{path}.{name}"))
        return fitted

    return fit_record


@functools.cache
def fields_of(kind: type) -> dict[str, Fit]:
    """What each field of a dataclass takes."""
    hints = typing.get_type_hints(kind)
    return {
        field.name: field.metadata.get("fit") or fit_of(hints[field.name])
        for field in dataclasses.fields(kind)
    }


@functools.cache
def fit_of(hint: Any) -> Fit:
    """What takes values of an annotation."""
    plain: dict[Any, Fit] = {str: text, bool: boolean, int: u32}
    if hint in plain:
        return plain[hint]
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        inner = [argument for argument in arguments if argument is not type(None)]
        if len(inner) == 1:
            return optional(fit_of(inner[0]))
    if origin in (list, Sequence, Iterable):
        return listed(fit_of(arguments[0]))
    if isinstance(hint, type):
        if issubclass(hint, enum.Flag):
            return flags_of(hint)
        if issubclass(hint, enum.Enum):
            return case_of(hint)
        if dataclasses.is_dataclass(hint):
            return record_of(hint)
    raise TypeError(f"nothing is known about {hint}")


def fit(kind: type, value: Any, path: str) -> Any:
    """A value as a dataclass all of whose fields fit.

    :raises ShapeError: naming the place that does not.
    """
    return fit_of(kind)(value, path)
