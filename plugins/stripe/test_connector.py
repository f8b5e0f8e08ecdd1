"""The connector's logic against a stand-in of a few lines; real servers are asked in the repository's behaviour tests."""

from __future__ import annotations

from typing import Any

import pytest
from appflow_connector import (
    All,
    AnyOf,
    Between,
    Bool,
    Comparator,
    Compare,
    Condition,
    DateTime,
    ErrorCode,
    HttpError,
    InvalidArgument,
    Num,
    Operation,
    QueryRequest,
    RequestTimeout,
    RetrieveRequest,
    Text,
    Unsupported,
    WriteRequest,
)
from appflow_connector.filters import Filter
from appflow_connector.testing import Answer, FakeHost, Sent
from connector import Stripe
from entities import KINDS
from form import encode, time_text
from pushdown import push_down

CREATED = 1_769_853_600  # 2026-01-31T10:00:00Z
CUSTOMERS: list[dict[str, Any]] = [
    {
        "id": f"cus_{number:03}",
        "object": "customer",
        "created": CREATED - number,
        "name": f"Customer {number}",
        "balance": number,
        "address": {"city": "Ulm" if number % 2 else "Bonn", "country": "DE"},
        "metadata": {"tier": "gold"},
    }
    for number in range(250)
]


def application(request: Sent) -> Answer:
    """Stripe's list of customers, newest first."""
    query = request.query
    found = [one for one in CUSTOMERS if int(query.get("created[gte]", 0)) <= one["created"] <= int(query.get("created[lte]", 2**40))]
    if "starting_after" in query:
        found = found[[one["id"] for one in found].index(query["starting_after"]) + 1 :]
    size = int(query["limit"])
    return Answer(json={"object": "list", "data": found[:size], "has_more": len(found) > size})


def read(request: QueryRequest, **options: Any) -> tuple[list[dict[str, Any]], FakeHost]:
    host = FakeHost(application, **options)
    pages = host.pages(Stripe(), request)
    return [record for page in pages for record in page.records], host


@pytest.mark.parametrize("limit", [1, 7, 99, 100, 101, 1000])
@pytest.mark.parametrize("fields", [("id", "address.city"), ("id", "created")])
def test_every_record_comes_once(limit: int, fields: tuple[str, ...]) -> None:
    records, _ = read(QueryRequest("customers", fields, limit=limit))
    assert [record["id"] for record in records] == [one["id"] for one in CUSTOMERS]
    expected = {"id": "cus_001", "address.city": "Ulm", "created": "2026-01-31T09:59:59Z"}
    assert records[1] == {name: expected[name] for name in fields}


def test_all_fields_are_there_without_a_choice() -> None:
    (record, *_), _ = read(QueryRequest("customers", limit=1, filter=Filter(limit=1)))
    assert record["created"] == "2026-01-31T10:00:00Z" and record["metadata"] == {"tier": "gold"}
    assert record["address"] == {"city": "Bonn", "country": "DE"} and record["address.city"] == "Bonn"
    assert set(record) <= set(KINDS["customers"].fields)


def at(text: str) -> DateTime:
    return DateTime(f"2026-01-31T{text}Z")


@pytest.mark.parametrize(
    ("condition", "params"),
    [
        (Between("created", at("09:59:00"), at("10:00:00")), {"created[gte]": CREATED - 60, "created[lte]": CREATED}),
        (Between("created", at("09:59:00.001"), at("10:00:00.999")), {"created[gte]": CREATED - 59, "created[lte]": CREATED}),
        (Compare("created", Comparator.GREATER_OR_EQUAL, at("10:00:00")), {"created[gte]": CREATED}),
        (Compare("created", Comparator.GREATER_OR_EQUAL, at("10:00:00.5")), {"created[gte]": CREATED + 1}),
        (Compare("created", Comparator.GREATER, at("10:00:00")), {"created[gte]": CREATED + 1}),
        (Compare("created", Comparator.GREATER, at("10:00:00.5")), {"created[gte]": CREATED + 1}),
        (Compare("created", Comparator.LESS_OR_EQUAL, at("10:00:00.5")), {"created[lte]": CREATED}),
        (Compare("created", Comparator.LESS, at("10:00:00")), {"created[lte]": CREATED - 1}),
        (Compare("created", Comparator.LESS, at("10:00:00.5")), {"created[lte]": CREATED}),
        (Compare("created", Comparator.EQUAL, at("10:00:00")), {"created[gte]": CREATED, "created[lte]": CREATED}),
        (Compare("email", Comparator.EQUAL, Text("a@b.c")), {"email": "a@b.c"}),
        (
            All([Between("created", at("09:00:00"), at("10:00:00")), Compare("created", Comparator.GREATER, at("09:59:59"))]),
            {"created[gte]": CREATED, "created[lte]": CREATED},
        ),
    ],
)
def test_what_stripe_can_filter_by_goes_into_the_request(condition: Condition, params: dict[str, Any]) -> None:
    pushed = push_down(KINDS["customers"], condition)
    assert pushed.rest is None
    assert pushed.params == {name: str(value) for name, value in params.items()}


