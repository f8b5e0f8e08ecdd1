//! The connector for GitHub against a server made from GitHub's own description: every request fits it, and what it describes is read.
//! That server has one example of each record, so paging and totals are tested against a list of many that is gone through by pages.

use std::collections::BTreeMap;

use appflow_testkit::github::GitHub;
use appflow_testkit::runtime_api::Lambda;
use appflow_testkit::server::{Body, Received, Server, json as answer};
use appflow_testkit::setup::{SECRET_ARN, SecretsFile};
use http::{HeaderValue, Response, StatusCode};
use serde_json::{Value, json};

use crate::support::{ask, code, function};

const TOKEN: &str = "CANARY-TOKEN-5e0c";

/// The connector with a token, and the server it asks.
struct Flow<S = GitHub> {
    server: S,
    lambda: Lambda,
    settings: Value,
    _secrets: SecretsFile,
}

impl Flow {
    fn start() -> Self {
        let server = GitHub::start().unwrap_or_else(|error| panic!("{error:#}"));
        let url = server.url().to_owned();
        Self::to(server, &url)
    }
}

impl<S> Flow<S> {
    fn to(server: S, url: &str) -> Self {
        let secrets =
            SecretsFile::create(&BTreeMap::from([("apiKey".to_owned(), TOKEN.to_owned())]))
                .unwrap();
        let function = function("github")
            .env("APPFLOW_SECRETS_FILE", secrets.path().display().to_string())
            .env("APPFLOW_LOCAL_TARGETS", format!("api.github.com={url}"))
            .env("APPFLOW_LOG", "debug");
        Self {
            server,
            lambda: Lambda::start(function).unwrap(),
            settings: json!({"owner": "octocat", "repository": "Hello-World"}),
            _secrets: secrets,
        }
    }

    fn ask(&self, mut request: Value) -> Value {
        let definition = request.as_object_mut().unwrap().remove("definition");
        request["connectorContext"] = json!({"apiVersion": "2022-11-28", "connectorRuntimeSettings": self.settings,
            "flowName": "flow", "executionId": "execution-1", "connectorProfileLabel": "profile", "entityDefinition": definition,
            "credentials": {"secretArn": SECRET_ARN, "authenticationType": "ApiKey"}});
        let (answer, invoked) = ask(&self.lambda, &request);
        let log = invoked.log.join("\n");
        assert!(!log.contains(TOKEN), "{log}");
        answer
    }

    fn describe(&self, entity: &str) -> Value {
        let answer = self.ask(json!({"type": "DescribeEntityRequest", "entityIdentifier": entity}));
        answer["entityDefinition"].clone()
    }

    /// One page, all that the example has.
    fn query(&self, entity: &str, filter: Option<&str>) -> Value {
        self.ask(json!({"type": "QueryDataRequest", "entityIdentifier": entity, "maxResults": 1, "filterExpression": filter,
            "definition": self.describe(entity)}))
    }

    fn write(&self, entity: &str, operation: &str, key: Option<&str>, record: &Value) -> Value {
        self.ask(
            json!({"type": "WriteDataRequest", "entityIdentifier": entity, "operation": operation,
            "idFieldNames": key.into_iter().collect::<Vec<_>>(), "records": [record.to_string()]}),
        )
    }
}

/// The only record of an answer.
fn record(answer: &Value) -> Value {
    assert_eq!(answer["isSuccess"], true, "{answer}");
    let records = answer["records"].as_array().unwrap();
    assert_eq!(records.len(), 1, "{answer}");
    serde_json::from_str(records[0].as_str().unwrap()).unwrap()
}

/// What a record has must be of the types that its entity says, and what cannot be null must be there.
fn check(definition: &Value, record: &Value) {
    let mut left: Vec<&String> = record.as_object().unwrap().keys().collect();
    for field in definition["fields"].as_array().unwrap() {
        let name = field["fieldName"].as_str().unwrap();
        let value = &record[name];
        left.retain(|left| *left != name);
        let fits = match field["dataType"].as_str().unwrap() {
            _ if value.is_null() => field["readProperties"]["isNullable"] == true,
            "Long" => value.is_i64(),
            "Boolean" => value.is_boolean(),
            "Struct" => value.is_object(),
            "List" => value.is_array(),
            _ => value.is_string(),
        };
        assert!(fits, "{name} is {value}");
    }
    assert!(left.is_empty(), "fields that are not described: {left:?}");
}

#[test]
fn every_entity_is_read_in_the_shape_that_github_describes() {
    let mut flow = Flow::start();
    let sorted = "sort=created&direction=asc&per_page=1";
    for (entity, settings, request) in [
        (
            "issues",
            json!({"owner": "octocat", "repository": "Hello-World"}),
            format!("/repos/octocat/Hello-World/issues?state=all&{sorted}"),
        ),
        (
            "comments",
            json!({"repository": "octocat/Hello-World"}),
            format!("/repos/octocat/Hello-World/issues/comments?{sorted}"),
        ),
        (
            "repositories",
            json!({"owner": "github"}),
            format!("/orgs/github/repos?{sorted}"),
        ),
        ("repositories", json!({}), format!("/user/repos?{sorted}")),
    ] {
        flow.settings = settings;
        let answer = flow.query(entity, None);
        assert_eq!(
            flow.server.seen(),
            [format!("GET {request} 200")],
            "{answer}"
        );
        check(&flow.describe(entity), &record(&answer));
    }
}

