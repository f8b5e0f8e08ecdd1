"""The filter of a query as a tree.

The contract hands it over as a flat list of nodes; a :class:`Filter` is made from it before the connector is called, and a list
that is no tree is refused. So a condition is always well-formed: groups and lists are never empty, and it is at most
:data:`MAX_DEPTH` deep.

>>> condition = All([Compare("status", Comparator.EQUAL, Text("open")), Compare("age", Comparator.LESS, Num("18"))])
>>> sorted(condition.fields())
['age', 'status']
>>> condition.matches({"status": "open", "age": 7})
True
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Union

from . import _compare, times
from .errors import InvalidArgument, Unsupported
from .values import value_of

MAX_DEPTH = 128
"""Deepest condition accepted, so that walking it by recursion is safe."""


class Comparator(enum.Enum):
    """How a field is compared."""

    EQUAL = "="
    NOT_EQUAL = "!="
    LESS = "<"
    LESS_OR_EQUAL = "<="
    GREATER = ">"
    GREATER_OR_EQUAL = ">="
    CONTAINS = "contains"
    """The field's text contains the value."""


@dataclass(frozen=True)
class Text:
    """Text without its quotes, escapes resolved."""

    value: str


@dataclass(frozen=True)
class Num:
    """Number as written, such as ``-12.50``."""

    value: str


@dataclass(frozen=True)
class Bool:
    """True or false."""

    value: bool


@dataclass(frozen=True)
class Date:
    """Calendar day, ``YYYY-MM-DD``."""

    value: str


@dataclass(frozen=True)
class DateTime:
    """Point in time, ``YYYY-MM-DDThh:mm:ss[.fff]Z``."""

    value: str

    def epoch(self) -> float:
        """Seconds since 1970."""
        seconds, nanos = times.parse(self.value) or (0, 0)
        return seconds + nanos / 1e9


@dataclass(frozen=True)
class Null:
    """No value."""

    value: None = None


Literal = Union[Text, Num, Bool, Date, DateTime, Null]
"""A value in a condition."""


class Condition:
    """A condition on a record: one of :class:`All`, :class:`AnyOf`, :class:`Not`, :class:`Compare`, :class:`Between`,
    :class:`OneOf` and :class:`Other`. They can be taken apart with ``match``.
    """

    def walk(self) -> Iterator[Condition]:
        """This condition and all inside it, parents first."""
        yield self

    def fields(self) -> set[str]:
        """Names of the fields it looks at."""
        return {part.field for part in self.walk() if isinstance(part, (Compare, Between, OneOf))}

    def conjuncts(self) -> list[Condition]:
        """The conditions that must all hold: the parts of nested :class:`All`, or this one alone."""
        return [self]

    def split(self, can: Callable[[Condition], bool]) -> tuple[Condition | None, Condition | None]:
        """Splits off what the application can filter itself: the conjuncts that ``can`` accepts, and the rest, which the
        connector must check record by record with :meth:`matches`.
        """
        pushed: list[Condition] = []
        rest: list[Condition] = []
        for part in self.conjuncts():
            (pushed if can(part) else rest).append(part)
        return _joined(pushed), _joined(rest)

    def matches(self, record: Any) -> bool:
        """Whether a record, a dict of what JSON has, meets the condition.

        A value that is missing is the same as null, which equals only null. Numbers are compared exactly, texts by code point,
        dates by time; a text that reads as a number compares with numbers. Values of different kinds differ and have no order.
        A name with dots means a key of that name, or else keys of nested objects. ``Not`` turns the result around, so that
        it is true of records without the value.

        :raises Unsupported: for :class:`Other`.
        """
        raise NotImplementedError


def _joined(parts: list[Condition]) -> Condition | None:
    if len(parts) > 1:
        return All(parts)
    return parts[0] if parts else None


