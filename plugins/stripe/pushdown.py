"""What Stripe's lists can be asked for, and what must be checked after the fetch.

Lists take ``created[gte]``, ``[gt]``, ``[lte]`` and ``[lt]`` in whole seconds, and some fields by an exact value. A condition is
pushed down only if Stripe then gives exactly the records that meet it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from appflow_connector import Between, Bool, Comparator, Compare, Condition, DateTime, Text, times
from entities import Kind


@dataclass
class Pushed:
    """Parameters for the list, and the condition left."""

    params: dict[str, str] = field(default_factory=dict)
    rest: Condition | None = None


def push_down(kind: Kind, condition: Condition | None) -> Pushed:
    """Divides a condition."""
    pushed = Pushed()
    if condition is None:
        return pushed
    low: int | None = None
    high: int | None = None
    exact: dict[str, str] = {}

    def can(part: Condition) -> bool:
        nonlocal low, high
        bounds = _bounds(part)
        if bounds is not None:
            lower, upper = bounds
            low = lower if low is None else max(low, lower) if lower is not None else low
            high = upper if high is None else min(high, upper) if upper is not None else high
            return True
        name, value = _exact(kind, part)
        if name is None or exact.get(name, value) != value:
            # Two values for one parameter: no record has both, which the check finds.
            return False
        exact[name] = value
        return True

    pushed.rest = condition.split(can)[1]
    if low is not None:
        pushed.params["created[gte]"] = str(low)
    if high is not None:
        pushed.params["created[lte]"] = str(high)
    pushed.params |= exact
    return pushed


def _seconds(value: object) -> tuple[int, int] | None:
    """Whole seconds and nanoseconds of a point in time."""
    return times.parse(value.value) if isinstance(value, DateTime) else None


def _bounds(part: Condition) -> tuple[int | None, int | None] | None:
    """Both ends, included, of a condition on ``created``, in the whole seconds that Stripe has."""
    if isinstance(part, Between) and part.field == "created":
        low, high = _seconds(part.low), _seconds(part.high)
        if low is None or high is None:
            return None
        return _up(low), high[0]
    if not isinstance(part, Compare) or part.field != "created":
        return None
    at = _seconds(part.value)
    if at is None:
        return None
    match part.operator:
        case Comparator.GREATER_OR_EQUAL:
            return _up(at), None
        case Comparator.GREATER:
            return at[0] + 1, None
        case Comparator.LESS_OR_EQUAL:
            return None, at[0]
        case Comparator.LESS:
            return None, at[0] if at[1] else at[0] - 1
        case Comparator.EQUAL if at[1] == 0:
            return at[0], at[0]
        case _:
            return None


def _up(at: tuple[int, int]) -> int:
    return at[0] + math.ceil(at[1] / 1e9)


def _exact(kind: Kind, part: Condition) -> tuple[str, str] | tuple[None, str]:
    """A parameter that gives exactly the records with a value."""
    if not isinstance(part, Compare) or part.operator is not Comparator.EQUAL or part.field not in kind.exact:
        return None, ""
    if isinstance(part.value, Text) and part.value.value:
        return part.field, part.value.value
    if isinstance(part.value, Bool):
        return part.field, "true" if part.value.value else "false"
    return None, ""
