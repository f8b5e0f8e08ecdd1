"""The component's side, with the bindings that componentize-py makes and imports that answer in their place.

The generated records have no defaults, so a field that the contract gets or loses fails here.
"""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import appflow_connector as sdk
import pytest
from appflow_connector import _host, http, page
from appflow_connector.filters import Filter


class Everything(sdk.Source, sdk.Destination):
    """Says what it was given, and everything that can be said."""

    asked: Any = None

    def describe(self, locale: str) -> sdk.Description:
        ways = [
            sdk.Basic(),
            sdk.ApiKey(),
            sdk.OAuth2("https://l/token", "https://l/auth", ["read"], parameters=[sdk.OAuth2Parameter(sdk.Parameter("t", "Tenant"))]),
            sdk.OAuth2(["https://l/token"]),
            sdk.Custom("own", [sdk.Parameter("k", "Key", sensitive=False, choices=["a"])]),
        ]
        return sdk.Description(
            "O", locale, "1", ["v1", "v2"], [sdk.Setting("s", "S", sdk.SettingKind.URL, True)], ways, [sdk.Operator.EQUAL_TO],
            sdk.Triggers.ON_DEMAND, sdk.Frequencies.DAILY | sdk.Frequencies.ONCE, sdk.WriteOperations.UPSERT, "https://l/logo",
        )

    def validate_settings(self, scope: Any, settings: Any, authentication: Any) -> Any:
        self.asked = (scope, dict(settings), authentication)
        return {"s": "is wrong"}

    def validate_credentials(self, settings: Any) -> None:
        self.asked = dict(settings)

    def list_entities(self, context: Any, request: Any) -> Any:
        self.asked = request
        return sdk.EntityPage([sdk.Entity("e", "E", "an e", True, True, {"a": "b"})], "next", 900)

    def describe_entity(self, context: Any, entity: str) -> Any:
        limits = sdk.Constraints((1, 2), (0, "1.50"), ["x"], "x+", "yyyy")
        full = sdk.Field(
            "f", sdk.DataType.DATE_TIME, "F", "an f", "timestamp", True, True, "now", incremental=True, writable=True,
            null_writable=True, defaulted_on_create=True, id_for=sdk.WriteOperations.UPDATE, filter_operators=[sdk.Operator.BETWEEN],
            constraints=limits, properties={"p": "q"},
        )
        return sdk.EntityDefinition(sdk.Entity(entity), [full, sdk.Field.text("plain")], {"x": "y"}, 600)

    def query(self, context: Any, request: Any) -> Any:
        self.asked = (context, request)
        return request.token

    def retrieve(self, context: Any, request: Any) -> None:
        self.asked = request

    def write(self, context: Any, request: Any) -> Any:
        self.asked = request
        results = request.results()
        results.written(0, "id-1")
        results.failed(1, "no", "id-2")
        return results


