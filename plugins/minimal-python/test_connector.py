import pytest
from appflow_connector import InvalidArgument, QueryRequest
from appflow_connector.testing import FakeHost
from connector import NAMES, Hello


@pytest.mark.parametrize("limit", range(1, 7))
def test_greetings_come_page_by_page(limit: int) -> None:
    pages = FakeHost().pages(Hello(), QueryRequest("greeting", limit=limit))
    texts = [text for page in pages for text in page.texts]
    assert len(texts) == len(NAMES)
    assert texts[1] == '{"id":1,"text":"Hello, Barbara!"}'


def test_only_wanted_fields_are_in_a_record() -> None:
    page = FakeHost().query(Hello(), QueryRequest("greeting", fields=["text"]))
    assert page.texts[0] == '{"text":"Hello, Ada!"}'


def test_a_foreign_token_is_refused() -> None:
    with pytest.raises(InvalidArgument):
        FakeHost().query(Hello(), QueryRequest("greeting", token="rubbish"))