#[test]
fn conditions_go_out_as_github_describes_its_parameters() {
    let flow = Flow::start();
    // The example is an open issue with a number and a time.
    for (filter, parameters, found) in [
        ("state = 'open'", "state=open", 1),
        (
            "state = 'open' and updated_at > 2011-01-01T00:00:00Z and number = 1347",
            "state=open&since=2010-12-31T23%3A59%3A59Z",
            1,
        ),
        (
            "updated_at between 2010-01-01T00:00:00Z and 2010-02-01T00:00:00Z",
            "state=all&since=2009-12-31T23%3A59%3A59Z",
            0,
        ),
    ] {
        let answer = flow.query("issues", Some(filter));
        let seen = flow.server.seen();
        assert!(
            seen[0].starts_with(&format!(
                "GET /repos/octocat/Hello-World/issues?{parameters}&sort="
            )) && seen[0].ends_with(" 200"),
            "{seen:?}"
        );
        if found == 1 {
            assert_eq!(record(&answer)["number"], 1347);
        }
    }
}

#[test]
fn what_is_written_fits_the_description() {
    let flow = Flow::start();
    let issue = json!({"title": "CANARY-TITLE", "body": "CANARY-BODY", "labels": [{"name": "bug", "color": "f29513"}],
        "assignees": [{"login": "octocat", "id": 1}], "milestone": {"number": 1, "title": "v1.0"}});
    let changed = json!({"number": 1347, "state": "closed", "state_reason": "not_planned", "milestone": null});
    let comment = json!({"issue_number": 1347, "body": "CANARY-BODY"});
    let base = "/repos/octocat/Hello-World/issues";
    for (entity, operation, key, record, id, request) in [
        (
            "issues",
            "INSERT",
            None,
            issue,
            "1347",
            format!("POST {base} 201"),
        ),
        (
            "issues",
            "UPDATE",
            Some("number"),
            changed,
            "1347",
            format!("PATCH {base}/1347 200"),
        ),
        (
            "comments",
            "INSERT",
            None,
            comment,
            "1",
            format!("POST {base}/1347/comments 201"),
        ),
        (
            "comments",
            "UPDATE",
            Some("id"),
            json!({"id": 1, "body": "CANARY-BODY"}),
            "1",
            format!("PATCH {base}/comments/1 200"),
        ),
        (
            "comments",
            "DELETE",
            Some("id"),
            json!({"id": 1}),
            "1",
            format!("DELETE {base}/comments/1 204"),
        ),
    ] {
        let answer = flow.write(entity, operation, key, &record);
        assert_eq!(flow.server.seen(), [request], "{answer}");
        assert_eq!(answer["isSuccess"], true, "{answer}");
        assert_eq!(answer["writeRecordResults"][0]["recordId"], id, "{answer}");
    }
    // That the server notices what does not fit, or the above would say nothing.
    for (record, misfit) in [
        (
            json!({"title": "CANARY-TITLE", "labels": 5}),
            "request.body.labels",
        ),
        (json!({"body": "CANARY-BODY"}), "request.body"),
    ] {
        let answer = flow.write("issues", "INSERT", None, &record);
        assert_eq!(
            flow.server.seen(),
            [format!("POST {base} 422 misfit: {misfit}")],
            "{answer}"
        );
        assert_eq!(code(&answer), "PartialWriteFailure", "{answer}");
        assert!(!answer.to_string().contains("CANARY"), "{answer}");
    }
}

#[test]
fn records_are_found_and_credentials_checked() {
    let flow = Flow::start();
    for (entity, id) in [
        ("issues", "1347"),
        ("comments", "1"),
        ("repositories", "octocat/Hello-World"),
    ] {
        let answer = flow.ask(
            json!({"type": "RetrieveDataRequest", "entityIdentifier": entity, "ids": [id],
            "definition": flow.describe(entity)}),
        );
        check(&flow.describe(entity), &record(&answer));
        flow.server.want(Some(404));
        let answer = flow
            .ask(json!({"type": "RetrieveDataRequest", "entityIdentifier": entity, "ids": [id]}));
        assert_eq!(answer["isSuccess"], true, "{answer}");
        assert_eq!(answer["records"].as_array().map_or(0, Vec::len), 0);
        flow.server.want(None);
    }
    flow.server.seen();
    let (answer, _) = ask(
        &flow.lambda,
        &json!({"type": "ValidateCredentialsRequest", "connectorRuntimeSettings": {"owner": "octocat"},
            "credentials": {"secretArn": SECRET_ARN, "authenticationType": "ApiKey"}}),
    );
    assert_eq!(answer["isSuccess"], true, "{answer}");
    assert_eq!(
        flow.server.seen(),
        ["GET /rate_limit 200", "GET /users/octocat 200"]
    );
}

