"""What the operations are asked."""

from __future__ import annotations

import enum
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .errors import InvalidArgument
from .filters import Condition, Filter


@dataclass(frozen=True)
class Pick:
    """A field of an output record and where it is in the application's: a key, or, beginning with ``/``, a JSON pointer
    (RFC 6901)."""

    name: str
    path: str

    @property
    def pointer(self) -> str:
        """The path as a JSON pointer."""
        if self.path.startswith("/"):
            return self.path
        return "/" + self.path.replace("~", "~0").replace("/", "~1")


def picks(names: Iterable[str] | Mapping[str, str]) -> list[Pick]:
    """Picks from names that are the same in both, or from a dict of output names to paths."""
    if isinstance(names, Mapping):
        return [Pick(name, path) for name, path in names.items()]
    return [Pick(name, name) for name in names]


def _chosen(fields: Sequence[str], names: Iterable[str] | Mapping[str, str]) -> list[Pick]:
    every = picks(names)
    if not fields:
        return every
    known = {pick.name: pick for pick in every}
    return [known.get(name, Pick(name, name)) for name in fields]


@dataclass(frozen=True)
class QueryRequest:
    """What to read."""

    entity: str
    """Identifier of the entity."""
    fields: Sequence[str] = ()
    """Fields wanted; empty for all. A record must not have others."""
    filter: Filter | None = None
    """What records to read; none for all of them."""
    limit: int = 1000
    """Most records AppFlow takes in this page, 1 or more. The page keeps to it; ask the application for no more."""
    token: str | None = None
    """Token the connector returned for the page before; none for the first page."""

    @property
    def condition(self) -> Condition | None:
        """The condition, if there is one."""
        return self.filter.condition if self.filter else None

    @property
    def total_limit(self) -> int | None:
        """Most records in all, over all pages, if the filter says so."""
        return self.filter.limit if self.filter else None

    def picks(self, names: Iterable[str] | Mapping[str, str]) -> list[Pick]:
        """Picks for the fields wanted, of all of the named ones where AppFlow names none. A dict says where each is in the
        application's records: ``{"city": "/address/city"}``."""
        return _chosen(self.fields, names)

    def only(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """The record without the fields that are not wanted."""
        return {name: value for name, value in record.items() if not self.fields or name in self.fields}


@dataclass(frozen=True)
class RetrieveRequest:
    """Records to fetch by identifier."""

    entity: str
    ids: Sequence[str] = ()
    """Values to look for."""
    fields: Sequence[str] = ()
    """Fields wanted; empty for all."""
    id_field: str | None = None
    """Field the values belong to; none for the entity's key field."""

    def picks(self, names: Iterable[str] | Mapping[str, str]) -> list[Pick]:
        """Picks for the fields wanted, see :meth:`QueryRequest.picks`."""
        return _chosen(self.fields, names)

    def only(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """The record without the fields that are not wanted."""
        return {name: value for name, value in record.items() if not self.fields or name in self.fields}


class Operation(enum.Enum):
    """What to do with the records of a write."""

    INSERT = "insert"
    """New records."""
    UPDATE = "update"
    """Changes of known records."""
    UPSERT = "upsert"
    """Insert or update."""
    DELETE = "delete"
    """Removal."""


@dataclass(frozen=True)
class WriteResult:
    """What became of one record."""

    record_id: str = ""
    """Identifier in the application, for a failed record the one it came with; empty if unknown."""
    error: str | None = None
    """Why it failed; none if it was written."""


@dataclass(frozen=True)
class WriteRequest:
    """Records to write."""

    entity: str
    operation: Operation
    records: Sequence[str]
    """Records as JSON objects."""
    id_fields: Sequence[str] = ()
    """Fields that identify a record; empty for an insert."""
    all_or_none: bool = False
    """Write all records or none; where the application cannot, stop at the first failure."""
    parsed: list[dict[str, Any]] = field(init=False, repr=False, default_factory=list, compare=False)

    def parse(self) -> list[dict[str, Any]]:
        """The records as dicts, numbers with a point as :class:`float`.

        :raises InvalidArgument: if one is no JSON object.
        """
        if not self.parsed:
            for index, text in enumerate(self.records):
                try:
                    record = json.loads(text)
                except ValueError:
                    record = None
                if not isinstance(record, dict):
                    raise InvalidArgument(f"record {index} is no JSON object")
                self.parsed.append(record)
        return self.parsed

    def results(self) -> WriteResults:
        """The place for the result of each record."""
        return WriteResults(len(self.records))


class WriteResults:
    """One result for each record, in their order. A record nobody set counts as not written."""

    def __init__(self, count: int) -> None:
        self._results: list[WriteResult | None] = [None] * count

    def written(self, index: int, record_id: str = "") -> None:
        """The record at this place, from 0, was written and has this identifier in the application."""
        self._results[index] = WriteResult(record_id)

    def failed(self, index: int, why: str, record_id: str = "") -> None:
        """The record at this place, from 0, was not written; ``record_id`` is the one it came with."""
        self._results[index] = WriteResult(record_id, why)

    def fail_rest(self, why: str) -> None:
        """Sets the result of all records that have none yet: with ``all_or_none``, that they were not tried."""
        self._results = [result or WriteResult("", why) for result in self._results]

    def is_set(self, index: int) -> bool:
        """Whether the record at this place has a result."""
        return self._results[index] is not None

    @property
    def all_written(self) -> bool:
        """Whether each record was written."""
        return all(result is not None and result.error is None for result in self._results)

    def into_list(self) -> list[WriteResult]:
        """The list for AppFlow."""
        return [result or WriteResult("", "the record was not written") for result in self._results]
