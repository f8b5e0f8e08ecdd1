"""Points in time as texts and as seconds since 1970, without a clock, which a component in Python does not have.

>>> parse("2026-01-31T11:00:00.250+01:00")
(1769853600, 250000000)
>>> text(1769853600)
'2026-01-31T10:00:00Z'
"""

from __future__ import annotations

import datetime
import re

_INSTANT = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(Z|z|[+-]\d{2}:?\d{2})?)?", re.ASCII
)
_EPOCH = datetime.date(1970, 1, 1).toordinal()
_ZERO = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def parse(text: str) -> tuple[int, int] | None:
    """Seconds since 1970 and nanoseconds of a date (its first moment, UTC) or a point in time with ``Z`` or an offset; none if the
    text is neither."""
    match = _INSTANT.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    try:
        days = datetime.date(int(year), int(month), int(day)).toordinal() - _EPOCH
    except ValueError:
        return None
    if int(hour or 0) > 23 or int(minute or 0) > 59 or int(second or 0) > 60:
        return None
    seconds = days * 86_400 + int(hour or 0) * 3600 + int(minute or 0) * 60 + int(second or 0)
    if zone and zone not in "Zz":
        offset = int(zone[1:3]) * 3600 + int(zone[-2:]) * 60
        seconds -= offset if zone[0] == "+" else -offset
    return seconds, int((fraction or "0").ljust(9, "0"))


def text(seconds: int) -> str:
    """Seconds since 1970 as a point in time.

    :raises OverflowError: for a year before 1 or after 9999.
    """
    return (_ZERO + datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
