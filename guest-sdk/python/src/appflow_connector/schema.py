"""Entities and their fields."""

from __future__ import annotations

import dataclasses
import decimal
import enum
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Union

from . import _shapes

Number = Union[int, float, decimal.Decimal, str]
"""A number, or the text of one, so that decimals of any length stay exact."""


class DataType(enum.Enum):
    """Type of a field."""

    TEXT = "text"
    INTEGER = "integer"
    """32-bit integer."""
    FLOAT = "float"
    """Single-precision number."""
    DOUBLE = "double"
    """Double-precision number."""
    LONG = "long"
    """64-bit integer."""
    SHORT = "short"
    """16-bit integer."""
    BIG_INTEGER = "big-integer"
    BIG_DECIMAL = "big-decimal"
    BYTE_ARRAY = "byte-array"
    """Base64 text."""
    BOOLEAN = "boolean"
    DATE = "date"
    DATE_TIME = "date-time"
    OBJECT = "object"
    """JSON object (AppFlow's Struct)."""
    MAPPING = "mapping"
    """JSON object with free keys (AppFlow's Map)."""
    ARRAY = "array"
    """JSON array (AppFlow's List)."""
    OTHER = "other"
    """A type newer than the contract, in definitions that AppFlow hands back. The host refuses it from a connector."""


class Operator(enum.Enum):
    """What AppFlow can do with a field."""

    PROJECTION = "projection"
    LESS_THAN = "less-than"
    GREATER_THAN = "greater-than"
    BETWEEN = "between"
    LESS_THAN_OR_EQUAL_TO = "less-than-or-equal-to"
    GREATER_THAN_OR_EQUAL_TO = "greater-than-or-equal-to"
    EQUAL_TO = "equal-to"
    CONTAINS = "contains"
    NOT_EQUAL_TO = "not-equal-to"
    ADDITION = "addition"
    SUBTRACTION = "subtraction"
    MULTIPLICATION = "multiplication"
    DIVISION = "division"
    MASK_ALL = "mask-all"
    MASK_FIRST_N = "mask-first-n"
    MASK_LAST_N = "mask-last-n"
    VALIDATE_NON_NULL = "validate-non-null"
    VALIDATE_NON_ZERO = "validate-non-zero"
    VALIDATE_NON_NEGATIVE = "validate-non-negative"
    VALIDATE_NUMERIC = "validate-numeric"
    NO_OP = "no-op"
    OTHER = "other"
    """An operator newer than the contract. The host refuses it from a connector."""


class WriteOperations(enum.Flag):
    """Ways to write."""

    INSERT = enum.auto()
    """New records."""
    UPDATE = enum.auto()
    """Changes of known records."""
    UPSERT = enum.auto()
    """Insert or update."""
    DELETE = enum.auto()
    """Removal."""


@dataclass
class Entity:
    """A thing with records, for reading only unless said otherwise, or a category of such things."""

    id: str
    """Stable identifier, without spaces, at most 128 characters."""
    label: str | None = None
    """Name for the user."""
    description: str | None = None
    """Sentence for the user."""
    has_nested: bool = False
    """True for a category: AppFlow lists again with its identifier as :attr:`ListRequest.path`."""
    writable: bool = False
    """True where AppFlow may write."""
    properties: Mapping[str, str] | Iterable[tuple[str, str]] = field(default=(), metadata={"fit": _shapes.pairs})
    """The connector's own remarks, handed back later."""


@dataclass
class Bounds:
    """An inclusive interval."""

    min: Number = field(metadata={"fit": _shapes.number_text})
    max: Number = field(metadata={"fit": _shapes.number_text})


def _bounds(value: Any, path: str) -> Bounds | None:
    if value is None:
        return None
    if isinstance(value, (tuple, list)) and len(value) == 2:
        value = Bounds(*value)
    fitted: Bounds = _shapes.fit(Bounds, value, path)
    return fitted


@dataclass
class Constraints:
    """Limits of a field's values."""

    length: Bounds | tuple[int, int] | None = field(default=None, metadata={"fit": _bounds})
    """Shortest and longest text."""
    value: Bounds | tuple[Number, Number] | None = field(default=None, metadata={"fit": _bounds})
    """Smallest and largest value."""
    allowed_values: Sequence[str] = ()
    """The only values allowed; empty for any."""
    pattern: str | None = None
    """Regular expression."""
    date_format: str | None = None
    """Format of dates."""


_UNFILTERED = (DataType.BYTE_ARRAY, DataType.OBJECT, DataType.MAPPING, DataType.ARRAY)
_FILTERED_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")


