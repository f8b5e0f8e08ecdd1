//! From events and spans to lines, and the decision which of them are written.
//!
//! A layer of our own and not the one that `tracing-subscriber` has: a line here depends on the invocation it belongs to
//! (its identifiers, whether it was drawn for the sample, whether it fails later), and is made in one pass into one
//! buffer.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hasher as _};
use std::io::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use serde::ser::{SerializeMap as _, Serializer as _};
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime as _, SystemTime};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::{LookupSpan, SpanRef};

use super::{CONNECTOR_TARGET, LogSettings};
use crate::mechanism;
use crate::telemetry::spans::{HOST_TARGET, INVOCATION, INVOCATION_ID, TRACE_ID};

/// Most lines kept of an invocation that may fail: the last ones, which lead to the failure.
const KEPT_LINES: usize = 100;
/// Most bytes of such lines.
const KEPT_BYTES: usize = 64 * 1024;

/// Writes lines.
pub(super) struct Lines<W> {
    settings: LogSettings,
    /// The most that any invocation may write.
    most: Level,
    writer: W,
}

/// What belongs to all lines of an invocation. Lives with its span.
struct Invocation {
    request_id: Option<String>,
    trace_id: Option<String>,
    /// Lines up to this level are written at once.
    level: Level,
    kept: Mutex<Kept>,
}

/// Lines that are written if the invocation fails.
#[derive(Default)]
struct Kept {
    lines: VecDeque<Vec<u8>>,
    bytes: usize,
    dropped: u64,
}

/// Fields of a span, and when it began.
struct Open {
    fields: Map<String, Value>,
    began: Instant,
}

impl<W> Lines<W> {
    pub(super) fn new(settings: LogSettings, writer: W) -> Self {
        let sampled = (settings.sample > 0.0).then_some(Level::DEBUG);
        let most = [sampled, settings.on_failure]
            .into_iter()
            .flatten()
            .fold(settings.level, Level::max);
        Self {
            settings,
            most,
            writer,
        }
    }

    /// The level of an invocation, by its request id alone, so that it can be said later which ones were drawn.
    fn level_of(&self, request_id: Option<&str>) -> Level {
        let is_drawn = self.settings.sample > 0.0
            && request_id.is_some_and(|id| {
                let mut hasher = DefaultHasher::new();
                hasher.write(id.as_bytes());
                // The 53 bits that a float holds exactly.
                let part = (hasher.finish() >> 11) as f64 / (1_u64 << 53) as f64;
                part < self.settings.sample
            });
        if is_drawn {
            self.settings.level.max(Level::DEBUG)
        } else {
            self.settings.level
        }
    }
}

fn is_ours(metadata: &Metadata<'_>) -> bool {
    metadata.target().starts_with(HOST_TARGET) || metadata.target() == CONNECTOR_TARGET
}

fn is_invocation(metadata: &Metadata<'_>) -> bool {
    metadata.is_span() && metadata.target() == HOST_TARGET && metadata.name() == INVOCATION
}

/// The invocation that a span belongs to.
fn invocation_of<'a, S>(span: Option<SpanRef<'a, S>>) -> Option<Arc<Invocation>>
where
    S: LookupSpan<'a>,
{
    span?
        .scope()
        .find_map(|span| span.extensions().get::<Arc<Invocation>>().cloned())
}

impl<S, W> Layer<S> for Lines<W>
where
    S: Subscriber + for<'s> LookupSpan<'s>,
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        let level = *metadata.level();
        if !is_ours(metadata) && !mechanism::off("log.libraries") {
            return if metadata.is_event() && level == Level::ERROR {
                Interest::always()
            } else {
                Interest::never()
            };
        }
        // The span of an invocation carries its identifiers, which the lines of every level need.
        if is_invocation(metadata) || level <= self.settings.level {
            Interest::always()
        } else if level > self.most {
            Interest::never()
        } else if metadata.is_span() {
            Interest::always()
        } else {
            Interest::sometimes()
        }
    }

    fn enabled(&self, metadata: &Metadata<'_>, context: Context<'_, S>) -> bool {
        let level = *metadata.level();
        if !is_ours(metadata) && !mechanism::off("log.libraries") {
            return metadata.is_event() && level == Level::ERROR;
        }
        if is_invocation(metadata) || level <= self.settings.level {
            return true;
        }
        if level > self.most || metadata.is_span() {
            return level <= self.most;
        }
        let kept = self.settings.on_failure.is_some_and(|most| level <= most);
        invocation_of(context.lookup_current())
            .is_some_and(|invocation| kept || level <= invocation.level)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        // Not less than `info`: see `register_callsite`.
        Some(LevelFilter::from_level(self.most.max(Level::INFO)))
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut fields = Map::new();
        attributes.record(&mut Collect(&mut fields));
        if is_invocation(span.metadata()) {
            let text = |name: &str| fields.get(name).and_then(Value::as_str).map(str::to_owned);
            let request_id = text(INVOCATION_ID);
            let invocation = Invocation {
                level: self.level_of(request_id.as_deref()),
                request_id,
                trace_id: text(TRACE_ID),
                kept: Mutex::default(),
            };
            span.extensions_mut().insert(Arc::new(invocation));
        }
        span.extensions_mut().insert(Open {
            fields,
            began: Instant::now(),
        });
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(open) = span.extensions_mut().get_mut::<Open>()
        {
            values.record(&mut Collect(&mut open.fields));
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let invocation = invocation_of(context.event_span(event));
        let mut end = IsFailedEnd::default();
        let line = line(event.metadata(), invocation.as_deref(), |entries| {
            event.record(entries);
            if event.metadata().target() == HOST_TARGET {
                event.record(&mut end);
            }
        });
        if let Some(invocation) = &invocation
            && end.is_failed_end()
        {
            self.write_kept(invocation);
        }
        self.put(*event.metadata().level(), invocation.as_deref(), line);
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else {
            return;
        };
        let metadata = span.metadata();
        if is_invocation(metadata) || !is_ours(metadata) {
            return;
        }
        let Some(open) = span.extensions_mut().remove::<Open>() else {
            return;
        };
        let invocation = invocation_of(span.parent());
        let line = line(metadata, invocation.as_deref(), |entries| {
            entries.put("message", metadata.name());
            for (name, value) in &open.fields {
                entries.put(name, value);
            }
            entries.put(
                "duration_ms",
                &crate::telemetry::millis(open.began.elapsed()),
            );
        });
        self.put(*metadata.level(), invocation.as_deref(), line);
    }
}

