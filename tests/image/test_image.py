"""The image that the registry gave, as files and as a function."""

import json
import stat
import struct
import subprocess

import pytest

from conftest import CREDENTIALS, LOOPBACK, ORGANISATION, SECRETS_MANAGER, STRANGER
from lambdas import until

ENTITY = "Account"
FIELDS = ["Id", "Name"]
PAGE = 2000


def context(secret: str, host: str, **more) -> dict:
    """What AppFlow says of a connection with each request."""
    return {
        "apiVersion": "v60.0",
        "connectorRuntimeSettings": {"instanceUrl": f"https://{host}", "IsSandboxAccount": "false"},
        "credentials": {"secretArn": secret, "authenticationType": "OAuth2"},
        **more,
    }


def describe_entity(secret: str, host: str) -> dict:
    return {
        "type": "DescribeEntityRequest",
        "entityIdentifier": ENTITY,
        "connectorContext": context(secret, host),
    }


def query(secret: str, host: str, definition: dict, token: str | None = None) -> dict:
    return {
        "type": "QueryDataRequest",
        "entityIdentifier": ENTITY,
        "selectedFieldNames": FIELDS,
        "maxResults": PAGE,
        "nextToken": token,
        "connectorContext": context(secret, host, entityDefinition=definition),
    }


# ------ files


def test_image_holds_three_files_and_nothing_else(image):
    files = image.files()
    regular = {path: status for path, status in files.items() if stat.S_ISREG(status.st_mode)}
    assert set(regular) == {"bootstrap", "connector.cwasm", "etc/ssl/certs/ca-certificates.crt"}
    assert {path for path in files if path not in regular} == {"etc", "etc/ssl", "etc/ssl/certs"}
    modes = {path: stat.S_IMODE(status.st_mode) for path, status in regular.items()}
    assert modes == {"bootstrap": 0o755, "connector.cwasm": 0o644, "etc/ssl/certs/ca-certificates.crt": 0o644}
    assert all((status.st_uid, status.st_gid) == (0, 0) for status in files.values()), "the function's user owns nothing"
    assert all(status.st_mtime == 0 for status in files.values()), "times are fixed"


def test_program_needs_no_other_file(image):
    """Neither a loader nor a library is named: the image has none."""
    program = (image.root / "bootstrap").read_bytes()
    assert program[:5] == b"\x7fELF\x02"
    (table,) = struct.unpack_from("<Q", program, 32)
    size, count = struct.unpack_from("<HH", program, 54)
    headers = [struct.unpack_from("<II6Q", program, table + index * size) for index in range(count)]
    interpreter, dynamic, needed = 3, 2, 1
    assert interpreter not in [header[0] for header in headers]
    for header in headers:
        if header[0] == dynamic:
            entries = struct.iter_unpack("<QQ", program[header[2] : header[2] + header[5]])
            assert needed not in [tag for tag, _ in entries]


# ------ a function


def test_other_connector_answers(other_image, names):
    with other_image.under_emulator(names, CREDENTIALS) as function:
        answer = function.ask({"type": "DescribeConnectorConfigurationRequest"})
    assert answer["isSuccess"] is True
    assert answer["connectorName"] == "Hello"


def test_function_describes_itself(function):
    answer = function.ask({"type": "DescribeConnectorConfigurationRequest"})
    assert answer["isSuccess"] is True
    assert answer["connectorName"] == "Salesforce"


def test_function_has_no_rights(function, image):
    """A user without capabilities, and no file it could write but in /tmp."""
    function.ask({"type": "DescribeConnectorConfigurationRequest"})
    process = function.log.hosts()[0]
    status = dict(line.split(":\t", 1) for line in (process / "status").read_text().splitlines() if ":\t" in line)
    user = image.configuration["process"]["user"]
    assert (user["uid"], user["gid"]) == (993, 990)
    assert status["Uid"].split() == ["993"] * 4
    assert status["Gid"].split() == ["990"] * 4
    assert status["Groups"].split() in ([], ["990"])
    assert int(status["CapEff"], 16) == int(status["CapPrm"], 16) == 0
    assert status["NoNewPrivs"].strip() == "1"
    # Of what its mounts show, only /tmp and /proc are writable, and /proc has rights of its own.
    mounts = [line.split() for line in (process / "mountinfo").read_text().splitlines()]
    options = {mount[4]: mount[5].split(",") for mount in mounts}
    assert "ro" in options["/"]
    assert "rw" in options["/tmp"]


