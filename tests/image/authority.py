"""Certificates for the tests of the running image.

    python authority.py FOLDER

leaves `authority.pem`, which the image's bundle gets, `server.pem`, by that authority, and `stranger.pem`, for the same
names by one that nobody knows.
"""

import pathlib
import sys

import trustme

NAMES = [
    "*.my.salesforce.com",
    "secretsmanager.eu-west-1.amazonaws.com",
]


def main() -> None:
    folder = pathlib.Path(sys.argv[1])
    known = trustme.CA(organization_name="appflow-wasm image test")
    known.cert_pem.write_to_path(folder / "authority.pem")
    known.issue_cert(*NAMES).private_key_and_cert_chain_pem.write_to_path(folder / "server.pem")
    stranger = trustme.CA(organization_name="nobody knows")
    stranger.issue_cert(*NAMES).private_key_and_cert_chain_pem.write_to_path(folder / "stranger.pem")


if __name__ == "__main__":
    main()
