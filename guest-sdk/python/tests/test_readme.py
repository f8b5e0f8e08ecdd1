"""What the documentation shows runs."""

import doctest
import importlib
import pkgutil
import re
from pathlib import Path
from typing import Any

import appflow_connector
import pytest

README = Path(__file__).resolve().parents[1] / "README.md"


def test_the_readme_runs() -> None:
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    assert len(blocks) == 3
    names: dict[str, Any] = {"__name__": "readme"}
    for block in blocks:
        exec(compile(block, str(README), "exec"), names)


@pytest.mark.parametrize("module", [module.name for module in pkgutil.iter_modules(appflow_connector.__path__)])
def test_the_examples_of_the_modules_run(module: str) -> None:
    if module != "_guest":
        assert doctest.testmod(importlib.import_module(f"appflow_connector.{module}")).failed == 0