@pytest.mark.parametrize(
    "condition",
    [
        Compare("created", Comparator.NOT_EQUAL, at("10:00:00")),
        Compare("created", Comparator.EQUAL, at("10:00:00.5")),
        Compare("created", Comparator.GREATER, Num("5")),
        Compare("email", Comparator.CONTAINS, Text("@b")),
        Compare("email", Comparator.EQUAL, Text("")),
        Compare("name", Comparator.EQUAL, Text("Ada")),
        AnyOf([Compare("created", Comparator.GREATER, at("10:00:00")), Compare("email", Comparator.EQUAL, Text("a"))]),
    ],
)
def test_what_stripe_cannot_filter_by_is_left(condition: Condition) -> None:
    pushed = push_down(KINDS["customers"], condition)
    assert (pushed.rest, pushed.params) == (condition, {})


def test_two_values_for_one_parameter_are_not_both_asked_for() -> None:
    one, other = (Compare("status", Comparator.EQUAL, Text(text)) for text in ("paid", "open"))
    pushed = push_down(KINDS["invoices"], All([one, other, Compare("paid", Comparator.EQUAL, Bool(True))]))
    assert pushed.params == {"status": "paid"} and pushed.rest == All([other, Compare("paid", Comparator.EQUAL, Bool(True))])


@pytest.mark.parametrize("limit", [3, 100])
def test_the_rest_is_checked_after_the_fetch_and_the_log_says_so(limit: int) -> None:
    condition = All(
        [
            Compare("created", Comparator.GREATER_OR_EQUAL, at("09:58:00")),
            Compare("address.city", Comparator.EQUAL, Text("Ulm")),
            Compare("balance", Comparator.LESS, Num("50")),
        ]
    )
    records, host = read(QueryRequest("customers", ["id"], Filter(condition), limit))
    assert [record["id"] for record in records] == [f"cus_{number:03}" for number in range(1, 50, 2)]
    assert all(set(record) == {"id"} for record in records), "what is checked need not be wanted"
    assert all(sent.query["created[gte]"] == str(CREATED - 120) for sent in host.requests)
    message = ("info", "a part of the filter is checked after the fetch")
    assert [line[:2] for line in host.logs] == [message]
    assert host.logs[0][2] == {"entity": "customers", "checked": "address.city, balance", "asked_for": "created[gte]"}


def test_cancelled_subscriptions_are_read_too_unless_a_filter_says_otherwise() -> None:
    host = FakeHost(lambda _: Answer(json={"data": [], "has_more": False}))
    host.query(Stripe(), QueryRequest("subscriptions"))
    assert host.requests[0].query["status"] == "all"
    active = Compare("status", Comparator.EQUAL, Text("active"))
    host.query(Stripe(), QueryRequest("subscriptions", filter=Filter(active)))
    assert host.requests[0].query["status"] == "active"


@pytest.mark.parametrize(
    "request_",
    [
        QueryRequest("unicorns"),
        QueryRequest("customers", ["nonsense"]),
        QueryRequest("customers", filter=Filter(Compare("nonsense", Comparator.EQUAL, Num("1")))),
    ],
)
def test_what_does_not_exist_is_refused_before_anything_is_asked(request_: QueryRequest) -> None:
    host = FakeHost(application)
    with pytest.raises(InvalidArgument):
        host.query(Stripe(), request_)
    assert host.requests == []


def test_a_page_that_ends_too_early_is_followed_all_the_same() -> None:
    def short(request: Sent) -> Answer:
        after = request.query.get("starting_after")
        data = {None: [{"id": "a"}], "a": [{"id": "b"}]}[after]
        return Answer(json={"data": data, "has_more": after is None})

    pages = FakeHost(short).pages(Stripe(), QueryRequest("customers", ["id"]))
    assert [record["id"] for page in pages for record in page.records] == ["a", "b"]


