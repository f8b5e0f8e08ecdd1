//! Whether what came of a run under a fault is true.

use std::collections::BTreeMap;

use appflow_testkit::cases::Played;
use serde_json::Value;

use super::plan::Fault;

/// How a run ended that is as it must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verdict {
    /// In the answer of the run without a fault.
    Right,
    /// In an error that fits the fault.
    Failed,
    /// In results that say of each record what became of it.
    Partly,
}

/// Codes of a whole write's failure that say that nothing was written. After any other code nobody knows: records may
/// have been written, each at most once.
const NOTHING_WRITTEN: [&str; 6] = [
    "InvalidArgument",
    "InvalidCredentials",
    "AccessDenied",
    "RateLimitExceeded",
    "ResourceNotFoundError",
    "ClientError",
];

/// What the result of a record says when nobody knows.
const NOT_KNOWN: &str = "not known to be written";

/// What the host says of a failed write after a request that may have changed something.
const MAY_BE_WRITTEN: &str = "may have been written";

/// Whether the last answer is a success, or one that tells what became of each record.
pub(super) fn is_good(played: &Played) -> bool {
    let last = played.answers.last();
    last.is_some_and(|last| last["isSuccess"] == true || last["writeRecordResults"].is_array())
}

pub(super) fn judge(without: &Played, with: &Played, fault: &Fault) -> Result<Verdict, String> {
    if !with.breaches.is_empty() {
        return Err(with.breaches.join("\n  "));
    }
    let mut verdict = Verdict::Right;
    let mut writes = false;
    for ((request, expected), answer) in with
        .requests
        .iter()
        .zip(&without.answers)
        .zip(&with.answers)
    {
        writes |= request["type"] == "WriteDataRequest";
        verdict = verdict.max(if request["type"] == "WriteDataRequest" {
            written(request, answer, with, fault, partly_without(without))?
        } else {
            read(expected, answer, fault)?
        });
    }
    if fault.harmless && verdict != Verdict::Right && !partly_without(without) {
        return Err(format!("it did not get over it: {}", shown(with)));
    }
    if !writes && with.stored[0] != with.stored[1] {
        return Err("reading changed records".to_owned());
    }
    Ok(verdict)
}

/// Whether the application refuses records of this case by itself.
fn partly_without(without: &Played) -> bool {
    without
        .answers
        .iter()
        .any(|answer| answer["isSuccess"] == false)
}

fn read(expected: &Value, answer: &Value, fault: &Fault) -> Result<Verdict, String> {
    if answer == expected {
        return Ok(Verdict::Right);
    }
    if answer["isSuccess"] == true {
        return Err(format!(
            "a success with another answer: {} instead of {} records, token {}",
            count(answer),
            count(expected),
            answer["nextToken"]
        ));
    }
    if count(answer) > 0 {
        return Err("a failure with records".to_owned());
    }
    code_fits(answer, fault)?;
    Ok(Verdict::Failed)
}

fn count(answer: &Value) -> usize {
    answer["records"].as_array().map_or(0, Vec::len)
}

fn code_fits(answer: &Value, fault: &Fault) -> Result<(), String> {
    let details = &answer["errorDetails"];
    let code = details["errorCode"].as_str().unwrap_or_default();
    if fault.codes.contains(&code) {
        return Ok(());
    }
    Err(format!(
        "code {code} instead of {:?}: {}",
        fault.codes, details["errorMessage"]
    ))
}

fn shown(played: &Played) -> String {
    let last = played.answers.last().unwrap_or(&Value::Null);
    last["errorDetails"].to_string()
}

