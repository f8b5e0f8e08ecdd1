//! A connection between the SDK's host in memory and a real Kinto.

use appflow_connector::credentials::Secret;
use appflow_connector::http::Credential;
use appflow_connector::schema::EntityDefinition;
use appflow_connector::testing::{Answer, FakeHost, Sent};
use appflow_connector::{Context, Error, Metadata as _};
use appflow_testkit::kinto::{Bucket, Kinto as Server, authorization};
use kinto::Kinto;
use serde_json::{Value, json};

/// Address of the server, as a user fills it in.
pub(crate) const ORIGIN: &str = "https://kinto.services.mozilla.com";

/// A bucket of a real Kinto, and a host that sends requests for [`ORIGIN`] there.
pub(crate) struct World {
    pub(crate) bucket: Bucket<'static>,
    pub(crate) host: FakeHost,
}

impl World {
    pub(crate) fn new() -> Self {
        let kinto = Server::shared().unwrap();
        let bucket = kinto.bucket().unwrap();
        let authorization = authorization();
        let host = FakeHost::new(move |sent| forward(kinto, sent, Some(&authorization)));
        Self {
            bucket,
            host: host.secret(basic()),
        }
    }

    /// A collection `things` of this schema and these records.
    pub(crate) fn with(schema: Value, records: &[Value]) -> Self {
        let world = Self::new();
        world.bucket.fill("things", &schema, records).unwrap();
        world
    }

    /// The entity of the collection `things`.
    pub(crate) fn things(&self) -> String {
        self.bucket.entity("things")
    }

    /// What AppFlow would send along: the connector's own description.
    pub(crate) fn definition(&self, context: &Context) -> EntityDefinition {
        let run = self
            .host
            .run(|| Kinto::describe_entity(context, &self.things()));
        run.result.unwrap().definition
    }

    /// The host of an invocation in which AppFlow sends the definition along.
    pub(crate) fn described(&self) -> FakeHost {
        self.host.clone().entity(self.definition(&context()))
    }
}

/// Credentials of the right kind; the host puts in their values.
pub(crate) fn basic() -> Secret {
    Secret::Basic {
        username: "sealed".to_owned(),
        password: "sealed".to_owned(),
    }
}

/// A context as AppFlow sends it.
pub(crate) fn context() -> Context {
    Context::new("v1", [("serverUrl", ORIGIN)])
}

/// A context with a further setting.
pub(crate) fn with_setting(key: &str, value: &str) -> Context {
    Context::new("v1", [("serverUrl", ORIGIN), (key, value)])
}

/// Records as JSON.
pub(crate) fn parsed(records: &[String]) -> Vec<Value> {
    let parse = |record: &String| serde_json::from_str(record).unwrap();
    records.iter().map(parse).collect()
}

/// Identifiers of records, in order.
pub(crate) fn ids(records: &[String]) -> Vec<String> {
    let id = |record: &Value| record["id"].as_str().unwrap().to_owned();
    parsed(records).iter().map(id).collect()
}

/// Records `r000` and so on, with a number and a text.
pub(crate) fn numbered(count: usize) -> Vec<Value> {
    (0..count)
        .map(|number| json!({"id": format!("r{number:03}"), "number": number, "text": format!("text {}", number % 7)}))
        .collect()
}

/// Sends a request to the server as the real host would.
pub(crate) fn forward(
    kinto: &Server,
    sent: &Sent,
    authorization: Option<&(String, String)>,
) -> Answer {
    let Some(target) = sent
        .url
        .strip_prefix(ORIGIN)
        .filter(|rest| rest.starts_with("/v1/"))
    else {
        return Answer::failure(Error::access_denied(format!("not granted: {}", sent.url)));
    };
    let mut headers = sent.headers.clone();
    match (&sent.credential, authorization) {
        (Some(Credential::Basic), Some(authorization)) => headers.push(authorization.clone()),
        (None, _) => {}
        other => panic!("credentials of another kind: {other:?}"),
    }
    let answered = kinto
        .send(&sent.method, target, &headers, &sent.body)
        .unwrap();
    let mut answer = Answer::status(answered.status).body(answered.body);
    for (name, value) in &answered.headers {
        answer = answer.header(name, value);
    }
    answer
}
