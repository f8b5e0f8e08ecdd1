"""Reads from Stripe and writes to it.

Lists are read newest first, as Stripe gives them, by ``starting_after`` while ``has_more``. What Stripe can filter by goes into the
request (:mod:`pushdown`), the rest of a condition is checked here, which the log says. Records go out as forms with an
``Idempotency-Key``, so that a record sent again, by the host or by AppFlow, is not written again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from appflow_connector import (
    ApiKey,
    At,
    ConnectorError,
    Context,
    Description,
    Destination,
    Entity,
    EntityDefinition,
    ErrorCode,
    HttpError,
    InvalidArgument,
    ListRequest,
    Next,
    Operation,
    Paging,
    QueryRequest,
    RetrieveRequest,
    Setting,
    Settings,
    Source,
    Unsupported,
    WriteOperations,
    WriteRequest,
    WriteResults,
    export,
    http,
    invocation,
    log,
    page,
    values,
)
from entities import KINDS, Kind
from form import encode, time_text
from pushdown import push_down

BASE = "https://api.stripe.com/v1"
API_VERSIONS = ("2024-06-20", "2023-10-16", "2020-08-27")
ACCOUNT = "account"
MOST = 100
"""Largest page of Stripe's."""
UNKNOWN = "not known to be written: "
"""Begins the result of a record that may have been written all the same."""
LEAST_MILLIS = 2_000
"""Milliseconds that a record should have, where none has been slower."""


def session(context: Context | None, settings: Settings) -> http.Session:
    """Stripe, as the connection's user: the API key is put in by the host."""
    headers = {"Stripe-Version": context.api_version} if context else {}
    if settings.get(ACCOUNT):
        headers["Stripe-Account"] = settings[ACCOUNT]
    return http.Session(BASE, auth="bearer", headers=headers)


def kind_of(name: str) -> Kind:
    """The entity of a name."""
    if name not in KINDS:
        raise InvalidArgument(f"there is no entity '{name[:128]}'; there are {', '.join(KINDS)}")
    return KINDS[name]


def pointer(name: str) -> str:
    """Where a field is in Stripe's object."""
    return "/" + name.replace(".", "/")


def converted(kind: Kind, names: list[str]) -> Any:
    """What makes a record for AppFlow of Stripe's object."""

    def convert(found: dict[str, Any]) -> dict[str, Any]:
        record = {}
        for name in names:
            value = values.value_at(found, pointer(name))
            if value is not values.ABSENT:
                record[name] = time_text(value) if name in kind.times else value
        return record

    return convert


def last_id(answer: http.Response, at: At) -> str | None:
    """Identifier of the last object on a page; pages are rarely shorter than asked for."""
    for index in range(at.size - 1, -1, -1):
        found = answer.text_at(f"/data/{index}/id")
        if found is not None:
            return found
    return None


