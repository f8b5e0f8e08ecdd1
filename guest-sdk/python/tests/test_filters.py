"""The tree of a filter, and its evaluation."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from appflow_connector import All, AnyOf, Between, Bool, Comparator, Compare, Condition, DateTime, InvalidArgument, Not, Null, Num
from appflow_connector import OneOf, Other, Text, Unsupported
from appflow_connector.filters import MAX_DEPTH, Date, Node, tree


def one(name: str) -> Condition:
    return Compare(name, Comparator.EQUAL, Num("1"))


def leaf(name: str) -> Node:
    return Node("leaf", leaf=one(name))


def test_a_tree_keeps_its_shape_and_order() -> None:
    nodes = [Node("all-of", [1, 4]), Node("any-of", [3, 2]), leaf("b"), leaf("a"), Node("negate", [5]), Node("leaf", leaf=Other("new"))]
    assert tree(nodes) == All([AnyOf([one("a"), one("b")]), Not(Other("new"))])
    assert tree([]) is None


@pytest.mark.parametrize(
    "nodes",
    [
        [Node("negate", [0])],
        [Node("negate", [1]), Node("negate", [0])],
        [Node("negate", [7])],
        [Node("all-of", [2**32 - 1])],
        [Node("all-of", [1, 1]), leaf("a")],
        [Node("all-of", [1, 2]), Node("negate", [2]), leaf("a")],
        [leaf("a"), leaf("b")],
        [Node("all-of", [])],
        [Node("any-of", [])],
        [Node("leaf", leaf=OneOf("a", []))],
        [Node("negate", [index + 1]) for index in range(MAX_DEPTH)] + [leaf("a")],
        [Node("negate", [index + 1]) for index in range(100_000)] + [leaf("a")],
    ],
)
def test_what_is_no_tree_is_refused(nodes: list[Node]) -> None:
    with pytest.raises(InvalidArgument, match="malformed"):
        tree(nodes)


def test_the_deepest_tree_can_be_walked() -> None:
    deepest = tree([Node("negate", [index + 1]) for index in range(MAX_DEPTH - 1)] + [leaf("a")])
    assert deepest is not None and deepest.fields() == {"a"} and deepest.matches({"a": 2}) is (MAX_DEPTH % 2 == 0)


def test_every_short_list_of_nodes_is_a_tree_or_refused() -> None:
    groups = [Node("all-of", parts) for parts in ([1], [2], [1, 2])]
    shapes = [leaf("a"), *groups, Node("negate", [1]), Node("negate", [2])]
    for nodes in itertools.product(shapes, repeat=3):
        try:
            found = tree(nodes)
        except InvalidArgument:
            continue
        assert found is not None and sum(1 for _ in found.walk()) == 3, "every node is in the tree once"


RECORD: dict[str, Any] = {
    "name": "O'Neil", "age": 7, "big": 12345678901234567890, "price": "12.50", "open": True, "at": "2026-01-31T11:00:00+01:00",
    "day": "2026-01-31", "none": None, "address": {"city": "Ulm"}, "a.b": 1,
}


@pytest.mark.parametrize(
    ("condition", "met"),
    [
        (Compare("name", Comparator.EQUAL, Text("O'Neil")), True),
        (Compare("name", Comparator.CONTAINS, Text("Neil")), True),
        (Compare("age", Comparator.CONTAINS, Text("7")), False),
        (Compare("name", Comparator.LESS, Text("P")), True),
        (Compare("age", Comparator.EQUAL, Num("7.0")), True),
        (Compare("age", Comparator.EQUAL, Text("7")), True),
        (Compare("age", Comparator.GREATER, Num("6.999999999999999999999")), True),
        (Compare("big", Comparator.EQUAL, Num("12345678901234567890")), True),
        (Compare("big", Comparator.EQUAL, Num("12345678901234567891")), False),
        (Compare("price", Comparator.EQUAL, Num("12.5")), True),
        (Compare("open", Comparator.EQUAL, Bool(True)), True),
        (Compare("open", Comparator.EQUAL, Num("1")), False),
        (Compare("at", Comparator.EQUAL, DateTime("2026-01-31T10:00:00.000Z")), True),
        (Compare("at", Comparator.GREATER, Date("2026-01-31")), True),
        (Compare("day", Comparator.EQUAL, Date("2026-01-31")), True),
        (Compare("age", Comparator.GREATER, Date("2026-01-31")), False),
        (Compare("none", Comparator.EQUAL, Null()), True),
        (Compare("absent", Comparator.EQUAL, Null()), True),
        (Compare("age", Comparator.NOT_EQUAL, Null()), True),
        (Compare("none", Comparator.NOT_EQUAL, Num("1")), True),
        (Compare("none", Comparator.LESS_OR_EQUAL, Null()), False),
        (Compare("address.city", Comparator.EQUAL, Text("Ulm")), True),
        (Compare("a.b", Comparator.EQUAL, Num("1")), True),
        (Between("age", Num("7"), Num("8")), True),
        (Between("age", Num("8"), Num("9")), False),
        (OneOf("name", [Text("x"), Text("O'Neil")]), True),
        (Not(Compare("absent", Comparator.EQUAL, Num("1"))), True),
        (AnyOf([one("age"), Compare("age", Comparator.LESS, Num("8"))]), True),
        (All([Compare("age", Comparator.LESS, Num("8")), one("age")]), False),
        (Compare("age", Comparator.LESS, Num("1e99999999")), True),
        (Compare("age", Comparator.LESS, Num("nonsense")), False),
    ],
)
def test_records_are_checked(condition: Condition, met: bool) -> None:
    assert condition.matches(RECORD) is met


def test_a_condition_newer_than_the_package_is_unsupported() -> None:
    with pytest.raises(Unsupported):
        Other("?").matches({})


def test_conditions_are_divided() -> None:
    whole = All([one("x"), All([one("y"), one("z")])])
    assert whole.conjuncts() == [one("x"), one("y"), one("z")]
    pushed, rest = whole.split(lambda part: part.fields() == {"y"})
    assert (pushed, rest) == (one("y"), All([one("x"), one("z")]))
    assert AnyOf([one("x"), one("y")]).split(lambda part: True)[1] is None
