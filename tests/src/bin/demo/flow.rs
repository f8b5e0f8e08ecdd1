//! The steps of the flow, in the order AppFlow takes them.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use appflow_testkit::checker;
use appflow_testkit::runtime_api::Lambda;
use appflow_testkit::salesforce::SalesforceStandIn;
use appflow_testkit::setup::SECRET_ARN;
use serde_json::{Value, json};

use crate::show::{self, Screen};

/// What is read.
const ENTITY: &str = "Account";
/// Fields shown and written.
const FIELDS: [&str; 5] = [
    "Id",
    "Name",
    "Type",
    "NumberOfEmployees",
    "LastModifiedDate",
];
/// Filter as AppFlow writes it.
const FILTER: &str =
    "NumberOfEmployees >= 100 and (Type = 'Prospect' or Type = 'Customer - Direct')";
/// Records shown in the table.
const SHOWN: usize = 8;
/// Records written back that should succeed.
const WRITTEN: usize = 4;

/// A step that is done.
struct Done {
    name: &'static str,
    calls: usize,
    records: usize,
    took: Duration,
}

/// The flow so far.
pub(crate) struct Flow<'a> {
    lambda: &'a Lambda,
    screen: &'a Screen,
    instance_url: String,
    context: Value,
    done: Vec<Done>,
    peak_memory_kib: u64,
    records: usize,
}

impl<'a> Flow<'a> {
    /// A flow that has not begun.
    pub(crate) fn new(lambda: &'a Lambda, screen: &'a Screen, instance_url: String) -> Self {
        Self {
            lambda,
            screen,
            instance_url,
            context: Value::Null,
            done: Vec::new(),
            peak_memory_kib: 0,
            records: 0,
        }
    }

    /// Runs all steps.
    pub(crate) fn run(&mut self, salesforce: &SalesforceStandIn, out: &Path) -> Result<()> {
        self.describe_connector()
            .context("describing the connector")?;
        self.validate().context("validating the connection")?;
        self.list_entities().context("listing entities")?;
        let definition = self.describe_entity().context("describing the entity")?;
        self.context["entityDefinition"] = definition;
        let records = self.query(out).context("querying")?;
        let expected = salesforce
            .records(ENTITY)
            .iter()
            .filter(|record| passes(record))
            .count();
        ensure!(
            records.len() == expected,
            "{} records came, but {expected} pass the filter",
            records.len()
        );
        self.show(&records)?;
        let ids = self.write(&records).context("writing back")?;
        self.retrieve(&ids).context("retrieving what was written")
    }

    /// Rows for the last table.
    pub(crate) fn summary(&self) -> Vec<Vec<String>> {
        let row = |name: &str, calls: usize, records: usize, took: Duration| {
            let records = if records == 0 {
                String::new()
            } else {
                show::count(records)
            };
            vec![
                name.to_owned(),
                calls.to_string(),
                records,
                show::time(took),
            ]
        };
        let mut rows: Vec<_> = self
            .done
            .iter()
            .map(|done| row(done.name, done.calls, done.records, done.took))
            .collect();
        let calls = self.done.iter().map(|done| done.calls).sum();
        let records = self.done.iter().map(|done| done.records).sum();
        rows.push(row(
            "in all",
            calls,
            records,
            self.done.iter().map(|done| done.took).sum(),
        ));
        rows
    }

    /// Records in the file.
    pub(crate) fn records_written(&self) -> usize {
        self.records
    }

    /// Largest memory of the function.
    pub(crate) fn peak_memory_kib(&self) -> u64 {
        self.peak_memory_kib
    }

    /// One request; the answer if AppFlow could decode it, and the time from the start of the process if it was started.
    fn ask(&mut self, request: &Value) -> Result<(Value, Duration)> {
        let operation = checker::operation_of(request).unwrap_or_default();
        let invoked = self.lambda.invoke(request.to_string().as_bytes())?;
        self.peak_memory_kib = self.peak_memory_kib.max(invoked.max_memory_kib);
        if let Some(error) = invoked.function_error {
            bail!(
                "{operation} ended in a function error, {}: {}",
                error.error_type,
                error.message
            );
        }
        if let Some(problem) = checker::check(operation, request, &invoked.payload).first() {
            bail!("the answer to {operation} breaks AppFlow's protocol, {problem}");
        }
        let answer = serde_json::from_slice(&invoked.payload)?;
        Ok((
            answer,
            invoked.duration + invoked.init_duration.unwrap_or_default(),
        ))
    }

