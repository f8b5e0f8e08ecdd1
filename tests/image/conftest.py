"""What stands around an image: names, TLS, Secrets Manager, Salesforce, and Lambda's emulators.

`cargo xtask image-test` runs these tests in namespaces of their own, so that the ports and addresses here are nobody
else's and nothing survives them.
"""

import json
import os
import pathlib

import boto3
import pytest

from lambdas import Image
from surroundings import Front, Moto, Names, StandIn

REGION = "eu-west-1"
# What Lambda puts into a function's environment from its role; moto takes any.
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": REGION}
SECRETS_MANAGER = f"secretsmanager.{REGION}.amazonaws.com"
ORGANISATION = "acme.my.salesforce.com"
STRANGER = "stranger.my.salesforce.com"
LOOPBACK = "loopback.my.salesforce.com"


@pytest.fixture(scope="session")
def settings():
    """Where everything is, from `cargo xtask image-test`."""
    place = os.environ.get("APPFLOW_IMAGE_TEST")
    if not place:
        pytest.exit("these tests are run by `cargo xtask image-test`", returncode=2)
    return json.loads(pathlib.Path(place).read_text())


@pytest.fixture(scope="session")
def names(settings, tmp_path_factory):
    """A name server on port 53 of loopback, as a VPC has one."""
    address = settings["address"]
    with Names(
        {
            ORGANISATION: address,
            STRANGER: address,
            SECRETS_MANAGER: address,
            LOOPBACK: "127.0.0.1",
        },
        tmp_path_factory.mktemp("names"),
    ) as names:
        yield names


@pytest.fixture(scope="session")
def salesforce(settings):
    """A small Salesforce, over plain HTTP on loopback."""
    with StandIn(settings["stand_in"]) as stand_in:
        yield stand_in


@pytest.fixture(scope="session")
def moto():
    """AWS's Secrets Manager, over plain HTTP on loopback."""
    with Moto() as moto:
        yield moto


@pytest.fixture(scope="session")
def front(settings, names, salesforce, moto):
    """TLS on port 443 of an address in the open, in front of both."""
    authority = pathlib.Path(settings["authority"])
    with Front(
        settings["address"],
        {
            ORGANISATION: (authority / "server.pem", salesforce.port),
            SECRETS_MANAGER: (authority / "server.pem", moto.port),
            STRANGER: (authority / "stranger.pem", salesforce.port),
        },
    ) as front:
        yield front


@pytest.fixture(scope="session")
def secret(moto, salesforce):
    """ARN of the secret of a connection."""
    client = boto3.client(
        "secretsmanager",
        endpoint_url=f"http://127.0.0.1:{moto.port}",
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    created = client.create_secret(
        Name="appflow!123456789012-salesforce-1", SecretString=json.dumps({"accessToken": salesforce.token})
    )
    return created["ARN"]


@pytest.fixture(scope="session")
def image(settings):
    """The image of the Salesforce connector."""
    return Image(pathlib.Path(settings["image"]), settings)


@pytest.fixture(scope="session")
def other_image(settings):
    """The image of the smallest connector."""
    return Image(pathlib.Path(settings["other_image"]), settings)


@pytest.fixture(scope="module")
def function(image, names, front):
    """A function of the Salesforce connector, under AWS's emulator."""
    with image.under_emulator(names, CREDENTIALS) as function:
        yield function
