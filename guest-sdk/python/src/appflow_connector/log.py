"""Structured log lines, in the operator's log beside the host's own.

Never log records, secrets or filter values. At most 200 lines of 2,048 characters in one call are kept, with 32 fields each;
``debug`` lines only if the operator asks for them.

.. code-block:: python

    from appflow_connector import log

    log.info("entities listed", count=12)
"""

from __future__ import annotations

from typing import Any

from ._host import host


def _text(value: Any) -> str:
    try:
        text = value if isinstance(value, str) else str(value)
    except Exception:
        text = f"({type(value).__name__} without text)"
    # Logging must not fail because of a text.
    return text.encode("utf-8", "replace").decode()


def write(level: str, message: str, **fields: Any) -> None:
    """Writes a line of a weight: ``debug``, ``info``, ``warn`` or ``error``."""
    if level not in ("debug", "info", "warn", "error"):
        level = "info"
    host().log(level, _text(message), [(name, _text(value)) for name, value in fields.items()])


def debug(message: str, **fields: Any) -> None:
    """Writes a line for developers."""
    write("debug", message, **fields)


def info(message: str, **fields: Any) -> None:
    """Writes an ordinary line."""
    write("info", message, **fields)


def warn(message: str, **fields: Any) -> None:
    """Writes a line about something odd."""
    write("warn", message, **fields)


def error(message: str, **fields: Any) -> None:
    """Writes a line about something wrong."""
    write("error", message, **fields)
