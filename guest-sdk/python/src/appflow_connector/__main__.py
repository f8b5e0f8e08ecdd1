"""The command ``appflow-connector``: makes a new connector, builds components."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from . import __version__, _build


def main(arguments: list[str] | None = None) -> int:
    """Runs the command; the exit code."""
    parser = argparse.ArgumentParser(prog="appflow-connector", description="Amazon AppFlow connectors in Python.")
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    new = commands.add_parser("new", help="make the folder of a new connector, with a test")
    new.add_argument("folder", type=Path, help="folder to make; its name is the connector's")

    build = commands.add_parser("build", help="build the component of a connector")
    build.add_argument("folder", type=Path, nargs="?", default=Path("."), help="folder of the connector [default: .]")
    build.add_argument(
        "-o", "--output", type=Path, help="component to write [default: connector.wasm in the folder of the connector]"
    )
    build.add_argument(
        "--module", help="module with the class marked by @export [default: connector, or module under [tool.appflow-connector]]"
    )
    build.add_argument(
        "--debug", action="store_true", help="write the messages of unexpected exceptions to the log; they may quote records"
    )
    options = parser.parse_args(arguments)
    try:
        if options.command == "new":
            _build.new(options.folder)
        else:
            _build.build(options.folder, options.output, module=options.module, debug=options.debug)
    except _build.BuildError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