def test_objects_are_fetched_by_identifier() -> None:
    def answer(request: Sent) -> Answer:
        found: dict[str, Answer] = {
            "/v1/customers/cus_1": Answer(json={"id": "cus_1", "created": 0}),
            "/v1/customers/cus_2": Answer(json={"id": "cus_2", "deleted": True}),
            "/v1/customers/a%2F..%2Fb": Answer(json={"id": "odd"}),
        }
        return found.get(request.path, Answer(404))

    host = FakeHost(answer)
    page = host.retrieve(Stripe(), RetrieveRequest("customers", ["cus_1", "cus_2", "cus_3", "a/../b"], ["id", "created"]))
    assert page.records == [{"id": "cus_1", "created": "1970-01-01T00:00:00Z"}, {"id": "odd"}]
    with pytest.raises(Unsupported):
        host.retrieve(Stripe(), RetrieveRequest("customers", ["a"], id_field="email"))


def written(answer: Any, records: list[str], operation: Operation = Operation.INSERT, **options: Any) -> tuple[Any, FakeHost]:
    host = FakeHost(answer if callable(answer) else lambda _: answer)
    return host.write(Stripe(), WriteRequest("customers", operation, records, **options)), host


def test_records_go_out_as_forms() -> None:
    record = '{"name":"Ada & Co","address":{"city":"Ulm"},"address.country":"DE","preferred_locales":["de","en"],"phone":null,"balance":-5}'
    results, host = written(Answer(json={"id": "cus_9"}), [record])
    assert [(result.record_id, result.error) for result in results] == [("cus_9", None)]
    (sent,) = host.requests
    assert (sent.method, sent.path) == ("POST", "/v1/customers")
    assert sent.headers["content-type"] == "application/x-www-form-urlencoded" and sent.headers["stripe-version"] == "v1.0"
    assert sent.form == {
        "name": "Ada & Co",
        "address[city]": "Ulm",
        "address[country]": "DE",
        "preferred_locales[0]": "de",
        "preferred_locales[1]": "en",
        "phone": "",
        "balance": "-5",
    }


def test_points_in_time_become_seconds() -> None:
    assert encode({"due_date": "2026-01-31T10:00:00.000Z", "x": True}, {"due_date"}) == [("due_date", str(CREATED)), ("x", "true")]
    with pytest.raises(InvalidArgument, match="due_date"):
        encode({"due_date": "soon"}, {"due_date"})
    assert [time_text(value) for value in (CREATED, None, "x", True, 10**18)] == ["2026-01-31T10:00:00Z", None, "x", True, None]


def test_a_record_sent_again_has_the_same_key_and_alike_ones_have_others() -> None:
    records = ['{"name":"a"}', '{"name":"a"}', '{"name":"b"}']
    keys = []
    for _ in range(2):
        _, host = written(Answer(json={"id": "x"}), records)
        keys.append([sent.headers["idempotency-key"] for sent in host.requests])
    assert keys[0] == keys[1] and len(set(keys[0])) == 3
    _, host = written(Answer(json={"id": "x"}), ['{"id":"c","name":"a"}'], Operation.UPDATE, id_fields=["id"])
    assert host.requests[0].headers["idempotency-key"] not in keys[0]


def test_updates_upserts_and_removals() -> None:
    _, host = written(Answer(json={"id": "cus_1"}), ['{"id":"cus_1","name":"a"}'], Operation.UPDATE, id_fields=["id"])
    assert (host.requests[0].path, host.requests[0].form) == ("/v1/customers/cus_1", {"name": "a"})
    _, host = written(Answer(json={"id": "cus_1"}), ['{"id":"cus_1","name":"a"}', '{"id":"","name":"b"}'], Operation.UPSERT)
    assert [sent.path for sent in host.requests] == ["/v1/customers/cus_1", "/v1/customers"]
    results, host = written(Answer(json={"id": "cus_1", "deleted": True}), ['{"id":"cus_1"}', "{}"], Operation.DELETE)
    assert [(sent.method, sent.path) for sent in host.requests] == [("DELETE", "/v1/customers/cus_1")]
    assert [result.error for result in results] == [None, "the record has no id"]