def test_query_over_names_and_tls(function, secret, names, front):
    """The secret from Secrets Manager and the records from Salesforce, by their real names, over verified TLS."""
    described = function.ask(describe_entity(secret, ORGANISATION))
    assert described["isSuccess"] is True, described
    first = function.ask(query(secret, ORGANISATION, described["entityDefinition"]))
    assert first["isSuccess"] is True, first
    assert len(first["records"]) == PAGE
    second = function.ask(query(secret, ORGANISATION, described["entityDefinition"], first["nextToken"]))
    assert second["isSuccess"] is True, second
    assert len(second["records"]) == 500 and second.get("nextToken") is None
    ids = [json.loads(record)["Id"] for answer in (first, second) for record in answer["records"]]
    assert len(set(ids)) == PAGE + 500
    assert {ORGANISATION, SECRETS_MANAGER} <= set(front.served)
    assert {ORGANISATION, SECRETS_MANAGER} <= set(names.asked)


def test_tls_by_an_unknown_authority_is_refused(function, secret, front):
    answer = function.ask(describe_entity(secret, STRANGER))
    error = answer["errorDetails"]
    assert answer["isSuccess"] is False
    assert error["errorCode"] == "ServiceUnavailable"
    assert "certificate" in error["errorMessage"], error
    assert STRANGER not in front.served


def test_name_without_address_is_told(function, secret):
    answer = function.ask(describe_entity(secret, "nowhere.my.salesforce.com"))
    error = answer["errorDetails"]
    assert (answer["isSuccess"], error["errorCode"]) == (False, "ServiceUnavailable")
    assert "nowhere.my.salesforce.com" in error["errorMessage"], error


def test_name_of_a_private_address_is_refused(function, secret, names):
    answer = function.ask(describe_entity(secret, LOOPBACK))
    error = answer["errorDetails"]
    assert (answer["isSuccess"], error["errorCode"]) == (False, "AccessDenied"), error
    assert LOOPBACK in names.asked


def test_body_that_is_no_request_is_answered(function):
    answer = function.ask({"type": "Nothing"})
    assert answer["isSuccess"] is False
    assert "errorDetails" in answer


def test_cargo_lambda_runs_the_image(image, names, front, secret, tmp_path):
    """The second emulator, whose clients get what the function says too."""
    with image.under_cargo_lambda(names, CREDENTIALS, tmp_path) as function:
        described = function.ask({"type": "DescribeConnectorConfigurationRequest"})
        assert described["isSuccess"] is True, described
        entity = function.ask(describe_entity(secret, ORGANISATION))
        assert entity["isSuccess"] is True, entity


# ------ what cannot start


def damaged(compiled: bytes) -> bytes:
    """The same with one bit of its code turned over."""
    middle = len(compiled) // 2
    return compiled[:middle] + bytes([compiled[middle] ^ 1]) + compiled[middle + 1 :]


def test_component_for_another_processor_is_told(image, names, settings, tmp_path):
    other = "arm64" if (image.root / "bootstrap").read_bytes()[18:20] == b"\x3e\x00" else "x86_64"
    compiled = tmp_path / "other.cwasm"
    subprocess.run(
        [settings["tool"], "compile", settings["component"], "--quiet", "--target", other, "--output", compiled],
        check=True,
    )
    refuses(image.changed(tmp_path, compiled.read_bytes()), names, {}, f"compiled for {other}", "compile it again with")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (damaged, "is damaged"),
        (lambda compiled: compiled[: len(compiled) // 3], "is not a compiled connector"),
        (lambda compiled: b"\0asm" + compiled, "WebAssembly that has not been compiled"),
        (lambda compiled: None, "cannot read the compiled connector"),
    ],
    ids=["damaged", "cut", "not-compiled", "missing"],
)
def test_component_that_is_none_is_told(image, names, tmp_path, change, words):
    compiled = (image.root / "connector.cwasm").read_bytes()
    refuses(image.changed(tmp_path, change(compiled)), names, {}, words, "/connector.cwasm")


def test_setting_that_cannot_be_is_told(image, names):
    refuses(image, names, {"APPFLOW_STRICT": "perhaps"}, "APPFLOW_STRICT cannot be")


def refuses(image, names, variables, *words):
    """The host ends before it takes a request, the log says why, and the caller gets an error."""
    with image.under_emulator(names, {**CREDENTIALS, **variables}) as function:
        assert function.fails({"type": "DescribeConnectorConfigurationRequest"}), function.log.text()
        until(lambda: "cannot start" in function.log.text(), function.log.text, function.log)
        text = function.log.text()
        assert not function.log.hosts()
    for word in words:
        assert word in text, text

