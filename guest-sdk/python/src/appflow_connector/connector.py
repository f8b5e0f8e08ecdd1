"""The base classes of a connector, one method for each operation of AppFlow."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar, Union

from .description import AuthenticationType, Description, Scope, SettingError
from .errors import Unsupported
from .requests import QueryRequest, RetrieveRequest, WriteRequest, WriteResult, WriteResults
from .schema import Entity, EntityDefinition, EntityPage, ListRequest
from .settings import Context, Settings


class Connector(ABC):
    """What every connector has. Derive from :class:`Source`, :class:`Destination` or both, and mark the class by
    :func:`export`."""

    @abstractmethod
    def describe(self, locale: str) -> Description:
        """Tells what the connector is. AppFlow asks when the connector is registered, without settings or credentials, so
        requests cannot be made here. ``locale``, such as ``en-US``, is the language of labels."""

    def validate_settings(
        self, scope: Scope, settings: Settings, authentication: AuthenticationType | None
    ) -> Union[Iterable[SettingError], Mapping[str, str], None]:
        """Checks the settings of one scope; nothing, which is what it says unless overridden, means they are good. The host has
        checked that required ones are there and that values are of their kind. A dict has messages by key."""
        return None

    @abstractmethod
    def validate_credentials(self, settings: Settings) -> None:
        """Checks that the application accepts the credentials, by a small request that needs them.

        :raises InvalidCredentials: if it does not.
        """

    @abstractmethod
    def list_entities(self, context: Context, request: ListRequest) -> Union[EntityPage, Iterable[Entity]]:
        """Lists entities: all of them, or a page with the token of the next one."""

    @abstractmethod
    def describe_entity(self, context: Context, entity: str) -> EntityDefinition:
        """Describes one entity.

        :raises InvalidArgument: if there is no such entity.
        """


class Source(Connector):
    """A connector that reads. Records go out through :mod:`~appflow_connector.page`, not as a result."""

    @abstractmethod
    def query(self, context: Context, request: QueryRequest) -> str | None:
        """Reads one page; returns the token of the next one, none at the end. See :class:`~appflow_connector.Paging`."""

    def retrieve(self, context: Context, request: RetrieveRequest) -> None:
        """Fetches the records whose ``id_field`` has one of these values. There are no further pages: all of them, or an
        error. An identifier that no record has is left out. Unsupported unless overridden."""
        raise Unsupported("retrieving records by identifier")


class Destination(Connector):
    """A connector that writes."""

    @abstractmethod
    def write(self, context: Context, request: WriteRequest) -> Union[WriteResults, Sequence[WriteResult]]:
        """Writes records. :meth:`WriteRequest.results` has the place for the result of each. An error is for when nothing was
        written, or nobody can know what was; records that failed while others did not are results."""


Class = TypeVar("Class", bound=type[Connector])

MARK = "__appflow_connector__"


def export(connector: Class) -> Class:
    """Marks the class that is the connector of its module.

    :raises TypeError: if it is none, or lacks a method.
    """
    if not (isinstance(connector, type) and issubclass(connector, (Source, Destination))):
        raise TypeError("@export is for a class derived from Source, Destination or both")
    if inspect.isabstract(connector):
        missing = ", ".join(sorted(connector.__abstractmethods__))
        raise TypeError(f"{connector.__name__} lacks: {missing}")
    for name, method in inspect.getmembers(connector, inspect.isfunction):
        if hasattr(Source, name) or hasattr(Destination, name):
            if inspect.iscoroutinefunction(method) or inspect.isasyncgenfunction(method):
                raise TypeError(f"{connector.__name__}.{name} is async; the contract's calls are plain functions")
    setattr(connector, MARK, connector)
    return connector


def exported(module: object) -> type[Connector]:
    """The connector of a module.

    :raises TypeError: if there is none, or more than one.
    """
    found: set[type[Connector]] = set()
    for value in vars(module).values():
        # Marked itself, not by a class it is derived from.
        if isinstance(value, type) and issubclass(value, Connector):
            mark: object = vars(value).get(MARK)
            if mark is value:
                found.add(value)
    if len(found) != 1:
        what = "no class" if not found else "more than one class"
        raise TypeError(f"{getattr(module, '__name__', 'the module')} has {what} marked by @export")
    return found.pop()


def world_of(connector: type[Connector]) -> str:
    """The world of the contract that a connector implements."""
    reads, writes = issubclass(connector, Source), issubclass(connector, Destination)
    return "connector" if reads and writes else "source-connector" if reads else "destination-connector"