/// Whether what a write reported is what the application has.
fn written(
    request: &Value,
    answer: &Value,
    played: &Played,
    fault: &Fault,
    refuses: bool,
) -> Result<Verdict, String> {
    let store = Store::new(request, played);
    for (index, record) in store.records.iter().enumerate() {
        if store.copies(record) > store.wanted(record) {
            return Err(format!("record {index} was written more than once"));
        }
    }
    let Some(results) = answer["writeRecordResults"].as_array() else {
        if answer["isSuccess"] == true {
            return Err("a success without results".to_owned());
        }
        let code = answer["errorDetails"]["errorCode"].as_str();
        // Where the application refuses a record by itself, that may be all there is to say.
        let refused = refuses && code == Some("InvalidArgument");
        let message = answer["errorDetails"]["errorMessage"].as_str();
        let unsure = message.is_some_and(|message| message.contains(MAY_BE_WRITTEN));
        let unsure = unsure && code == Some("UnknownError");
        if !refused && !unsure {
            code_fits(answer, fault)?;
        }
        if code.is_some_and(|code| NOTHING_WRITTEN.contains(&code))
            && played.stored[0] != played.stored[1]
        {
            return Err(format!("code {code:?}, but something was written"));
        }
        return Ok(Verdict::Failed);
    };
    if results.len() != store.records.len() {
        return Err(format!("{} results", results.len()));
    }
    for (index, (record, result)) in store.records.iter().zip(results).enumerate() {
        let message = result["errorMessage"].as_str().unwrap_or_default();
        let is_written = store.is_written(record);
        if result["isSuccess"] == true && !is_written {
            return Err(format!(
                "record {index} is reported as written and is not there"
            ));
        }
        // A change that was there before says nothing.
        let shows = store.shows(record);
        if result["isSuccess"] == false && is_written && shows && !message.contains(NOT_KNOWN) {
            return Err(format!("record {index} is there: {message}"));
        }
        if let Some(id) = result["recordId"].as_str().filter(|id| !id.is_empty())
            && result["isSuccess"] == true
            && !store.has_id(id)
        {
            return Err(format!("record {index} has an identifier nobody gave"));
        }
    }
    Ok(if answer["isSuccess"] == true {
        Verdict::Right
    } else {
        Verdict::Partly
    })
}

/// The application's records beside those of a request.
pub(super) struct Store<'a> {
    operation: &'a str,
    key: &'a str,
    pub(super) records: Vec<Value>,
    before: Vec<&'a Value>,
    after: Vec<&'a Value>,
}

impl<'a> Store<'a> {
    pub(super) fn new(request: &'a Value, played: &'a Played) -> Self {
        let entity = request["entityIdentifier"].as_str().unwrap_or_default();
        let all = |stored: &'a BTreeMap<String, Value>| -> Vec<&'a Value> {
            let records = stored.get(entity).and_then(Value::as_array);
            records.into_iter().flatten().collect()
        };
        let records = request["records"].as_array().into_iter().flatten();
        Self {
            operation: request["operation"].as_str().unwrap_or_default(),
            key: request["idFieldNames"][0].as_str().unwrap_or("Id"),
            records: records
                .map(|record| serde_json::from_str(record.as_str().unwrap_or_default()))
                .map(Result::unwrap_or_default)
                .collect(),
            before: all(&played.stored[0]),
            after: all(&played.stored[1]),
        }
    }

    /// How often the application has the record now.
    pub(super) fn copies(&self, record: &Value) -> usize {
        let now = self
            .after
            .iter()
            .filter(|stored| self.is_same(record, stored));
        match self.operation {
            "INSERT" => now.filter(|stored| !self.before.contains(stored)).count(),
            _ => now.count(),
        }
    }

    /// How often it should have it.
    fn wanted(&self, record: &Value) -> usize {
        let same = self.records.iter().filter(|other| *other == record).count();
        match self.operation {
            "INSERT" => same,
            _ => 1,
        }
    }

    pub(super) fn is_written(&self, record: &Value) -> bool {
        let copies = self.copies(record);
        match self.operation {
            "DELETE" => copies == 0,
            _ => copies > 0,
        }
    }

    /// Whether it can be told from before that the record was written.
    fn shows(&self, record: &Value) -> bool {
        let before = self
            .before
            .iter()
            .any(|stored| self.is_same(record, stored));
        match self.operation {
            "INSERT" => true,
            "DELETE" => before,
            _ => !before,
        }
    }

    fn has_id(&self, id: &str) -> bool {
        let stored = if self.operation == "DELETE" {
            &self.before
        } else {
            &self.after
        };
        stored.iter().any(|stored| stored["Id"] == id)
    }

    /// Whether a stored record is this one, by its key and the texts of its fields. One without texts is never found: only
    /// records that the application refuses have none in the cases.
    fn is_same(&self, record: &Value, stored: &Value) -> bool {
        let fields = record.as_object().into_iter().flatten();
        let mut texts = fields.filter(|(_, value)| value.is_string()).peekable();
        match self.operation {
            "DELETE" => stored[self.key] == record[self.key],
            _ => texts.peek().is_some() && texts.all(|(name, value)| stored[name] == *value),
        }
    }
}