@pytest.fixture
def guest(bindings: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    from appflow_connector import _guest, _wasi

    monkeypatch.setattr(_wasi, "prepare", lambda: None)
    module = ModuleType("own")
    vars(module)["Everything"] = sdk.export(Everything)
    before = _host.install(None)
    _guest.bind(module)
    monkeypatch.setattr(_guest.wit_invocation, "current", lambda: _guest.wit_invocation.Details("r", "f", None, "p"))
    lines: list[Any] = []
    monkeypatch.setattr(_guest.wit_log, "write", lambda *line: lines.append(line))
    vars(_guest)["lines"] = lines
    yield _guest
    _host.install(before)


def connector(guest: Any) -> Everything:
    found: Everything = guest._edges[0].connector
    return found


def context(guest: Any) -> Any:
    return guest.wit_common.Context("v1", [("s", "1"), ("s", "2"), ("blank", "")])


def test_the_description_has_everything(guest: Any) -> None:
    wit = guest.wit_configuration
    found = guest.Configuration().describe("en")
    assert isinstance(found, wit.Description) and found.name == "en"
    assert found.settings == [wit.Setting("s", wit.SettingKind.URL, True, "S", "S", wit.Scope.PROFILE, [])]
    basic, key, oauth2, other, own = found.authentication
    assert (basic, key) == (wit.Authentication_Basic(), wit.Authentication_ApiKey())
    assert oauth2.value.grants == wit.Oauth2Grants.AUTHORIZATION_CODE and oauth2.value.auth_urls == ["https://l/auth"]
    assert oauth2.value.parameters[0].parameter == wit.Parameter("t", "Tenant", "Tenant", True, True, [])
    assert other.value.grants == wit.Oauth2Grants.CLIENT_CREDENTIALS
    assert own == wit.Authentication_Custom(wit.CustomScheme("own", [wit.Parameter("k", "Key", "Key", True, False, ["a"])]))
    assert found.operators == [guest.wit_common.Operator.EQUAL_TO]
    assert found.frequencies == wit.Frequencies.DAILY | wit.Frequencies.ONCE
    assert found.write_operations == guest.wit_common.WriteOperations.UPSERT


def test_settings_and_credentials(guest: Any) -> None:
    wit = guest.wit_configuration
    wrong = guest.Configuration().validate_settings(wit.Scope.SOURCE, [("s", "x")], guest.wit_common.AuthenticationType.OAUTH2)
    assert wrong == [wit.SettingError("s", "is wrong")]
    assert connector(guest).asked == (sdk.Scope.SOURCE, {"s": "x"}, sdk.AuthenticationType.OAUTH2)
    assert guest.Configuration().validate_credentials([("s", "x")]) is None


def test_entities_and_fields_go_out_and_come_back(guest: Any) -> None:
    common = guest.wit_common
    listed = guest.Metadata().list_entities(context(guest), guest.wit_metadata.ListRequest("p", 5, ""))
    assert listed.entities == [common.Entity("e", "E", "an e", True, True, [("a", "b")])]
    assert (listed.next_token, listed.cache_seconds) == ("next", 900)
    assert connector(guest).asked == sdk.ListRequest("p", 5, None)

    found = guest.Metadata().describe_entity(context(guest), "e")
    full, plain = found.definition.fields
    assert full.read == common.ReadProperties(0b1101), "a key is never null"
    assert full.write == common.WriteProperties(0b11111)
    assert full.constraints == common.Constraints(common.Bounds("1", "2"), common.Bounds("0", "1.50"), ["x"], "x+", "yyyy")
    assert plain.write == common.WriteProperties(0) and plain.filter_operators is None and plain.constraints is None
    back = guest.definition_back(found.definition)
    assert [field.name for field in back.fields] == ["f", "plain"]
    assert guest.definition_out(sdk._shapes.fit(sdk.EntityDefinition, back, "it")) == found.definition


def test_a_query_arrives_as_a_tree(guest: Any, bindings: Path) -> None:
    from wit_world.exports import source as wit

    comparison = wit.Comparison("a", wit.Comparator.LESS_OR_EQUAL, wit.Literal_Number("1.50"))
    nodes = [
        wit.FilterNode_AllOf([1, 2, 3, 4]),
        wit.FilterNode_Compare(comparison),
        wit.FilterNode_Between(wit.Interval("at", wit.Literal_DateTime("x"), wit.Literal_Date("y"))),
        wit.FilterNode_OneOf(wit.Membership("b", [wit.Literal_Text("t"), wit.Literal_Null(), wit.Literal_Boolean(True)])),
        wit.FilterNode_Negate(5),
        wit.FilterNode_Other("new"),
    ]
    request = wit.QueryRequest("e", ["f"], wit.Filter("text", nodes, 9), 7, "")
    assert guest.Source().query(context(guest), request) is None
    own_context, own = connector(guest).asked
    assert own_context == sdk.Context("v1", sdk.Settings({"s": "2"})), "the last one counts, blank is absent"
    assert own == sdk.QueryRequest(
        "e",
        ["f"],
        Filter(
            sdk.All(
                [
                    sdk.Compare("a", sdk.Comparator.LESS_OR_EQUAL, sdk.Num("1.50")),
                    sdk.Between("at", sdk.DateTime("x"), sdk.Date("y")),
                    sdk.OneOf("b", [sdk.Text("t"), sdk.Null(), sdk.Bool(True)]),
                    sdk.Not(sdk.Other("new")),
                ]
            ),
            9,
            "text",
        ),
        7,
    )
    assert guest.Source().query(context(guest), dataclasses.replace(request, token="t", filter=None)) == "t"
    with pytest.raises(guest.Err) as error:
        guest.Source().query(context(guest), dataclasses.replace(request, filter=wit.Filter("", [wit.FilterNode_Negate(0)], None)))
    assert error.value.value.value.code is guest.wit_common.ErrorCode.INVALID_ARGUMENT


def test_retrieving_and_writing(guest: Any) -> None:
    from wit_world.exports import destination as wit
    from wit_world.exports import source as wit_source

    assert guest.Source().retrieve(context(guest), wit_source.RetrieveRequest("e", ["f"], "id", ["1"])) is None
    assert connector(guest).asked == sdk.RetrieveRequest("e", ["1"], ["f"], "id")
    request = wit.WriteRequest("e", wit.Operation.UPSERT, ["id"], ["{}", "{}", "{}"], True)
    results = guest.Destination().write(context(guest), request)
    assert results == [wit.WriteResult("id-1", None), wit.WriteResult("id-2", "no"), wit.WriteResult("", "the record was not written")]
    assert connector(guest).asked == sdk.WriteRequest("e", sdk.Operation.UPSERT, ["{}", "{}", "{}"], ["id"], True)


def test_every_error_goes_out_and_comes_back(guest: Any) -> None:
    common = guest.wit_common
    for code in common.ErrorCode:
        error = guest.caught(guest.Err(common.Error_Failed(common.Failure(code, "why", 3))))
        assert guest.raised(error).value == common.Error_Failed(common.Failure(code, "why", 3))
    for value in (common.Error_Http(common.HttpFailure(503, None, "down")), common.Error_Unsupported("views")):
        assert guest.raised(guest.caught(guest.Err(value))).value == value
    assert isinstance(guest.caught(guest.Err("text")), sdk.UnknownError)


def test_requests_go_out(guest: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    wit = guest.wit_http
    sent: list[Any] = []

    class Raw:
        def status(self) -> int:
            return 503

        def ensure_ok(self) -> None:
            raise guest.Err(guest.wit_common.Error_Http(guest.wit_common.HttpFailure(503, 9, "down")))

        def __exit__(self, *_: object) -> None:
            sent.append("closed")

    monkeypatch.setattr(wit, "send", lambda request: sent.append(request) or Raw())
    ways: list[tuple[Any, Any]] = [
        ("bearer", wit.Credential_Bearer()),
        (http.BasicAuth(), wit.Credential_Basic()),
        (http.SecretHeader("x-key", prefix="Key "), wit.Credential_Header(wit.Placement("x-key", "apiKey", "Key "))),
        (http.SecretQuery("key", "apiSecretKey"), wit.Credential_Query(wit.Placement("key", "apiSecretKey", ""))),
        (http.Signature("capture", {"a": "b"}), wit.Credential_Signed(wit.Signing("capture", [("a", "b")]))),
        (None, None),
    ]
    for auth, credential in ways:
        with http.post("https://a/", auth=auth, json={"é": 1}) as answer:
            with pytest.raises(sdk.HttpError) as error:
                answer.raise_for_status()
            assert error.value.retry_after == 9
        assert sent.pop() == "closed"
        request = sent.pop()
        assert (request.credential, request.body) == (credential, wit.Body_Text('{"é":1}'))
        assert request.headers == [("content-type", "application/json")]
    for wrong in (http.SecretHeader(7), http.Signature("capture", {"a": 1})):  # type: ignore[arg-type, dict-item]
        with pytest.raises(sdk.ShapeError, match="auth"):
            http.get("https://a/", auth=wrong)
    monkeypatch.setattr(guest.wit_page, "emit", lambda record: record == "{}")
    assert page.emit({}) and not page.emit({"a": 1})


def test_a_mistake_of_this_package_does_not_trap_either(guest: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guest, "description_out", lambda _: 1 // 0)
    with pytest.raises(guest.Err) as error:
        guest.Configuration().describe("en")
    assert error.value.value.value.code is guest.wit_common.ErrorCode.UNKNOWN_ERROR
    assert any("ZeroDivisionError" in line[1] for line in guest.lines)
    assert "division" not in str(guest.lines), "messages stay out"
    assert sys.exc_info() == (None, None, None)
