"""Every record comes once and in order, however the application pages and wherever AppFlow's pages end."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

import pytest
from appflow_connector import (
    At,
    Comparator,
    Compare,
    Context,
    HttpError,
    InvalidArgument,
    Next,
    Num,
    Paging,
    QueryRequest,
    RequestTimeout,
    ServerError,
    Source,
    Unsupported,
    http,
    token,
)
from appflow_connector.filters import Filter
from appflow_connector.testing import Answer, FakeHost, Sent

URL = "https://api.example.com/items"
KINDS = ["link", "header", "cursor", "offset", "total", "number", "short"]


def application(kind: str, count: int, most: int) -> Callable[[Sent], Answer]:
    """An application with so many records that never gives more than ``most`` on a page."""

    def answer(request: Sent) -> Answer:
        query = request.query
        asked = int(query.get("size", 10**9))
        assert asked > 0, "no page is empty on purpose"
        size = min(asked, most)
        if kind in ("link", "header"):
            size = int(query.get("fixed", size))
        if kind in ("short", "number"):
            size = asked
        start = int(query.get("at", 1 if kind == "number" else 0))
        if kind == "number":
            start = (start - 1) * size
        end = min(start + size, count)
        following: Any = end if end < count else None
        headers = {}
        if following is not None and kind in ("link", "header"):
            following = f"/items?at={end}&fixed={size}"
            headers["Link"] = f'<https://api.example.com{following}>; rel="next"'
        elif following is not None:
            following = str(following)
        data = [{"id": id, "x": "abc"} for id in range(start, end)]
        return Answer(json={"meta": {"next": following, "total": count}, "data": data}, headers=headers)

    return answer


class Items(Source):
    def __init__(self, kind: str, **options: Any) -> None:
        self.kind = kind
        self.options = options

    def describe(self, locale: str) -> Any: ...
    def validate_credentials(self, settings: Any) -> None: ...
    def list_entities(self, context: Any, request: Any) -> Any: ...
    def describe_entity(self, context: Any, entity: str) -> Any: ...

    def query(self, context: Context, request: QueryRequest) -> str | None:
        next_page = {
            "link": Next.link("/meta/next"),
            "header": Next.link_header(),
            "cursor": Next.cursor("/meta/next"),
            "offset": Next.offset(),
            "total": Next.offset(total_at="/meta/total"),
            "number": Next.page_number(1),
            "short": Next.offset(short_page_ends=True),
        }[self.kind]
        paging = Paging(request, records="/data", picks=request.picks(["id"]), page_size=7, **self.options)
        return paging.follow(next_page, self.fetch)

    def fetch(self, at: At) -> http.Response:
        if self.kind in ("link", "header"):
            return http.get(at.url(f"{URL}?size={at.size}"))
        place = at.cursor if self.kind == "cursor" else at.number
        return http.get(URL, params={"size": at.size, "at": place})


def ids(pages: list[Any]) -> list[int]:
    return [record["id"] for page in pages for record in page.records]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("checked", [False, True])
def test_every_record_comes_once_and_in_order(kind: str, checked: bool) -> None:
    chance = random.Random(f"{kind}{checked}")
    options: dict[str, Any] = {"check": Compare("id", Comparator.GREATER_OR_EQUAL, Num("5"))} if checked else {}
    for _ in range(60):
        count, most, limit = chance.randrange(60), chance.randrange(1, 12), chance.randrange(1, 30)
        total = chance.choice([None, None, chance.randrange(1, 40)])
        millis, each = chance.choice([(60_000, 0), (chance.randrange(2_000, 10_000), chance.randrange(500, 1_500))])
        host = FakeHost(application(kind, count, most), bytes=chance.randrange(10, 200), millis=millis, millis_per_request=each)
        request = QueryRequest("item", limit=limit, filter=Filter(limit=total) if total else None)
        pages = host.pages(Items(kind, **options), request)
        wanted = [id for id in range(count) if not checked or id >= 5][:total]
        assert ids(pages) == wanted, (count, most, limit, total, millis, each)
        assert all(len(page.records) <= limit for page in pages)


def test_records_at_hand_come_once_and_in_order() -> None:
    class AtHand(Items):
        def query(self, context: Context, request: QueryRequest) -> str | None:
            return Paging(request, **self.options).emit({"id": id, "other": "9"} for id in range(count))

    chance = random.Random(1)
    for _ in range(60):
        count, limit = chance.randrange(60), chance.randrange(1, 30)
        total = chance.choice([None, chance.randrange(1, 70)])
        request = QueryRequest("item", fields=["id"], limit=limit, filter=Filter(limit=total) if total else None)
        host = FakeHost(bytes=chance.randrange(12, 200))
        pages = host.pages(AtHand("x", convert=lambda record: record), request)
        assert ids(pages) == list(range(count))[:total]
        assert all(set(record) == {"id"} for page in pages for record in page.records)


def test_no_token_is_read_wrong() -> None:
    chance = random.Random(2)
    for _ in range(500):
        parts = [chance.choice(["cursor", "item", "", "0", "3", "x", "-1", "9" * 30]) for _ in range(chance.randrange(9))]
        try:
            FakeHost(application("cursor", 3, 3)).query(Items("cursor"), QueryRequest("item", token=token.encode(*parts)))
        except (InvalidArgument, ServerError):
            pass
        except ValueError:
            # The stand-in was asked for a place it never gave, which is what a forged token can do at most.
            pass
        except Exception as error:
            assert isinstance(error.__cause__, ValueError), parts


def test_small_pages_are_asked_for_where_few_records_are_wanted() -> None:
    host = FakeHost(application("cursor", 100, 100))
    host.query(Items("cursor"), QueryRequest("item", limit=3))
    assert [sent.query["size"] for sent in host.requests] == ["3"]
    page = host.query(Items("cursor"), QueryRequest("item", limit=3, filter=Filter(limit=2)))
    assert [sent.query["size"] for sent in host.requests] == ["2"] and page.token is None


def test_a_page_too_large_for_one_answer_makes_the_next_ones_smaller() -> None:
    host = FakeHost(application("cursor", 100, 100), bytes=50)
    first = host.query(Items("cursor"), QueryRequest("item"))
    taken = len(first.records)
    assert 1 <= taken < 7
    host.query(Items("cursor"), QueryRequest("item", token=first.token))
    assert [sent.query["size"] for sent in host.requests] == ["7", str(taken)], "the cut page in its size, then smaller ones"


def test_no_request_is_begun_that_the_time_does_not_allow() -> None:
    host = FakeHost(application("cursor", 100, 100), millis=10_000, millis_per_request=2_000)
    page = host.query(Items("cursor"), QueryRequest("item"))
    assert (len(host.requests), len(page.records)) == (3, 21), "6 seconds used, a fourth would leave too little"
    assert page.token is not None
    host = FakeHost(application("cursor", 100, 100), millis=1_000, millis_per_request=2_000)
    with pytest.raises(RequestTimeout):
        host.query(Items("cursor"), QueryRequest("item"))


@pytest.mark.parametrize("follow", ["a", "ab"])
def test_a_next_page_that_leads_back_is_an_error(follow: str) -> None:
    def answer(request: Sent) -> Answer:
        at = request.query.get("at")
        following = {"b": "a", "a": "b"}.get(at or "", follow[-1]) if follow == "ab" else "a"
        return Answer(json={"data": [{"id": 1}], "meta": {"next": following}})

    with pytest.raises(ServerError, match="never end"):
        FakeHost(answer).query(Items("cursor"), QueryRequest("item"))


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer(429, headers={"Retry-After": "17"}), HttpError),
        (Answer(body="not JSON"), ServerError),
        (Answer(json={"other": []}), ServerError),
        (Answer(error=InvalidArgument("malformed")), InvalidArgument),
    ],
)
@pytest.mark.parametrize("options", [{}, {"convert": dict}])
def test_errors_of_the_application(answer: Answer, error: type[Exception], options: dict[str, Any]) -> None:
    with pytest.raises(error) as found:
        FakeHost(lambda _: answer).query(Items("cursor", **options), QueryRequest("item"))
    if isinstance(found.value, HttpError):
        assert found.value.retry_after == 17


def test_an_answer_without_content_is_an_empty_last_page() -> None:
    assert FakeHost(lambda _: Answer(204)).query(Items("cursor"), QueryRequest("item")).records == []


def test_a_condition_is_never_ignored() -> None:
    request = QueryRequest("item", filter=Filter(Compare("id", Comparator.EQUAL, Num("1"))))
    host = FakeHost(application("cursor", 3, 3))
    with pytest.raises(Unsupported):
        host.query(Items("cursor"), request)
    assert host.requests == []
    assert len(host.query(Items("cursor", filtered=True), request).records) == 3
    assert ids([host.query(Items("cursor", check=request.condition), request)]) == [1]


def test_a_token_of_another_query_is_refused() -> None:
    host = FakeHost(application("cursor", 100, 100))
    found = host.query(Items("cursor"), QueryRequest("item", limit=3)).token
    with pytest.raises(InvalidArgument):
        host.query(Items("cursor"), QueryRequest("other", limit=3, token=found))
    with pytest.raises(InvalidArgument):
        host.query(Items("link"), QueryRequest("item", limit=3, token=found))


def test_numbers_keep_their_digits() -> None:
    body = '{"data": [ {"id" : 1.50, "big": 12345678901234567890123} , {"id":2e3} ], "meta": {}}'
    page = FakeHost(lambda _: Answer(body=body)).query(Items("cursor"), QueryRequest("item", fields=["id", "big"]))
    assert page.texts == ['{"id":1.50,"big":12345678901234567890123}', '{"id":2e3}']
    assert json.loads(page.texts[0])["id"] == 1.5
