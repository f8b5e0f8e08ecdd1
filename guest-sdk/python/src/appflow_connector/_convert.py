"""From the generated bindings to this package's types and back: plain conversions, which cannot fail, since
:mod:`~appflow_connector._edge` has seen to it that everything fits.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any

from wit_world.exports import configuration as wit_configuration
from wit_world.imports import common as wit_common

from . import description as described
from . import filters, schema
from .settings import Context, Settings


def case(value: enum.Enum, kind: Any) -> Any:
    """The generated case of the same name."""
    return kind[value.name]


def back(value: Any, kind: Any) -> Any:
    """This package's case of the same name."""
    return kind[value.name]


def flags(value: enum.Flag, kind: Any) -> Any:
    """The generated flags of the same names."""
    result = kind(0)
    for flag in type(value):
        if flag in value:
            result |= kind[flag.name]
    return result


def flags_back(value: Any, kind: Any) -> Any:
    """This package's flags of the same names."""
    result = kind(0)
    for flag in type(value):
        if flag in value:
            result |= kind[flag.name]
    return result


def entity_out(entity: Any) -> Any:
    """An entity as the contract's."""
    return wit_common.Entity(
        id=entity.id,
        label=entity.label,
        description=entity.description,
        has_nested=entity.has_nested,
        writable=entity.writable,
        properties=entity.properties,
    )


def _bounds(bounds: Any) -> Any:
    return None if bounds is None else wit_common.Bounds(bounds.min, bounds.max)


def _chosen(kind: Any, chosen: Mapping[str, bool | None]) -> Any:
    result = kind(0)
    for name, is_set in chosen.items():
        if is_set:
            result |= kind[name]
    return result


def field_out(field: schema.Field) -> Any:
    """A field as the contract's."""
    limits = field.constraints
    constraints = limits and wit_common.Constraints(
        _bounds(limits.length), _bounds(limits.value), list(limits.allowed_values), limits.pattern, limits.date_format
    )
    read = {
        "RETRIEVABLE": field.retrievable,
        "NULLABLE": field.nullable,
        "QUERYABLE": field.queryable,
        "INCREMENTAL": field.incremental,
    }
    write = {
        "CREATABLE": field.writable or field.creatable,
        "UPDATABLE": field.writable or field.updatable,
        "NULLABLE": field.null_writable,
        "UPSERTABLE": field.writable or field.upsertable,
        "DEFAULTED_ON_CREATE": field.defaulted_on_create,
    }
    operators = field.filter_operators
    return wit_common.Field(
        name=field.name,
        data_type=case(field.data_type, wit_common.DataType),
        type_label=field.type_label,
        label=field.label,
        description=field.description,
        primary_key=field.primary_key,
        deprecated=field.deprecated,
        default_value=field.default_value,
        constraints=constraints,
        read=_chosen(wit_common.ReadProperties, read),
        write=_chosen(wit_common.WriteProperties, write),
        id_for=flags(field.id_for, wit_common.WriteOperations),
        filter_operators=None if operators is None else [case(one, wit_common.Operator) for one in operators],
        properties=field.properties,
    )


def definition_out(definition: Any) -> Any:
    """A definition as the contract's."""
    fields = [field_out(field) for field in definition.fields]
    return wit_common.EntityDefinition(entity_out(definition.entity), fields, definition.properties)


def _bounds_back(bounds: Any) -> schema.Bounds | None:
    return None if bounds is None else schema.Bounds(bounds.min, bounds.max)


def field_back(field: Any) -> schema.Field:
    """A field of a definition that AppFlow handed back."""
    limits = field.constraints
    constraints = limits and schema.Constraints(
        _bounds_back(limits.length), _bounds_back(limits.value), limits.allowed_values, limits.pattern, limits.date_format
    )
    read, write, operators = field.read, field.write, field.filter_operators
    return schema.Field(
        name=field.name,
        data_type=back(field.data_type, schema.DataType),
        label=field.label,
        description=field.description,
        type_label=field.type_label,
        primary_key=field.primary_key,
        deprecated=field.deprecated,
        default_value=field.default_value,
        retrievable=wit_common.ReadProperties.RETRIEVABLE in read,
        nullable=wit_common.ReadProperties.NULLABLE in read,
        queryable=wit_common.ReadProperties.QUERYABLE in read,
        incremental=wit_common.ReadProperties.INCREMENTAL in read,
        creatable=wit_common.WriteProperties.CREATABLE in write,
        updatable=wit_common.WriteProperties.UPDATABLE in write,
        upsertable=wit_common.WriteProperties.UPSERTABLE in write,
        null_writable=wit_common.WriteProperties.NULLABLE in write,
        defaulted_on_create=wit_common.WriteProperties.DEFAULTED_ON_CREATE in write,
        id_for=flags_back(field.id_for, schema.WriteOperations),
        filter_operators=None if operators is None else [back(one, schema.Operator) for one in operators],
        constraints=constraints,
        properties=field.properties,
    )


