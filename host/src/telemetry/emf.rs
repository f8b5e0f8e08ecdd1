//! CloudWatch's Embedded Metric Format: a line of JSON on standard output that says which of its members are metrics.
//!
//! No request, no agent, no waiting: Lambda collects the line with the log, and CloudWatch makes the metrics out of it.
//! The line is written whatever the log's level is, beside the invocation's own line, because the two have different
//! readers and different lives: one is kept as numbers for 15 months, the other searched for a few days.

use std::fmt;
use std::io::Write;
use std::time::{Duration, SystemTime};

use serde::ser::{Serialize, SerializeMap as _, Serializer};

use super::entities::Entities;
use super::millis;

/// Namespace of the metrics unless a setting says otherwise.
pub const DEFAULT_NAMESPACE: &str = "AppFlowWasm";

/// Longest name of a namespace (CloudWatch API reference, `Namespace`).
const MAX_NAMESPACE_CHARS: usize = 255;

/// Whether CloudWatch takes this as a namespace: 1 to 255 letters, digits and `.-_/#:` and blanks, no colon first; names
/// that begin with `AWS/` are Amazon's.
#[must_use]
pub fn is_namespace(text: &str) -> bool {
    (1..=MAX_NAMESPACE_CHARS).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b".-_/#: ".contains(&byte))
        && text.bytes().any(|byte| byte != b' ')
        && !text.starts_with(':')
        && !text.starts_with("AWS/")
}

/// What is measured of one invocation.
#[derive(Debug, Clone, Default)]
pub struct Figures<'a> {
    /// Name of the operation.
    pub operation: &'a str,
    /// Entity of the request, where the operation has one.
    pub entity: Option<&'a str>,
    /// True if the connector itself has served the entity.
    pub answered: bool,
    /// Lambda's request id.
    pub request_id: &'a str,
    /// X-Ray's trace id.
    pub trace_id: Option<&'a str>,
    /// AppFlow's code, if the invocation failed.
    pub code: Option<&'a str>,
    /// True for the first invocation of the process.
    pub cold: bool,
    /// True if AppFlow was told to come back later because of a rate limit.
    pub throttled: bool,
    /// From the request's arrival to the finished answer.
    pub duration: Duration,
    /// Time in the guest, without the waits for the application.
    pub guest: Duration,
    /// Time spent waiting for the application's answers.
    pub upstream: Duration,
    /// Time waited before requests were repeated or let out.
    pub waits: Duration,
    /// Records in the answer, or in a request to write.
    pub records: u64,
    /// Bytes of the answer.
    pub answer_bytes: u64,
    /// Most memory the guest held, in bytes.
    pub memory_bytes: u64,
    /// Most bytes of the application's answers that were held for the guest.
    pub held_bytes: u64,
    /// Requests to the application, repeated ones included.
    pub upstream_calls: u64,
    /// Repeated requests.
    pub retries: u64,
    /// Requests that the manifest or the check of addresses refused.
    pub refusals: u64,
    /// Values that were not of the type their field declares.
    pub type_mismatches: u64,
}

/// A metric's value: whole, or milliseconds and ratios.
#[derive(Clone, Copy)]
enum Number {
    Whole(u64),
    Part(f64),
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Whole(number) => serializer.serialize_u64(*number),
            Self::Part(number) => serializer.serialize_f64(*number),
        }
    }
}

type Metric = (&'static str, &'static str, Number);