    /// One request that must succeed.
    fn succeed(&mut self, request: &Value) -> Result<(Value, Duration)> {
        let (answer, took) = self.ask(request)?;
        let error = &answer["errorDetails"];
        ensure!(
            answer["isSuccess"] == true,
            "{}: {}",
            error["errorCode"].as_str().unwrap_or("no error code"),
            error["errorMessage"].as_str().unwrap_or("no message"),
        );
        Ok((answer, took))
    }

    fn done(
        &mut self,
        name: &'static str,
        calls: usize,
        records: usize,
        took: Duration,
        what: &str,
    ) {
        self.screen.step(self.done.len() + 1, name, what, took);
        self.done.push(Done {
            name,
            calls,
            records,
            took,
        });
    }

    fn describe_connector(&mut self) -> Result<()> {
        let request = json!({"type": "DescribeConnectorConfigurationRequest", "locale": "en-US"});
        let (answer, took) = self.succeed(&request)?;
        let what = format!(
            "{} {} by {}: {}",
            text(&answer["connectorName"]),
            text(&answer["connectorVersion"]),
            text(&answer["connectorOwner"]),
            texts(&answer["connectorModes"])
                .join(" and ")
                .to_lowercase(),
        );
        let version = texts(&answer["supportedApiVersions"])
            .last()
            .cloned()
            .context("no API version")?;
        self.context = json!({
            "apiVersion": version,
            "connectorRuntimeSettings": self.settings(),
            "credentials": {"secretArn": SECRET_ARN, "authenticationType": "OAuth2"},
            "flowName": "demo", "executionId": "demo-1", "connectorProfileLabel": "demo",
        });
        self.done("describe connector", 1, 0, took, &what);
        Ok(())
    }

    fn settings(&self) -> Value {
        json!({"instanceUrl": self.instance_url, "IsSandboxAccount": "false"})
    }

    fn validate(&mut self) -> Result<()> {
        let settings = json!({"type": "ValidateConnectorRuntimeSettingsRequest", "scope": "CONNECTOR_PROFILE",
            "connectorRuntimeSettings": self.settings()});
        let (_, took) = self.succeed(&settings)?;
        self.done("validate settings", 1, 0, took, &self.instance_url.clone());
        let credentials = json!({"type": "ValidateCredentialsRequest", "credentials": self.context["credentials"],
            "connectorRuntimeSettings": self.settings()});
        let (_, took) = self.succeed(&credentials)?;
        self.done("validate credentials", 1, 0, took, "accepted by Salesforce");
        Ok(())
    }

    fn list_entities(&mut self) -> Result<()> {
        let request = json!({"type": "ListEntitiesRequest", "connectorContext": self.context});
        let (answer, took) = self.succeed(&request)?;
        let names: Vec<String> = answer["entities"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|entity| text(&entity["entityIdentifier"]))
            .collect();
        ensure!(
            names.iter().any(|name| name == ENTITY),
            "{ENTITY} is not among {}",
            names.join(", ")
        );
        self.done("list entities", 1, 0, took, &names.join(", "));
        Ok(())
    }

    fn describe_entity(&mut self) -> Result<Value> {
        let request = json!({"type": "DescribeEntityRequest", "entityIdentifier": ENTITY,
            "connectorContext": self.context});
        let (answer, took) = self.succeed(&request)?;
        let definition = answer["entityDefinition"].clone();
        let fields = definition["fields"].as_array().cloned().unwrap_or_default();
        let incremental = fields.iter().filter(|field| {
            field["readProperties"]["isTimestampFieldForIncrementalQueries"] == true
        });
        let what = format!(
            "{ENTITY}: {} fields, {} for incremental flows",
            fields.len(),
            incremental.count()
        );
        self.done("describe entity", 1, 0, took, &what);
        Ok(definition)
    }

