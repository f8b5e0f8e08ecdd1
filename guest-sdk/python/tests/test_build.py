"""The command: what it makes, and what it says about mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest
from appflow_connector.__main__ import main

HEAD = """from appflow_connector import *
class Broken(Source):
    def describe(self, locale): return Description("O", "N", "1")
    def validate_credentials(self, settings): pass
    def list_entities(self, context, request): return []
    def describe_entity(self, context, entity): return EntityDefinition(entity, [])
"""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has no class marked by @export"),
        ("import nonsense_module", "ModuleNotFoundError: No module named 'nonsense_module' ({folder}/connector.py:1)"),
        ("x = (", "SyntaxError"),
        (HEAD + "export(Broken)", "TypeError: Broken lacks: query ({folder}/connector.py:7)"),
        (HEAD + "    async def query(self, context, request): pass\nexport(Broken)", "Broken.query is async"),
        (HEAD + "    query = 1\nexport(Broken)\nclass Other(Broken): pass\nexport(Other)", "more than one class marked by @export"),
        (HEAD.replace('"1"', "1") + "    query = 1\nexport(Broken)", "describe() returned.version: expected a text, got int"),
        (HEAD.replace('Description("O", "N", "1")', "1 // 0") + "    query = 1\nexport(Broken)", "ZeroDivisionError"),
        ("from appflow_connector import export\nexport(int)", "@export is for a class derived from Source"),
        ("import sys\nsys.exit(3)", "SystemExit: 3"),
    ],
)
def test_mistakes_are_told_before_anything_is_built(
    text: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "connector.py").write_text(text)
    # A module of the same name where the command is given is not the connector.
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "connector.py").write_text("raise RuntimeError('the wrong one')")
    monkeypatch.chdir(elsewhere)
    assert main(["build", str(tmp_path)]) == 1
    assert message.format(folder=tmp_path) in capsys.readouterr().err
    assert not (tmp_path / "connector.wasm").exists()


def test_folders_without_a_connector(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["build", str(tmp_path / "nowhere")]) == 1
    assert "is no folder" in capsys.readouterr().err
    (tmp_path / "pyproject.toml").write_text("[tool.appflow-connector]\nmodule = 7")
    assert main(["build", str(tmp_path)]) == 1
    assert "is the name of a module" in capsys.readouterr().err
    (tmp_path / "pyproject.toml").write_text("[tool.appflow-connector")
    assert main(["build", str(tmp_path)]) == 1
    assert "pyproject.toml" in capsys.readouterr().err
    assert main(["build", str(tmp_path), "--module", "os; print(1)"]) == 1
    assert "is no name of a module" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["Tickets", "my connector", "1st", ".."])
def test_names_of_new_connectors(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new", str(tmp_path / "folder" / name)]) == 1
    assert "error: " in capsys.readouterr().err


def test_a_new_connector_overwrites_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "orders"
    assert main(["new", str(folder)]) == 0
    assert 'name = "orders"' in (folder / "connector.toml").read_text()
    assert main(["new", str(folder)]) == 1
    assert "is not empty" in capsys.readouterr().err