@dataclass
class Field:
    """A field of an entity.

    It is retrievable, can be null unless it is a key, and can be named in filters unless its type or its name forbids that:
    AppFlow has no filters for bytes, objects, mappings and arrays, nor for names other than a letter followed by letters,
    digits, ``_``, ``.`` and ``-``. It cannot be written until ``writable=True``, or one of the options beside it, says so.
    """

    name: str
    """Key in the record, without spaces, at most 128 characters."""
    data_type: DataType = DataType.TEXT
    label: str | None = None
    """Name for the user."""
    description: str | None = None
    """Sentence for the user."""
    type_label: str | None = None
    """The application's name of the type."""
    primary_key: bool = False
    """True for a key field."""
    deprecated: bool = False
    """True if it should no longer be used."""
    default_value: str | None = None
    """Value used when none is given."""
    retrievable: bool = True
    """Can be in a record."""
    nullable: bool | None = None
    """Can be null; all but keys unless given."""
    queryable: bool | None = None
    """Can be in a filter; by type and name unless given."""
    incremental: bool = False
    """Can drive incremental flows: a date or a point in time that grows with each change of the record."""
    writable: bool = False
    """Can be set in an insert, an update and an upsert."""
    creatable: bool = False
    """Can be set in an insert."""
    updatable: bool = False
    """Can be set in an update."""
    upsertable: bool = False
    """Can be set in an upsert."""
    null_writable: bool = False
    """Can be set to null."""
    defaulted_on_create: bool = False
    """The application sets it in an insert that leaves it out."""
    id_for: WriteOperations = WriteOperations(0)
    """Operations in which it may identify the record."""
    filter_operators: Sequence[Operator] | None = None
    """Operators in filters; those usual for the type unless given."""
    constraints: Constraints | None = None
    """Limits of its values."""
    properties: Mapping[str, str] | Iterable[tuple[str, str]] = field(default=(), metadata={"fit": _shapes.pairs})
    """The connector's own remarks, handed back later."""

    def __post_init__(self) -> None:
        if self.nullable is None:
            self.nullable = not self.primary_key
        if self.queryable is None:
            named = isinstance(self.name, str) and _FILTERED_NAME.fullmatch(self.name) is not None
            self.queryable = named and self.data_type not in _UNFILTERED

    @classmethod
    def text(cls, name: str, **options: Any) -> Field:
        """A text; options are the fields of :class:`Field`."""
        return cls(name, DataType.TEXT, **options)

    @classmethod
    def integer(cls, name: str, **options: Any) -> Field:
        """A 32-bit integer."""
        return cls(name, DataType.INTEGER, **options)

    @classmethod
    def long(cls, name: str, **options: Any) -> Field:
        """A 64-bit integer."""
        return cls(name, DataType.LONG, **options)

    @classmethod
    def double(cls, name: str, **options: Any) -> Field:
        """A double-precision number."""
        return cls(name, DataType.DOUBLE, **options)

    @classmethod
    def decimal(cls, name: str, **options: Any) -> Field:
        """A decimal without bounds."""
        return cls(name, DataType.BIG_DECIMAL, **options)

    @classmethod
    def boolean(cls, name: str, **options: Any) -> Field:
        """True or false."""
        return cls(name, DataType.BOOLEAN, **options)

    @classmethod
    def date(cls, name: str, **options: Any) -> Field:
        """A calendar day."""
        return cls(name, DataType.DATE, **options)

    @classmethod
    def date_time(cls, name: str, **options: Any) -> Field:
        """A point in time."""
        return cls(name, DataType.DATE_TIME, **options)

    @classmethod
    def object(cls, name: str, **options: Any) -> Field:
        """A JSON object."""
        return cls(name, DataType.OBJECT, **options)

    @classmethod
    def mapping(cls, name: str, **options: Any) -> Field:
        """A JSON object with free keys."""
        return cls(name, DataType.MAPPING, **options)

    @classmethod
    def array(cls, name: str, **options: Any) -> Field:
        """A JSON array."""
        return cls(name, DataType.ARRAY, **options)


def _entity(value: Any, path: str) -> Entity:
    fitted: Entity = _shapes.fit(Entity, Entity(value) if isinstance(value, str) else value, path)
    return fitted


@dataclass
class EntityDefinition:
    """An entity with its fields. ``cache_seconds``, 600 or more, is how long AppFlow may keep the answer."""

    entity: Entity | str = field(metadata={"fit": _entity})
    fields: Sequence[Field]
    properties: Mapping[str, str] | Iterable[tuple[str, str]] = field(default=(), metadata={"fit": _shapes.pairs})
    """The connector's own remarks, handed back later."""
    cache_seconds: int | None = None

    def without_filters(self) -> EntityDefinition:
        """The same, but no field can be named in filters: for an application, or a connector, that does not filter."""
        fields = [dataclasses.replace(field, queryable=False, filter_operators=()) for field in self.fields]
        return dataclasses.replace(self, fields=fields)

    def field(self, name: str) -> Field | None:
        """The field of that name."""
        return next((field for field in self.fields if field.name == name), None)


@dataclass
class EntityPage:
    """Some of the entities. ``cache_seconds``, 600 or more, is how long AppFlow may keep the answer."""

    entities: Sequence[Entity]
    next_token: str | None = None
    """Token of the next page; none at the end."""
    cache_seconds: int | None = None


@dataclass
class ListRequest:
    """What to list."""

    path: str | None = None
    """Identifier of the category; none for the roots."""
    limit: int = 1000
    """Most entities to return."""
    token: str | None = None
    """Token of the last page."""


def entity_page(value: Any, path: str) -> EntityPage:
    """What ``list_entities`` may return: a page, or entities."""
    if not isinstance(value, (EntityPage, Mapping)):
        value = EntityPage(_shapes.listed(_shapes.record_of(Entity))(value, path))
    fitted: EntityPage = _shapes.fit(EntityPage, value, path)
    return fitted