impl Figures<'_> {
    /// Names, units and values. Names and units never change; see `docs/observability.md`.
    fn metrics(&self) -> Vec<Metric> {
        use Number::{Part, Whole};
        let mut metrics = vec![
            ("Duration", "Milliseconds", Part(millis(self.duration))),
            ("GuestTime", "Milliseconds", Part(millis(self.guest))),
            ("UpstreamTime", "Milliseconds", Part(millis(self.upstream))),
            ("WaitTime", "Milliseconds", Part(millis(self.waits))),
            ("Records", "Count", Whole(self.records)),
            ("AnswerBytes", "Bytes", Whole(self.answer_bytes)),
            ("PeakMemory", "Bytes", Whole(self.memory_bytes)),
            ("HeldBytes", "Bytes", Whole(self.held_bytes)),
            ("UpstreamCalls", "Count", Whole(self.upstream_calls)),
            ("Retries", "Count", Whole(self.retries)),
            ("Refusals", "Count", Whole(self.refusals)),
            ("TypeMismatches", "Count", Whole(self.type_mismatches)),
            ("Failures", "Count", Whole(self.code.is_some().into())),
            ("Throttled", "Count", Whole(self.throttled.into())),
            ("ColdStart", "Count", Whole(self.cold.into())),
        ];
        // A ratio without records would be a lie in the average.
        if self.records > 0 {
            let ratio = self.upstream_calls as f64 / self.records as f64;
            metrics.push((
                "RequestsPerRecord",
                "None",
                Part((ratio * 1e6).round() / 1e6),
            ));
        }
        metrics
    }
}

/// One document: what CloudWatch calls the root node.
struct Document<'a> {
    namespace: &'a str,
    connector: &'a str,
    /// The entity as a dimension.
    entity: Option<&'a str>,
    figures: &'a Figures<'a>,
    metrics: Vec<Metric>,
    /// Milliseconds since 1970.
    timestamp: u64,
}

impl Serialize for Document<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let figures = self.figures;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("_aws", &Metadata(self))?;
        map.serialize_entry("connector", self.connector)?;
        map.serialize_entry("operation", figures.operation)?;
        if let Some(entity) = self.entity {
            map.serialize_entry("entity", entity)?;
        }
        map.serialize_entry("request_id", figures.request_id)?;
        if let Some(trace_id) = figures.trace_id {
            map.serialize_entry("trace_id", trace_id)?;
        }
        if let Some(code) = figures.code {
            map.serialize_entry("code", code)?;
        }
        for (name, _, value) in &self.metrics {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// The member `_aws`.
struct Metadata<'a>(&'a Document<'a>);

impl Serialize for Metadata<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("Timestamp", &self.0.timestamp)?;
        map.serialize_entry("CloudWatchMetrics", &[Directive(self.0)])?;
        map.end()
    }
}

/// Which members are metrics, and of what.
struct Directive<'a>(&'a Document<'a>);

impl Serialize for Directive<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let document = self.0;
        let dimensions: &[&[&str]] = if document.entity.is_some() {
            &[
                &["connector", "operation"],
                &["connector", "operation", "entity"],
            ]
        } else {
            &[&["connector", "operation"]]
        };
        let definitions: Vec<Definition> = document
            .metrics
            .iter()
            .map(|(name, unit, _)| Definition { name, unit })
            .collect();
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry("Namespace", document.namespace)?;
        map.serialize_entry("Dimensions", dimensions)?;
        map.serialize_entry("Metrics", &definitions)?;
        map.end()
    }
}

#[derive(serde::Serialize)]
struct Definition {
    #[serde(rename = "Name")]
    name: &'static str,
    #[serde(rename = "Unit")]
    unit: &'static str,
}

/// Takes one line, its end included.
type Sink = dyn Fn(&[u8]) + Send + Sync;

/// Where figures go, for the life of the process.
pub struct Metrics {
    namespace: String,
    connector: String,
    entities: Entities,
    sink: Box<Sink>,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics")
            .field("namespace", &self.namespace)
            .field("connector", &self.connector)
            .finish_non_exhaustive()
    }
}

impl Metrics {
    /// Metrics of a connector, written to standard output.
    #[must_use]
    pub fn to_stdout(namespace: &str, connector: &str) -> Self {
        Self::new(namespace, connector, |line| {
            // Nobody is served by an invocation that fails because its figures could not be written.
            let _ = std::io::stdout().lock().write_all(line);
        })
    }

    /// Metrics of a connector; `sink` gets a whole line each time.
    #[must_use]
    pub fn new(
        namespace: &str,
        connector: &str,
        sink: impl Fn(&[u8]) + Send + Sync + 'static,
    ) -> Self {
        Self {
            namespace: namespace.to_owned(),
            connector: connector.to_owned(),
            entities: Entities::default(),
            sink: Box::new(sink),
        }
    }

