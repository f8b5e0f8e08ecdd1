"""The bindings that componentize-py makes, for tests of the component's side."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from appflow_connector import _build


@pytest.fixture(scope="session")
def bindings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Puts the bindings of the widest world where they can be imported."""
    folder = tmp_path_factory.mktemp("bindings")
    command = [sys.executable, "-c", "from componentize_py import script; script()", "-q", "-d", str(_build.WIT)]
    subprocess.run([*command, "-w", "appflow:connector/connector", "bindings", str(folder)], check=True)
    sys.path.insert(0, str(folder))
    yield folder
    sys.path.remove(str(folder))
