"""An unpacked image, and the emulators of Lambda that start it."""

import contextlib
import itertools
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

import boto3
import botocore.config
import botocore.exceptions

SCRIPT = pathlib.Path(__file__).with_name("container.sh")
# For emulators; all of loopback is the tests' own.
PORTS = itertools.count(9000)
# Until a server listens or a function has answered; nothing takes nearly as long.
LIMIT = 60
SYSTEM = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}


class Image:
    """An image as `umoci unpack` leaves it: its root, and its configuration in the form of a container runtime."""

    def __init__(self, bundle: pathlib.Path, settings: dict):
        self.root = bundle / "rootfs"
        self.configuration = json.loads((bundle / "config.json").read_text())
        self.settings = settings

    def files(self) -> dict[str, os.stat_result]:
        """What the image holds, by path."""
        return {str(path.relative_to(self.root)): path.lstat() for path in self.root.rglob("*")}

    def changed(self, folder: pathlib.Path, component: bytes | None) -> "Image":
        """A copy of the image with another compiled connector, or none."""
        bundle = folder / "bundle"
        shutil.copytree(self.root.parent, bundle, symlinks=True)
        (bundle / "rootfs/connector.cwasm").unlink()
        if component is not None:
            (bundle / "rootfs/connector.cwasm").write_bytes(component)
        return Image(bundle, self.settings)

    def command(self, names) -> list[str]:
        """The image's entry point, in its root, as its user."""
        process = self.configuration["process"]
        user = "{uid}:{gid}".format(**process["user"])
        return [
            *("unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", str(SCRIPT)),
            *(str(self.root), user, str(names.configuration)),
            *process["args"],
        ]

    @contextlib.contextmanager
    def under_emulator(self, names, variables: dict[str, str]):
        """The image as a function under AWS's Runtime Interface Emulator."""
        port = next(PORTS)
        command = [
            self.settings["emulator"],
            *("--runtime-interface-emulator-address", f"127.0.0.1:{port}"),
            *("--runtime-api-address", f"127.0.0.1:{next(PORTS)}"),
            *self.command(names),
        ]
        environment = {"AWS_LAMBDA_FUNCTION_TIMEOUT": "30", "AWS_LAMBDA_FUNCTION_NAME": "function", **variables}
        with running(self.settings, "emulator", command, environment) as log:
            listening(port, log)
            yield Function(f"http://127.0.0.1:{port}", "function", log)

    @contextlib.contextmanager
    def under_cargo_lambda(self, names, variables: dict[str, str], folder: pathlib.Path):
        """The image as a function under cargo-lambda, whose control plane takes programs built elsewhere."""
        port = next(PORTS)
        watch = [
            *(self.settings["cargo_lambda"], "lambda", "watch", "--only-lambda-apis"),
            *("--invoke-address", "127.0.0.1", "--invoke-port", str(port)),
        ]
        function = {
            "AWS_LAMBDA_RUNTIME_API": f"http://127.0.0.1:{port}/.rt",
            "AWS_LAMBDA_FUNCTION_NAME": "_",
            "AWS_LAMBDA_FUNCTION_VERSION": "1",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
            "AWS_LAMBDA_LOG_GROUP_NAME": "group",
            "AWS_LAMBDA_LOG_STREAM_NAME": "stream",
            **variables,
        }
        # It looks for a package where it is started, though it is to build none.
        (folder / "src").mkdir()
        (folder / "src/main.rs").touch()
        (folder / "Cargo.toml").write_text('[package]\nname = "none"\nversion = "0.0.0"\nedition = "2024"\n')
        # The toolchain that `cargo xtask` runs with, past rustup, which would look for its settings in the home folder.
        programs = pathlib.Path(os.environ["CARGO"]).parent
        home = {"HOME": str(folder), "PATH": f"{programs}:{SYSTEM['PATH']}"}
        with running(self.settings, "cargo-lambda", watch, home, folder) as log:
            listening(port, log)
            with running(self.settings, "function", self.command(names), function) as log:
                yield Function(f"http://127.0.0.1:{port}", "_", log)


class Function:
    """A function under an emulator, asked by AWS's own client."""

    def __init__(self, url: str, name: str, log: "Log"):
        self.name = name
        self.log = log
        self.client = boto3.client(
            "lambda",
            endpoint_url=url,
            region_name="eu-west-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=botocore.config.Config(read_timeout=LIMIT, retries={"total_max_attempts": 1}),
        )

    def ask(self, request: dict) -> dict:
        """Sends one request of AppFlow's and returns what came back."""
        answer = self.client.invoke(FunctionName=self.name, Payload=json.dumps(request))
        return json.loads(answer["Payload"].read())

    def fails(self, request: dict) -> bool:
        """Whether there is no answer, because the function did not start: AWS's emulator says "bad gateway" then."""
        try:
            self.ask(request)
        except botocore.exceptions.ClientError as error:
            return error.response["ResponseMetadata"]["HTTPStatusCode"] == 502
        return False


class Log:
    """What a program wrote, in a file that is left behind."""

    def __init__(self, place: pathlib.Path, process: subprocess.Popen):
        self.place = place
        self.process = process

    def text(self) -> str:
        return self.place.read_text(errors="replace")

    def hosts(self) -> list[pathlib.Path]:
        """Processes of the image that run under this one now, as folders of /proc."""
        found = []
        for process in descendants(self.process.pid):
            folder = pathlib.Path(f"/proc/{process}")
            with contextlib.suppress(OSError):
                if (folder / "comm").read_text().strip() == "bootstrap":
                    found.append(folder)
        return found


@contextlib.contextmanager
def running(settings: dict, name: str, command: list[str], environment: dict[str, str], folder=None):
    """A program that is ended with everything it started."""
    test = os.environ.get("PYTEST_CURRENT_TEST", "tests").split("::")[-1].split(" ")[0]
    place = pathlib.Path(settings["logs"]) / f"{test}-{name}.log"
    with place.open("w") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={**SYSTEM, **environment},
            cwd=folder,
        )
    try:
        yield Log(place, process)
    finally:
        # Looked up before the first one ends, whose children would then be nobody's.
        for one in [process.pid, *descendants(process.pid)]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(one, signal.SIGKILL)
        process.wait()


def descendants(parent: int) -> list[int]:
    """Processes that a process started, and those that they started."""
    found = []
    for child in children(parent):
        found += [child, *descendants(child)]
    return found


def children(parent: int) -> list[int]:
    """Processes that a process started and that run now, of all its threads."""
    found = []
    for place in pathlib.Path(f"/proc/{parent}/task").glob("*/children"):
        # A process or thread may end at any time.
        with contextlib.suppress(OSError):
            found += [int(child) for child in place.read_text().split()]
    return found


def listening(port: int, log: Log) -> None:
    """Waits until a port answers."""
    until(lambda: connects(port), lambda: f"nobody listens on port {port}:\n{log.text()}", log)


def until(condition, failure, log: Log) -> None:
    """Waits for a condition that another process brings about; ends at once if that process does."""
    end = time.monotonic() + LIMIT
    while not condition():
        if log.process.poll() is not None or time.monotonic() > end:
            raise AssertionError(failure())
        # Nothing tells of ports and files of other processes; this is the pace of asking, not a wait for luck.
        time.sleep(0.02)


def connects(port: int) -> bool:
    with contextlib.closing(socket.socket()) as client:
        return client.connect_ex(("127.0.0.1", port)) == 0
