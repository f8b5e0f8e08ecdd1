"""What Python does not have in a component, made to fail in words instead of ending the instance.

A component made by componentize-py with ``--stub-wasi`` has no files, no clock and no streams: calls that need one trap, which no
code can catch. What a connector is likely to touch by accident is replaced here: what is printed goes to the log, and clocks, files
and late imports raise.
"""

from __future__ import annotations

import builtins
import io
import os
import sys
import time
from collections.abc import Callable
from types import ModuleType
from typing import Any, NoReturn

from . import log


class LogStream(io.TextIOBase):
    """Standard output and error as log lines."""

    def __init__(self, level: str) -> None:
        self._level = level
        self._line = ""

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self._line += text
        *lines, self._line = self._line.split("\n")
        for line in lines:
            if line.strip():
                log.write(self._level, line)
        return len(text)

    def flush(self) -> None:
        line, self._line = self._line, ""
        if line.strip():
            log.write(self._level, line)


class NoLateImports:
    """The last finder: modules are found while the component is built, and never later."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> NoReturn:
        """Refuses."""
        raise ModuleNotFoundError(
            f"no module named {name!r} here: modules are imported at the top of files, while the component is built", name=name
        )


def _refusing(what: str) -> Callable[..., Any]:
    def refuse(*_: object, **__: object) -> NoReturn:
        raise OSError(f"a connector in Python has no {what}")

    return refuse


_CLOCKS = ("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "process_time", "sleep")
_FILES = ("open", "stat", "lstat", "listdir", "scandir", "mkdir", "remove", "unlink", "rename", "access", "urandom")


def _replace(module: ModuleType, names: tuple[str, ...], what: str) -> None:
    for name in names:
        if hasattr(module, name):
            setattr(module, name, _refusing(what))


def prepare() -> None:
    """Called once, at the end of a component's build."""
    sys.stdout, sys.stderr = LogStream("info"), LogStream("warn")
    sys.meta_path[:] = [
        finder for finder in sys.meta_path if getattr(finder, "__name__", "") in ("BuiltinImporter", "FrozenImporter")
    ]
    sys.meta_path.append(NoLateImports)
    _replace(time, _CLOCKS, "clock")
    _replace(os, _FILES, "files")
    builtins.open = io.open = _refusing("files")