@pytest.mark.parametrize(
    ("entity", "operation", "options"),
    [
        ("charges", Operation.DELETE, {}),
        ("events", Operation.INSERT, {}),
        ("customers", Operation.UPDATE, {"id_fields": ["email"]}),
    ],
)
def test_what_stripe_cannot_do_is_unsupported(entity: str, operation: Operation, options: Any) -> None:
    host = FakeHost(lambda _: Answer(json={}))
    with pytest.raises(Unsupported):
        host.write(Stripe(), WriteRequest(entity, operation, ["{}"], **options))
    assert host.requests == []


def refusing(status: int, *names: str) -> Any:
    """Refuses records of these names, with a message that quotes them."""

    def answer(request: Sent) -> Answer:
        if request.form.get("name") not in names:
            return Answer(json={"id": "cus_new"})
        error = {"type": "card_error", "code": "card_declined", "param": "name", "message": f"no such {request.form['name']}"}
        return Answer(status, json={"error": error}, headers={"Retry-After": "9"})

    return answer


def test_a_record_refused_does_not_stop_the_others() -> None:
    results, _ = written(refusing(402, "b"), ['{"name":"a"}', '{"name":"b","id":""}', '{"name":"c"}'])
    assert [result.error for result in results] == [None, "Stripe answered with status 402: card_error card_declined name", None]


def test_all_or_none_stops_at_the_first_failure() -> None:
    results, host = written(refusing(400, "b"), ['{"name":"a"}', '{"name":"b"}', '{"name":"c"}'], all_or_none=True)
    assert len(host.requests) == 2
    assert results[0].error is None and results[2].error == "not tried, as a record before it failed"


@pytest.mark.parametrize(
    ("status", "code"),
    [(401, ErrorCode.INVALID_CREDENTIALS), (429, ErrorCode.RATE_LIMIT_EXCEEDED), (500, ErrorCode.SERVER_ERROR)],
)
def test_a_failure_of_the_connection_fails_all_if_nothing_was_written(status: int, code: ErrorCode) -> None:
    with pytest.raises(HttpError) as error:
        written(refusing(status, "a"), ['{"name":"a"}', '{"name":"b"}'])
    assert (error.value.code, error.value.retry_after) == (code, 9)
    results, host = written(refusing(status, "b"), ['{"name":"a"}', '{"name":"b"}', '{"name":"c"}'])
    assert len(host.requests) == 2 and results[0].error is None and results[2].error
    assert str(results[1].error).startswith("not known to be written: " if status == 500 else "Stripe answered")


def test_no_record_is_sent_when_its_time_is_nearly_over() -> None:
    host = FakeHost(lambda _: Answer(json={"id": "cus_1"}), millis=10_000, millis_per_request=3_000)
    results = host.write(Stripe(), WriteRequest("customers", Operation.INSERT, ['{"name":"a"}', '{"name":"b"}', '{"name":"c"}']))
    # 10 s, then 7; the third would begin with 4, and the slowest took 3.
    assert [result.error for result in results] == [None, None, "not sent, because the time was nearly over"]
    assert len(host.requests) == 2


def test_an_answer_that_never_came_leaves_the_record_in_doubt() -> None:
    def answer(request: Sent) -> Answer:
        return Answer(error=RequestTimeout("too slow")) if request.form["name"] == "b" else Answer(json={"id": "x"})

    results, _ = written(answer, ['{"name":"a"}', '{"name":"b"}'])
    assert results[1].error == "not known to be written: too slow"


def test_the_definition_offers_what_can_be_done() -> None:
    definition = FakeHost().describe_entity(Stripe(), "customers")
    created, address = definition.field("created"), definition.field("address")
    assert created and created.incremental and not created.creatable
    assert address and not address.queryable and address.updatable
    for name, kind in KINDS.items():
        fields = FakeHost().describe_entity(Stripe(), name).fields
        assert {field.name for field in fields} == set(kind.fields)
        assert set(kind.writable.split()) | set(kind.creatable.split()) | kind.exact <= set(kind.fields), name


def test_a_connected_account_is_named() -> None:
    from appflow_connector import Context, Settings

    host = FakeHost(application, context=Context("2024-06-20", Settings({"account": "acct_1"})))
    host.query(Stripe(), QueryRequest("customers", limit=1))
    headers = host.requests[0].headers
    assert (headers["stripe-account"], headers["stripe-version"]) == ("acct_1", "2024-06-20")