def definition_back(definition: Any) -> schema.EntityDefinition:
    """A definition that AppFlow handed back."""
    entity = definition.entity
    known = schema.Entity(
        entity.id, entity.label, entity.description, entity.has_nested, entity.writable, entity.properties
    )
    return schema.EntityDefinition(known, [field_back(field) for field in definition.fields], definition.properties)


def setting_out(setting: described.Setting) -> Any:
    """A setting as the contract's."""
    return wit_configuration.Setting(
        key=setting.key,
        kind=case(setting.kind, wit_configuration.SettingKind),
        required=setting.required,
        label=setting.label,
        description=setting.label if setting.description is None else setting.description,
        scope=case(setting.scope, wit_configuration.Scope),
        choices=list(setting.choices),
    )


def parameter_out(parameter: described.Parameter) -> Any:
    """A parameter as the contract's."""
    description = parameter.label if parameter.description is None else parameter.description
    return wit_configuration.Parameter(
        parameter.key, parameter.label, description, parameter.required, parameter.sensitive, list(parameter.choices)
    )


def authentication_out(way: described.Authentication) -> Any:
    """A way to authenticate as the contract's."""
    if isinstance(way, described.Basic):
        return wit_configuration.Authentication_Basic()
    if isinstance(way, described.ApiKey):
        return wit_configuration.Authentication_ApiKey()
    if isinstance(way, described.Custom):
        parameters = [parameter_out(parameter) for parameter in way.parameters]
        return wit_configuration.Authentication_Custom(wit_configuration.CustomScheme(way.name, parameters))
    grants = way.grants
    if grants is None:
        by_consent = described.OAuth2Grants.AUTHORIZATION_CODE
        grants = by_consent if way.auth_urls else described.OAuth2Grants.CLIENT_CREDENTIALS
    further = [
        wit_configuration.Oauth2Parameter(parameter_out(one.parameter), case(one.target, wit_configuration.Oauth2Target))
        for one in way.parameters
    ]
    return wit_configuration.Authentication_Oauth2(
        wit_configuration.Oauth2(
            scopes=list(way.scopes),
            token_urls=list(way.token_urls),
            auth_urls=list(way.auth_urls),
            grants=flags(grants, wit_configuration.Oauth2Grants),
            content=case(way.content, wit_configuration.Oauth2Content),
            method=case(way.method, wit_configuration.Oauth2Method),
            basic_header=way.basic_header,
            parameters=further,
        )
    )


def description_out(description: described.Description) -> Any:
    """A description as the contract's."""
    operators = description.operators
    ways: Any = description.authentication
    return wit_configuration.Description(
        owner=description.owner,
        name=description.name,
        version=description.version,
        api_versions=list(description.api_versions),
        settings=[setting_out(setting) for setting in description.settings],
        authentication=[authentication_out(way) for way in ways],
        operators=None if operators is None else [case(one, wit_common.Operator) for one in operators],
        triggers=flags(description.triggers, wit_configuration.Triggers),
        frequencies=flags(description.frequencies, wit_configuration.Frequencies),
        write_operations=flags(description.write_operations, wit_common.WriteOperations),
        logo_url=description.logo_url,
    )


_LITERALS: dict[str, type] = {
    "Literal_Text": filters.Text,
    "Literal_Number": filters.Num,
    "Literal_Boolean": filters.Bool,
    "Literal_Date": filters.Date,
    "Literal_DateTime": filters.DateTime,
}


def literal_back(literal: Any) -> Any:
    """A value of a condition."""
    kind = _LITERALS.get(type(literal).__name__)
    return filters.Null() if kind is None else kind(literal.value)


def node_back(node: Any) -> filters.Node:
    """A node of the flat list."""
    name = type(node).__name__
    value: Any = getattr(node, "value", None)
    if name == "FilterNode_AllOf":
        return filters.Node("all-of", value)
    if name == "FilterNode_AnyOf":
        return filters.Node("any-of", value)
    if name == "FilterNode_Negate":
        return filters.Node("negate", [value])
    leaf: filters.Condition
    if name == "FilterNode_Compare":
        operator = back(value.operator, filters.Comparator)
        leaf = filters.Compare(value.field, operator, literal_back(value.value))
    elif name == "FilterNode_Between":
        leaf = filters.Between(value.field, literal_back(value.low), literal_back(value.high))
    elif name == "FilterNode_OneOf":
        leaf = filters.OneOf(value.field, [literal_back(one) for one in value.values])
    else:
        leaf = filters.Other(str(value))
    return filters.Node("leaf", leaf=leaf)


def filter_back(filter: Any) -> filters.Filter | None:
    """The condition as a tree."""
    if filter is None:
        return None
    return filters.Filter(filters.tree([node_back(node) for node in filter.nodes]), filter.limit, filter.text)


def context_back(context: Any) -> Context:
    """What an operation is told."""
    return Context(context.api_version, Settings(context.settings))