    fn query(&mut self, out: &Path) -> Result<Vec<Value>> {
        let file = File::create(out).with_context(|| format!("cannot write {}", out.display()))?;
        let mut file = BufWriter::new(file);
        let mut request = json!({"type": "QueryDataRequest", "entityIdentifier": ENTITY,
            "selectedFieldNames": FIELDS, "filterExpression": FILTER, "maxResults": 1000,
            "connectorContext": self.context});
        let mut records = Vec::new();
        let (mut pages, mut size, mut took) = (0, 0, Duration::ZERO);
        loop {
            let (answer, time) = self.succeed(&request)?;
            pages += 1;
            took += time;
            for record in answer["records"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
            {
                size += record.len();
                writeln!(file, "{record}")?;
                records.push(serde_json::from_str(record)?);
            }
            self.screen.progress(&format!(
                "page {pages}, {} records, {}",
                show::count(records.len()),
                show::bytes(u64::try_from(size)?)
            ));
            match answer["nextToken"].as_str() {
                Some(token) => request["nextToken"] = json!(token),
                None => break,
            }
        }
        file.flush()?;
        self.records = records.len();
        let rate = f64::from(u32::try_from(records.len())?) / took.as_secs_f64().max(1e-6);
        let what = format!(
            "{} records in {pages} pages, {}, {} a second",
            show::count(records.len()),
            show::bytes(u64::try_from(size)?),
            show::rate(rate),
        );
        self.done("query with a filter", pages, records.len(), took, &what);
        self.screen.detail(&format!("where {FILTER}"));
        Ok(records)
    }

    fn show(&self, records: &[Value]) -> Result<()> {
        self.screen.blank();
        let cell = |value: &Value| match value {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let rows: Vec<Vec<String>> = records
            .iter()
            .take(SHOWN)
            .map(|record| FIELDS.iter().map(|name| cell(&record[*name])).collect())
            .collect();
        self.screen.table(&FIELDS, &rows, &[3]);
        if let Some(left) = records.len().checked_sub(SHOWN).filter(|left| *left > 0) {
            self.screen
                .detail(&format!("and {} more in the file", show::count(left)));
        }
        self.screen.blank();
        Ok(())
    }

    /// Some of the records with one more employee, and one that Salesforce does not know. Gives what was written.
    fn write(&mut self, records: &[Value]) -> Result<Vec<(String, i64)>> {
        let mut changed = Vec::new();
        for record in records.iter().take(WRITTEN) {
            let employees = record["NumberOfEmployees"]
                .as_i64()
                .context("a number of employees")?;
            changed.push((text(&record["Id"]), employees + 1));
        }
        ensure!(changed.len() == WRITTEN, "too few records to write back");
        let line = |id: &str, employees: i64| {
            json!({"Id": id, "NumberOfEmployees": employees}).to_string()
        };
        let mut lines: Vec<String> = changed
            .iter()
            .map(|(id, employees)| line(id, *employees))
            .collect();
        lines.push(line("001000000000000AAA", 1));
        let request = json!({"type": "WriteDataRequest", "entityIdentifier": ENTITY, "operation": "UPDATE",
            "idFieldNames": ["Id"], "records": lines, "allOrNone": false, "connectorContext": self.context});
        let (answer, took) = self.ask(&request)?;
        let results = answer["writeRecordResults"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let outcomes: Vec<bool> = results
            .iter()
            .map(|result| result["isSuccess"] == true)
            .collect();
        let mut expected = vec![true; WRITTEN];
        expected.push(false);
        ensure!(
            outcomes == expected && answer["errorDetails"]["errorCode"] == "PartialWriteFailure",
            "one record of {} should have failed: {answer}",
            lines.len()
        );
        let reason = results
            .last()
            .map(|result| text(&result["errorMessage"]))
            .unwrap_or_default();
        let what = format!(
            "{WRITTEN} of {} written, 1 refused as it should be",
            lines.len()
        );
        self.done("write records back", 1, WRITTEN, took, &what);
        self.screen.detail(&format!("refused: {reason}"));
        Ok(changed)
    }

    fn retrieve(&mut self, changed: &[(String, i64)]) -> Result<()> {
        let ids: Vec<&str> = changed.iter().map(|(id, _)| id.as_str()).collect();
        let request = json!({"type": "RetrieveDataRequest", "entityIdentifier": ENTITY,
            "selectedFieldNames": ["Id", "NumberOfEmployees"], "idFieldName": "Id", "ids": ids,
            "connectorContext": self.context});
        let (answer, took) = self.succeed(&request)?;
        let mut found = Vec::new();
        for record in answer["records"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
        {
            let record: Value = serde_json::from_str(record)?;
            found.push((
                text(&record["Id"]),
                record["NumberOfEmployees"].as_i64().unwrap_or_default(),
            ));
        }
        let mut wanted = changed.to_vec();
        wanted.sort();
        found.sort();
        ensure!(
            found == wanted,
            "Salesforce holds other values than were written"
        );
        self.done(
            "retrieve them again",
            1,
            found.len(),
            took,
            "the new values are there",
        );
        Ok(())
    }
}

/// The filter, said once more in Rust.
fn passes(record: &appflow_testkit::salesforce::Record) -> bool {
    let employees = record.get("NumberOfEmployees").and_then(Value::as_f64);
    let kind = record.get("Type").and_then(Value::as_str);
    employees.is_some_and(|employees| employees >= 100.0)
        && kind.is_some_and(|kind| kind == "Prospect" || kind == "Customer - Direct")
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().map(text).collect()
}
