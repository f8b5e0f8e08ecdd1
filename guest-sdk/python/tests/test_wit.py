"""The copy of the contract that the package carries."""

from pathlib import Path

from appflow_connector import _build, __version__

REPOSITORY = Path(__file__).resolve().parents[3]


def test_the_contract_in_the_package_is_that_of_the_repository() -> None:
    own = {path.name: path.read_text() for path in _build.WIT.glob("*.wit")}
    theirs = {path.name: path.read_text() for path in (REPOSITORY / "wit").glob("*.wit")}
    assert own == theirs, "copy wit/*.wit to guest-sdk/python/src/appflow_connector/wit"


def test_the_version_is_that_of_the_contract() -> None:
    series = ".".join(__version__.split(".")[:2])
    assert f"package appflow:connector@{series}." in (_build.WIT / "common.wit").read_text()
    assert f'version = "{__version__}"' in (REPOSITORY / "guest-sdk/python/pyproject.toml").read_text()
