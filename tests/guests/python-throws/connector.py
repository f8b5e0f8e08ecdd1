"""A connector that raises, and returns what fits nowhere, in every operation.

The locale of ``describe``, and the setting ``how`` of everything else, says what happens; without one the operation does what it
should. Texts that begin with ``CANARY-`` stand for records: they may get into no log and no answer.
"""

from __future__ import annotations

import builtins
import datetime
import os
import sys
import time
from typing import Any

import appflow_connector as sdk
from appflow_connector import http, log, page
from appflow_connector.errors import ConnectorError

RECORD = "CANARY-RECORD-5d20"


class Peculiar(BaseException):
    """No ``Exception``."""

    def __str__(self) -> str:
        raise RuntimeError("no text")


class Careless(sdk.InvalidArgument):
    """Never calls what it is derived from."""

    def __init__(self) -> None:
        pass


def deep(depth: int) -> int:
    return deep(depth + 1) + 1


def chained() -> None:
    try:
        {}[RECORD]
    except KeyError as error:
        raise RuntimeError(RECORD) from error


def strange() -> ConnectorError:
    error = sdk.RateLimitExceeded("slow down")
    error.message = object()  # type: ignore[assignment]
    error.retry_after = "soon"  # type: ignore[assignment]
    error.code = "no-such-code"  # type: ignore[assignment]
    return error


def raising(how: str) -> None:
    """Raises, or ends the instance if the SDK does not prevent it."""
    if how == "exception":
        raise ValueError(f"invalid literal: '{RECORD}'")
    if how == "text":
        raise RECORD  # type: ignore[misc]
    if how == "chained":
        chained()
    if how == "exit":
        sys.exit(3)
    if how == "interrupt":
        raise KeyboardInterrupt
    if how == "peculiar":
        raise Peculiar
    if how == "group":
        raise ExceptionGroup("several", [ValueError(RECORD), TypeError(RECORD)])
    if how == "recursion":
        deep(0)
    if how == "memory":
        raise MemoryError
    if how == "careless":
        raise Careless
    if how == "strange":
        raise strange()
    if how == "surrogate":
        raise sdk.ServiceUnavailable("half of a pair: \ud83d", retry_after=7)
    if how == "clock":
        time.time()
    if how == "file":
        builtins.open("/etc/passwd")
    if how == "stat":
        os.stat("/")
    if how == "late-import":
        import colorsys  # noqa: F401
    if how == "typed":
        raise sdk.RateLimitExceeded("the daily quota is used up", retry_after=3600)
    if how == "http":
        raise sdk.HttpError(503, "down for the night", retry_after=60)
    if how == "unsupported":
        raise sdk.Unsupported("reading views")
    if how == "import-error":
        http.get("https://elsewhere.example.com/")
    if how == "print":
        print("printed", "for the operator")
        print("printed without a newline", end="")
        print("to the other stream", file=sys.stderr)


class Anything:
    pass


def returned(how: str, good: Any) -> Any:
    """What the operation returns."""
    raising(how)
    if how == "return-nothing":
        return None
    if how == "return-object":
        return Anything()
    if how == "return-false":
        return False
    if how == "return-text":
        return "tickets"
    if how == "return-surrogate":
        return "\udc00"
    return good