impl<W> Lines<W>
where
    W: for<'w> MakeWriter<'w>,
{
    /// Writes a line, or keeps it for the case that its invocation fails.
    fn put(&self, level: Level, invocation: Option<&Invocation>, line: Vec<u8>) {
        let at_once = invocation.map_or(self.settings.level, |invocation| invocation.level);
        if level <= at_once {
            self.write(&line);
        } else if let Some(invocation) = invocation
            && self.settings.on_failure.is_some_and(|most| level <= most)
        {
            let mut kept = invocation
                .kept
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            kept.push(line);
        }
    }

    fn write_kept(&self, invocation: &Invocation) {
        let kept = std::mem::take(
            &mut *invocation
                .kept
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        );
        if kept.dropped > 0 {
            let mut map = Map::new();
            map.insert("level".to_owned(), "DEBUG".into());
            map.insert("target".to_owned(), HOST_TARGET.into());
            map.insert(
                "request_id".to_owned(),
                invocation.request_id.clone().into(),
            );
            map.insert(
                "message".to_owned(),
                "earlier lines of this invocation were dropped".into(),
            );
            map.insert("lines".to_owned(), kept.dropped.into());
            let mut line = Value::Object(map).to_string().into_bytes();
            line.push(b'\n');
            self.write(&line);
        }
        for line in kept.lines {
            self.write(&line);
        }
    }

    fn write(&self, line: &[u8]) {
        // One call for a line, so that lines of several threads do not mix. A log that cannot be written is no reason to fail.
        let _ = self.writer.make_writer().write_all(line);
    }
}

impl Kept {
    fn push(&mut self, line: Vec<u8>) {
        self.bytes += line.len();
        self.lines.push_back(line);
        while (self.lines.len() > KEPT_LINES || self.bytes > KEPT_BYTES)
            && !mechanism::off("log.kept")
        {
            let Some(first) = self.lines.pop_front() else {
                break;
            };
            self.bytes -= first.len();
            self.dropped += 1;
        }
    }
}

/// Collects fields as JSON.
struct Collect<'a>(&'a mut Map<String, Value>);

impl Collect<'_> {
    fn put(&mut self, field: &Field, value: impl Into<Value>) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}

impl Visit for Collect<'_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.put(field, format!("{value:?}"));
    }
}

/// Whether an event is the line of an invocation that failed.
#[derive(Default)]
struct IsFailedEnd {
    invocation: bool,
    failure: bool,
}

impl IsFailedEnd {
    fn is_failed_end(&self) -> bool {
        self.invocation && self.failure
    }
}

impl Visit for IsFailedEnd {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.failure |= field.name() == "outcome" && value == "failure";
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.invocation |= field.name() == "message" && format!("{value:?}") == INVOCATION;
    }
}

type JsonMap<'a> = <&'a mut serde_json::Serializer<Vec<u8>> as serde::Serializer>::SerializeMap;

/// Members of a line, written as they come.
struct Entries<'a> {
    map: JsonMap<'a>,
    has_request_id: bool,
}

impl Entries<'_> {
    fn put<T: serde::Serialize + ?Sized>(&mut self, name: &str, value: &T) {
        if self.has_request_id && name == "request_id" {
            return;
        }
        // Writing into memory does not fail, and no name or value here can be refused.
        let _ = self.map.serialize_entry(name, value);
    }
}

impl Visit for Entries<'_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field.name(), &value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field.name(), &value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field.name(), &value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field.name(), &value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field.name(), value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.put(field.name(), &format!("{value:?}"));
    }
}

/// A line with its members; `more` adds those of the event.
fn line(
    metadata: &Metadata<'_>,
    invocation: Option<&Invocation>,
    more: impl FnOnce(&mut Entries<'_>),
) -> Vec<u8> {
    let mut timestamp = String::with_capacity(32);
    let _ = SystemTime.format_time(&mut Writer::new(&mut timestamp));
    let mut serializer = serde_json::Serializer::new(Vec::with_capacity(512));
    if let Ok(map) = serializer.serialize_map(None) {
        let mut entries = Entries {
            map,
            has_request_id: false,
        };
        entries.put("timestamp", &timestamp);
        entries.put("level", metadata.level().as_str());
        entries.put("target", metadata.target());
        if let Some(invocation) = invocation {
            if let Some(request_id) = &invocation.request_id {
                entries.put("request_id", request_id);
                entries.has_request_id = true;
            }
            if let Some(trace_id) = &invocation.trace_id {
                entries.put("trace_id", trace_id);
            }
        }
        more(&mut entries);
        let _ = entries.map.end();
    }
    let mut line = serializer.into_inner();
    line.push(b'\n');
    line
}

#[cfg(test)]
#[path = "lines_tests.rs"]
pub(crate) mod tests;
