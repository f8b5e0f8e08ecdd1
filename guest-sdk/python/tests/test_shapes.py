"""Wrong shapes are refused with the place of the value; what means one thing only is taken."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from appflow_connector import (
    ApiKey,
    Bounds,
    Constraints,
    DataType,
    Description,
    EntityDefinition,
    Entity,
    Field,
    OAuth2,
    Operator,
    Scope,
    Setting,
    ShapeError,
    Triggers,
    WriteOperations,
)
from appflow_connector import _shapes


def described(**fields: Any) -> Description:
    result: Description = _shapes.fit(Description, Description("O", "N", "1", **fields), "it")
    return result


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"api_versions": None}, "it.api_versions: expected a list, got nothing"),
        ({"api_versions": 2}, "it.api_versions: expected a list, got int"),
        ({"api_versions": {"v1"}}, "it.api_versions: expected a list, got set"),
        ({"settings": [Setting("a", "A", required="yes")]}, "it.settings[0].required: expected True or False, got str"),  # type: ignore[arg-type]
        ({"settings": [Setting("a", "A", required=1)]}, "it.settings[0].required: expected True or False, got int"),  # type: ignore[arg-type]
        ({"settings": [Setting("a", "A"), {"key": "b", "lable": "B"}]}, "it.settings[1]: Setting has no field 'lable'"),
        ({"settings": [{"key": "b"}]}, "it.settings[0]: Setting is missing 1 required positional argument: 'label'"),
        ({"settings": [Setting("a", "A", choices="eu")]}, "it.settings[0].choices: expected a list, got str"),
        ({"settings": [Setting("a", "A", choices=["eu", 1])]}, "it.settings[0].choices[1]: expected a text, got int"),  # type: ignore[list-item]
        ({"settings": [Setting("a", "A", scope="world")]}, "it.settings[0].scope: no Scope is called so"),  # type: ignore[arg-type]
        ({"triggers": ["schedulde"]}, "it.triggers[0]: no Triggers is called so; there are SCHEDULED, ON_DEMAND"),
        ({"triggers": {"scheduled": True}}, "it.triggers: expected Triggers or a list of its names, got dict"),
        ({"triggers": 1}, "it.triggers: expected Triggers or a list of its names, got int"),
        ({"authentication": ["basic"]}, "it.authentication[0]: expected Basic()"),
        ({"authentication": [OAuth2(7)]}, "it.authentication[0].token_urls: expected a list, got int"),  # type: ignore[arg-type]
        ({"logo_url": b"x"}, "it.logo_url: expected a text, got bytes"),
        ({"logo_url": "\ud800"}, "it.logo_url: a text with half of a surrogate pair"),
        ({"operators": ["="]}, "it.operators[0]: no Operator is called so"),
    ],
)
def test_what_does_not_fit_is_named(fields: dict[str, Any], place: str) -> None:
    with pytest.raises(ShapeError) as error:
        described(**fields)
    assert str(error.value).startswith(place)


def test_what_means_one_thing_only_is_taken() -> None:
    fitted = described(
        api_versions="v2",
        settings=(Setting("a", "A", scope="source_and_destination", choices=("x", "y")), {"key": "b", "label": "B"}),  # type: ignore[arg-type]
        authentication=ApiKey,
        triggers="scheduled",
        write_operations=["insert", "DELETE"],
        operators=("equal-to", Operator.BETWEEN),
    )
    assert fitted.api_versions == ["v2"]
    settings = list(fitted.settings)
    assert settings[0].scope is Scope.SOURCE_AND_DESTINATION and settings[0].choices == ["x", "y"]
    assert settings[1] == Setting("b", "B", choices=[])
    assert fitted.authentication == [ApiKey()]
    assert fitted.triggers is Triggers.SCHEDULED
    assert fitted.write_operations == WriteOperations.INSERT | WriteOperations.DELETE
    assert fitted.operators == [Operator.EQUAL_TO, Operator.BETWEEN]


@pytest.mark.parametrize(
    ("bounds", "texts"),
    [((0, 10), ("0", "10")), ((-1.5, 2.0), ("-1.5", "2.0")), ((Decimal("0.10"), "1e9999"), ("0.10", "1e9999"))],
)
def test_bounds_stay_exact(bounds: Any, texts: tuple[str, str]) -> None:
    field = Field.decimal("n", constraints=Constraints(value=bounds))
    fitted = _shapes.fit(Field, field, "field")
    assert fitted.constraints.value == Bounds(*texts)


@pytest.mark.parametrize("bounds", [(0, float("nan")), (True, 1), ("01", 2), (1,), "12", {"min": 0}, (0, None)])
def test_bounds_that_are_no_numbers_are_refused(bounds: Any) -> None:
    with pytest.raises(ShapeError, match=r"^field\.constraints\.value"):
        _shapes.fit(Field, Field.decimal("n", constraints=Constraints(value=bounds)), "field")


@pytest.mark.parametrize(
    ("properties", "place"),
    [({"a": 1}, r"properties\['a'\]"), ([("a", "b", "c")], r"properties\[0\]"), ("ab", "properties"), (["ab"], r"properties\[0\]"), (7, "properties")],
)
def test_pairs_are_pairs_of_texts(properties: Any, place: str) -> None:
    with pytest.raises(ShapeError, match=place):
        _shapes.fit(Entity, Entity("e", properties=properties), "entity")
    assert _shapes.fit(Entity, Entity("e", properties={"a": "b"}), "entity").properties == [("a", "b")]


@pytest.mark.parametrize("seconds", [-1, 2**32, 1.5, True, "600"])
def test_numbers_that_would_wrap_are_refused(seconds: Any) -> None:
    with pytest.raises(ShapeError, match="definition.cache_seconds"):
        _shapes.fit(EntityDefinition, EntityDefinition("e", [], cache_seconds=seconds), "definition")


def test_fields_have_sensible_defaults() -> None:
    assert (Field.text("id", primary_key=True).nullable, Field.text("x").nullable) == (False, True)
    for field, queryable in [
        (Field.text("a.b-c_1"), True),
        (Field.text("1a"), False),
        (Field.text("größe"), False),
        (Field.object("o"), False),
        (Field("l", DataType.ARRAY), False),
        (Field.text("t", queryable=False), False),
    ]:
        assert field.queryable is queryable, field.name


def test_an_attribute_deleted_by_its_author_is_named() -> None:
    entity = Entity("e")
    del entity.id
    with pytest.raises(ShapeError, match=r"entity\.id: expected a text, got nothing"):
        _shapes.fit(Entity, entity, "entity")