#[test]
fn errors_that_github_describes_become_appflows() {
    let mut flow = Flow::start();
    for (entity, status, expected) in [
        ("issues", 404, "ClientError"),
        ("issues", 422, "InvalidArgument"),
        ("comments", 404, "ClientError"),
        ("comments", 422, "InvalidArgument"),
    ] {
        flow.server.want(Some(status));
        let answer = flow.query(entity, None);
        assert_eq!(code(&answer), expected, "{entity} {status} {answer}");
    }
    for (status, expected) in [
        (403, "AccessDenied"),
        (404, "ClientError"),
        (410, "ClientError"),
        (422, "PartialWriteFailure"),
        (503, "ServiceUnavailable"),
    ] {
        flow.server.want(Some(status));
        let answer = flow.write("issues", "INSERT", None, &json!({"title": "CANARY-TITLE"}));
        assert_eq!(code(&answer), expected, "{status} {answer}");
        assert!(!answer.to_string().contains("CANARY"), "{answer}");
    }
    flow.settings = json!({});
    for (status, expected) in [
        (401, "InvalidCredentials"),
        (403, "AccessDenied"),
        (422, "InvalidArgument"),
    ] {
        flow.server.want(Some(status));
        let answer = flow.query("repositories", None);
        assert_eq!(code(&answer), expected, "{status} {answer}");
    }
}

/// Issues that the list has.
const ISSUES: u64 = 23;

/// One issue of the list: each third is closed, and each was changed a minute after the one before it.
fn issue(number: u64) -> Value {
    let state = if number.is_multiple_of(3) {
        "closed"
    } else {
        "open"
    };
    json!({"id": 9000 + number, "number": number, "title": format!("title {number}"), "state": state,
        "updated_at": format!("2026-01-31T10:{number:02}:00Z")})
}

/// Answers as GitHub does for a list of issues: `state` and `since` are heeded, pages are cut by `per_page`, and the link to the
/// next one keeps what the first was asked with.
fn list(request: &Received) -> Response<Body> {
    let query: BTreeMap<String, String> = request.query().into_iter().collect();
    let path = request.uri.path();
    if path != "/repos/octocat/Hello-World/issues" && path != "/repositories/42/issues" {
        return answer(StatusCode::NOT_FOUND, &json!({"message": "Not Found"}));
    }
    let state = query.get("state").map_or("open", String::as_str);
    let since = query.get("since").map_or("", String::as_str);
    let size: usize = query
        .get("per_page")
        .map_or(30, |size| size.parse().unwrap());
    let page: usize = query.get("page").map_or(1, |page| page.parse().unwrap());
    let all: Vec<Value> = (1..=ISSUES)
        .map(issue)
        .filter(|issue| state == "all" || issue["state"] == state)
        .filter(|issue| issue["updated_at"].as_str().unwrap() > since)
        .collect();
    let held: Vec<Value> = all
        .iter()
        .skip((page - 1) * size)
        .take(size)
        .cloned()
        .collect();
    let mut response = answer(StatusCode::OK, &Value::Array(held));
    if page * size < all.len() {
        let mut next = query;
        next.insert("page".to_owned(), (page + 1).to_string());
        let next = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(next)
            .finish();
        let link = format!("<https://api.github.com/repositories/42/issues?{next}>; rel=\"next\"");
        response
            .headers_mut()
            .insert("link", HeaderValue::from_str(&link).unwrap());
    }
    response
}

#[test]
fn a_list_is_gone_through_to_its_end() {
    let server = Server::start(|request: Received| async move { list(&request) }).unwrap();
    let url = server.url();
    let flow = Flow::to(server, &url);
    let definition = flow.describe("issues");
    for (filter, at_least, expected) in [
        (None, 5, (1..=ISSUES).collect::<Vec<_>>()),
        (
            Some("state = 'open'"),
            4,
            (1..=ISSUES).filter(|number| number % 3 != 0).collect(),
        ),
        (
            Some("updated_at >= 2026-01-31T10:09:00Z"),
            3,
            (9..=ISSUES).collect(),
        ),
        (
            Some("state = 'closed' and updated_at > 2026-01-31T10:09:00Z"),
            1,
            vec![12, 15, 18, 21],
        ),
    ] {
        let (mut found, mut pages, mut token) = (Vec::new(), 0, Value::Null);
        loop {
            let page = flow.ask(
                json!({"type": "QueryDataRequest", "entityIdentifier": "issues", "maxResults": 5,
                "filterExpression": filter, "nextToken": token, "definition": definition}),
            );
            assert_eq!(page["isSuccess"], true, "{filter:?}: {page}");
            for record in page["records"].as_array().unwrap() {
                let record: Value = serde_json::from_str(record.as_str().unwrap()).unwrap();
                found.push(record["number"].as_u64().unwrap());
            }
            pages += 1;
            token = page["nextToken"].clone();
            if token.is_null() {
                break;
            }
            assert!(pages <= ISSUES, "{filter:?} comes to no end");
        }
        assert_eq!(found, expected, "{filter:?}");
        assert!(pages >= at_least, "{filter:?} took {pages} pages");
    }
}