    /// Writes the figures of an invocation that ends now.
    pub fn write(&self, figures: &Figures<'_>) {
        let now = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        let document = Document {
            namespace: &self.namespace,
            connector: &self.connector,
            entity: figures
                .entity
                .map(|entity| self.entities.label(entity, figures.answered)),
            figures,
            metrics: figures.metrics(),
            timestamp: u64::try_from(now.as_millis()).unwrap_or(u64::MAX),
        };
        let mut line = Vec::with_capacity(2048);
        if serde_json::to_writer(&mut line, &document).is_ok() {
            line.push(b'\n');
            (self.sink)(&line);
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::sync::{Arc, Mutex};

    use appflow_testkit::emf;
    use serde_json::{Value, json};

    use super::*;

    fn line(figures: &Figures<'_>) -> (Value, usize) {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&lines);
        let metrics = Metrics::new("Test/Space", "tickets", move |line| {
            sink.lock().unwrap().push(line.to_vec());
        });
        metrics.write(figures);
        let lines = lines.lock().unwrap();
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0].last(), Some(&b'\n'));
        let value = serde_json::from_slice(&lines[0]).unwrap();
        assert_eq!(emf::problems(&value), [""; 0], "{value:#}");
        (value, lines[0].len())
    }

    fn figures() -> Figures<'static> {
        Figures {
            operation: "QueryData",
            entity: Some("Account"),
            answered: true,
            request_id: "8476a536-e9f4-11e8-9739-2dfe598c3fcd",
            trace_id: Some("1-5bef4de7-ad49b0e87f6ef6c87fc2e700"),
            duration: Duration::from_micros(1_234_567),
            records: 3,
            upstream_calls: 2,
            ..Figures::default()
        }
    }

    #[test]
    fn a_line_is_a_document_of_the_format() {
        let (value, bytes) = line(&figures());
        assert_eq!(
            value["_aws"]["CloudWatchMetrics"][0]["Namespace"],
            "Test/Space"
        );
        assert_eq!(
            value["_aws"]["CloudWatchMetrics"][0]["Dimensions"],
            json!([
                ["connector", "operation"],
                ["connector", "operation", "entity"]
            ])
        );
        let expected = json!({"connector": "tickets", "operation": "QueryData", "entity": "Account", "Duration": 1234.567,
            "Records": 3, "UpstreamCalls": 2, "Failures": 0, "ColdStart": 0, "RequestsPerRecord": 0.666667});
        for (name, expected) in expected.as_object().unwrap() {
            assert_eq!(&value[name], expected, "{name}");
        }
        assert!(value.get("code").is_none());
        assert!(bytes < 2048, "a line of {bytes} bytes");
    }

    #[test]
    fn a_failure_is_counted_with_its_code_and_an_unknown_entity_as_other() {
        let (value, _) = line(&Figures {
            code: Some("RateLimitExceeded"),
            throttled: true,
            answered: false,
            records: 0,
            ..figures()
        });
        let found = [
            &value["Failures"],
            &value["Throttled"],
            &value["code"],
            &value["entity"],
        ];
        assert_eq!(
            found,
            [
                &json!(1),
                &json!(1),
                &json!("RateLimitExceeded"),
                &json!("other")
            ]
        );
        assert!(value.get("RequestsPerRecord").is_none());
    }

    #[test]
    fn an_operation_without_an_entity_has_one_set_of_dimensions() {
        let (value, _) = line(&Figures {
            entity: None,
            ..figures()
        });
        assert_eq!(
            value["_aws"]["CloudWatchMetrics"][0]["Dimensions"],
            json!([["connector", "operation"]])
        );
        assert!(value.get("entity").is_none());
    }

    #[test]
    fn namespaces_are_those_that_cloudwatch_takes() {
        for good in [DEFAULT_NAMESPACE, "Team/Connectors", "a b", "x#1:y"] {
            assert!(is_namespace(good), "{good}");
        }
        for bad in ["", " ", ":x", "AWS/Lambda", "a\nb", "é", &"x".repeat(256)] {
            assert!(!is_namespace(bad), "{bad:?}");
        }
    }
}
