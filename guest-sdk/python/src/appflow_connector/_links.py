"""The little of RFC 3986 and RFC 8288 that connectors need."""

from __future__ import annotations

import re
from urllib.parse import quote, urljoin

_LINK = re.compile(r'<([^<>]*)>((?:[^,"<]|"[^"]*")*)')
_PARAMETER = re.compile(r';\s*([^\s=;"]+)\s*=\s*("[^"]*"|[^\s;,"]+)')


def join(base: str, *segments: str) -> str:
    """Puts path segments behind an address, each encoded, so that no value can change the path.

    The segments ``.`` and ``..``, which no encoding can make plain, come out as ``%2E`` with a trailing ``%20``, a name that no
    application has.

    >>> join("https://a.example/v1/", "items", "x/y")
    'https://a.example/v1/items/x%2Fy'
    """
    url = base.rstrip("/")
    for segment in segments:
        url += "/" + ("%2E" * len(segment) + "%20" if segment in (".", "..") else quote(segment, safe="~"))
    return url


def resolve(base: str, link: str) -> str:
    """Resolves a link found in an answer: absolute, ``//host/path``, ``/path``, ``?query``, or relative to the last ``/``.

    >>> resolve("https://a.example/v1/items?x=1", "/v1/items?page=2")
    'https://a.example/v1/items?page=2'
    """
    return urljoin(base, link)


def with_query(url: str, query: str) -> str:
    """Adds to the query; a fragment, which is never sent, goes."""
    url = url.partition("#")[0]
    if "?" not in url:
        return f"{url}?{query}"
    return url + ("" if url.endswith(("?", "&")) else "&") + query


def links(header: str) -> dict[str, str]:
    """Targets of a ``Link`` header by relation, the first of each."""
    found: dict[str, str] = {}
    for match in _LINK.finditer(header):
        for name, value in _PARAMETER.findall(match.group(2)):
            if name.lower() == "rel":
                for relation in value.strip('"').lower().split():
                    found.setdefault(relation, match.group(1).strip())
    return found