@export
class Stripe(Source, Destination):
    def describe(self, locale: str) -> Description:
        return Description(
            "Connectors in WebAssembly",
            "Stripe",
            "0.1.0",
            api_versions=API_VERSIONS,
            settings=[
                Setting(ACCOUNT, "Connected account", description="Identifier of a connected account, acct_...; your own if empty")
            ],
            authentication=ApiKey(),
            write_operations=WriteOperations.INSERT | WriteOperations.UPDATE | WriteOperations.UPSERT | WriteOperations.DELETE,
        )

    def validate_credentials(self, settings: Settings) -> None:
        session(None, settings).get("customers", params={"limit": 1}).raise_for_status()

    def list_entities(self, context: Context, request: ListRequest) -> list[Entity]:
        return [Entity(name, label=kind.label, writable=bool(kind.operations)) for name, kind in KINDS.items()]

    def describe_entity(self, context: Context, entity: str) -> EntityDefinition:
        kind = kind_of(entity)
        return EntityDefinition(Entity(entity, label=kind.label, writable=bool(kind.operations)), kind.definition(), cache_seconds=86_400)

    def query(self, context: Context, request: QueryRequest) -> str | None:
        kind = kind_of(request.entity)
        self._refuse_unknown(kind, set(request.fields) | (request.condition.fields() if request.condition else set()))
        pushed = push_down(kind, request.condition)
        if pushed.rest is not None:
            log.info(
                "a part of the filter is checked after the fetch",
                entity=request.entity,
                checked=", ".join(sorted(pushed.rest.fields())),
                asked_for=", ".join(pushed.params) or "nothing",
            )
        stripe = session(context, context.settings)
        params = kind.always | pushed.params
        wanted = list(request.fields or kind.fields)
        if pushed.rest is None and not kind.times & set(wanted):
            # Nothing to check and no time to convert: the host picks the fields, and no record passes through here.
            picks = request.picks({name: pointer(name) for name in kind.fields})
            paging = Paging(request, records="/data", page_size=MOST, filtered=True, picks=picks)
        else:
            convert = converted(kind, list(kind.fields) if pushed.rest else wanted)
            paging = Paging(request, records="/data", page_size=MOST, filtered=True, check=pushed.rest, convert=convert)

        def fetch(at: At) -> http.Response:
            return stripe.get(kind.path, params=params | {"limit": at.size, "starting_after": at.cursor})

        return paging.follow(Next.found_by(last_id, more_at="/has_more"), fetch)

    def retrieve(self, context: Context, request: RetrieveRequest) -> None:
        kind = kind_of(request.entity)
        if request.id_field not in (None, "id"):
            raise Unsupported(f"retrieving by '{request.id_field[:128]}'; Stripe's objects are found by 'id'")
        self._refuse_unknown(kind, set(request.fields))
        stripe = session(context, context.settings)
        convert = converted(kind, list(request.fields or kind.fields))
        batch = page.Batch()
        count = 0
        for identifier in request.ids:
            with stripe.get(kind.path, identifier) as answer:
                if answer.status_code == 404:
                    continue
                found = answer.raise_for_status().json()
            if isinstance(found, dict) and not found.get("deleted"):
                count += 1
                batch.push(convert(found))
        if batch.finish() < count:
            raise InvalidArgument("the records do not fit into one answer; ask for fewer")

    def _refuse_unknown(self, kind: Kind, names: set[str]) -> None:
        unknown = sorted(name for name in names if name not in kind.fields)
        if unknown:
            raise InvalidArgument(f"{kind.label} have no field '{unknown[0][:128]}'")

    def write(self, context: Context, request: WriteRequest) -> WriteResults:
        kind = kind_of(request.entity)
        if not kind.operations & WriteOperations[request.operation.name]:
            raise Unsupported(f"{request.operation.name} of {kind.label}")
        if any(name != "id" for name in request.id_fields):
            raise Unsupported(f"writing by '{request.id_fields[0][:128]}'; Stripe's objects are found by 'id'")
        stripe = session(context, context.settings)
        results = request.results()
        keys = idempotency_keys(request)
        slowest, left = 0, invocation.millis_left()
        for index, record in enumerate(request.parse()):
            if index > 0:
                before, left = left, invocation.millis_left()
                slowest = max(slowest, before - left)
                # One that is cut off by the end of the time may have been written, and nobody would know.
                if left < max(2 * slowest, LEAST_MILLIS):
                    results.fail_rest("not sent, because the time was nearly over")
                    break
            identifier = record.get("id")
            known = identifier if isinstance(identifier, str) else ""
            try:
                written = self._write(stripe, kind, request.operation, record, keys[index])
                results.written(index, written or known)
            except ConnectorError as error:
                if index == 0 and whole(error):
                    # Nothing was written, and nothing would be: AppFlow may send all records again.
                    raise
                results.failed(index, reason(error), known)
                if whole(error) or request.all_or_none:
                    results.fail_rest("not tried, as a record before it failed")
                    break
        return results

    def _write(self, stripe: http.Session, kind: Kind, operation: Operation, record: Mapping[str, Any], key: str) -> str | None:
        """Writes a record; its identifier."""
        fields = dict(record)
        identifier = fields.get("id")
        is_new = operation is Operation.INSERT or operation is Operation.UPSERT and identifier in (None, "")
        if is_new:
            # An empty identifier is none, and Stripe makes one.
            if identifier in (None, ""):
                fields.pop("id", None)
            segments = [kind.path]
        else:
            fields.pop("id", None)
            if not isinstance(identifier, str) or not identifier:
                raise InvalidArgument("the record has no id")
            segments = [kind.path, identifier]
        if operation is Operation.DELETE:
            answer = stripe.delete(*segments)
        else:
            answer = stripe.post(*segments, data=encode(fields, kind.times), headers={"Idempotency-Key": key})
        with answer:
            if answer.ok:
                return answer.text_at("/id")
            refused(answer)
        return None


def refused(answer: http.Response) -> None:
    """Raises what Stripe answered. Its message may quote the record, so only the names of things are passed on."""
    try:
        answer.raise_for_status()
    except HttpError as error:
        try:
            named = [answer.text_at(f"/error/{name}") for name in ("type", "code", "decline_code", "param")]
        except ConnectorError:
            named = []
        words = " ".join(word for word in named if word and len(word) <= 64 and word.isascii())
        message = f"Stripe answered with status {error.status}" + (f": {words}" if words else "")
        raise HttpError(error.status, message, retry_after=error.retry_after) from None


def whole(error: ConnectorError) -> bool:
    """Whether an error is about the connection or about Stripe, not about one record."""
    about_record = (ErrorCode.INVALID_ARGUMENT, ErrorCode.CLIENT_ERROR)
    return error.code not in about_record


def reason(error: ConnectorError) -> str:
    """The result of a record."""
    unsure = (ErrorCode.SERVER_ERROR, ErrorCode.REQUEST_TIMEOUT, ErrorCode.SERVICE_UNAVAILABLE, ErrorCode.UNKNOWN_ERROR)
    return (UNKNOWN if error.code in unsure else "") + str(error)


def idempotency_keys(request: WriteRequest) -> list[str]:
    """A key for each record, the same whenever the same run of a flow sends it again. Alike records of one request are numbered, as
    each is to be written. Stripe forgets keys after a day."""
    details = invocation.current()
    run = details.execution_id or details.flow_name or ""
    seen: dict[str, int] = {}
    keys = []
    for text in request.records:
        number = seen[text] = seen.get(text, 0) + 1
        parts = json.dumps([run, request.entity, request.operation.name, text, number])
        keys.append(hashlib.sha256(parts.encode()).hexdigest()[:48])
    return keys
