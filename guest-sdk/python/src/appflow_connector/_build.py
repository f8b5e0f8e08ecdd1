"""Building components: what ``appflow-connector build`` does.

The connector is imported twice: by this interpreter, to see what it exports and whether its description fits, so that most mistakes
are told in a second; and by componentize-py inside the component, whose memory after that import is what ships.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
import tempfile
import tomllib
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
WIT = PACKAGE / "wit"
TEMPLATE = PACKAGE / "template"
ENTRY = "appflow_connector_entry"

_EXPORTS = {
    "source-connector": ("Configuration", "Metadata", "Source"),
    "destination-connector": ("Configuration", "Metadata", "Destination"),
    "connector": ("Configuration", "Metadata", "Source", "Destination"),
}

_INSPECT = """
import importlib, json, sys, traceback
from appflow_connector import connector, testing
try:
    module = importlib.import_module(sys.argv[1])
    kind = connector.exported(module)
    description = testing.FakeHost().describe(kind())
    print(json.dumps({"world": connector.world_of(kind), "name": description.name}))
except BaseException as error:
    cause = error.__cause__ or error
    while cause.__cause__ is not None:
        cause = cause.__cause__
    frames = [frame for frame in traceback.extract_tb(cause.__traceback__) if "appflow_connector" not in frame.filename]
    frames = [frame for frame in frames if not frame.filename.startswith("<")]
    place = f" ({frames[-1].filename}:{frames[-1].lineno})" if frames else ""
    print(json.dumps({"error": f"{type(cause).__name__}: {cause}{place}"}))
"""


class BuildError(Exception):
    """What is wrong, in words for the author."""


def build(folder: Path, output: Path | None = None, *, module: str | None = None, debug: bool = False) -> Path:
    """Makes the component of the connector in a folder.

    :raises BuildError: if there is no connector, or it cannot be built.
    """
    folder = folder.resolve()
    if not folder.is_dir():
        raise BuildError(f"{folder} is no folder")
    module = module or _module_of(folder)
    if not all(part.isidentifier() for part in module.split(".")):
        raise BuildError(f"'{module}' is no name of a module")
    output = (output or folder / "connector.wasm").resolve()
    # The author's own folder first, then what is installed beside this package.
    places = [place for place in (folder, folder / "src") if place.is_dir()]
    places += _installed()
    world, name = _inspected(module, places)
    with tempfile.TemporaryDirectory() as temporary:
        entry = Path(temporary) / f"{ENTRY}.py"
        names = ", ".join(_EXPORTS[world])
        entry.write_text(
            f"import {module}\nfrom appflow_connector import _guest\nfrom appflow_connector._guest import {names}\n\n"
            f"import sys\n_guest.bind(sys.modules[{module!r}], debug={debug})\n"
        )
        part = Path(temporary) / "component.wasm"
        command = [sys.executable, "-P", "-c", "from componentize_py import script; script()", "-q", "-d", str(WIT)]
        command += ["-w", f"appflow:connector/{world}", "componentize", "--stub-wasi"]
        for place in [Path(temporary), *places]:
            command += ["-p", str(place)]
        done = subprocess.run(
            [*command, ENTRY, "-o", str(part)], capture_output=True, text=True, env=_environment(places), check=False
        )
        if done.returncode != 0 or not part.is_file():
            shown = (done.stderr or done.stdout).partition("\n\nCaused by:")[0].partition("\n\nStack backtrace:")[0]
            raise BuildError(f"componentize-py failed:\n{shown.strip()}")
        output.parent.mkdir(parents=True, exist_ok=True)
        # Renamed into its place, so that nobody reads half a component; across file systems it is copied first.
        aside = output.with_name(f".{output.name}.{os.getpid()}")
        aside.write_bytes(part.read_bytes())
        aside.replace(output)
    size = output.stat().st_size / 1_000_000
    print(f"{name}: {world}, {size:.1f} MB, written to {_shown(output)}", file=sys.stderr)
    return output


def _shown(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _module_of(folder: Path) -> str:
    project = folder / "pyproject.toml"
    if project.is_file():
        try:
            settings = tomllib.loads(project.read_text())
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise BuildError(f"{project}: {error}") from None
        named = settings.get("tool", {}).get("appflow-connector", {}).get("module", "connector")
        if not isinstance(named, str):
            raise BuildError(f"{project}: module under [tool.appflow-connector] is the name of a module")
        return named
    return "connector"


def _installed() -> list[Path]:
    places = [PACKAGE.parent, Path(sysconfig.get_path("purelib"))]
    return list(dict.fromkeys(place.resolve() for place in places if place.is_dir()))


def _environment(places: list[Path]) -> dict[str, str]:
    environment = dict(os.environ)
    environment["PYTHONPATH"] = os.pathsep.join(map(str, places))
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    # Its backtraces say nothing to an author.
    environment["RUST_BACKTRACE"] = "0"
    for name in ("PYTHONHOME", "VIRTUAL_ENV"):
        environment.pop(name, None)
    return environment


def _inspected(module: str, places: list[Path]) -> tuple[str, str]:
    """The world and the name of a connector, by a process of its own."""
    try:
        import componentize_py  # noqa: F401
    except ImportError:
        raise BuildError("componentize-py is missing; install it: pip install componentize-py==0.25.1") from None
    done = subprocess.run(
        [sys.executable, "-P", "-c", _INSPECT, module], capture_output=True, text=True, env=_environment(places), check=False
    )
    try:
        found = json.loads(done.stdout.strip().splitlines()[-1])
    except (ValueError, IndexError):
        raise BuildError(f"the module '{module}' cannot be looked at:\n{done.stderr.strip()}") from None
    if "error" in found:
        raise BuildError(f"the module '{module}' is no connector: {found['error']}")
    return found["world"], found["name"]


def new(folder: Path) -> None:
    """Makes the folder of a new connector from the template.

    :raises BuildError: if there is something already, or the name is none.
    """
    name = folder.resolve().name
    if not re.fullmatch(r"[a-z][a-z0-9-]*", name):
        raise BuildError(f"'{name}' is no name of a connector: small letters, digits and hyphens, beginning with a letter")
    if folder.exists() and any(folder.iterdir()):
        raise BuildError(f"{folder} is not empty")
    folder.mkdir(parents=True, exist_ok=True)
    for file in sorted(file for file in TEMPLATE.iterdir() if file.is_file()):
        text = file.read_text()
        if file.suffix == ".toml":
            text = text.replace('name = "tickets"', f'name = "{name}"')
        (folder / file.name.removesuffix(".txt")).write_text(text)
        print(folder / file.name.removesuffix(".txt"))