@dataclass(frozen=True)
class All(Condition):
    """All of these, at least one."""

    parts: Sequence[Condition]

    def walk(self) -> Iterator[Condition]:
        yield self
        for part in self.parts:
            yield from part.walk()

    def conjuncts(self) -> list[Condition]:
        return [inner for part in self.parts for inner in part.conjuncts()]

    def matches(self, record: Any) -> bool:
        return all(part.matches(record) for part in self.parts)


@dataclass(frozen=True)
class AnyOf(Condition):
    """At least one of these, which are at least one."""

    parts: Sequence[Condition]

    def walk(self) -> Iterator[Condition]:
        yield self
        for part in self.parts:
            yield from part.walk()

    def matches(self, record: Any) -> bool:
        return any(part.matches(record) for part in self.parts)


@dataclass(frozen=True)
class Not(Condition):
    """Not this."""

    part: Condition

    def walk(self) -> Iterator[Condition]:
        yield self
        yield from self.part.walk()

    def matches(self, record: Any) -> bool:
        return not self.part.matches(record)


@dataclass(frozen=True)
class Compare(Condition):
    """A field against a value."""

    field: str
    operator: Comparator
    value: Literal

    def matches(self, record: Any) -> bool:
        return _compare.holds(value_of(record, self.field), self.operator.value, self.value)


@dataclass(frozen=True)
class Between(Condition):
    """A field between two values, both included. A scheduled flow asks for its incremental field so."""

    field: str
    low: Literal
    high: Literal

    def matches(self, record: Any) -> bool:
        value = value_of(record, self.field)
        return _compare.holds(value, ">=", self.low) and _compare.holds(value, "<=", self.high)


@dataclass(frozen=True)
class OneOf(Condition):
    """A field with one of some values, which are at least one."""

    field: str
    values: Sequence[Literal]

    def matches(self, record: Any) -> bool:
        value = value_of(record, self.field)
        return any(_compare.holds(value, "=", wanted) for wanted in self.values)


@dataclass(frozen=True)
class Other(Condition):
    """A condition newer than this package, as text. Refuse it with :class:`~appflow_connector.Unsupported`."""

    text: str

    def matches(self, record: Any) -> bool:
        raise Unsupported(f"a filter condition of {len(self.text)} characters")


@dataclass(frozen=True)
class Filter:
    """What records to read."""

    condition: Condition | None = None
    """The condition; none for all records."""
    limit: int | None = None
    """Most records in all, over all pages."""
    text: str = ""
    """Text as AppFlow sent it."""


@dataclass(frozen=True)
class Node:
    """A node of the contract's flat list: a condition whose parts are places in the list."""

    kind: str
    parts: Sequence[int] = field(default=())
    leaf: Condition | None = None


def tree(nodes: Sequence[Node]) -> Condition | None:
    """Builds the tree from its leaves: children come after their parent, so walking the list backwards meets them first. Each is
    taken out of its place when its parent is met, which rules out cycles, and children of two parents, by which a short list
    would describe an exponentially large tree.
    """
    places: dict[int, tuple[Condition, int]] = {}
    for index in range(len(nodes) - 1, -1, -1):
        node = nodes[index]
        parts: list[Condition] = []
        depth = 1
        for child in node.parts:
            if child <= index:
                raise _malformed("a node comes before its parent")
            if child not in places:
                raise _malformed("a node is missing or has two parents")
            part, below = places.pop(child)
            parts.append(part)
            depth = max(depth, below + 1)
        if depth > MAX_DEPTH:
            raise _malformed("it is nested too deeply")
        if isinstance(node.leaf, OneOf) and not node.leaf.values or node.leaf is None and not parts:
            raise _malformed("a group or list is empty")
        if node.leaf is not None:
            condition = node.leaf
        elif node.kind == "negate":
            condition = Not(parts[0])
        else:
            condition = All(parts) if node.kind == "all-of" else AnyOf(parts)
        places[index] = (condition, depth)
    # A node that nobody refers to would be a condition lost, and too many records read.
    if len(places) > 1:
        raise _malformed("a node has no parent")
    return places[0][0] if places else None


def _malformed(what: str) -> InvalidArgument:
    return InvalidArgument(f"the filter is malformed: {what}")
