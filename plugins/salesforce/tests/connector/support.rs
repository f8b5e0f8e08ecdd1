//! A connection between the SDK's host in memory and the stand-in.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;

use appflow_connector::http::Credential;
use appflow_connector::schema::EntityDefinition;
use appflow_connector::testing::{Answer, FakeHost, Sent};
use appflow_connector::{Context, Error, Metadata as _};
use appflow_testkit::salesforce::{Config, SalesforceStandIn};
use salesforce::Salesforce;
use serde_json::Value;

/// Address of the organisation, as a user fills it in.
pub(crate) const ORIGIN: &str = "https://acme.my.salesforce.com";

/// A stand-in and a host that sends requests for [`ORIGIN`] there.
pub(crate) struct World {
    pub(crate) salesforce: Arc<SalesforceStandIn>,
    pub(crate) host: FakeHost,
}

impl World {
    pub(crate) fn new(config: Config) -> Self {
        let salesforce = Arc::new(SalesforceStandIn::start(config).unwrap());
        let stand_in = Arc::clone(&salesforce);
        Self {
            salesforce,
            host: FakeHost::new(move |sent| forward(&stand_in, sent)),
        }
    }

    /// What AppFlow would send along: the connector's own description.
    pub(crate) fn definition(&self, entity: &str) -> EntityDefinition {
        let definition = self
            .host
            .run(|| Salesforce::describe_entity(&context(), entity))
            .result
            .unwrap()
            .definition;
        self.salesforce.clear_requests();
        definition
    }

    /// The host of an invocation in which AppFlow sends the definition along.
    pub(crate) fn host_with(&self, entity: &str) -> FakeHost {
        self.host.clone().entity(self.definition(entity))
    }

    /// SOQL of the queries so far.
    pub(crate) fn soql(&self) -> Vec<String> {
        self.salesforce
            .requests()
            .into_iter()
            .filter_map(|request| request.soql)
            .collect()
    }
}

/// A context as AppFlow sends it.
pub(crate) fn context() -> Context {
    Context::new("v61.0", [("instanceUrl", ORIGIN)])
}

/// Records as JSON.
pub(crate) fn parsed(records: &[String]) -> Vec<Value> {
    records
        .iter()
        .map(|record| serde_json::from_str(record).unwrap())
        .collect()
}

/// Values of one field.
pub(crate) fn column(records: &[String], field: &str) -> Vec<String> {
    parsed(records)
        .iter()
        .map(|record| record[field].as_str().unwrap_or_default().to_owned())
        .collect()
}

fn forward(stand_in: &SalesforceStandIn, sent: &Sent) -> Answer {
    let Some(path) = sent.url.strip_prefix(ORIGIN) else {
        return Answer::failure(Error::access_denied(format!("not granted: {}", sent.url)));
    };
    assert!(
        path.starts_with('/'),
        "the address {} leads elsewhere",
        sent.url
    );
    let mut stream = TcpStream::connect(stand_in.url().trim_start_matches("http://")).unwrap();
    let mut head = format!(
        "{} {path} HTTP/1.1\r\nhost: acme\r\nconnection: close\r\ncontent-length: {}\r\n",
        sent.method,
        sent.body.len()
    );
    for (name, value) in &sent.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if sent.credential == Some(Credential::Bearer) {
        head.push_str(&format!("authorization: Bearer {}\r\n", stand_in.token()));
    }
    stream
        .write_all(format!("{head}\r\n{}", sent.body).as_bytes())
        .unwrap();
    let mut answer = Vec::new();
    let cut = Answer::failure(Error::service_unavailable("the connection was closed"));
    if stream.read_to_end(&mut answer).is_err() {
        return cut;
    }
    let answer = String::from_utf8(answer).unwrap();
    let Some((head, body)) = answer.split_once("\r\n\r\n") else {
        return cut;
    };
    let mut lines = head.lines();
    let status = lines.next().unwrap()[9..12].parse().unwrap();
    let mut answer = Answer::status(status).body(body);
    for line in lines {
        let (name, value) = line.split_once(": ").unwrap();
        if name.eq_ignore_ascii_case("content-length") && value.parse() != Ok(body.len()) {
            return cut;
        }
        answer = answer.header(name, value);
    }
    answer
}