class Broken(sdk.Source, sdk.Destination):
    def describe(self, locale: str) -> Any:
        good = sdk.Description("Example", "Throws", "0.1.0", write_operations=sdk.WriteOperations.INSERT)
        if locale == "choices":
            good.settings = [sdk.Setting("region", "Region", choices="eu")]
        if locale == "setting-kind":
            good.settings = [sdk.Setting("region", "Region", kind="colour")]  # type: ignore[arg-type]
        if locale == "flags":
            good.triggers = ["scheduled", "sometimes"]  # type: ignore[assignment]
        if locale == "accepted":
            # All of it means one thing only, so it is taken.
            return {
                "owner": "Example",
                "name": "Throws",
                "version": "0.1.0",
                "api_versions": "v2",
                "settings": ({"key": "region", "label": "Region", "kind": "text", "choices": ("eu", "us")},),
                "authentication": [sdk.ApiKey, sdk.OAuth2(token_urls="https://login.example.com/token")],
                "triggers": ("scheduled", "ON_DEMAND"),
                "write_operations": "insert",
            }
        if locale == "unknown-key":
            return {"owner": "Example", "name": "Throws", "version": "0.1.0", "versoin": "2"}
        if locale == "missing-key":
            return {"owner": "Example", "version": "0.1.0"}
        if locale == "huge":
            good.name = 7  # type: ignore[assignment]
        return returned(locale, good)

    def validate_settings(self, scope: sdk.Scope, settings: sdk.Settings, authentication: Any) -> Any:
        if settings.get("how") == "dict":
            return {"how": "is no colour"}
        return returned(settings.get("how", ""), [])

    def validate_credentials(self, settings: sdk.Settings) -> Any:
        return returned(settings.get("how", ""), None)

    def list_entities(self, context: sdk.Context, request: sdk.ListRequest) -> Any:
        how = context.settings.get("how", "")
        if how == "entity-text":
            return [sdk.Entity("tickets"), "people"]
        if how == "cache":
            return sdk.EntityPage([sdk.Entity("tickets")], cache_seconds=-1)
        if how == "properties":
            return [sdk.Entity("tickets", properties=[("a", 1)])]  # type: ignore[list-item]
        return returned(how, (sdk.Entity(name) for name in ("tickets", "people")))

    def describe_entity(self, context: sdk.Context, entity: str) -> Any:
        how = context.settings.get("how", "")
        fields = [sdk.Field.text("id", primary_key=True), sdk.Field.date_time("at", incremental=True)]
        if how == "nullable":
            fields[1].nullable = "yes"  # type: ignore[assignment]
        if how == "bounds":
            fields[1].constraints = sdk.Constraints(value=(0, float("inf")))
        if how == "operators":
            fields[1].filter_operators = "equal-to"  # type: ignore[assignment]
        if how == "accepted":
            fields[1].filter_operators = ("equal-to", "less than".replace(" ", "_"))  # type: ignore[assignment]
            fields[1].properties = {"color": "blue"}
            fields[0].constraints = sdk.Constraints(length=(1, 40), allowed_values=("a", "b"))
            fields[0].id_for = ["update", "DELETE"]  # type: ignore[assignment]
        return returned(how, sdk.EntityDefinition(entity, fields))

    def query(self, context: sdk.Context, request: sdk.QueryRequest) -> Any:
        how = context.settings.get("how", "")
        record: dict[str, Any] = {"id": "1", "at": "2026-01-31T10:00:00Z"}
        if how == "record-set":
            record["id"] = {RECORD}
        if how == "record-nan":
            record["id"] = float("nan")
        if how == "record-surrogate":
            record["id"] = "\ud800"
        if how == "record-date":
            record["at"] = datetime.datetime(2026, 1, 31)
        if how == "record-list":
            page.emit([RECORD])  # type: ignore[arg-type]
        if how == "record-text":
            page.emit(RECORD)
        if how == "headers":
            http.get("https://api.example.com/", headers={"x-count": 7})  # type: ignore[dict-item]
        if how == "body":
            http.post("https://api.example.com/", json={"a": {RECORD}})
        if how == "auth":
            http.get("https://api.example.com/", auth="Bearer")
        if how == "log":
            log.info("odd \ud800", count=object(), half="\udfff")
        if how == "generator":
            return (one for one in [record])
        page.emit(request.only(record))
        return returned(how, None)

    def retrieve(self, context: sdk.Context, request: sdk.RetrieveRequest) -> Any:
        page.emit_all(request.only({"id": id}) for id in request.ids)
        return returned(context.settings.get("how", ""), None)

    def write(self, context: sdk.Context, request: sdk.WriteRequest) -> Any:
        how = context.settings.get("how", "")
        results = request.results()
        for index, record in enumerate(request.parse()):
            results.written(index, record.get("id", ""))
        if how == "too-few":
            return [sdk.WriteResult("1")] * (len(request.records) - 1)
        if how == "result-id":
            return [sdk.WriteResult(7)] * len(request.records)  # type: ignore[arg-type]
        return returned(how, results)


sdk.export(Broken)
